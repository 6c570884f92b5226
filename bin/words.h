/*
 * A command line as text, cut into words. Pure. There is no shell: what only a shell
 * understands is an error that says so, never passed on silently.
 */
#ifndef WEIR_WORDS_H
#define WEIR_WORDS_H

#include <stddef.h>

#include "../bus/error.h"

/* Cut text at blanks (spaces, tabs, newlines). Inside '...' everything stands for itself;
 * inside "..." a backslash protects " and \; outside quotes it protects any character. *words
 * is a list that ends with NULL, to be freed with words_free. CONFIG error for an open quote,
 * a backslash at the end, or an unquoted word such as | that wants a shell. */
int words_split(const char *text, char ***words, struct error *err);
void words_free(char **words); /* NULL is fine */

#endif
