/*
 * Versions: what is one, in which dialect, and which is newer; and that the fast reading of a list
 * of tags says what the careful one says. (That both say what the real libraries say is tested in
 * constraint.c.)
 */
#include "../../filters/semver.h"

#include <inttypes.h>
#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../check.h"

static const struct {
	const char *text;
	unsigned dialects;
	uint64_t numbers[3];
	const char *pre, *build;
} versions[] = {
	{ "1.2.3", SEMVER_BOTH, { 1, 2, 3 }, "", "" },
	{ "v1.2.3", SEMVER_BOTH, { 1, 2, 3 }, "", "" },
	{ "1", SEMVER_BOTH, { 1, 0, 0 }, "", "" },
	{ "v1.2", SEMVER_BOTH, { 1, 2, 0 }, "", "" },
	{ "001.02.0003", SEMVER_BOTH, { 1, 2, 3 }, "", "" },
	{ "2024.01.31", SEMVER_BOTH, { 2024, 1, 31 }, "", "" },
	{ "1.2.3-rc.1", SEMVER_BOTH, { 1, 2, 3 }, "rc.1", "" },
	{ "1.2.3+b.1", SEMVER_BOTH, { 1, 2, 3 }, "", "b.1" },
	{ "1.2.3-rc.1+b", SEMVER_BOTH, { 1, 2, 3 }, "rc.1", "b" },
	{ "1-rc", SEMVER_BOTH, { 1, 0, 0 }, "rc", "" },
	{ "1.2+b", SEMVER_BOTH, { 1, 2, 0 }, "", "b" },
	{ "1.2.3---1", SEMVER_BOTH, { 1, 2, 3 }, "--1", "" },
	{ "1.2.3+01", SEMVER_BOTH, { 1, 2, 3 }, "", "01" },
	{ "1.2.3-01", SEMVER_V1, { 1, 2, 3 }, "01", "" },
	{ "1.2.3-a.00+b", SEMVER_V1, { 1, 2, 3 }, "a.00", "b" },
	{ "1.2.3-01a", SEMVER_BOTH, { 1, 2, 3 }, "01a", "" },
	{ "0.0.0-1700000000-my-branch", SEMVER_BOTH, { 0, 0, 0 }, "1700000000-my-branch", "" },
	{ "9999.9999.99999999", SEMVER_BOTH, { 9999, 9999, 99999999 }, "", "" },
	{ "10000.1.2", SEMVER_BOTH, { 10000, 1, 2 }, "", "" },
	{ "1.10000.2", SEMVER_BOTH, { 1, 10000, 2 }, "", "" },
	{ "1.2.100000000", SEMVER_BOTH, { 1, 2, 100000000 }, "", "" },
	{ "1234.1234.12345678-x", SEMVER_BOTH, { 1234, 1234, 12345678 }, "x", "" },
	{ "9223372036854775807.0.0", SEMVER_BOTH, { INT64_MAX, 0, 0 }, "", "" },
	{ "0.9223372036854775808.0", SEMVER_V3, { 0, (uint64_t)INT64_MAX + 1, 0 }, "", "" },
	{ "0.0.18446744073709551615", SEMVER_V3, { 0, 0, UINT64_MAX }, "", "" },
	{ "0.0.18446744073709551616", 0, { 0 }, "", "" },
	{ "", 0, { 0 }, "", "" },
	{ "v", 0, { 0 }, "", "" },
	{ "V1", 0, { 0 }, "", "" },
	{ "vv1", 0, { 0 }, "", "" },
	{ "1.", 0, { 0 }, "", "" },
	{ ".1", 0, { 0 }, "", "" },
	{ "1..2", 0, { 0 }, "", "" },
	{ "1.2.3.4", 0, { 0 }, "", "" },
	{ "1.2.3-", 0, { 0 }, "", "" },
	{ "1.2.3+", 0, { 0 }, "", "" },
	{ "1.2.3-+b", 0, { 0 }, "", "" },
	{ "1.2.3-a.", 0, { 0 }, "", "" },
	{ "1.2.3-a..b", 0, { 0 }, "", "" },
	{ "1.2.3-a+b+c", 0, { 0 }, "", "" },
	{ "1.2.3 ", 0, { 0 }, "", "" },
	{ " 1.2.3", 0, { 0 }, "", "" },
	{ "1.2.3_b", 0, { 0 }, "", "" },
	{ "1.2.3-\xc3\xa9", 0, { 0 }, "", "" },
	{ "latest", 0, { 0 }, "", "" },
};

static bool
is_text(const char *got, size_t len, const char *want)
{
	return len == strlen(want) && (len == 0 || memcmp(got, want, len) == 0);
}

