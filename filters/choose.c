/*
 * The decision. Each dialect that counts is a side with its own constraint and winner; the
 * side of the dialect in force decides, and the other one can only stop it or be mentioned.
 */
#include "choose.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../bus/alloc.h"
#include "../bus/buf.h"
#include "choose-priv.h"

#define TEXT_MAX 3000

static const char winner_text[] = "the newest match";

enum verdict {
	VERDICT_TAKEN,
	VERDICT_ARTIFACT,
	VERDICT_NO_VERSION,
	VERDICT_OTHER_DIALECT,
	VERDICT_PRERELEASE,
	VERDICT_OUTSIDE,
	VERDICT_NOT_ALLOWED,
	VERDICT_IGNORED
};

static const char *const verdict_texts[] = {
	[VERDICT_TAKEN] = "a match, but not the newest",
	[VERDICT_ARTIFACT] = "an artifact of another tag: signature, attestation or SBOM",
	[VERDICT_NO_VERSION] = "no version",
	[VERDICT_OTHER_DIALECT] = "a version in the other dialect only",
	[VERDICT_PRERELEASE] = "a prerelease, and the constraint asks for releases",
	[VERDICT_OUTSIDE] = "not within the constraint",
	[VERDICT_NOT_ALLOWED] = "not in allow-tags",
	[VERDICT_IGNORED] = "in ignore-tags",
};

static enum strategy
read_strategy(const char *word)
{
	static const struct {
		const char *word;
		enum strategy strategy;
	} words[] = {
		{ "semver", STRATEGY_SEMVER },
		{ "alphabetical", STRATEGY_ALPHABETICAL },
		{ "name", STRATEGY_ALPHABETICAL }, /* its old name */
		{ "newest-build", STRATEGY_NOT_FOR_CHARTS },
		{ "latest", STRATEGY_NOT_FOR_CHARTS },
		{ "digest", STRATEGY_NOT_FOR_CHARTS },
	};

	if (word == NULL)
		return STRATEGY_SEMVER;
	for (size_t i = 0; i < ALLOC_COUNT(words); i++)
		if (strcasecmp(word, words[i].word) == 0)
			return words[i].strategy;
	return STRATEGY_UNKNOWN;
}

/* --- one side --- */

static enum verdict
judge_version(const struct chooser *chooser, const struct side *side, uint32_t place)
{
	const struct semver *version = &chooser->tags->versions[place];

	if (version->dialects == 0)
		return VERDICT_NO_VERSION;
	if ((version->dialects & (unsigned)side->dialect) == 0)
		return VERDICT_OTHER_DIALECT;
	if (constraint_allows(side->constraint, version))
		return VERDICT_TAKEN;
	if (version->pre_len > 0 && !constraint_takes_prereleases(side->constraint))
		return VERDICT_PRERELEASE;
	return VERDICT_OUTSIDE;
}

/* In alphabetical order an empty constraint takes what is no version, too. */
static bool
asks_for_versions(const struct chooser *chooser)
{
	return chooser->strategy == STRATEGY_SEMVER || chooser->rule->constraint[0] != '\0';
}

static int
judge(const struct chooser *chooser, const struct side *side, uint32_t place,
      enum verdict *verdict, struct error *err)
{
	struct semver_text tag = chooser->tags->tags[place];
	enum tagfilter_answer answer;

	*verdict = VERDICT_ARTIFACT;
	if (chooser->tags->artifacts[place])
		return 0;
	*verdict = VERDICT_TAKEN;
	if (asks_for_versions(chooser))
		*verdict = judge_version(chooser, side, place);
	if (*verdict != VERDICT_TAKEN)
		return 0;
	if (tagfilter_ask(chooser->filter, tag.text, tag.len, &answer, err) == -1)
		return -1;
	switch (answer) {
	case TAGFILTER_TAKE:
		break;
	case TAGFILTER_NOT_ALLOWED:
		*verdict = VERDICT_NOT_ALLOWED;
		break;
	case TAGFILTER_IGNORED:
		*verdict = VERDICT_IGNORED;
		break;
	}
	return 0;
}

static const uint32_t *
order_of(const struct chooser *chooser)
{
	return chooser->strategy == STRATEGY_SEMVER ? chooser->tags->newest
						    : choose_tags_greatest(chooser->tags);
}

static int
find_winner(const struct chooser *chooser, struct side *side, struct error *err)
{
	const uint32_t *order = order_of(chooser);
	bool asks = asks_for_versions(chooser);

	side->winner = CHOOSE_NO_PLACE;
	for (size_t i = 0; i < chooser->tags->count; i++) {
		enum verdict verdict;

		/* most are outside, and this is quickly told */
		if (asks && !constraint_allows(side->constraint,
					       &chooser->tags->versions[order[i]]))
			continue;
		if (judge(chooser, side, order[i], &verdict, err) == -1)
			return -1;
		if (verdict == VERDICT_TAKEN) {
			side->winner = order[i];
			side->winner_at = i;
			return 0;
		}
	}
	return 0;
}

