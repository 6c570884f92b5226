/*
 * Constraints against the real libraries' answers: tests/cases/constraint-{v3,v1}.cases, or the
 * files given as arguments (DIALECT FILE ...), as tests/go/masterminds writes them. Then what the
 * tables cannot hold: where an error points, and the bounds.
 */
#include "../../filters/constraint.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../check.h"

#define FIELD_MAX 4096
#define CASES_MIN 2000

struct text {
	char bytes[FIELD_MAX];
	size_t len;
};

/* One field of a case up to end, \xNN undone. */
static void
unquote(const char *from, const char *end, struct text *to)
{
	to->len = 0;
	while (from < end && to->len < FIELD_MAX) {
		unsigned byte;

		if (*from == '\\' && sscanf(from, "\\x%2x", &byte) == 1) {
			to->bytes[to->len++] = (char)byte;
			from += 4;
		} else {
			to->bytes[to->len++] = *from++;
		}
	}
}

/* The answer, asked in every way there is; NULL: the ways differ. */
static const char *
answer(enum semver_dialect dialect, const struct text *constraint_text, const struct text *version)
{
	struct constraint *constraint =
		constraint_new(dialect, constraint_text->bytes, constraint_text->len, NULL);
	struct semver_text tag = { version->bytes, version->len };
	struct semver v, fast;
	const char *got;

	if (constraint == NULL)
		return "bad-constraint";
	semver_parse(&v, version->bytes, version->len);
	semver_parse_tags(&fast, &tag, 1, version->bytes + FIELD_MAX);
	bool allows = constraint_allows(constraint, &v);
	got = (v.dialects & dialect) == 0 ? "bad-version" : allows ? "yes" : "no";
	if (constraint_allows_exactly(constraint, &v) != allows)
		got = NULL;
	if (memchr(version->bytes, '_', version->len) == NULL &&
	    (fast.dialects != v.dialects || constraint_allows(constraint, &fast) != allows))
		got = NULL;
	constraint_free(constraint);
	return got;
}

static bool
check_case(enum semver_dialect dialect, const char *line, size_t len)
{
	static struct text constraint, version;
	const char *first = memchr(line, '\t', len), *second;
	const char *got;

	if (first == NULL || (second = strchr(first + 1, '\t')) == NULL)
		return false;
	unquote(first + 1, second, &constraint);
	unquote(second + 1, line + len, &version);
	got = answer(dialect, &constraint, &version);
	if (got != NULL && strlen(got) == (size_t)(first - line) &&
	    memcmp(got, line, strlen(got)) == 0)
		return true;
	printf("# got %s: %.*s\n", got != NULL ? got : "more than one answer", (int)len, line);
	return false;
}

static void
check_table(enum semver_dialect dialect, const char *path)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t size = 0, cases = 0, wrong = 0;
	ssize_t len;

	if (file == NULL) {
		check(false, "%s opens", path);
		return;
	}
	while ((len = getline(&line, &size, file)) > 0) {
		if (line[0] == '#')
			continue;
		cases++;
		if (line[len - 1] != '\n' || !check_case(dialect, line, (size_t)len - 1))
			wrong++;
	}
	free(line);
	fclose(file);
	check(cases >= CASES_MIN, "%s: at least %d cases (%zu)", path, CASES_MIN, cases);
	check(wrong == 0, "%s: all answers as the library's (%zu differ)", path, wrong);
}

static void
check_error(enum semver_dialect dialect, const char *text, const char *want)
{
	struct error err = { 0 };
	struct constraint *constraint = constraint_new(dialect, text, strlen(text), &err);

	check(constraint == NULL && err.kind == ERROR_INPUT, "refused: %s", want);
	check_text(err.text, want, "and says so");
	constraint_free(constraint);
}

