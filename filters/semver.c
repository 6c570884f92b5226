/*
 * Versions, read byte by byte: the whole truth about what is a version and which is newer.
 * semver-fast.c answers for the usual shapes of a long list of tags; what it leaves comes here.
 */
#include "semver.h"

#include <string.h>

#include "semver-priv.h"

#define SMALL_NUMBER 10000u
#define SMALL_PATCH 100000000u
#define UINT64_DIGITS "18446744073709551615"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* What an identifier of a prerelease or of build metadata is made of. */
static bool
is_word(char c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-';
}

/* A number at p. Returns where it ends; NULL: there is none, or it is larger than uint64. */
static const char *
read_number(const char *p, const char *end, uint64_t *value)
{
	const char *start = p;
	uint64_t sum = 0;

	for (; p < end && is_digit(*p); p++) {
		if (__builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)(*p - '0'), &sum))
			return NULL;
	}
	*value = sum;
	return p == start ? NULL : p;
}

/* Identifiers divided by dots at p. Returns where they end (NULL: an empty one);
 * *zeros: one of them is a number with a leading zero. */
static const char *
read_identifiers(const char *p, const char *end, bool *zeros)
{
	for (;;) {
		const char *start = p;
		bool numeric = true;

		for (; p < end && is_word(*p); p++)
			numeric = numeric && is_digit(*p);
		if (p == start)
			return NULL;
		if (numeric && *start == '0' && p - start > 1)
			*zeros = true;
		if (p == end || *p != '.')
			return p;
		p++;
	}
}

static const char *
read_numbers(const char *p, const char *end, uint64_t numbers[3])
{
	memset(numbers, 0, 3 * sizeof(numbers[0]));
	p = read_number(p, end, &numbers[0]);
	for (int i = 1; i < 3 && p != NULL && p < end && *p == '.'; i++)
		p = read_number(p + 1, end, &numbers[i]);
	return p;
}

static uint64_t
pack(const uint64_t small[3])
{
	return small[0] << 48 | small[1] << 32 | small[2] / SMALL_NUMBER << 16 |
	       small[2] % SMALL_NUMBER;
}

static void
set_numbers(struct semver *v, const uint64_t numbers[3])
{
	if (numbers[0] < SMALL_NUMBER && numbers[1] < SMALL_NUMBER && numbers[2] < SMALL_PATCH) {
		v->key = pack(numbers);
		return;
	}
	v->key = SEMVER_WIDE;
	memcpy(v->wide, numbers, sizeof(v->wide));
}

/* plus: another character that stands for `+`. */
static unsigned
read_version(struct semver *v, const char *text, size_t len, char plus)
{
	const char *end = text + len, *p = text;
	uint64_t numbers[3];
	bool zeros = false, build_zeros;

	v->pre_len = v->build_len = 0;
	v->dialects = 0;
	if (len > UINT32_MAX)
		return 0;
	if (p < end && *p == 'v')
		p++;
	p = read_numbers(p, end, numbers);
	if (p != NULL && p < end && *p == '-') {
		v->pre = ++p;
		p = read_identifiers(p, end, &zeros);
		v->pre_len = p == NULL ? 0 : (uint32_t)(p - v->pre);
	}
	if (p != NULL && p < end && (*p == '+' || *p == plus)) {
		v->build = ++p;
		p = read_identifiers(p, end, &build_zeros);
		v->build_len = p == NULL ? 0 : (uint32_t)(p - v->build);
	}
	if (p != end)
		return 0;
	set_numbers(v, numbers);
	if (!zeros)
		v->dialects |= SEMVER_V3;
	if (((numbers[0] | numbers[1] | numbers[2]) >> 63) == 0)
		v->dialects |= SEMVER_V1;
	return v->dialects;
}

unsigned
semver_parse(struct semver *v, const char *text, size_t len)
{
	return read_version(v, text, len, '+');
}

unsigned
semver_parse_tag(struct semver *v, const char *tag, size_t len)
{
	return read_version(v, tag, len, '_');
}

void
semver_parse_tags(struct semver *v, const struct semver_text *tags, size_t count,
		  const char *limit)
{
	if (semver_fast_is_there()) {
		semver_fast(v, tags, count, limit);
		return;
	}
	for (size_t i = 0; i < count; i++)
		semver_parse_tag(&v[i], tags[i].text, tags[i].len);
}

void
semver_numbers(const struct semver *v, uint64_t numbers[3])
{
	if (v->key == SEMVER_WIDE) {
		memcpy(numbers, v->wide, sizeof(v->wide));
		return;
	}
	numbers[0] = v->key >> 48;
	numbers[1] = v->key >> 32 & 0xffff;
	numbers[2] = (v->key >> 16 & 0xffff) * SMALL_NUMBER + (v->key & 0xffff);
}

