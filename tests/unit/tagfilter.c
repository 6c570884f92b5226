/*
 * Tags by their text: what allow-tags and ignore-tags let through, that allow-tags is RE2 and no
 * more, and that nobody's expression costs much.
 */
#include "../../filters/tagfilter.h"

#include <stdlib.h>
#include <time.h>

#include "../../bus/alloc.h"
#include "../check.h"

/* The answer in a word, to one tag. */
static const char *
ask(const char *allow, const char *ignore, const char *tag)
{
	static const char *const words[] = { "take", "not allowed", "ignored" };
	struct error err = { 0 };
	struct tagfilter *filter = tagfilter_new(allow, ignore, &err);
	enum tagfilter_answer answer = TAGFILTER_TAKE;
	const char *word = "refused";

	if (filter != NULL)
		word = tagfilter_ask(filter, tag, strlen(tag), &answer, &err) == 0 ? words[answer]
										     : "too many";
	tagfilter_free(filter);
	return word;
}

static const struct {
	const char *allow, *ignore, *tag, *want;
} rows[] = {
	{ NULL, NULL, "1.0.0", "take" },
	{ "any", NULL, "1.0.0", "take" },
	{ "ANY", NULL, "1.0.0", "take" },
	{ "any ", NULL, "1.0.0", "refused" },
	{ "", NULL, "1.0.0", "refused" },
	{ "1.0.0", NULL, "1.0.0", "refused" },
	{ "glob:*", NULL, "1.0.0", "refused" },
	{ "regexp:", NULL, "1.0.0", "take" },
	{ "regexp:^1\\.", NULL, "1.0.0", "take" },
	{ "REGEXP:^1\\.", NULL, "1.0.0", "take" },
	{ "regexp:^1\\.", NULL, "2.1.0", "not allowed" },
	{ "regexp:0", NULL, "1.0.1", "take" }, /* not anchored */
	{ "regexp:^[0-9]+$", NULL, "12", "take" },
	{ "regexp:^[0-9]+$", NULL, "12-a", "not allowed" },
	{ "regexp:1$", NULL, "1\n", "not allowed" },
	{ "regexp:(?i)RC", NULL, "1.0.0-rc1", "take" },
	{ "regexp:(?i:RC)[0-9]", NULL, "1.0.0-rc1", "take" },
	{ "regexp:^(?P<major>\\d+)\\.", NULL, "1.0.0", "take" },
	{ "regexp:^(?<major>\\d+)\\.", NULL, "1.0.0", "take" },
	{ "regexp:^(?:a|b)+?$", NULL, "abab", "take" },
	{ "regexp:^\\Q1.0\\E", NULL, "1.0", "take" },
	{ "regexp:^\\Q1.0\\E", NULL, "1x0", "not allowed" },
	{ "regexp:\\Q.0", NULL, "1.0", "take" },
	{ "regexp:a|b$", NULL, "1-b", "take" },
	{ "regexp:^a|b$", NULL, "1-b", "take" },
	{ "regexp:^a|b$", NULL, "1-b1", "not allowed" },
	{ "regexp:a)(?:b", NULL, "ab", "refused" },
	{ "regexp:^[[:digit:]]{1,3}\\z", NULL, "123", "take" },
	{ "regexp:^[[:^digit:]]", NULL, "123", "not allowed" },
	{ "regexp:^[]a]", NULL, "a", "take" },
	{ "regexp:^[^]a]", NULL, "a", "not allowed" },
	{ "regexp:^\\x{31}+\\.\\pN", NULL, "11.0", "take" },
	{ "regexp:^\\p{Nd}+$", NULL, "11", "take" },
	{ "regexp:^a{,2}$", NULL, "a{,2}", "take" },
	{ "regexp:^a{2}$", NULL, "aa", "take" },
	{ "regexp:.", NULL, "\xff", "not allowed" },
	/* what RE2 does not have */
	{ "regexp:(a)\\1", NULL, "aa", "refused" },
	{ "regexp:(?P<x>a)(?P=x)", NULL, "aa", "refused" },
	{ "regexp:(?P<x>a)\\k<x>", NULL, "aa", "refused" },
	{ "regexp:(a)\\g1", NULL, "aa", "refused" },
	{ "regexp:(?=a)", NULL, "a", "refused" },
	{ "regexp:(?!a)", NULL, "a", "refused" },
	{ "regexp:(?<=a)b", NULL, "ab", "refused" },
	{ "regexp:(?<!a)b", NULL, "ab", "refused" },
	{ "regexp:(?>a)", NULL, "a", "refused" },
	{ "regexp:(?|a)", NULL, "a", "refused" },
	{ "regexp:(?#a)", NULL, "a", "refused" },
	{ "regexp:(?R)", NULL, "a", "refused" },
	{ "regexp:(?1)", NULL, "a", "refused" },
	{ "regexp:(?C1)", NULL, "a", "refused" },
	{ "regexp:(?x)a b", NULL, "ab", "refused" },
	{ "regexp:(*COMMIT)a", NULL, "a", "refused" },
	{ "regexp:(*UTF)a", NULL, "a", "refused" },
	{ "regexp:a++", NULL, "aa", "refused" },
	{ "regexp:a*?*", NULL, "aa", "refused" },
	{ "regexp:a{2}{3}", NULL, "aa", "refused" },
	{ "regexp:\\C", NULL, "a", "refused" },
	{ "regexp:\\R\\h\\X", NULL, "a", "refused" },
	{ "regexp:a\\Z", NULL, "a", "refused" },
	{ "regexp:[\\b]", NULL, "a", "refused" },
	{ "regexp:[[.a.]]", NULL, "a", "refused" },
	{ "regexp:[[:<:]]a", NULL, "a", "refused" },
	{ "regexp:a{1001}", NULL, "a", "refused" },
	{ "regexp:a{1,32767}", NULL, "a", "refused" },
	{ "regexp:a{99999999999999999999}", NULL, "a", "refused" },
	/* what nobody has */
	{ "regexp:(a", NULL, "a", "refused" },
	{ "regexp:a)", NULL, "a", "refused" },
	{ "regexp:[a", NULL, "a", "refused" },
	{ "regexp:[a\\", NULL, "a", "refused" },
	{ "regexp:a\\", NULL, "a", "refused" },
	{ "regexp:*a", NULL, "a", "refused" },
	{ "regexp:[b-a]", NULL, "a", "refused" },
	{ "regexp:\\p{NoSuch}", NULL, "a", "refused" },
	{ "regexp:\xff", NULL, "a", "refused" },
	{ "regexp:(?P<", NULL, "a", "refused" },
	{ "regexp:(?i", NULL, "a", "refused" },
	/* globs */
	{ NULL, "", "1.0.0", "take" },
	{ NULL, "1.0.0", "1.0.0", "ignored" },
	{ NULL, "1.0.0", "1.0.01", "take" },
	{ NULL, "*-rc*", "1.0.0-rc1", "ignored" },
	{ NULL, "*-rc*", "1.0.0", "take" },
	{ NULL, " latest , *-rc? ,,", "1.0.0-rc1", "ignored" },
	{ NULL, " latest , *-rc? ,,", "latest", "ignored" },
	{ NULL, " latest , *-rc? ,,", "1.0.0-rc10", "take" },
	{ NULL, "[a-c]*", "beta", "ignored" },
	{ NULL, "[^a-c]*", "beta", "take" },
	{ NULL, "[^a-c]*", "1.0", "ignored" },
	{ NULL, "[ab\\-]", "-", "ignored" },
	{ NULL, "[\\]]", "]", "ignored" },
	{ NULL, "\\*", "*", "ignored" },
	{ NULL, "\\*", "a", "take" },
	{ NULL, "*", "anything", "ignored" },
	{ NULL, "**", "anything", "ignored" },
	{ NULL, "a*b*c", "a-b-b-c", "ignored" },
	{ NULL, "a*b*c", "a-b-b-d", "take" },
	{ NULL, "*", "a/b", "take" },
	{ NULL, "*/*", "a/b", "ignored" },
	{ NULL, "a?b", "a/b", "take" },
	{ NULL, "a[^x]b", "a/b", "take" },
	{ NULL, "?", "", "take" },
	/* globs that are none match nothing */
	{ NULL, "[a", "a", "take" },
	{ NULL, "[]a]", "a", "take" },
	{ NULL, "[a-]", "a", "take" },
	{ NULL, "[-a]", "a", "take" },
	{ NULL, "a\\", "a", "take" },
	{ NULL, "[a,1.0", "1.0", "ignored" },
	/* both */
	{ "regexp:^1", "*rc*", "1.0-rc", "ignored" },
	{ "regexp:^1", "*rc*", "2.0", "not allowed" },
	{ "regexp:^1", "*rc*", "1.0", "take" },
};

