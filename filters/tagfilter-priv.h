/* Between tagfilter.c and tagfilter-regexp.c only: see there. */
#ifndef WEIR_TAGFILTER_PRIV_H
#define WEIR_TAGFILTER_PRIV_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/error.h"

struct regexp;

/* NULL: not an RE2 expression; the error quotes it and points at the place. */
struct regexp *regexp_new(const char *pattern, struct error *err);
void regexp_free(struct regexp *regexp); /* NULL is fine */

/* 0 and *matches; -1: too many steps, now and for each later text. */
int regexp_matches(struct regexp *regexp, const char *text, size_t len, bool *matches,
		   struct error *err);

#endif
