/*
 * How fast versions are parsed and checked: for tests/bench/versions.
 *
 *   bench-versions tags                  100,000 tags, as 200 registry's repositories hold them:
 *                                        each in its own style, in the order of bytes
 *   bench-versions v3|v1 CONSTRAINT      tags on stdin; prints how many match, and how many are
 *                                        parsed and checked in a second of one core
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../bus/alloc.h"
#include "../../filters/constraint.h"

#define TAGS 100000
#define REPOSITORY 500 /* tags that are read at a time */
#define ROUNDS 7
#define ROUND_NS 5e7
#define BYTES_MAX ((size_t)TAGS * 128)

static uint64_t seed = 20240131;

static unsigned
below(unsigned bound)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % bound;
}

enum style { RELEASES, PREFIXED, CANDIDATES, BUNDLES, BUILDS, MIXED };

/* What half of the charts, and each tenth of the other half, look like. */
static const enum style styles[10] = { RELEASES, RELEASES, RELEASES, RELEASES, RELEASES,
				       PREFIXED, CANDIDATES, BUNDLES, BUILDS, MIXED };

static char *
make_tag(enum style style)
{
	unsigned major = below(4), minor = below(30), patch = below(below(4) == 0 ? 200 : 12);
	unsigned number = below(1000000000);

	switch (style) {
	case RELEASES:
		break;
	case PREFIXED:
		return alloc_format("v%u.%u.%u", major, minor, patch);
	case CANDIDATES: /* a release for each two candidates */
		if (below(3) > 0)
			return alloc_format("%u.%u.%u-rc.%u", major, minor, patch, below(12));
		break;
	case BUNDLES: /* werf's: of branches, and releases */
		if (below(2) > 0)
			return alloc_format("0.0.0-1%09u-branch-%u", number, below(100));
		break;
	case BUILDS:
		return alloc_format("%u.%u.%u+build.%u", major, minor, patch, below(1000));
	case MIXED: /* with images beside it */
		if (below(3) == 0)
			return alloc_format(below(2) == 0 ? "main-%08x" : "sha-%08x", number);
		if (below(4) == 0)
			return alloc_format("%u.%u", major, minor);
		break;
	}
	return alloc_format("%u.%u.%u", major, minor, patch);
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
print_repository(enum style style)
{
	char *tags[REPOSITORY];

	for (int i = 0; i < REPOSITORY; i++)
		tags[i] = make_tag(style);
	qsort(tags, REPOSITORY, sizeof(tags[0]), compare_texts);
	for (int i = 0; i < REPOSITORY; i++) {
		printf("%s\n", tags[i]);
		free(tags[i]);
	}
}

static double
cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Of one repository. */
static size_t
count_some(const struct constraint *constraint, const struct semver_text *tags, size_t count,
	   const char *limit)
{
	static struct semver versions[REPOSITORY];
	size_t matches = 0;

	semver_parse_tags(versions, tags, count, limit);
	for (size_t i = 0; i < count; i++)
		matches += constraint_allows(constraint, &versions[i]);
	return matches;
}

static size_t
count_matches(const struct constraint *constraint, const struct semver_text *tags, size_t count,
	      const char *limit)
{
	size_t matches = 0;

	for (size_t at = 0; at < count; at += REPOSITORY)
		matches += count_some(constraint, tags + at,
				      count - at < REPOSITORY ? count - at : REPOSITORY, limit);
	return matches;
}

/* The best of several rounds, each long enough for the clock. */
static void
measure(const struct constraint *constraint, const struct semver_text *tags, size_t count,
	const char *limit)
{
	double best = 0;
	size_t matches = 0;

	for (int round = 0; round < ROUNDS; round++) {
		double start = cpu_ns(), took = 0, done = 0;

		while (took < ROUND_NS) {
			matches = count_matches(constraint, tags, count, limit);
			done += (double)count;
			took = cpu_ns() - start;
		}
		if (done / took * 1e9 > best)
			best = done / took * 1e9;
	}
	printf("%zu %.0f\n", matches, best);
}

int
main(int argc, char **argv)
{
	char *bytes, *end;
	struct semver_text *tags;
	struct constraint *constraint;
	size_t len, count = 0;
	struct error err;

	if (argc == 2 && strcmp(argv[1], "tags") == 0) {
		for (int i = 0; i < TAGS / REPOSITORY; i++)
			print_repository(styles[i % 10]);
		return 0;
	}
	if (argc != 3)
		return 100;
	constraint = constraint_new(strcmp(argv[1], "v1") == 0 ? SEMVER_V1 : SEMVER_V3, argv[2],
				    strlen(argv[2]), &err);
	if (constraint == NULL) {
		fprintf(stderr, "%s\n", err.text);
		return 100;
	}
	bytes = alloc_zero(BYTES_MAX, 1);
	tags = alloc_zero(TAGS, sizeof(*tags));
	len = fread(bytes, 1, BYTES_MAX, stdin);
	for (char *line = bytes; count < TAGS && (end = memchr(line, '\n', len)) != NULL;
	     len -= (size_t)(end + 1 - line), line = end + 1)
		tags[count++] = (struct semver_text){ line, (size_t)(end - line) };
	measure(constraint, tags, count, bytes + BYTES_MAX);
	constraint_free(constraint);
	free(tags);
	free(bytes);
	return 0;
}
