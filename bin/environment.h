/*
 * What a stage's environment is: a fixed list of names from our own, and the stage's
 * settings. Pure.
 */
#ifndef WEIR_ENVIRONMENT_H
#define WEIR_ENVIRONMENT_H

#include <stdbool.h>

/* Is this variable (its name, or NAME=VALUE) handed on to stages? */
bool environment_hands_on(const char *variable);
/* A new list, ended by NULL: what is handed on of ours, with the stage's own in place of it
 * or behind it. Free with words_free. */
char **environment_new(char *const *ours, char *const *stage);

#endif
