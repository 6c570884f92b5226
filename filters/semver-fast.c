/*
 * Versions of the usual shapes, sixteen bytes at a time: some 5 ns each. A constraint is checked
 * against every tag of a repository, so this is where a pass over thousands of tags spends its
 * time. What is unusual it leaves to semver.c, which is the authority, and the tests hold the two
 * together.
 *
 * How: one comparison finds all digits, one all dots. The dots and the first other character are
 * the shape of the version, a pattern of bits; a table of all shapes says how to move the digits of
 * its three numbers into fixed places, where two multiplications turn them into the key.
 */
#include "semver-priv.h"

#if defined(__x86_64__)

#include <string.h>
#include <tmmintrin.h>

/* The instructions are there since 2006, but not in the compiler's default. */
#define VECTOR __attribute__((target("ssse3")))
#define VECTOR_INLINE VECTOR __attribute__((always_inline)) static inline

#define MAJOR_MINOR_DIGITS 4
#define PATCH_DIGITS 8
#define TEXT_MAX 62 /* so that a bit stands for each byte and for the end */
#define SLACK 24    /* bytes behind a text that are read and ignored */

struct shape {
	unsigned char places[16]; /* for _mm_shuffle_epi8 */
	uint32_t pattern;	  /* dots and the end, by position; 0: no shape */
	uint32_t unused[3];
};

/* The 139 shapes that fit 16 bytes fall into 512 places without a collision by this factor, found
 * by trying; add_shape checks it. */
#define SHAPE_BITS 9
#define SHAPE_FACTOR 0x5a03f2c5u
static struct shape shapes[1 << SHAPE_BITS] __attribute__((aligned(32)));

static inline struct shape *
shape_place(uint32_t pattern)
{
	return &shapes[(uint32_t)(pattern * SHAPE_FACTOR) >> (32 - SHAPE_BITS)];
}

/* Where the digits go: patch's low four, patch's high four, minor, major, each to the right. */
static bool
add_shape(unsigned major, unsigned minor, unsigned patch)
{
	unsigned minor_at = major + 1, patch_at = minor_at + minor + 1;
	unsigned end = patch > 0 ? patch_at + patch : minor > 0 ? minor_at + minor : major;
	uint32_t pattern = 1u << end;
	struct shape *shape;

	if (minor > 0)
		pattern |= 1u << major;
	if (patch > 0)
		pattern |= 1u << (minor_at + minor);
	shape = shape_place(pattern);
	if (end > 15 || shape->pattern != 0)
		return end > 15;
	shape->pattern = pattern;
	memset(shape->places, 0x80, sizeof(shape->places));
	for (unsigned i = 0; i < major; i++)
		shape->places[16 - major + i] = (unsigned char)i;
	for (unsigned i = 0; i < minor; i++)
		shape->places[12 - minor + i] = (unsigned char)(minor_at + i);
	for (unsigned i = 0; i < patch; i++) {
		unsigned digit = PATCH_DIGITS - patch + i;

		shape->places[digit < 4 ? digit + 4 : digit - 4] = (unsigned char)(patch_at + i);
	}
	return true;
}

static bool
add_shapes(void)
{
	bool distinct = true;

	for (unsigned major = 1; major <= MAJOR_MINOR_DIGITS; major++) {
		distinct = distinct && add_shape(major, 0, 0);
		for (unsigned minor = 1; minor <= MAJOR_MINOR_DIGITS; minor++)
			for (unsigned patch = 0; patch <= PATCH_DIGITS; patch++)
				distinct = distinct && add_shape(major, minor, patch);
	}
	return distinct;
}

bool
semver_fast_is_there(void)
{
	static int state; /* 0: not asked yet; 1: yes; -1: no */

	if (state == 0)
		state = __builtin_cpu_supports("ssse3") && add_shapes() ? 1 : -1;
	return state > 0;
}

VECTOR_INLINE __m128i
load(const char *text)
{
	return _mm_loadu_si128((const __m128i *)(const void *)text);
}

/* Each byte whose distance from first is at most last - first. */
VECTOR_INLINE __m128i
is_between(__m128i x, char first, char last)
{
	__m128i distance = _mm_sub_epi8(x, _mm_set1_epi8(first));

	__m128i most = _mm_set1_epi8((char)(last - first));

	return _mm_cmpeq_epi8(_mm_min_epu8(distance, most), distance);
}

VECTOR_INLINE __m128i
is_char(__m128i x, char c)
{
	return _mm_cmpeq_epi8(x, _mm_set1_epi8(c));
}

VECTOR_INLINE uint64_t
bits(__m128i x)
{
	return (uint64_t)(unsigned)_mm_movemask_epi8(x);
}

/* One bit per byte of a text. */
struct masks {
	uint64_t digit, zero, word, dot, plus;
};