static int
open_side(struct side *side, const struct chooser *chooser, enum semver_dialect dialect,
	  struct error *err)
{
	const char *text = chooser->rule->constraint;

	side->dialect = dialect;
	side->constraint = text[0] == '\0' ? constraint_new_any(dialect)
					   : constraint_new(dialect, text, strlen(text), err);
	if (side->constraint == NULL)
		return -1;
	side->accepts_current = chooser->has_current &&
				(!asks_for_versions(chooser) ||
				 constraint_allows(side->constraint, &chooser->current));
	return 0;
}

static bool
has_tag(const struct choose_tags *tags, struct semver_text text)
{
	for (size_t i = 0; i < tags->count; i++)
		if (choose_same_texts(tags->tags[tags->newest[i]], text))
			return true;
	return false;
}

/* Is current as the tag would be written? */
static bool
is_written(const struct chooser *chooser, uint32_t place)
{
	return choose_same_texts(chooser->tags->tags[place], chooser->current_text) &&
	       memchr(chooser->current_text.text, '_', chooser->current_text.len) == NULL;
}

/* Is the tag newer (1) or older (-1) than the current version? */
static int
compare_to_current(const struct chooser *chooser, uint32_t place)
{
	if (chooser->strategy == STRATEGY_SEMVER)
		return semver_compare(&chooser->tags->versions[place], &chooser->current);
	return choose_compare_texts(chooser->tags->tags[place], chooser->current_text);
}

/* Another form of the same version is no reason to move, unless the form of now is not (or no
 * longer) there. */
static bool
can_stay(const struct chooser *chooser)
{
	return memchr(chooser->current_text.text, '_', chooser->current_text.len) == NULL &&
	       has_tag(chooser->tags, chooser->current_text);
}

enum outcome
choose_outcome(const struct chooser *chooser, const struct side *side)
{
	int order;

	if (side->winner == CHOOSE_NO_PLACE)
		return OUTCOME_NO_MATCH;
	if (!chooser->has_current)
		return OUTCOME_MOVE;
	if (is_written(chooser, side->winner))
		return OUTCOME_NEWEST;
	if (!side->accepts_current)
		return OUTCOME_MOVE;
	order = compare_to_current(chooser, side->winner);
	if (order == 0)
		return can_stay(chooser) ? OUTCOME_NEWEST : OUTCOME_MOVE;
	return order > 0 ? OUTCOME_MOVE : OUTCOME_NOT_BACK;
}

/* --- the current version --- */

/* Is it more than one version to Argo CD? */
static bool
is_range(const char *text)
{
	struct constraint *constraint = constraint_new(SEMVER_V3, text, strlen(text), NULL);

	constraint_free(constraint);
	return constraint != NULL;
}

/* Take in rule->current. Appends a reason not to touch it, if there is one. */
static void
read_current(struct chooser *chooser, struct buf *reason)
{
	const char *current = chooser->rule->current;
	bool range;

	chooser->current.dialects = 0;
	if (current == NULL)
		return;
	chooser->current_text = (struct semver_text){ current, strlen(current) };
	semver_parse_tag(&chooser->current, current, chooser->current_text.len);
	range = chooser->current.dialects == 0 && is_range(current);
	chooser->has_current = chooser->current.dialects != 0 ||
			       (chooser->strategy == STRATEGY_ALPHABETICAL && !range &&
				current[0] != '\0');
	if (!chooser->has_current && !chooser->rule->pin_ranges)
		choose_reason_current(reason, current, range);
}

/* --- the answer --- */

static void
add_match(struct choose_decision *decision, struct semver_text tag)
{
	size_t count = decision->match_count;

	if ((count & (count - 1)) == 0)
		decision->matches = alloc_grow(decision->matches, count > 0 ? 2 * count : 1,
					       sizeof(*decision->matches));
	decision->matches[decision->match_count++] = choose_written(tag);
}

static void
add_considered(struct choose_decision *decision, struct semver_text tag, bool taken,
	       const char *reason)
{
	decision->considered[decision->considered_count++] = (struct choose_considered){
		.tag = tag, .taken = taken, .reason = reason
	};
}

/* Going there would be going backwards. */
static bool
is_behind(const struct chooser *chooser, const struct side *side, uint32_t place)
{
	return side->accepts_current && compare_to_current(chooser, place) < 0;
}

/* All that the rule allows, newest first, as far as anybody asks. */
static int
list_matches(const struct chooser *chooser, const struct side *side,
	     struct choose_decision *decision, struct error *err)
{
	const uint32_t *order = order_of(chooser);
	const struct choose_rule *rule = chooser->rule;

