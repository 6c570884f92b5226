/*
 * Versions of the usual shapes, sixteen bytes at a time: some 5 ns each. A constraint is checked
 * against every tag of a repository, so this is where a pass over thousands of tags spends its
 * time. What is unusual it leaves to semver.c, which is the authority, and the tests hold the two
 * together.
 *
 * How: the dots and the first character that is neither dot nor digit are the shape of a version, a
 * pattern of bits; a table of all shapes says how to move the digits of its three numbers into
 * fixed places, where two multiplications turn them into the key.
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

/* The 138 shapes that fit 16 bytes fall into 512 places without a collision by this factor, found
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

/* What a byte is, as bits. A byte that no version has is nothing. */
#define DIGIT 0x80u
#define DOT 0x40u
#define PLUS 0x20u	 /* `+` ... */
#define UNDERSCORE 0x10u /* ... and `_`, which stands for it */
#define A_TO_O 0x08u	 /* large or small */
#define P_TO_Z 0x04u
#define HYPHEN 0x02u
#define ANY (DIGIT | A_TO_O | P_TO_Z)

/* Each kind is some lower halves of a byte times some upper ones: a byte is what both say. */
static const unsigned char lower_kinds[16] = {
	DIGIT | P_TO_Z, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, A_TO_O | P_TO_Z,
	A_TO_O | PLUS, A_TO_O, A_TO_O | HYPHEN, A_TO_O | DOT, A_TO_O | UNDERSCORE
};
static const unsigned char upper_kinds[16] = {
	0, 0, PLUS | HYPHEN | DOT, DIGIT, A_TO_O, P_TO_Z | UNDERSCORE, A_TO_O, P_TO_Z
};

VECTOR_INLINE __m128i
load(const void *bytes)
{
	return _mm_loadu_si128(bytes);
}

VECTOR_INLINE __m128i
kinds(__m128i x)
{
	__m128i upper = _mm_and_si128(_mm_srli_epi16(x, 4), _mm_set1_epi8(15));

	return _mm_and_si128(_mm_shuffle_epi8(load(lower_kinds), x),
			     _mm_shuffle_epi8(load(upper_kinds), upper));
}

/* The highest bit of each byte: bit 0 for the first one. */
VECTOR_INLINE uint64_t
bits(__m128i x)
{
	return (uint64_t)(unsigned)_mm_movemask_epi8(x);
}

VECTOR_INLINE uint64_t
digit_bits(__m128i kind)
{
	return bits(kind);
}

VECTOR_INLINE uint64_t
dot_bits(__m128i kind)
{
	return bits(_mm_slli_epi16(kind, 1));
}

/* One bit per byte of a text. */
struct masks {
	uint64_t digit, zero, dot, plus, foreign;
};

VECTOR_INLINE void
classify(struct masks *m, const char *text, unsigned at)
{
	__m128i x = load(text + at), kind = kinds(x);

	m->digit |= digit_bits(kind) << at;
	m->dot |= dot_bits(kind) << at;
	m->plus |= bits(_mm_or_si128(_mm_slli_epi16(kind, 2), _mm_slli_epi16(kind, 3))) << at;
	m->zero |= bits(_mm_cmpeq_epi8(x, _mm_set1_epi8('0'))) << at;
	m->foreign |= bits(_mm_cmpeq_epi8(kind, _mm_setzero_si128())) << at;
}

/* A number with a leading zero among identifiers that begin behind the borders in pre? A carry
 * runs through each that begins with 0 and another digit, and comes out at a border when there
 * were only digits. */
static inline bool
has_leading_zero(const struct masks *m, uint64_t border, uint64_t pre, uint64_t all)
{
	uint64_t digit = m->digit & all, zeros = (border & pre) << 1 & m->zero & digit >> 1;

	return zeros != 0 && ((digit + zeros) & ~digit & border) != 0;
}

/* What follows the numbers: text[0] is `-` or `+` when all is well, len counts from there. */
VECTOR __attribute__((noinline)) static bool
read_tail(struct semver *v, const char *text, size_t len)
{
	struct masks m = { 0 };
	uint64_t end = (uint64_t)1 << len, all = end - 1, hyphen = text[0] == '-';

	classify(&m, text, 0);
	for (unsigned at = 16; at < len; at += 16)
		classify(&m, text, at);

	uint64_t plus = m.plus & all, first_plus = (plus | end) & -(plus | end);
	uint64_t border = (m.dot & all) | plus | end | 1;
	uint32_t plus_at = (uint32_t)__builtin_ctzll(first_plus);

	/* a foreign byte, an empty identifier, a second plus, a first byte that begins nothing */
	if (((m.foreign & all) | (border & border >> 1) | (plus & (plus - 1)) |
	     (~(plus | hyphen) & 1)) != 0)
		return false;
	v->pre = text + 1;
	v->pre_len = plus_at - (uint32_t)hyphen; /* both 0 without a prerelease */
	v->build = text + plus_at + 1;
	v->build_len = (uint32_t)len - plus_at - (plus != 0);
	if (has_leading_zero(&m, border, first_plus - 1, all))
		v->dialects = SEMVER_V1;
	return true;
}

/* len is from 1 to TEXT_MAX, and SLACK bytes behind that may be read. False: read it with
 * care. */
VECTOR_INLINE bool
read_version(struct semver *v, const char *text, size_t len)
{
	size_t prefix = text[0] == 'v';

	text += prefix;
	len -= prefix;

	__m128i x = load(text), kind = kinds(x);
	uint64_t dots = dot_bits(kind), end = (uint64_t)1 << len;
	uint64_t others = ~(digit_bits(kind) | dots) | end;
	uint64_t numbers = others ^ (others - 1); /* the bits up to the first other, with it */
	uint32_t pattern = (uint32_t)((dots | others) & numbers);
	const struct shape *shape = shape_place(pattern);

	if (shape->pattern != pattern)
		return false;
	x = _mm_shuffle_epi8(x, load(shape->places));
	x = _mm_and_si128(x, _mm_set1_epi8(15));
	x = _mm_maddubs_epi16(x, _mm_set1_epi16(0x010a)); /* 10 a + b */
	x = _mm_madd_epi16(x, _mm_set1_epi32(0x00010064)); /* 100 ab + cd */
	x = _mm_packs_epi32(x, x);
	v->key = (uint64_t)_mm_cvtsi128_si64(x);
	v->pre_len = v->build_len = 0;
	v->dialects = SEMVER_BOTH;
	if ((numbers & end) != 0)
		return true;
	size_t at = (size_t)__builtin_ctzll(others);
	return read_tail(v, text + at, len - at);
}

VECTOR void
semver_fast(struct semver *v, const struct semver_text *tags, size_t count, const char *limit)
{
	for (size_t i = 0; i < count; i++)
		if (tags[i].len - 1 >= TEXT_MAX ||
		    limit - tags[i].text < (ptrdiff_t)(TEXT_MAX + SLACK) ||
		    !read_version(&v[i], tags[i].text, tags[i].len))
			semver_parse_tag(&v[i], tags[i].text, tags[i].len);
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
