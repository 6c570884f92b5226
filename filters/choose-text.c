/* What a decision says to a person: why nothing moves, and what to know when it does. Pure. */
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "choose-priv.h"
#include "quote.h"

#define QUOTED_MAX 100

const char *
choose_dialect_name(enum semver_dialect dialect)
{
	return dialect == SEMVER_V3 ? "v3" : "v1";
}

enum semver_dialect
choose_other_dialect(enum semver_dialect dialect)
{
	return dialect == SEMVER_V3 ? SEMVER_V1 : SEMVER_V3;
}

static void
append_quoted(struct buf *out, const char *text)
{
	quote_append(out, text, strlen(text), QUOTED_MAX);
}

static void
append_tag(struct buf *out, const struct chooser *chooser, uint32_t place)
{
	CLEANUP_FREE char *text = choose_written(chooser->tags->tags[place]);

	quote_append_bare(out, text, strlen(text));
}

static void
append_current(struct buf *out, const struct chooser *chooser)
{
	quote_append_bare(out, chooser->current_text.text,
			  chooser->current_text.len < QUOTED_MAX ? chooser->current_text.len
								 : QUOTED_MAX);
}

static void
append_constraint(struct buf *out, const struct chooser *chooser)
{
	if (chooser->rule->constraint[0] == '\0') {
		buf_append_string(out, "the empty constraint");
		return;
	}
	buf_append_string(out, "the constraint ");
	append_quoted(out, chooser->rule->constraint);
}

/* Another remark, behind those before it. */
static void
next_note(struct buf *out)
{
	if (out->len > 0)
		buf_append_string(out, "; ");
}

void
choose_note_filters(struct buf *out, const struct chooser *chooser)
{
	const char *glob = tagfilter_bad_glob(chooser->filter);

	if (glob == NULL)
		return;
	next_note(out);
	buf_append_string(out, "ignore-tags: ");
	append_quoted(out, glob);
	buf_append_string(out, " is no pattern and matches nothing");
}

void
choose_note_backwards(struct buf *out, const struct chooser *chooser, const struct side *side)
{
	if (!chooser->has_current || side->accepts_current ||
	    chooser->strategy != STRATEGY_SEMVER || chooser->current.dialects == 0 ||
	    semver_compare(&chooser->tags->versions[side->winner], &chooser->current) >= 0)
		return;
	next_note(out);
	buf_append_string(out, "goes back, since ");
	append_current(out, chooser);
	buf_append_string(out, " does not satisfy ");
	append_constraint(out, chooser);
}

/* Where both sides accept the current version and go on differently. */
void
choose_note_other(struct buf *out, const struct chooser *chooser, const struct side *side,
	   const struct side *other)
{
	bool moves, other_moves;

	if (other->constraint == NULL || !side->accepts_current || !other->accepts_current)
		return;
	moves = choose_outcome(chooser, side) == OUTCOME_MOVE;
	other_moves = choose_outcome(chooser, other) == OUTCOME_MOVE;
	if (moves == other_moves && (!moves || side->winner == other->winner))
		return;
	next_note(out);
	buf_printf(out, "dialect %s would ", choose_dialect_name(other->dialect));
	if (other_moves) {
		buf_append_string(out, "choose ");
		append_tag(out, chooser, other->winner);
	} else {
		buf_append_string(out, "stay at ");
		append_current(out, chooser);
	}
}

void
choose_reason_no_match(struct buf *out, const struct chooser *chooser)
{
	if (chooser->tags->count == 0) {
		buf_append_string(out, "the repository has no tags");
		return;
	}
	if (chooser->tags->count == 1)
		buf_append_string(out, "its only tag does not satisfy ");
	else
		buf_printf(out, "none of %zu tags satisfies ", chooser->tags->count);
	append_constraint(out, chooser);
	if (chooser->rule->allow_tags != NULL || chooser->rule->ignore_tags != NULL)
		buf_append_string(out, " and the tag filters");
}

void
choose_reason_not_back(struct buf *out, const struct chooser *chooser, const struct side *side)
{
	append_current(out, chooser);
	buf_append_string(out, " satisfies ");
	append_constraint(out, chooser);
	buf_append_string(out, " and is newer than every match (the newest is ");
	append_tag(out, chooser, side->winner);
	buf_append_string(out, "): was its tag deleted? Not going backwards");
}

void
choose_reason_dialect(struct buf *out, const struct chooser *chooser, const struct side *side)
{
	enum semver_dialect other = choose_other_dialect(side->dialect);

	append_current(out, chooser);
	buf_append_string(out, " satisfies ");
	append_constraint(out, chooser);
	buf_printf(out, " in dialect %s only, not in %s: say --dialect v1 to keep following it, or "
			"--dialect v3 (Argo CD's own)", choose_dialect_name(other),
		   choose_dialect_name(side->dialect));
}

void
choose_reason_strategy(struct buf *out, const struct chooser *chooser)
{
	buf_append_string(out, "update-strategy ");
	append_quoted(out, chooser->rule->strategy);
	buf_append_string(out, chooser->strategy == STRATEGY_UNKNOWN ? " is not known"
								     : " is not for charts");
	buf_append_string(out, "; weir has semver and alphabetical");
}

void
choose_reason_current(struct buf *out, const char *current, bool is_range)
{
	buf_append_string(out, "targetRevision ");
	append_quoted(out, current);
	buf_append_string(out, is_range ? " is a range, which Argo CD resolves by itself"
			       : current[0] == '\0' ? ": Argo CD takes the newest by itself"
						    : " is no version");
	buf_append_string(out, "; --pin-ranges replaces it");
}
