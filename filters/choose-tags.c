/* A repository's tags: read once, put in order, without duplicates. Pure. */
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "choose-priv.h"

int
choose_compare_texts(struct semver_text a, struct semver_text b)
{
	size_t len = a.len < b.len ? a.len : b.len;

	for (size_t i = 0; i < len; i++) {
		unsigned char x = a.text[i] == '_' ? '+' : (unsigned char)a.text[i];
		unsigned char y = b.text[i] == '_' ? '+' : (unsigned char)b.text[i];

		if (x != y)
			return x < y ? -1 : 1;
	}
	return (a.len > b.len) - (a.len < b.len);
}

bool
choose_same_texts(struct semver_text a, struct semver_text b)
{
	return a.len == b.len && choose_compare_texts(a, b) == 0;
}

/* A tag as it is written into targetRevision. */
char *
choose_written(struct semver_text tag)
{
	char *text = alloc_text(tag.text, tag.len);

	for (size_t i = 0; i < tag.len; i++)
		if (text[i] == '_')
			text[i] = '+';
	return text;
}

/* A place in tags, with what mostly decides its order. */
struct place {
	uint64_t key; /* of a version, or SEMVER_WIDE: look closely */
	uint32_t place;
};

static bool
is_chart_version(const struct choose_tags *tags, uint32_t place)
{
	return tags->versions[place].dialects != 0 && !tags->artifacts[place];
}

static bool
is_strict(const struct choose_tags *tags, uint32_t place)
{
	return semver_is_strict(tags->tags[place].text, tags->tags[place].len);
}

/* Ties of precedence are broken the same way each time: the exact form of semver.org is the newer
 * one, then the greater text. */
static int
compare_closely(const struct choose_tags *tags, uint32_t a, uint32_t b)
{
	bool a_is_version = is_chart_version(tags, a);

	if (a_is_version != is_chart_version(tags, b))
		return a_is_version ? -1 : 1;
	if (a_is_version) {
		int order = semver_compare(&tags->versions[a], &tags->versions[b]);
		bool a_is_strict = is_strict(tags, a);

		if (order != 0)
			return -order;
		if (a_is_strict != is_strict(tags, b))
			return a_is_strict ? -1 : 1;
	}
	return -choose_compare_texts(tags->tags[a], tags->tags[b]);
}

static int
compare_newest(const void *left, const void *right, void *tags)
{
	const struct place *a = left, *b = right;

	if (a->key != b->key && a->key != SEMVER_WIDE && b->key != SEMVER_WIDE)
		return a->key > b->key ? -1 : 1;
	return compare_closely(tags, a->place, b->place);
}

static void
sort_newest(struct choose_tags *tags)
{
	struct place *places = alloc_zero(tags->count, sizeof(*places));

	for (size_t i = 0; i < tags->count; i++) {
		bool has_key = is_chart_version(tags, (uint32_t)i);

		places[i].key = has_key ? tags->versions[i].key : SEMVER_WIDE;
		places[i].place = (uint32_t)i;
	}
	qsort_r(places, tags->count, sizeof(*places), compare_newest, tags);
	for (size_t i = 0; i < tags->count; i++)
		tags->newest[i] = places[i].place;
	free(places);
}

static int
compare_greatest(const void *left, const void *right, void *arg)
{
	const struct choose_tags *tags = arg;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return -choose_compare_texts(tags->tags[a], tags->tags[b]);
}

/* Places of equal texts stand side by side. */
static void
leave_out_duplicates(struct choose_tags *tags)
{
	size_t kept = 0;

	for (size_t i = 0; i < tags->count; i++) {
		if (kept > 0 && choose_same_texts(tags->tags[tags->newest[kept - 1]],
						  tags->tags[tags->newest[i]]))
			continue;
		tags->newest[kept++] = tags->newest[i];
	}
	tags->count = kept;
}

struct choose_tags *
choose_tags_new(const struct semver_text *tags, size_t count, const char *limit)
{
	struct choose_tags *all = alloc_zero(1, sizeof(*all));

	all->count = count;
	all->tags = alloc_zero(count, sizeof(*all->tags));
	all->versions = alloc_zero(count, sizeof(*all->versions));
	all->artifacts = alloc_zero(count, sizeof(*all->artifacts));
	all->newest = alloc_zero(count, sizeof(*all->newest));
	if (count > 0)
		memcpy(all->tags, tags, count * sizeof(*tags));
	semver_parse_tags(all->versions, tags, count, limit);
	for (size_t i = 0; i < count; i++)
		all->artifacts[i] = tagfilter_is_artifact(tags[i].text, tags[i].len);
	sort_newest(all);
	leave_out_duplicates(all);
	return all;
}

void
choose_tags_free(struct choose_tags *tags)
{
	if (tags == NULL)
		return;
	free(tags->tags);
	free(tags->versions);
	free(tags->artifacts);
	free(tags->newest);
	free(tags->greatest);
	free(tags);
}

const uint32_t *
choose_tags_greatest(struct choose_tags *tags)
{
	if (tags->greatest == NULL) {
		tags->greatest = alloc_zero(tags->count, sizeof(*tags->greatest));
		if (tags->count > 0)
			memcpy(tags->greatest, tags->newest,
			       tags->count * sizeof(*tags->greatest));
		qsort_r(tags->greatest, tags->count, sizeof(*tags->greatest), compare_greatest,
			tags);
	}
	return tags->greatest;
}
