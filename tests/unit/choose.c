/*
 * Decisions: each row is a repository, a rule and what comes of it. The text of a decision is
 * `to VERSION (other matches) [note]` or `hold: REASON`.
 */
#include "../../filters/choose.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../../bus/buf.h"
#include "../check.h"

#define TAGS_MAX 64

enum { PIN = 1, V1 = 2, V3 = 4 }; /* --pin-ranges, --dialect */

struct row {
	const char *tags; /* divided by blanks */
	const char *constraint, *current;
	const char *want;
	unsigned flags;
	const char *strategy, *allow, *ignore;
};

static size_t
split(const char *text, struct semver_text tags[TAGS_MAX])
{
	size_t count = 0;

	while (*text != '\0' && count < TAGS_MAX) {
		size_t len = strcspn(text, " ");

		tags[count++] = (struct semver_text){ text, len };
		text += len + (text[len] == ' ');
	}
	return count;
}

static struct choose_rule
rule_of(const struct row *row)
{
	return (struct choose_rule){
		.constraint = row->constraint, .current = row->current,
		.strategy = row->strategy, .allow_tags = row->allow, .ignore_tags = row->ignore,
		.dialect = (row->flags & V1) != 0 ? SEMVER_V1 : SEMVER_V3,
		.dialect_given = (row->flags & (V1 | V3)) != 0,
		.pin_ranges = (row->flags & PIN) != 0, .matches_max = 4,
	};
}

static void
describe(struct buf *out, const struct choose_decision *decision)
{
	if (!decision->update) {
		buf_printf(out, "hold: %s", decision->reason);
		return;
	}
	buf_printf(out, "to %s", decision->matches[0]);
	for (size_t i = 1; i < decision->match_count; i++)
		buf_printf(out, "%s%s", i == 1 ? " (" : " ", decision->matches[i]);
	if (decision->match_count > 1)
		buf_append_char(out, ')');
	if (decision->note != NULL)
		buf_printf(out, " [%s]", decision->note);
}

static void
check_row(const struct row *row)
{
	CLEANUP_BUF struct buf out = BUF_INIT(4000);
	CLEANUP_FREE char *name = NULL;
	struct semver_text texts[TAGS_MAX];
	struct choose_rule rule = rule_of(row);
	struct choose_decision decision;
	struct error err = { 0 };
	size_t count = split(row->tags, texts);
	struct choose_tags *tags = choose_tags_new(texts, count, row->tags + strlen(row->tags));

	if (choose(&decision, tags, &rule, &err) == -1)
		buf_printf(&out, "error: %s", err.text);
	else
		describe(&out, &decision);
	choose_decision_fini(&decision);
	choose_tags_free(tags);
	name = alloc_format("\"%s\" of %s at %s", row->constraint, row->tags,
			    row->current != NULL ? row->current : "-");
	check_text(buf_string(&out), row->want, name);
}