static const struct {
	enum semver_dialect dialect;
	const char *text, *want;
} errors[] = {
	{ SEMVER_V3, "", "constraint \"\": at character 1: expected a version, as 1, 1.2, 1.2.3 or "
			 "1.x" },
	{ SEMVER_V3, ">= 1.x.y", "constraint \">= 1.x.y\": at character 7: expected a blank, \",\" "
				 "or \"||\"" },
	{ SEMVER_V3, "1 || ", "constraint \"1 || \": at character 6: expected a version, as 1, 1.2, "
			      "1.2.3 or 1.x" },
	{ SEMVER_V3, ">=1,", "constraint \">=1,\": at character 5: expected a version, as 1, 1.2, "
			     "1.2.3 or 1.x" },
	{ SEMVER_V3, "1.xx", "constraint \"1.xx\": at character 3: \"xx\" is neither a number nor x, "
			     "X or *" },
	{ SEMVER_V3, "1.2.18446744073709551616",
	  "constraint \"1.2.18446744073709551616\": at character 5: \"18446744073709551616\" is "
	  "larger than 18446744073709551615" },
	{ SEMVER_V1, "9223372036854775808",
	  "constraint \"9223372036854775808\": at character 1: \"9223372036854775808\" is larger "
	  "than 9223372036854775807" },
	{ SEMVER_V3, "2 || 1.2.3-a.01", "constraint \"2 || 1.2.3-a.01\": at character 14: \"01\" has "
					"a leading zero" },
	{ SEMVER_V3, "~ 1 - 2", "constraint \"~ 1 - 2\": at character 3: a range \"a - b\" has no "
				"operator before it, and stands first or after \",\" or \"||\"" },
	{ SEMVER_V3, "1 - 2, latest", "constraint \"1 - 2, latest\": at character 8: expected a "
				      "version, as 1, 1.2, 1.2.3 or 1.x" },
	{ SEMVER_V1, ">=1.2 <2", "constraint \">=1.2 <2\": at character 7: expected \",\" or \"||\" "
				 "(blanks alone divide no terms in dialect v1)" },
	{ SEMVER_V3, "1\n\x1b", "constraint \"1\\x0a\\x1b\": at character 3: expected a "
			   "version, as 1, 1.2, 1.2.3 or 1.x" },
};

static void
check_bounds(enum semver_dialect dialect)
{
	char text[CONSTRAINT_LEN_MAX + 2];
	struct error err = { 0 };
	struct constraint *constraint;

	memset(text, ' ', sizeof(text));
	text[0] = '1';
	constraint = constraint_new(dialect, text, CONSTRAINT_LEN_MAX, &err);
	check(constraint != NULL, "a constraint of 1024 characters");
	constraint_free(constraint);
	constraint = constraint_new(dialect, text, CONSTRAINT_LEN_MAX + 1, &err);
	check(constraint == NULL, "a constraint of 1025 characters is refused");
	check_text(err.text, "constraint of 1025 characters: at most 1024 are allowed", "and why");
	constraint_free(constraint);

	for (size_t i = 0; i < CONSTRAINT_TERMS_MAX; i++)
		memcpy(text + 2 * i, "1,", 2);
	constraint = constraint_new(dialect, text, (size_t)2 * CONSTRAINT_TERMS_MAX - 1, &err);
	check(constraint != NULL, "64 terms");
	constraint_free(constraint);
	memcpy(text + (size_t)2 * CONSTRAINT_TERMS_MAX, "1,", 2);
	constraint = constraint_new(dialect, text, (size_t)2 * CONSTRAINT_TERMS_MAX + 1, &err);
	check(constraint == NULL && strstr(err.text, "at character 129: more than 64 terms") != NULL,
	      "65 terms are refused: %s", err.text);
	constraint_free(constraint);

	memset(text, '|', sizeof(text));
	constraint = constraint_new(dialect, text, CONSTRAINT_LEN_MAX, &err);
	check(constraint == NULL && strlen(err.text) < 400, "nothing but bars: %s", err.text);
	constraint_free(constraint);
}

static void
check_any(void)
{
	static const struct {
		const char *version;
		bool v3, v1;
	} rows[] = {
		{ "1.0.0", true, true },	{ "1.0.0-rc1", false, true },
		{ "1.0.0-01", false, true },	{ "latest", false, false },
		{ "0.0.0", true, true },	{ "99999999.99999999.9", true, true },
		{ "18446744073709551615.0.0", true, false },
	};
	struct constraint *v3 = constraint_new_any(SEMVER_V3);
	struct constraint *v1 = constraint_new_any(SEMVER_V1);
	struct semver v;

	for (size_t i = 0; i < ALLOC_COUNT(rows); i++) {
		semver_parse(&v, rows[i].version, strlen(rows[i].version));
		check(constraint_allows(v3, &v) == rows[i].v3, "empty, v3: %s", rows[i].version);
		check(constraint_allows(v1, &v) == rows[i].v1, "empty, v1: %s", rows[i].version);
	}
	check(!constraint_takes_prereleases(v3), "empty takes no prereleases in v3");
	check(constraint_takes_prereleases(v1), "empty takes prereleases in v1");
	constraint_free(v3);
	constraint_free(v1);
	constraint_free(NULL);
}

int
main(int argc, char **argv)
{
	if (argc > 2) {
		for (int i = 2; i < argc; i++)
			check_table(strcmp(argv[1], "v1") == 0 ? SEMVER_V1 : SEMVER_V3, argv[i]);
		return check_done();
	}
	check_table(SEMVER_V3, "tests/cases/constraint-v3.cases");
	check_table(SEMVER_V1, "tests/cases/constraint-v1.cases");
	for (size_t i = 0; i < ALLOC_COUNT(errors); i++)
		check_error(errors[i].dialect, errors[i].text, errors[i].want);
	check_bounds(SEMVER_V3);
	check_bounds(SEMVER_V1);
	check_any();
	return check_done();
}