static void
check_errors(void)
{
	static const struct {
		const char *allow, *want;
	} errors[] = {
		{ "1.*", "allow-tags: \"1.*\" is neither \"any\" nor \"regexp:\" and an expression" },
		{ "regexp:^(a)\\1", "allow-tags: regular expression \"^(a)\\1\": at character 5: RE2 "
				    "has no back-references" },
		{ "regexp:^(a", "allow-tags: regular expression \"^(a\": at character 4: missing "
				"closing parenthesis" },
		{ "regexp:a[b", "allow-tags: regular expression \"a[b\": at character 2: [ is not "
				"closed" },
	};

	for (size_t i = 0; i < ALLOC_COUNT(errors); i++) {
		struct error err = { 0 };
		struct tagfilter *filter = tagfilter_new(errors[i].allow, NULL, &err);

		check(filter == NULL && err.kind == ERROR_INPUT, "refused: %s", errors[i].allow);
		check_text(err.text, errors[i].want, "and says so");
		tagfilter_free(filter);
	}
}

static void
check_bad_glob(void)
{
	struct error err = { 0 };
	struct tagfilter *filter = tagfilter_new(NULL, "a*, [b ,[c", &err);

	check_text(tagfilter_bad_glob(filter), "[b", "the first that is no glob");
	tagfilter_free(filter);
	filter = tagfilter_new(NULL, "a*", &err);
	check_text(tagfilter_bad_glob(filter), NULL, "all are globs");
	tagfilter_free(filter);
	tagfilter_free(NULL);
}

