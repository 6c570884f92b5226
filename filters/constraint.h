/*
 * Constraints: which versions an owner allows, in the language of Masterminds/semver,
 * operator for operator, in both dialects. Knows versions; knows nothing of tags,
 * strategies or applications. Pure.
 */
#ifndef WEIR_CONSTRAINT_H
#define WEIR_CONSTRAINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../bus/error.h"
#include "semver.h"

#define CONSTRAINT_LEN_MAX 1024
#define CONSTRAINT_TERMS_MAX 64

/* Compile text. NULL: it is not a constraint to this dialect (nor is an empty text; see
 * constraint_new_any), or larger than the limits above; the INPUT error quotes it and says at which
 * character (counted from 1) what was expected. Free with constraint_free. */
struct constraint *constraint_new(enum semver_dialect dialect, const char *text, size_t len,
				  struct error *err);

/* What an empty constraint means: any release; in SEMVER_V1 any prerelease as well. Never NULL. */
struct constraint *constraint_new_any(enum semver_dialect dialect);

void constraint_free(struct constraint *constraint); /* NULL is fine */

/* True when some prerelease can satisfy it at all. */
bool constraint_takes_prereleases(const struct constraint *constraint);

/* The releases that one group of terms takes: those with keys within [first, first + span]. */
struct constraint_range {
	uint64_t first;
	uint64_t span;
};

/* Private, but for constraint_allows. */
struct constraint {
	unsigned dialect;
	bool is_simple; /* one range of releases says it all */
	bool takes_prereleases;
	bool has_more; /* the ranges do not tell all: ask the terms */
	struct constraint_range range; /* the first one */
	size_t range_count;
	struct constraint_range *ranges;
	struct constraint_terms *terms;
};

/* constraint_allows for any constraint and version. */
bool constraint_allows_any(const struct constraint *constraint, const struct semver *version);
/* The same by asking each term: the authority, for tests. */
bool constraint_allows_exactly(const struct constraint *constraint, const struct semver *version);

/* Does this version satisfy the constraint? False when it is no version to the dialect. Here for
 * its speed: the question is asked for every tag of a repository. No branch depends on the answer,
 * since answers come in no order that a processor could guess. */
static inline bool
constraint_allows(const struct constraint *constraint, const struct semver *version)
{
	if (!constraint->is_simple || version->key == SEMVER_WIDE)
		return constraint_allows_any(constraint, version);
	return (version->key - constraint->range.first <= constraint->range.span) &
	       (version->pre_len == 0) & ((version->dialects & constraint->dialect) != 0);
}

#endif