static const struct row rows[] = {
	/* the newest match */
	{ "1.0.0 1.0.3 1.1.0", "~ 1.0", "1.0.0", "to 1.0.3 (1.0.0)", 0, NULL, NULL, NULL },
	{ "1.0.0 1.0.3 1.1.0", "~ 1.0", "1.0.3", "hold: already the newest match", 0, NULL, NULL,
	  NULL },
	{ "0.9.0 1.0.0 1.0.1 1.0.3", "*", "1.0.0", "to 1.0.3 (1.0.1 1.0.0)", 0, NULL, NULL, NULL },
	{ "0.9.0 1.0.1 1.0.3", "*", "1.0.0", "to 1.0.3 (1.0.1)", 0, NULL, NULL, NULL },
	{ "1.0.9 1.0.10", ">=1.0.0", "1.0.0", "to 1.0.10 (1.0.9)", 0, NULL, NULL, NULL },
	{ "1.5.0 1.4.0 1.3.0 1.2.0 1.1.0", "1", "1.0.0", "to 1.5.0 (1.4.0 1.3.0 1.2.0)", 0, NULL,
	  NULL, NULL },
	{ "latest 1.0.0 main 2.0.0-rc1", "*", "0.9.0", "to 1.0.0", 0, NULL, NULL, NULL },
	{ "1.0.0 1.1.0", "", "1.0.0", "to 1.1.0 (1.0.0)", 0, NULL, NULL, NULL },
	{ "1.0.0 1.1.0-rc1", "", "1.0.0",
	  "hold: already the newest match; dialect v1 would choose 1.1.0-rc1", 0, NULL, NULL,
	  NULL },
	{ "1.0.0 1.1.0-rc1", "", "1.0.0", "to 1.1.0-rc1 (1.0.0)", V1, NULL, NULL, NULL },
	{ "1.0.0 1.1.0-rc1", "", "1.0.0", "hold: already the newest match", V3, NULL, NULL, NULL },
	{ "1.0.0 1.1.0-rc1", ">=1-0", "1.0.0", "to 1.1.0-rc1 (1.0.0)", 0, NULL, NULL, NULL },
	{ "1.0.0", "~ 1.0", NULL, "to 1.0.0", 0, NULL, NULL, NULL },
	{ "18446744073709551615.0.0 1.0.0", "*", "1.0.0", "to 18446744073709551615.0.0 (1.0.0)",
	  V3, NULL, NULL, NULL },
	{ "9999.0.0 1.2.4", "~1.2", "1.2.3", "to 1.2.4", 0, NULL, NULL, NULL },

	/* nothing matches */
	{ "1.0.0 latest", "~ 2.0", "2.0.0",
	  "hold: none of 2 tags satisfies the constraint \"~ 2.0\"", 0, NULL, NULL, NULL },
	{ "", "*", "1.0.0", "hold: the repository has no tags", 0, NULL, NULL, NULL },
	{ "2.0.0", "*", "1.0.0",
	  "hold: its only tag does not satisfy the constraint \"*\" and the tag filters", 0, NULL, NULL,
	  "2*" },
	{ "main", "", "1.0.0",
	  "hold: its only tag does not satisfy the empty constraint", 0, NULL, NULL,
	  NULL },

	/* not backwards by accident */
	{ "1.0.0 1.1.0", "~1", "1.2.0",
	  "hold: 1.2.0 satisfies the constraint \"~1\" and is newer than every match (the newest is "
	  "1.1.0): was its tag deleted? Not going backwards", 0, NULL, NULL, NULL },
	{ "1.0.0 1.1.0 2.0.0", "~1", "2.0.0",
	  "to 1.1.0 (1.0.0) [goes back, since 2.0.0 does not satisfy the constraint \"~1\"]", 0,
	  NULL, NULL, NULL },
	{ "1.0.0 1.1.0 2.0.0", "~2", "1.1.0", "to 2.0.0", 0, NULL, NULL, NULL },
	{ "1.1.0 1.2.0", "~1", "1.2.0",
	  "hold: 1.2.0 satisfies the constraint \"~1\" and is newer than every match (the newest is "
	  "1.1.0): was its tag deleted? Not going backwards", 0, NULL, NULL, "1.2.*" },
	{ "1.1.0", "*", "1.2.0-rc1",
	  "to 1.1.0 [goes back, since 1.2.0-rc1 does not satisfy the constraint \"*\"]", 0, NULL,
	  NULL, NULL },

	/* spellings */
	{ "v1.0.0 v1.1.0", "*", "v1.0.0", "to v1.1.0 (v1.0.0)", 0, NULL, NULL, NULL },
	{ "1.0.0_b1 1.0.1_b2", "*", "1.0.0+b1", "to 1.0.1+b2 (1.0.0+b1)", 0, NULL, NULL, NULL },
	{ "1.0.1_b2", "*", "1.0.1+b2", "hold: already the newest match", 0, NULL, NULL, NULL },
	{ "1.0.1_b2", "*", "1.0.1_b2", "to 1.0.1+b2", 0, NULL, NULL, NULL },
	{ "1.0 1.0.0 v1.0.0 v1.0 1", "*", "0.9.0", "to 1.0.0 (v1.0.0 v1.0 1.0)", 0, NULL, NULL,
	  NULL },
	{ "1 v1.0 v1.0.0 1.0.0 1.0", "*", "0.9.0", "to 1.0.0 (v1.0.0 v1.0 1.0)", 0, NULL, NULL,
	  NULL },
	{ "1.0.0 v1.0.0", "*", "v1.0.0", "hold: already the newest match", 0, NULL, NULL, NULL },
	{ "1.0.0", "*", "v1.0.0", "to 1.0.0", 0, NULL, NULL, NULL },
	{ "1.0.0_a 1.0.0_b", "*", "1.0.0+a", "hold: already the newest match", 0, NULL, NULL,
	  NULL },
	{ "1.0.0_a 1.0.0_b", "*", "1.0.0+b", "hold: already the newest match", 0, NULL, NULL,
	  NULL },
	{ "1.0.0_b 1.0.0_a", "*", "0.9.0", "to 1.0.0+b (1.0.0+a)", 0, NULL, NULL, NULL },
	{ "1.0.0_a 1.0.0_b", "*", "0.9.0", "to 1.0.0+b (1.0.0+a)", 0, NULL, NULL, NULL },
	{ "1.0.0 1.0.0 1.0.0+a 1.0.0_a", "*", "0.9.0", "to 1.0.0+a (1.0.0)", 0, NULL, NULL, NULL },

	/* tags that are no chart's */
	{ "1.0.0 sha256-0a.sig 1.1.0.sig 1.1.0-x.att 1.2.0-y.sbom sha256-0a", "*-0", "1.0.0",
	  "hold: already the newest match", V3, NULL, NULL, NULL },

	/* filters */
	{ "1.0.0 1.1.0 1.2.0", "*", "1.0.0", "to 1.1.0 (1.0.0)", 0, NULL, NULL, " 1.2.*, latest" },
	{ "1.0.0 1.1.0 1.2.0", "*", "1.0.0", "to 1.1.0 (1.0.0)", 0, NULL, "regexp:^1\\.[01]",
	  NULL },
	{ "1.0.0 1.1.0", "*", "1.0.0",
	  "to 1.1.0 (1.0.0) [ignore-tags: \"[1\" is no pattern and matches nothing]", 0, NULL,
	  NULL, "[1" },
	{ "1.0.0 1.1.0", "*", "1.1.0", "hold: already the newest match; ignore-tags: \"[1\" is no "
				       "pattern and matches nothing", 0, NULL, NULL, "[1" },
	{ "1.0.0", "*", "1.0.0",
	  "error: allow-tags: \"1.*\" is neither \"any\" nor \"regexp:\" and an expression", 0,
	  NULL, "1.*", NULL },

	/* dialects */
	{ "1.0.0 1.0.3 1.1.0", "~ 0.0", "1.0.0",
	  "hold: 1.0.0 satisfies the constraint \"~ 0.0\" in dialect v1 only, not in v3: say "
	  "--dialect v1 to keep following it, or --dialect v3 (Argo CD's own)", 0, NULL, NULL,
	  NULL },
	{ "1.0.0 1.0.3 1.1.0", "~ 0.0", "1.0.0", "to 1.1.0 (1.0.3 1.0.0)", V1, NULL, NULL, NULL },
	{ "1.0.0 1.0.3 1.1.0", "~ 0.0", "1.0.0",
	  "hold: none of 3 tags satisfies the constraint \"~ 0.0\"", V3, NULL, NULL, NULL },
	{ "0.0.5 1.0.0", "~ 0.0", "1.0.0",
	  "to 0.0.5 [goes back, since 1.0.0 does not satisfy the constraint \"~ 0.0\"]", V3, NULL,
	  NULL, NULL },
	{ "0.2.0 0.3.0", "^0.2", "0.2.0",
	  "hold: already the newest match; dialect v1 would choose 0.3.0", 0, NULL, NULL, NULL },
	{ "0.2.0 0.2.1 0.3.0", "^0.2", "0.2.0", "to 0.2.1 (0.2.0) [dialect v1 would choose 0.3.0]",
	  0, NULL, NULL, NULL },
	{ "0.2.0 0.2.1 0.3.0", "^0.2", "0.2.0", "to 0.2.1 (0.2.0)", V3, NULL, NULL, NULL },
	{ "1.2.0 1.2.7", "1.2", "1.2.0", "to 1.2.7 (1.2.0) [dialect v1 would stay at 1.2.0]", 0,
	  NULL, NULL, NULL },
	{ "1.2.5 1.2.7", "1.2", "1.2.5", "to 1.2.7 (1.2.5)", 0, NULL, NULL, NULL },
	{ "1.2.0 1.2.7", ">=1.2 <2", "1.2.0", "to 1.2.7 (1.2.0)", 0, NULL, NULL, NULL },
	{ "1.2.0 1.2.7", ">=1.2 <2", "1.2.0",
	  "error: constraint \">=1.2 <2\": at character 7: expected \",\" or \"||\" (blanks alone "
	  "divide no terms in dialect v1) (dialect v3 can read it)", V1, NULL, NULL, NULL },
	{ "1.0.0-01 1.0.0-2", "*-0", "1.0.0-01", "to 1.0.0-2", 0, NULL, NULL, NULL },
	{ "1.0.0-01 1.0.0-02", ">=1.0.0-0", "1.0.0-01",
	  "hold: 1.0.0-01 satisfies the constraint \">=1.0.0-0\" in dialect v1 only, not in v3: say "
	  "--dialect v1 to keep following it, or --dialect v3 (Argo CD's own)", 0, NULL, NULL,
	  NULL },
	{ "1.0.0-01 1.0.0-02", ">=1.0.0-0", "1.0.0-01", "to 1.0.0-02 (1.0.0-01)", V1, NULL, NULL,
	  NULL },
	{ "1.0.0-rc1 0.9.0", "", "1.0.0-rc1",
	  "hold: 1.0.0-rc1 satisfies the empty constraint in dialect v1 only, not in "
	  "v3: say --dialect v1 to keep following it, or --dialect v3 (Argo CD's own)", 0, NULL,
	  NULL, NULL },

	/* what is no version now */
	{ "1.0.0 1.1.0", "*", "1.x", "hold: targetRevision \"1.x\" is a range, which Argo CD "
				     "resolves by itself; --pin-ranges replaces it", 0, NULL, NULL,
	  NULL },
	{ "1.0.0 1.1.0", "*", "latest", "hold: targetRevision \"latest\" is no version; "
					"--pin-ranges replaces it", 0, NULL, NULL, NULL },
	{ "1.0.0 1.1.0", "*", "", "hold: targetRevision \"\": Argo CD takes the newest by itself; "
				  "--pin-ranges replaces it", 0, NULL, NULL, NULL },
	{ "1.0.0 1.1.0", "*", "1.x", "to 1.1.0 (1.0.0)", PIN, NULL, NULL, NULL },
	{ "1.0.0 1.1.0", "~2", ">=1 <2", "hold: none of 2 tags satisfies the constraint \"~2\"",
	  PIN, NULL, NULL, NULL },
	{ "1.0.0 1.1.0", "*", "\x1b[2J", "hold: targetRevision \"\\x1b[2J\" is no version; "
					 "--pin-ranges replaces it", 0, NULL, NULL, NULL },
	{ "1.2.0 1.2.7", "*", "1.2", "to 1.2.7 (1.2.0)", 0, NULL, NULL, NULL },
	{ "1.2.0", "*", "1.2", "to 1.2.0", 0, NULL, NULL, NULL },

	/* strategies */
	{ "1.0.0 1.1.0", "*", "1.0.0", "to 1.1.0 (1.0.0)", 0, "SemVer", NULL, NULL },
	{ "1.0.0", "*", "1.0.0", "hold: update-strategy \"newest-build\" is not for charts; weir has "
				 "semver and alphabetical", 0, "newest-build", NULL, NULL },
	{ "1.0.0", "*", "1.0.0", "hold: update-strategy \"Latest\" is not for charts; weir has "
				 "semver and alphabetical", 0, "Latest", NULL, NULL },
	{ "1.0.0", "*", "1.0.0", "hold: update-strategy \"digest\" is not for charts; weir has "
				 "semver and alphabetical", 0, "digest", NULL, NULL },
	{ "1.0.0", "*", "1.0.0", "hold: update-strategy \"semvre\" is not known; weir has semver and "
				 "alphabetical", 0, "semvre", NULL, NULL },
	{ "1.9.0 1.10.0", "*", "1.0.0", "to 1.9.0 (1.10.0)", 0, "alphabetical", NULL, NULL },
	{ "2024a 2024c 2024b", "", "2024a", "to 2024c (2024b 2024a)", 0, "name", NULL, NULL },
	{ "2024a 2024c 2024b", "", "2024c", "hold: already the newest match", 0, "name", NULL,
	  NULL },
	{ "2024a 2024b", "", "2024c",
	  "hold: 2024c satisfies the empty constraint and is newer than every match "
	  "(the newest is 2024b): was its tag deleted? Not going backwards", 0, "name", NULL,
	  NULL },
	{ "2024a 2024c 2024b", "*", "2024a", "hold: none of 3 tags satisfies the constraint \"*\"", 0,
	  "name", NULL, NULL },
	{ "a b sha256-c z.sig", "", "a", "to b (a)", 0, "alphabetical", NULL, NULL },
	{ "b_1 b_2", "", "a", "to b+2 (b+1)", 0, "alphabetical", NULL, NULL },
	{ "a b", "", "1.x", "hold: targetRevision \"1.x\" is a range, which Argo CD resolves by "
			    "itself; --pin-ranges replaces it", 0, "alphabetical", NULL, NULL },
	{ "a b", "", "", "to b (a)", PIN, "alphabetical", NULL, NULL },

	/* what nobody can read */
	{ "1.0.0", ">= 1.x.y", "1.0.0", "error: constraint \">= 1.x.y\": at character 7: expected a "
					"blank, \",\" or \"||\"", 0, NULL, NULL, NULL },
	{ "1.0.0", " ", "1.0.0", "error: constraint \" \": at character 2: expected a version, as 1, "
				 "1.2, 1.2.3 or 1.x", 0, NULL, NULL, NULL },
};