	if (rule->explain)
		decision->considered = alloc_zero(chooser->tags->count,
						  sizeof(*decision->considered));
	for (size_t i = rule->explain ? 0 : side->winner_at; i < chooser->tags->count; i++) {
		bool full = rule->matches_max > 0 && decision->match_count == rule->matches_max;
		struct semver_text tag = chooser->tags->tags[order[i]];
		enum verdict verdict;

		if (full && !rule->explain)
			break;
		if (judge(chooser, side, order[i], &verdict, err) == -1)
			return -1;
		if (rule->explain)
			add_considered(decision, tag, verdict == VERDICT_TAKEN,
				       order[i] == side->winner ? winner_text
								: verdict_texts[verdict]);
		if (verdict == VERDICT_TAKEN && !full && !is_behind(chooser, side, order[i]))
			add_match(decision, tag);
	}
	return 0;
}

static void
decide(const struct chooser *chooser, const struct side *side, const struct side *other,
       struct choose_decision *decision, struct buf *reason)
{
	CLEANUP_BUF struct buf note = BUF_INIT(TEXT_MAX);
	bool held = reason->len > 0;

	if (!held && other->constraint != NULL && other->accepts_current &&
	    !side->accepts_current) {
		choose_reason_dialect(reason, chooser, side);
		held = true;
	}
	if (!held) {
		switch (choose_outcome(chooser, side)) {
		case OUTCOME_MOVE:
			decision->update = true;
			choose_note_backwards(&note, chooser, side);
			break;
		case OUTCOME_NEWEST:
			buf_append_string(reason, "already the newest match");
			break;
		case OUTCOME_NOT_BACK:
			choose_reason_not_back(reason, chooser, side);
			break;
		case OUTCOME_NO_MATCH:
			choose_reason_no_match(reason, chooser);
			break;
		}
		choose_note_other(&note, chooser, side, other);
	}
	choose_note_filters(&note, chooser);
	if (decision->update) {
		decision->note = note.len > 0 ? alloc_string(buf_string(&note)) : NULL;
		return;
	}
	decision->reason = note.len > 0 ? alloc_format("%s; %s", buf_string(reason),
						       buf_string(&note))
					: alloc_string(buf_string(reason));
}

/* The dialect in force cannot read the constraint; say so when the other one can. */
static int
fail_side(const struct chooser *chooser, enum semver_dialect dialect, struct error *err)
{
	enum semver_dialect other = choose_other_dialect(dialect);
	const char *text = chooser->rule->constraint;
	struct constraint *constraint = constraint_new(other, text, strlen(text), NULL);

	if (constraint != NULL && err != NULL)
		error_set(err, ERROR_INPUT, 0, "%s (dialect %s can read it)", err->text,
			  choose_dialect_name(other));
	constraint_free(constraint);
	return -1;
}

static int
choose_by_sides(struct chooser *chooser, struct side *side, struct side *other,
		struct choose_decision *decision, struct error *err)
{
	CLEANUP_BUF struct buf reason = BUF_INIT(TEXT_MAX);
	const struct choose_rule *rule = chooser->rule;

	read_current(chooser, &reason);
	if (open_side(side, chooser, rule->dialect, err) == -1)
		return fail_side(chooser, rule->dialect, err);
	if (find_winner(chooser, side, err) == -1)
		return -1;
	if (!rule->dialect_given && chooser->has_current &&
	    open_side(other, chooser, choose_other_dialect(rule->dialect), NULL) == 0 &&
	    find_winner(chooser, other, err) == -1)
		return -1;
	if (list_matches(chooser, side, decision, err) == -1)
		return -1;
	decide(chooser, side, other, decision, &reason);
	return 0;
}

int
choose(struct choose_decision *decision, struct choose_tags *tags, const struct choose_rule *rule,
       struct error *err)
{
	struct chooser chooser = { .tags = tags, .rule = rule };
	struct side side = { 0 }, other = { 0 };
	int result;

	*decision = (struct choose_decision){ 0 };
	chooser.strategy = read_strategy(rule->strategy);
	if (chooser.strategy == STRATEGY_UNKNOWN || chooser.strategy == STRATEGY_NOT_FOR_CHARTS) {
		CLEANUP_BUF struct buf reason = BUF_INIT(TEXT_MAX);

		choose_reason_strategy(&reason, &chooser);
		decision->reason = alloc_string(buf_string(&reason));
		return 0;
	}
	chooser.filter = tagfilter_new(rule->allow_tags, rule->ignore_tags, err);
	if (chooser.filter == NULL)
		return -1;
	result = choose_by_sides(&chooser, &side, &other, decision, err);
	constraint_free(side.constraint);
	constraint_free(other.constraint);
	tagfilter_free(chooser.filter);
	if (result == -1)
		choose_decision_fini(decision);
	return result;
}

void
choose_decision_fini(struct choose_decision *decision)
{
	for (size_t i = 0; i < decision->match_count; i++)
		free(decision->matches[i]);
	free(decision->matches);
	free(decision->considered);
	free(decision->reason);
	free(decision->note);
	*decision = (struct choose_decision){ 0 };
}
