/* YAML documents as jv values, with bounds: what aliases add may be 10,000 nodes, or 10 times
 * the nodes of the text if that is more; nesting 64, aliases expanded; duplicate keys are an
 * error, keys are strings (as they are spelled), `<<` merges. YAML 1.1 words (yes, on) are strings
 * except true and false; .inf and .nan are strings, since JSON has no such number. Tags of one's
 * own (!x) are ignored and make a scalar a string; of the standard's, !!binary, !!set and the like
 * are an error. Floats and integers above 2^53 are kept by jv as doubles: never write such a value
 * back. */
#ifndef WEIR_YAML_VALUE_H
#define WEIR_YAML_VALUE_H

#include <jv.h>

#include "yaml.h"

/* Reads the next document of the stream into *value (owned by the caller); 1: got one, 0: no
 * more documents, -1: error with line and column (the line in err->code). *value is invalid
 * unless 1 is returned. */
int yaml_value_next(struct yaml_reader *reader, jv *value, struct error *err);
/* Exactly one document (configuration files). */
int yaml_value_parse(const char *text, size_t len, jv *value, struct error *err);

#endif