static void
check_explain(void)
{
	static const char tags_text[] =
		"1.0.0 1.1.0 1.1.1 1.2.0 2.0.0 1.3.0-rc1 1.0.0-01 latest sha256-ab 1.0.5";
	static const struct {
		const char *tag, *reason;
		bool taken;
	} want[] = {
		{ "2.0.0", "not within the constraint", false },
		{ "1.3.0-rc1", "a prerelease, and the constraint asks for releases", false },
		{ "1.2.0", "in ignore-tags", false },
		{ "1.1.1", "the newest match", true },
		{ "1.1.0", "a match, but not the newest", true },
		{ "1.0.5", "not in allow-tags", false },
		{ "1.0.0", "a match, but not the newest", true },
		{ "1.0.0-01", "a version in the other dialect only", false },
		{ "sha256-ab", "an artifact of another tag: signature, attestation or SBOM", false },
		{ "latest", "no version", false },
	};
	struct choose_rule rule = { .constraint = "1", .current = "1.0.0", .dialect = SEMVER_V3,
				    .explain = true, .matches_max = 2, .ignore_tags = "1.2.*",
				    .allow_tags = "regexp:[^5]$" };
	struct choose_decision decision;
	struct semver_text texts[TAGS_MAX];
	size_t count = split(tags_text, texts);
	struct choose_tags *tags = choose_tags_new(texts, count, tags_text + sizeof(tags_text));

	check(choose(&decision, tags, &rule, NULL) == 0, "a decision that is explained");
	check_number((long long)decision.match_count, 2, "no more matches than asked for");
	check_number((long long)decision.considered_count, (long long)count, "every tag");
	for (size_t i = 0; i < ALLOC_COUNT(want) && i < decision.considered_count; i++) {
		struct choose_considered *row = &decision.considered[i];

		check(row->tag.len == strlen(want[i].tag) &&
		      memcmp(row->tag.text, want[i].tag, row->tag.len) == 0 &&
		      row->taken == want[i].taken && strcmp(row->reason, want[i].reason) == 0,
		      "considered %zu: %.*s %s", i, (int)row->tag.len, row->tag.text, row->reason);
	}
	choose_decision_fini(&decision);
	choose_tags_free(tags);
	choose_tags_free(NULL);
}

int
main(void)
{
	for (size_t i = 0; i < ALLOC_COUNT(rows); i++)
		check_row(&rows[i]);
	check_explain();
	return check_done();
}
