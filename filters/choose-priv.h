/* Between the choose*.c files only: tags in their orders (choose-tags.c), the decision (choose.c),
 * and what it says to a person (choose-text.c). */
#ifndef WEIR_CHOOSE_PRIV_H
#define WEIR_CHOOSE_PRIV_H

#include <stdint.h>

#include "../bus/buf.h"
#include "choose.h"
#include "constraint.h"
#include "tagfilter.h"

/* Places in tags: newest first, then what is no version; duplicates are left out. */
struct choose_tags {
	size_t count;
	struct semver_text *tags;
	struct semver *versions; /* dialects 0: none */
	bool *artifacts;
	uint32_t *newest;
	uint32_t *greatest; /* by their bytes; NULL until choose_tags_greatest */
};

/* The places by bytes, greatest first. */
const uint32_t *choose_tags_greatest(struct choose_tags *tags);

/* The order of bytes as written into targetRevision: `_` counts as `+`. */
int choose_compare_texts(struct semver_text a, struct semver_text b);

bool choose_same_texts(struct semver_text a, struct semver_text b);

/* A tag as it is written into targetRevision. Owned by the caller. */
char *choose_written(struct semver_text tag);

#define CHOOSE_NO_PLACE UINT32_MAX

enum strategy {
	STRATEGY_SEMVER,
	STRATEGY_ALPHABETICAL,
	STRATEGY_NOT_FOR_CHARTS,
	STRATEGY_UNKNOWN
};

struct chooser {
	struct choose_tags *tags;
	const struct choose_rule *rule;
	enum strategy strategy;
	struct tagfilter *filter;
	bool has_current; /* a version (or, in alphabetical order, any tag) to compare with */
	struct semver current;
	struct semver_text current_text;
};

/* What one dialect makes of the rule. The other dialect's side has a constraint only when it is to
 * be heard and can read it. */
struct side {
	enum semver_dialect dialect;
	struct constraint *constraint;
	bool accepts_current;
	uint32_t winner; /* CHOOSE_NO_PLACE: nothing matches */
	size_t winner_at; /* in its order */
};

enum outcome {
	OUTCOME_MOVE,
	OUTCOME_NEWEST,   /* current is the winner */
	OUTCOME_NOT_BACK, /* current is newer than the winner, and right */
	OUTCOME_NO_MATCH
};

enum outcome choose_outcome(const struct chooser *chooser, const struct side *side);

enum semver_dialect choose_other_dialect(enum semver_dialect dialect);
const char *choose_dialect_name(enum semver_dialect dialect);

/* Append why nothing moves. */
void choose_reason_strategy(struct buf *out, const struct chooser *chooser);
void choose_reason_current(struct buf *out, const char *current, bool is_range);
void choose_reason_dialect(struct buf *out, const struct chooser *chooser,
			   const struct side *side);
void choose_reason_no_match(struct buf *out, const struct chooser *chooser);
void choose_reason_not_back(struct buf *out, const struct chooser *chooser,
			    const struct side *side);

/* Append a remark, if there is reason for it. */
void choose_note_filters(struct buf *out, const struct chooser *chooser);
void choose_note_backwards(struct buf *out, const struct chooser *chooser,
			   const struct side *side);
void choose_note_other(struct buf *out, const struct chooser *chooser, const struct side *side,
		       const struct side *other);

#endif
