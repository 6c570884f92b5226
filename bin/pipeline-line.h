/*
 * Where in a pipeline file something stands: found again by walking the YAML, only when an
 * error has to be told. Pure.
 */
#ifndef WEIR_PIPELINE_LINE_H
#define WEIR_PIPELINE_LINE_H

#include <stddef.h>

/* The line (from 1) of the key of a stage; of the stage itself when key is NULL or is not there;
 * with stage -1 that of a key at the top. 1 when nothing of it can be found. */
size_t pipeline_line(const char *text, size_t len, int stage, const char *key);

#endif
