/*
 * Which of a repository's tags a source of an Application should have: constraint,
 * strategy and filters put together, and weir's rules about not guessing and not going
 * backwards. Knows nothing of messages and Kubernetes. Pure.
 */
#ifndef WEIR_CHOOSE_H
#define WEIR_CHOOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/error.h"
#include "semver.h"

/* A repository's tags, read and put in order once for all who follow it. */
struct choose_tags;

/* Borrows the texts; they lie in memory that may be read up to limit (see semver_parse_tags).
 * Never NULL. */
struct choose_tags *choose_tags_new(const struct semver_text *tags, size_t count,
				    const char *limit);
void choose_tags_free(struct choose_tags *tags); /* NULL is fine */

struct choose_rule {
	const char *constraint; /* "": any release */
	const char *strategy, *allow_tags, *ignore_tags; /* the annotations; NULL: absent */
	const char *current;	/* targetRevision; NULL: there is none to compare with */
	enum semver_dialect dialect;
	bool dialect_given; /* the user has named it: the other one is not asked */
	bool pin_ranges;    /* a range, or anything that is no version, may be replaced */
	bool explain;	    /* fill in considered */
	size_t matches_max; /* 0: all */
};

struct choose_considered {
	struct semver_text tag;
	bool taken; /* the rule allows it */
	const char *reason;
};

/* Texts are written as targetRevision is: the registry's spelling, but `+` for `_`. */
struct choose_decision {
	bool update;	/* go to matches[0] */
	char *reason;	/* why not, when update is false */
	char *note;	/* what a person should know about an update; NULL: nothing */
	char **matches; /* what the rule allows, newest first, and nothing that would go back */
	size_t match_count;
	struct choose_considered *considered; /* newest first; borrows the tags */
	size_t considered_count;
};

/* 0 and a decision, to be freed with choose_decision_fini; -1: the rule cannot be understood (INPUT
 * error that quotes the annotation). */
int choose(struct choose_decision *decision, struct choose_tags *tags,
	   const struct choose_rule *rule, struct error *err);
void choose_decision_fini(struct choose_decision *decision);

#endif
