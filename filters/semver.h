/*
 * Versions: read one from text as Masterminds/semver does, and put two in order.
 * Knows the two dialects (3.4.0 and 1.5.0) as far as they differ on a version; knows
 * nothing of constraints, tags' meaning or applications. Pure, and allocates nothing:
 * a parsed version points into its text.
 */
#ifndef WEIR_SEMVER_H
#define WEIR_SEMVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bits, so that a version can say which dialects accept it. */
enum semver_dialect {
	SEMVER_V3 = 1, /* github.com/Masterminds/semver/v3 3.4.0: what Argo CD uses */
	SEMVER_V1 = 2  /* github.com/Masterminds/semver 1.5.0: what the patched updater uses */
};
#define SEMVER_BOTH ((unsigned)SEMVER_V3 | (unsigned)SEMVER_V1)

/* The key of a version with a number too large for it. */
#define SEMVER_WIDE UINT64_MAX

/*
 * The three numbers are in `key` when they are small (major and minor below 10,000, patch below
 * 100,000,000), packed so that keys order as the versions do; semver_numbers tells them in any
 * case.
 */
struct semver {
	uint64_t key;
	uint64_t wide[3];   /* major, minor, patch; set only when key is SEMVER_WIDE */
	const char *pre;    /* prerelease, not terminated; valid while pre_len > 0 */
	const char *build;  /* build metadata, the same */
	uint32_t pre_len;
	uint32_t build_len;
	unsigned dialects;  /* which of them accept it; 0: no version, nothing else is set */
};

struct semver_text {
	const char *text;
	size_t len;
};

/* Read text as the libraries do: a leading `v`, one to three numbers with any leading zeros,
 * -prerelease, +build. Returns v->dialects: 0 when it is a version to neither. v borrows text. */
unsigned semver_parse(struct semver *v, const char *text, size_t len);

/* The same for a registry's tag, in which `_` stands for `+` (Helm's rule for OCI tags). */
unsigned semver_parse_tag(struct semver *v, const char *tag, size_t len);

/* semver_parse_tag for each of count tags. All lie in one piece of memory that may be read up to
 * (not including) limit: this is what makes it fast. */
void semver_parse_tags(struct semver *v, const struct semver_text *tags, size_t count,
		       const char *limit);

/* Major, minor and patch of a parsed version. */
void semver_numbers(const struct semver *v, uint64_t numbers[3]);

/* For numbers of any size, the smallest key that no smaller version has, and the largest that no
 * larger version has: the ends of a range of keys. Neither is SEMVER_WIDE by way of a version. */
uint64_t semver_key_from(const uint64_t numbers[3]);
uint64_t semver_key_until(const uint64_t numbers[3]);

/* Precedence: -1, 0, 1. Build metadata does not count. A weak order over all versions of both
 * dialects (`-01` and `-1` are equal). */
int semver_compare(const struct semver *a, const struct semver *b);

/* What the libraries answer for v's prerelease against that of a constraint: as above, but where
 * two numbers are equal and spelled differently (1.5.0 lets `-01` in), v is the lesser one. Empty
 * is greater than anything: a release. */
int semver_compare_prerelease(const char *v, size_t v_len, const char *bound, size_t bound_len);

/* Exactly the form that semver.org defines: three numbers, no `v`, no leading zeros; `_` may stand
 * for `+`. For a text that semver_parse_tag accepted for SEMVER_V3. */
bool semver_is_strict(const char *tag, size_t len);

#endif