static void
check_artifacts(void)
{
	static const struct {
		const char *tag;
		bool artifact;
	} tags[] = {
		{ "sha256-0123abcd", true }, { "sha256-0123abcd.sig", true }, { "1.0.0.sig", true },
		{ "x.att", true },	     { "x.sbom", true },	      { "sha256", false },
		{ "1.0.0", false },	     { "1.0.0-sig", false },	      { "sig", false },
		{ "SHA256-a", false },	     { "", false },
	};

	for (size_t i = 0; i < ALLOC_COUNT(tags); i++)
		check(tagfilter_is_artifact(tags[i].tag, strlen(tags[i].tag)) == tags[i].artifact,
		      "artifact or not: %s", tags[i].tag);
}

static void
check_sizes(void)
{
	char text[TAGFILTER_LEN_MAX + 20];
	struct error err = { 0 };

	memset(text, 'a', sizeof(text));
	text[TAGFILTER_LEN_MAX] = '\0';
	check_text(ask(NULL, text, "a"), "take", "1024 characters of ignore-tags");
	memcpy(text, "regexp:", 7);
	text[TAGFILTER_LEN_MAX + 7] = '\0';
	text[TAGFILTER_LEN_MAX] = 'a';
	check_text(ask(text, NULL, "a"), "not allowed", "1024 characters of expression");
	text[TAGFILTER_LEN_MAX + 7] = 'a';
	text[TAGFILTER_LEN_MAX + 8] = '\0';
	check(tagfilter_new(text, NULL, &err) == NULL, "1025 are refused: %s", err.text);
	check(tagfilter_new(NULL, text + 7, &err) == NULL, "of ignore-tags as well: %s", err.text);
}