VECTOR_INLINE struct masks
classify(const char *text, size_t len)
{
	struct masks m = { 0 };

	for (size_t i = 0; i < len; i += 16) {
		__m128i x = load(text + i), digit = is_between(x, '0', '9');
		__m128i letter = is_between(_mm_or_si128(x, _mm_set1_epi8(0x20)), 'a', 'z');
		__m128i plus = _mm_or_si128(is_char(x, '+'), is_char(x, '_'));

		m.digit |= bits(digit) << i;
		m.zero |= bits(is_char(x, '0')) << i;
		m.word |= bits(_mm_or_si128(_mm_or_si128(digit, letter), is_char(x, '-'))) << i;
		m.dot |= bits(is_char(x, '.')) << i;
		m.plus |= bits(plus) << i;
	}
	return m;
}

/* What follows the numbers: text[0] is `-` or `+` when all is well, len counts from there. */
VECTOR __attribute__((noinline)) static bool
read_tail(struct semver *v, const char *text, size_t len)
{
	struct masks m = classify(text, len);
	uint64_t end = (uint64_t)1 << len, all = end - 1;
	uint64_t digit = m.digit & all;
	uint64_t plus = m.plus & all, first_plus = (plus | end) & -(plus | end);
	uint64_t pre = (first_plus - 1) & ((uint64_t)0 - (text[0] == '-')); /* `-` included */
	uint64_t border = (m.dot & all) | plus | end | 1;
	/* a foreign byte, an empty identifier, a second plus, a first byte that starts nothing */
	uint64_t bad = (all & ~(m.word | m.dot | m.plus)) | (border & border >> 1) |
		       (plus & (plus - 1)) | (~(plus | pre) & 1);

	if (bad != 0)
		return false;
	/* A carry runs through an identifier that begins with 0 and another digit, and comes out
	 * at a border when there were only digits. */
	uint64_t zeros = (border & pre) << 1 & m.zero & digit >> 1;
	uint64_t numbers = (digit + zeros) & ~digit & border;
	unsigned plus_at = (unsigned)__builtin_ctzll(first_plus);

	v->pre = text + 1;
	v->pre_len = pre != 0 ? plus_at - 1 : 0;
	v->build = text + plus_at + 1;
	v->build_len = (uint32_t)(plus_at < len ? len - plus_at - 1 : 0);
	v->dialects = numbers != 0 ? (unsigned)SEMVER_V1 : SEMVER_BOTH;
	return true;
}

VECTOR_INLINE void
read_version(struct semver *v, const char *text, size_t len, const char *limit)
{
	const char *tag = text;
	size_t tag_len = len, prefix = len > 0 && text[0] == 'v';

	if (len > TEXT_MAX || (size_t)(limit - text) < len + SLACK) {
		semver_parse_tag(v, tag, tag_len);
		return;
	}
	text += prefix;
	len -= prefix;

	__m128i x = load(text);
	uint64_t dots = bits(is_char(x, '.')), end = (uint64_t)1 << len;
	uint64_t others = ~(bits(is_between(x, '0', '9')) | dots) | end;
	uint64_t stop = others & -others;
	uint32_t pattern = (uint32_t)((dots & (stop - 1)) | stop);
	const struct shape *shape = shape_place(pattern);

	if (shape->pattern != pattern) {
		semver_parse_tag(v, tag, tag_len);
		return;
	}
	x = _mm_shuffle_epi8(x, _mm_load_si128((const __m128i *)(const void *)shape->places));
	x = _mm_and_si128(x, _mm_set1_epi8(15));
	x = _mm_maddubs_epi16(x, _mm_set1_epi16(0x010a)); /* 10 a + b */
	x = _mm_madd_epi16(x, _mm_set1_epi32(0x00010064)); /* 100 ab + cd */
	x = _mm_packs_epi32(x, x);
	v->key = (uint64_t)_mm_cvtsi128_si64(x);
	v->pre_len = v->build_len = 0;
	if (stop == end) {
		v->dialects = SEMVER_BOTH;
		return;
	}
	size_t at = (size_t)__builtin_ctzll(stop);
	if (!read_tail(v, text + at, len - at))
		semver_parse_tag(v, tag, tag_len);
}

VECTOR void
semver_fast(struct semver *v, const struct semver_text *tags, size_t count, const char *limit)
{
	for (size_t i = 0; i < count; i++)
		read_version(&v[i], tags[i].text, tags[i].len, limit);
}

#else

bool
semver_fast_is_there(void)
{
	return false;
}

void
semver_fast(struct semver *v, const struct semver_text *tags, size_t count, const char *limit)
{
	(void)limit;
	for (size_t i = 0; i < count; i++)
		semver_parse_tag(&v[i], tags[i].text, tags[i].len);
}

#endif
