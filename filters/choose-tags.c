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

/* Ties of precedence are broken the same way each time: the exact form of semver.org is the newer
 * one, then the greater text. */
static int
compare_newest(const void *left, const void *right, void *arg)
{
	const struct choose_tags *tags = arg;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	bool a_is_version = tags->versions[a].dialects != 0 && !tags->artifacts[a];
	bool b_is_version = tags->versions[b].dialects != 0 && !tags->artifacts[b];
	int order;

	if (a_is_version != b_is_version)
		return a_is_version ? -1 : 1;
	if (a_is_version) {
		bool a_is_strict, b_is_strict;

		order = semver_compare(&tags->versions[a], &tags->versions[b]);
		if (order != 0)
			return -order;
		a_is_strict = semver_is_strict(tags->tags[a].text, tags->tags[a].len);
		b_is_strict = semver_is_strict(tags->tags[b].text, tags->tags[b].len);
		if (a_is_strict != b_is_strict)
			return a_is_strict ? -1 : 1;
	}
	return -choose_compare_texts(tags->tags[a], tags->tags[b]);
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
		if (kept > 0 && choose_compare_texts(tags->tags[tags->newest[kept - 1]],
						     tags->tags[tags->newest[i]]) == 0)
			continue;
		tags->newest[kept++] = tags->newest[i];
	}
	tags->count = kept;
}

struct choose_tags *
choose_tags_new(const struct semver_text *texts, size_t count, const char *limit)
{
	struct choose_tags *tags = alloc_zero(1, sizeof(*tags));

	tags->count = count;
	tags->tags = alloc_zero(count, sizeof(*tags->tags));
	tags->versions = alloc_zero(count, sizeof(*tags->versions));
	tags->artifacts = alloc_zero(count, sizeof(*tags->artifacts));
	tags->newest = alloc_zero(count, sizeof(*tags->newest));
	if (count > 0)
		memcpy(tags->tags, texts, count * sizeof(*texts));
	semver_parse_tags(tags->versions, texts, count, limit);
	for (size_t i = 0; i < count; i++) {
		tags->newest[i] = (uint32_t)i;
		tags->artifacts[i] = tagfilter_is_artifact(texts[i].text, texts[i].len);
	}
	qsort_r(tags->newest, count, sizeof(*tags->newest), compare_newest, tags);
	leave_out_duplicates(tags);
	return tags;
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
