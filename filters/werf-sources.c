/*
 * See werf-sources.h. Three views of one set, kept up to date by each put and drop: by key, by
 * name (a sorted array) and by repository (a chain), so that no question looks at all sources.
 */
#include "werf-sources.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/table.h"

struct entry {
	struct werf_source source; /* first: a source of the set is its entry */
	char *key;
	size_t key_len;
	struct entry *next; /* with the same repository */
};

struct werf_sources {
	struct table *by_key;	     /* -> struct entry, borrowed */
	struct table *by_repository; /* -> struct entry, the first of a chain */
	struct entry **by_name;
	size_t count, room;
};

struct werf_sources *
werf_sources_new(void)
{
	struct werf_sources *sources = alloc_zero(1, sizeof(*sources));

	sources->by_key = table_new(NULL);
	sources->by_repository = table_new(NULL);
	return sources;
}

static void
free_entry(struct entry *entry)
{
	werf_source_fini(&entry->source);
	free(entry->key);
	free(entry);
}

void
werf_sources_free(struct werf_sources *sources)
{
	size_t i;

	if (sources == NULL)
		return;
	for (i = 0; i < sources->count; i++)
		free_entry(sources->by_name[i]);
	free(sources->by_name);
	table_free(sources->by_key);
	table_free(sources->by_repository);
	free(sources);
}

/* --- in the order of names --- */

static int
compare_keys(const struct entry *a, const struct entry *b)
{
	size_t len = a->key_len < b->key_len ? a->key_len : b->key_len;
	int order = memcmp(a->key, b->key, len);

	if (order != 0)
		return order;
	return (a->key_len > b->key_len) - (a->key_len < b->key_len);
}

static int
compare_names(const struct entry *a, const struct entry *b)
{
	int order = strcmp(a->source.name, b->source.name);

	return order != 0 ? order : compare_keys(a, b);
}

/* The first place whose entry does not come before this one. */
static size_t
place_of(const struct werf_sources *sources, const struct entry *entry)
{
	size_t low = 0, high = sources->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (compare_names(sources->by_name[middle], entry) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
insert_name(struct werf_sources *sources, struct entry *entry)
{
	size_t at = place_of(sources, entry);

	if (sources->count == sources->room) {
		sources->room = sources->room > 0 ? 2 * sources->room : 16;
		sources->by_name = alloc_grow(sources->by_name, sources->room,
					      sizeof(struct entry *));
	}
	memmove(sources->by_name + at + 1, sources->by_name + at,
		(sources->count - at) * sizeof(struct entry *));
	sources->by_name[at] = entry;
	sources->count++;
}

static void
remove_name(struct werf_sources *sources, const struct entry *entry)
{
	size_t at = place_of(sources, entry);

	sources->count--;
	memmove(sources->by_name + at, sources->by_name + at + 1,
		(sources->count - at) * sizeof(struct entry *));
}

/* --- by repository --- */

static void
chain(struct werf_sources *sources, struct entry *entry)
{
	const char *repository = entry->source.repository;
	size_t len = strlen(repository);
	struct entry *first = table_get(sources->by_repository, repository, len);

	entry->next = first != NULL ? first->next : NULL;
	if (first != NULL)
		first->next = entry;
	else
		table_put(sources->by_repository, repository, len, entry);
}

static void
unchain(struct werf_sources *sources, const struct entry *entry)
{
	const char *repository = entry->source.repository;
	size_t len = strlen(repository);
	struct entry *at = table_get(sources->by_repository, repository, len);

	if (at == entry && entry->next != NULL) {
		table_put(sources->by_repository, repository, len, entry->next);
	} else if (at == entry) {
		table_remove(sources->by_repository, repository, len);
	} else {
		while (at->next != entry)
			at = at->next;
		at->next = entry->next;
	}
}

/* --- the set --- */

bool
werf_sources_drop(struct werf_sources *sources, const char *key, size_t len)
{
	struct entry *entry = table_take(sources->by_key, key, len);

	if (entry == NULL)
		return false;
	unchain(sources, entry);
	remove_name(sources, entry);
	free_entry(entry);
	return true;
}

const struct werf_source *
werf_sources_put(struct werf_sources *sources, const char *key, size_t len,
		 struct werf_source *source)
{
	struct entry *entry = alloc_zero(1, sizeof(*entry));

	werf_sources_drop(sources, key, len);
	entry->source = *source;
	*source = (struct werf_source){ .name = NULL };
	entry->key = alloc_text(key, len);
	entry->key_len = len;
	table_put(sources->by_key, key, len, entry);
	insert_name(sources, entry);
	chain(sources, entry);
	return &entry->source;
}

const struct werf_source *
werf_sources_get(const struct werf_sources *sources, const char *key, size_t len)
{
	const struct entry *entry = table_get(sources->by_key, key, len);

	return entry != NULL ? &entry->source : NULL;
}

size_t
werf_sources_count(const struct werf_sources *sources)
{
	return sources->count;
}

const struct werf_source *
werf_sources_at(const struct werf_sources *sources, size_t i)
{
	return &sources->by_name[i]->source;
}

const struct werf_source *
werf_sources_sharing(const struct werf_sources *sources, const char *repository, size_t *cursor)
{
	const struct entry *entry = (const struct entry *)*cursor;

	if (entry == NULL)
		entry = table_get(sources->by_repository, repository, strlen(repository));
	else
		entry = entry->next;
	*cursor = (size_t)entry;
	return entry != NULL ? &entry->source : NULL;
}

/* --- who is in whose way --- */

static bool
is_older(const struct entry *a, const struct entry *b)
{
	const char *created_a = a->source.created, *created_b = b->source.created;

	if (strcmp(created_a, created_b) == 0)
		return compare_names(a, b) < 0;
	if (created_a[0] == '\0' || created_b[0] == '\0')
		return created_a[0] != '\0';
	return strcmp(created_a, created_b) < 0;
}

/* The oldest one of this name, from any place that has it. */
static const struct entry *
oldest_named(const struct werf_sources *sources, const char *name)
{
	const struct entry probe = { .source = { .name = (char *)(uintptr_t)name }, .key = "" };
	size_t at = place_of(sources, &probe);
	const struct entry *oldest = NULL;

	for (; at < sources->count; at++) {
		const struct entry *entry = sources->by_name[at];

		if (strcmp(entry->source.name, name) != 0)
			break;
		if (oldest == NULL || is_older(entry, oldest))
			oldest = entry;
	}
	return oldest;
}

const struct werf_source *
werf_sources_named(const struct werf_sources *sources, const char *name)
{
	const struct entry *entry = oldest_named(sources, name);

	return entry != NULL ? &entry->source : NULL;
}

int
werf_sources_check(const struct werf_sources *sources, const struct werf_source *source,
		   struct error *err)
{
	const struct entry *entry = (const struct entry *)source, *other;

	if (oldest_named(sources, source->name) != entry)
		return error_set(err, ERROR_INPUT, 0,
				 "WerfSource %s: metadata.name: another WerfSource has this name "
				 "and is used",
				 source->name);
	other = table_get(sources->by_repository, source->repository, strlen(source->repository));
	for (; other != NULL; other = other->next)
		if (other != entry && is_older(other, entry))
			return error_set(err, ERROR_INPUT, 0,
					 "WerfSource %s: spec.imageRepo: WerfSource %s, which is "
					 "older, has this repository and is used",
					 source->name, other->source.name);
	return 0;
}