static void
check_version(size_t row)
{
	const char *text = versions[row].text;
	uint64_t numbers[3] = { 0 };
	struct semver v;

	if (!check(semver_parse(&v, text, strlen(text)) == versions[row].dialects,
		   "who accepts \"%s\"", text) || v.dialects == 0)
		return;
	semver_numbers(&v, numbers);
	check(memcmp(numbers, versions[row].numbers, sizeof(numbers)) == 0,
	      "numbers of %s: %" PRIu64 " %" PRIu64 " %" PRIu64, text, numbers[0], numbers[1],
	      numbers[2]);
	check(is_text(v.pre, v.pre_len, versions[row].pre), "prerelease of %s", text);
	check(is_text(v.build, v.build_len, versions[row].build), "build metadata of %s", text);
}

/* Each is older than the next. */
static const char *const ascending[] = {
	"0.0.0-0", "0.0.0-a", "0.0.0", "0.0.1", "0.1.0", "1.0.0-1", "1.0.0-2", "1.0.0-10",
	"1.0.0-18446744073709551615", "1.0.0--", "1.0.0-0a", "1.0.0-18446744073709551616",
	"1.0.0-A", "1.0.0-a", "1.0.0-a.1", "1.0.0-a.1.0", "1.0.0-a.b", "1.0.0-a-", "1.0.0-aa",
	"1.0.0-b", "1.0.0", "1.0.1-a", "1.0.1", "1.2.0", "1.10.0", "1.9999.99999999", "1.10000.0-a",
	"1.10000.0", "2.0.0", "9999.9999.99999998", "9999.9999.99999999", "9999.9999.100000000",
	"9999.10000.0", "10000.0.0-a", "10000.0.0", "18446744073709551615.0.0",
};

static const char *const equals[][2] = {
	{ "1.0.0", "1.0.0+b" },	    { "1.0.0+a", "1.0.0+b" }, { "1", "1.0.0" },
	{ "v1.2", "1.2.0" },	    { "01.2.3", "1.2.3" },    { "1.0.0-01", "1.0.0-1" },
	{ "1.0.0-01.5", "1.0.0-1.005" }, { "010000.0.0", "10000.0.0" },
};

static int
compare(const char *a, const char *b)
{
	struct semver x, y;

	semver_parse(&x, a, strlen(a));
	semver_parse(&y, b, strlen(b));
	return semver_compare(&x, &y);
}

static void
check_order(void)
{
	for (size_t i = 0; i < ALLOC_COUNT(ascending); i++) {
		bool ok = true;

		for (size_t j = 0; j < ALLOC_COUNT(ascending); j++)
			ok = ok && compare(ascending[i], ascending[j]) == (i > j) - (i < j);
		check(ok, "the place of %s", ascending[i]);
	}
	for (size_t i = 0; i < ALLOC_COUNT(equals); i++)
		check(compare(equals[i][0], equals[i][1]) == 0 &&
		      compare(equals[i][1], equals[i][0]) == 0,
		      "%s and %s are equal", equals[i][0], equals[i][1]);
	check(compare("1.0.0-01.5", "1.0.0-1.3") > 0, "an identifier of equal value does not decide");
	check(semver_compare_prerelease("01", 2, "1", 1) < 0 &&
	      semver_compare_prerelease("1", 1, "01", 2) < 0,
	      "1.5.0: two spellings of a number, whichever is asked is less");
	check(semver_compare_prerelease("", 0, "a", 1) > 0, "a release is newer");
}

static void
check_keys(void)
{
	static const struct {
		uint64_t numbers[3], from, until;
	} rows[] = {
		{ { 0, 0, 0 }, 0, 0 },
		{ { 1, 2, 3 }, 0x0001000200000003, 0x0001000200000003 },
		{ { 1, 2, 30004 }, 0x0001000200030004, 0x0001000200030004 },
		{ { 1, 2, 100000000 }, 0x0001000300000000, 0x00010002ffffffff },
		{ { 1, 10000, 5 }, 0x0002000000000000, 0x0001ffffffffffff },
		{ { 10000, 0, 0 }, UINT64_MAX, UINT64_MAX - 1 },
	};

	for (size_t i = 0; i < ALLOC_COUNT(rows); i++)
		check(semver_key_from(rows[i].numbers) == rows[i].from &&
		      semver_key_until(rows[i].numbers) == rows[i].until, "ends of keys, row %zu", i);
}

static void
check_strict(void)
{
	static const struct {
		const char *tag;
		bool strict;
	} rows[] = {
		{ "1.2.3", true },   { "0.0.0", true },	  { "1.2.3-a", true }, { "1.2.3_b", true },
		{ "v1.2.3", false }, { "1.2", false },	  { "1", false },      { "01.2.3", false },
		{ "1.02.3", false }, { "1.2.03", false }, { "1.2-a", false },  { "10.20.30", true },
	};

	for (size_t i = 0; i < ALLOC_COUNT(rows); i++)
		check(semver_is_strict(rows[i].tag, strlen(rows[i].tag)) == rows[i].strict,
		      "the form of %s", rows[i].tag);
}