/* Expressions and globs that are slow in other hands: each against 20,000 tags of 128 characters.
 * (No time is checked; it is told, and the sum of all would take hours without the bounds.) */
static const char *const slow[] = {
	"(a+)+$", "(a|a)*$", "(a*)*b", "(a|aa)+$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*)*x", "(.*.*.*)x",
	".*.*.*.*x", "(a?){30}a{30}", "((a{1,100}){1,100}){1,100}", "(a{1,1000}){1,10}$", "a{1000}",
	"(x+x+)+y", "(?i)(A+)+$", "\\p{L}*\\p{L}*\\p{L}*\\d", "[a-z]*[a-z]*[a-z]*[a-z]*[a-z]*0",
	"((((((((((a*)*)*)*)*)*)*)*)*)*)$", "(a|b|ab)*c", "^(a?a?a?a?a?a?a?a?a?a?)*$x",
	"(a+)+[b-z]", "(a|aa)+[b-z]", "(a|b)*[c-z]", "(?:a|b|c)*[d-z]$", "(.+)[b-z]", "a*a*[b-z]",
};

static void
check_slow(void)
{
	enum { COUNT = 20000 };
	char tag[128];

	memset(tag, 'a', sizeof(tag));
	tag[127] = '0';
	for (size_t i = 0; i < ALLOC_COUNT(slow); i++) {
		char *allow = alloc_format("regexp:%s", slow[i]);
		struct error err = { 0 };
		clock_t start = clock();
		struct tagfilter *filter = tagfilter_new(allow, NULL, &err);
		enum tagfilter_answer answer;
		int result = 0;

		for (int k = 0; filter != NULL && k < COUNT; k++)
			result = tagfilter_ask(filter, tag, sizeof(tag), &answer, &err);
		check(filter != NULL ? result == 0 || strstr(err.text, "too many steps") != NULL
				     : err.kind == ERROR_INPUT,
		      "%s: %s in %.0f ms", slow[i], err.text[0] != '\0' ? err.text : "answered",
		      (double)(clock() - start) * 1e3 / CLOCKS_PER_SEC);
		tagfilter_free(filter);
		free(allow);
	}
}

static void
check_slow_globs(void)
{
	char globs[TAGFILTER_LEN_MAX + 1] = "", tag[129] = "";
	size_t len = 0;
	clock_t start = clock();

	while (len + 3 < sizeof(globs)) {
		memcpy(globs + len, "*a", 2);
		len += 2;
	}
	globs[len++] = 'b';
	memset(tag, 'a', 128);
	for (int i = 0; i < 2000; i++)
		if (strcmp(ask(NULL, globs, tag), "take") != 0)
			check(false, "(*a){511}b matches no a");
	check(true, "(*a){511}b 2,000 times in %.0f ms",
	      (double)(clock() - start) * 1e3 / CLOCKS_PER_SEC);
}

int
main(void)
{
	for (size_t i = 0; i < ALLOC_COUNT(rows); i++) {
		char *name = alloc_format("row %zu: %s | %s | %s", i,
					  rows[i].allow != NULL ? rows[i].allow : "-",
					  rows[i].ignore != NULL ? rows[i].ignore : "-", rows[i].tag);

		check_text(ask(rows[i].allow, rows[i].ignore, rows[i].tag), rows[i].want, name);
		free(name);
	}
	check_errors();
	check_bad_glob();
	check_artifacts();
	check_sizes();
	check_slow();
	check_slow_globs();
	return check_done();
}
