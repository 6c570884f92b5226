/* Patterns for paths, as --exclude takes them. Pure. */
#ifndef WEIR_GLOB_H
#define WEIR_GLOB_H

#include <stdbool.h>

/*
 * Does the whole path match? ? and [a-z] ([!a-z]: all others) match one character but /; * any
 * number of them; ** matches / too, and where a slash follows it, that one with it or neither. \x
 * is x itself; a [ that is not closed is itself. A slash at the end of the pattern does not count.
 */
bool glob_match(const char *pattern, const char *path);

#endif