/* --- the fast reading --- */

#define PLACE_MAX 128

static unsigned long seed = 20240131;

static unsigned
random_below(unsigned bound)
{
	seed = seed * 6364136223846793005ul + 1442695040888963407ul;
	return (unsigned)(seed >> 33) % bound;
}

/* A tag of up to 70 bytes that is a version more often than not. */
static size_t
random_tag(char tag[PLACE_MAX])
{
	static const char *const pieces[] = { ".", "-", "_", "+", "v", "0", "00", "rc", "x", "1", "42",
					      "20240131", "alpha", "-0.", "~", "\x80", "12345" };
	size_t len = 0;

	if (random_below(6) == 0)
		tag[len++] = 'v';
	for (unsigned i = 0, numbers = 1 + random_below(4); i < numbers; i++) {
		if (i > 0)
			tag[len++] = '.';
		for (unsigned digits = 1 + random_below(random_below(4) == 0 ? 10 : 2); digits > 0;
		     digits--)
			tag[len++] = (char)('0' + random_below(10));
	}
	for (unsigned i = random_below(3) == 0 ? random_below(8) : 0; i > 0; i--) {
		const char *piece = pieces[random_below(ALLOC_COUNT(pieces))];

		memcpy(tag + len, piece, strlen(piece));
		len += strlen(piece);
	}
	return len;
}

static bool
is_same(const struct semver *a, const struct semver *b)
{
	if (a->dialects != b->dialects)
		return false;
	if (a->dialects == 0)
		return true;
	return a->key == b->key && a->pre_len == b->pre_len && a->build_len == b->build_len &&
	       (a->pre_len == 0 || a->pre == b->pre) && (a->build_len == 0 || a->build == b->build) &&
	       (a->key != SEMVER_WIDE || memcmp(a->wide, b->wide, sizeof(a->wide)) == 0);
}

/* Tags one after another in memory, as they are in a message, so that what follows one is the
 * beginning of another; the last ones stand at the end of what may be read. */
static void
check_fast(void)
{
	enum { COUNT = 50000 };
	char *memory = alloc_zero(COUNT, PLACE_MAX);
	struct semver_text *tags = alloc_zero(COUNT, sizeof(*tags));
	struct semver *fast = alloc_zero(COUNT, sizeof(*fast)), careful;
	size_t used = 0, wrong = 0, known = 0;
	char *exact;

	for (size_t i = 0; i < COUNT; i++) {
		tags[i].text = memory + used;
		tags[i].len = random_tag(memory + used);
		used += tags[i].len;
	}
	/* of the very size, for the sanitizer */
	exact = alloc_text(memory, used);
	for (size_t i = 0; i < COUNT; i++)
		tags[i].text = exact + (tags[i].text - memory);
	semver_parse_tags(fast, tags, COUNT, exact + used);
	for (size_t i = 0; i < COUNT; i++) {
		semver_parse_tag(&careful, tags[i].text, tags[i].len);
		known += careful.dialects != 0;
		if (is_same(&fast[i], &careful))
			continue;
		wrong++;
		printf("# differs: %.*s\n", (int)tags[i].len, tags[i].text);
	}
	check(known > COUNT / 2, "most of the random tags are versions: %zu", known);
	check(wrong == 0, "fast and careful reading agree on %d tags", COUNT);
	free(exact);
	free(memory);
	free(tags);
	free(fast);
}

static void
check_tags(void)
{
	struct semver v;

	check(semver_parse_tag(&v, "1.0.0_b1", 8) == SEMVER_BOTH, "_ stands for + in a tag");
	check(is_text(v.build, v.build_len, "b1"), "and begins the build metadata");
	check(semver_parse_tag(&v, "1.0.0-a_b1", 10) == SEMVER_BOTH && v.pre_len == 1,
	      "and ends the prerelease");
	check(semver_parse_tag(&v, "1.0.0_a_b", 9) == 0, "but not twice");
	check(semver_parse_tag(&v, "1.0.0+a", 7) == SEMVER_BOTH, "+ is + in a tag, too");
	semver_parse_tags(&v, NULL, 0, NULL);
	check(true, "no tags at all");
}

int
main(void)
{
	for (size_t i = 0; i < ALLOC_COUNT(versions); i++)
		check_version(i);
	check_order();
	check_keys();
	check_strict();
	check_tags();
	check_fast();
	return check_done();
}