uint64_t
semver_key_from(const uint64_t numbers[3])
{
	if (numbers[0] >= SMALL_NUMBER)
		return UINT64_MAX;
	if (numbers[1] >= SMALL_NUMBER)
		return (numbers[0] + 1) << 48;
	if (numbers[2] >= SMALL_PATCH)
		return numbers[0] << 48 | (numbers[1] + 1) << 32;
	return pack(numbers);
}

uint64_t
semver_key_until(const uint64_t numbers[3])
{
	if (numbers[0] >= SMALL_NUMBER)
		return UINT64_MAX - 1;
	if (numbers[1] >= SMALL_NUMBER)
		return numbers[0] << 48 | (((uint64_t)1 << 48) - 1);
	if (numbers[2] >= SMALL_PATCH)
		return numbers[0] << 48 | numbers[1] << 32 | (((uint64_t)1 << 32) - 1);
	return pack(numbers);
}

/* One identifier of a prerelease. A number is one only as long as uint64 holds it. */
struct identifier {
	const char *text;
	size_t len;
	const char *digits; /* without leading zeros; NULL: no number */
	size_t digit_count;
};

/* Digits without leading zeros. */
static bool
fits_uint64(const char *digits, size_t count)
{
	size_t most = strlen(UINT64_DIGITS);

	return count < most || (count == most && memcmp(digits, UINT64_DIGITS, most) <= 0);
}

static bool
next_identifier(struct semver_text *rest, struct identifier *id)
{
	size_t i = 0;
	bool numeric = true;

	if (rest->text == NULL)
		return false;
	for (; i < rest->len && rest->text[i] != '.'; i++)
		numeric = numeric && is_digit(rest->text[i]);
	*id = (struct identifier){ .text = rest->text, .len = i };
	if (numeric) {
		size_t zeros = 0;

		while (zeros + 1 < i && id->text[zeros] == '0')
			zeros++;
		id->digit_count = i - zeros;
		if (fits_uint64(id->text + zeros, i - zeros))
			id->digits = id->text + zeros;
	}
	if (i < rest->len)
		*rest = (struct semver_text){ rest->text + i + 1, rest->len - i - 1 };
	else
		rest->text = NULL;
	return true;
}

static int
sign(int value)
{
	return (value > 0) - (value < 0);
}

static int
compare_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return order != 0 ? sign(order) : (a_len > b_len) - (a_len < b_len);
}

/* same: the answer for two numbers that are equal and spelled differently. */
static int
compare_identifiers(const struct identifier *a, const struct identifier *b, int same)
{
	if (a->digits != NULL && b->digits != NULL) {
		if (a->digit_count != b->digit_count)
			return a->digit_count < b->digit_count ? -1 : 1;
		int order = sign(memcmp(a->digits, b->digits, a->digit_count));
		if (order == 0 && a->len != b->len)
			return same;
		return order;
	}
	if (a->digits != NULL || b->digits != NULL)
		return a->digits != NULL ? -1 : 1;
	return compare_bytes(a->text, a->len, b->text, b->len);
}

static int
compare_prereleases(struct semver_text a, struct semver_text b, int same)
{
	struct identifier x, y;

	if (a.len == 0 || b.len == 0)
		return (a.len == 0) - (b.len == 0);
	for (;;) {
		bool more_a = next_identifier(&a, &x), more_b = next_identifier(&b, &y);

		if (!more_a || !more_b)
			return more_a - more_b;
		int order = compare_identifiers(&x, &y, same);
		if (order != 0)
			return order;
	}
}

int
semver_compare_prerelease(const char *v, size_t v_len, const char *bound, size_t bound_len)
{
	return compare_prereleases((struct semver_text){ v, v_len },
				   (struct semver_text){ bound, bound_len }, -1);
}

int
semver_compare(const struct semver *a, const struct semver *b)
{
	if (a->key == SEMVER_WIDE || b->key == SEMVER_WIDE) {
		uint64_t x[3], y[3];

		semver_numbers(a, x);
		semver_numbers(b, y);
		for (int i = 0; i < 3; i++)
			if (x[i] != y[i])
				return x[i] < y[i] ? -1 : 1;
	} else if (a->key != b->key) {
		return a->key < b->key ? -1 : 1;
	}
	return compare_prereleases((struct semver_text){ a->pre, a->pre_len },
				   (struct semver_text){ b->pre, b->pre_len }, 0);
}

bool
semver_is_strict(const char *tag, size_t len)
{
	size_t i = 0;

	for (int number = 0; number < 3; number++) {
		if (number > 0 && (i >= len || tag[i++] != '.'))
			return false;
		size_t start = i;
		while (i < len && is_digit(tag[i]))
			i++;
		if (i == start || (tag[start] == '0' && i - start > 1))
			return false;
	}
	return true;
}
