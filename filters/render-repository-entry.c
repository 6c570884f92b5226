/*
 * Which WerfSources there are, and by what they are found: their event, their name, their pull
 * secret. A change of one is a reason to look at those that it was, or now is, in the way of.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "render-repository-priv.h"

static void
free_entry(void *value)
{
	struct entry *entry = value;

	werf_source_fini(&entry->broken);
	table_free(entry->outputs);
	free(entry->key);
	free(entry->problem);
	free(entry->trace);
	free(entry->reported);
	free(entry);
}

static void
free_table(void *value)
{
	table_free(value);
}

void
entries_init(struct render_repository *self)
{
	self->entries = table_new(free_entry);
	self->by_source = table_new(NULL);
	self->by_name = table_new(NULL);
	self->by_pull_secret = table_new(free_table);
	self->sources = werf_sources_new();
}

void
entries_fini(struct render_repository *self)
{
	table_free(self->by_pull_secret);
	table_free(self->by_name);
	table_free(self->by_source);
	table_free(self->entries);
	werf_sources_free(self->sources);
}

/* --- finding --- */

struct entry *
entry_of(const struct render_repository *self, const struct werf_source *source)
{
	uintptr_t place = (uintptr_t)source;

	return table_get(self->by_source, (const char *)&place, sizeof(place));
}

struct entry *
entry_named(const struct render_repository *self, const char *name)
{
	return table_get(self->by_name, name, strlen(name));
}

const struct table *
entries_by_pull_secret(const struct render_repository *self, const char *secret)
{
	return table_get(self->by_pull_secret, secret, strlen(secret));
}

/* --- the indices --- */

static void
link_name(struct render_repository *self, struct entry *entry)
{
	const char *name = entry->source->name;
	struct entry *first = entry_named(self, name);

	entry->same_name = first != NULL ? first->same_name : NULL;
	if (first != NULL)
		first->same_name = entry;
	else
		table_put(self->by_name, name, strlen(name), entry);
}

static void
unlink_name(struct render_repository *self, const struct entry *entry)
{
	const char *name = entry->source->name;
	struct entry *at = entry_named(self, name);

	if (at == entry && entry->same_name != NULL) {
		table_put(self->by_name, name, strlen(name), entry->same_name);
	} else if (at == entry) {
		table_remove(self->by_name, name, strlen(name));
	} else {
		while (at->same_name != entry)
			at = at->same_name;
		at->same_name = entry->same_name;
	}
}

static void
link_pull_secret(struct render_repository *self, struct entry *entry)
{
	const char *name = entry->source->pull_secret;
	struct table *those;

	if (name == NULL)
		return;
	those = table_get(self->by_pull_secret, name, strlen(name));
	if (those == NULL) {
		those = table_new(NULL);
		table_put(self->by_pull_secret, name, strlen(name), those);
	}
	table_put(those, entry->key, entry->key_len, entry);
}

static void
unlink_pull_secret(struct render_repository *self, const struct entry *entry)
{
	const char *name = entry->source->pull_secret;
	struct table *those = name != NULL ? table_get(self->by_pull_secret, name, strlen(name))
					   : NULL;

	if (those == NULL)
		return;
	table_remove(those, entry->key, entry->key_len);
	if (table_count(those) == 0)
		table_remove(self->by_pull_secret, name, strlen(name));
}

/* Take the entry out of everything that leads to its source. */
static void
unlink_entry(struct render_repository *self, struct entry *entry)
{
	uintptr_t place = (uintptr_t)entry->source;

	if (entry->source == NULL)
		return;
	unlink_name(self, entry);
	unlink_pull_secret(self, entry);
	table_remove(self->by_source, (const char *)&place, sizeof(place));
	werf_sources_drop(self->sources, entry->key, entry->key_len);
	werf_source_fini(&entry->broken);
	entry->source = NULL;
}

static void
read_entry(struct render_repository *self, struct entry *entry, struct json_slice object)
{
	struct werf_source source;
	struct error err;
	uintptr_t place;

	free(entry->problem);
	entry->problem = NULL;
	if (werf_source_read(&source, object, &err) == 0) {
		entry->source =
			werf_sources_put(self->sources, entry->key, entry->key_len, &source);
		place = (uintptr_t)entry->source;
		table_put(self->by_source, (const char *)&place, sizeof(place), entry);
	} else {
		entry->problem = alloc_string(err.text);
		entry->broken = source;
		entry->source = &entry->broken;
	}
	link_name(self, entry);
	link_pull_secret(self, entry);
}

/* --- what depends on it --- */

static void
judge_sharing(struct render_repository *self, const struct entry *but, const char *repository)
{
	const struct werf_source *source;
	size_t cursor = 0;

	if (repository == NULL)
		return;
	while ((source = werf_sources_sharing(self->sources, repository, &cursor)) != NULL) {
		struct entry *entry = entry_of(self, source);

		if (entry != but)
			judge(self, entry, NULL);
	}
}

static void
judge_named(struct render_repository *self, const struct entry *but, const char *name)
{
	struct entry *entry = entry_named(self, name);

	for (; entry != NULL; entry = entry->same_name)
		if (entry != but)
			judge(self, entry, NULL);
}

static struct entry *
get_or_add(struct render_repository *self, const char *key, size_t len)
{
	struct entry *entry = table_get(self->entries, key, len);

	if (entry != NULL)
		return entry;
	entry = alloc_zero(1, sizeof(*entry));
	entry->key = alloc_text(key, len);
	entry->key_len = len;
	entry->outputs = table_new(NULL);
	table_put(self->entries, key, len, entry);
	return entry;
}

static char *
copy(const char *text)
{
	return text != NULL ? alloc_string(text) : NULL;
}

/* May its Secret be there, and is that ours to say? */
static bool
may_have_secret(const struct render_repository *self, const struct entry *entry)
{
	return entry->source != NULL &&
	       (entry->problem != NULL || entry->source->has_repository) &&
	       filter_takes(self->filter, entry->key, entry->key_len);
}

/* Nothing but its status has changed, as it does when that was written. */
static bool
is_known(const struct entry *entry, struct json_slice object)
{
	struct werf_source source;
	bool is_same;

	if (entry->source == NULL || entry->problem != NULL)
		return false;
	is_same = werf_source_read(&source, object, NULL) == 0 &&
		  werf_source_equals(entry->source, &source);
	werf_source_fini(&source);
	return is_same;
}

void
entry_put(struct render_repository *self, const char *key, size_t len, struct json_slice object)
{
	struct entry *entry = get_or_add(self, key, len);
	CLEANUP_FREE char *name = entry->source != NULL ? copy(entry->source->name) : NULL;
	CLEANUP_FREE char *repository = entry->source != NULL ? copy(entry->source->repository)
							      : NULL;
	bool had_secret = may_have_secret(self, entry);

	if (is_known(entry, object))
		return;
	unlink_entry(self, entry);
	read_entry(self, entry, object);
	free(entry->trace);
	entry->trace = alloc_string(filter_trace(self->filter));
	judge(self, entry, NULL);
	if (had_secret && !may_have_secret(self, entry))
		output_prune(self, entry->source->name);
	judge_sharing(self, entry, repository);
	if (entry->problem == NULL &&
	    (repository == NULL || strcmp(repository, entry->source->repository) != 0))
		judge_sharing(self, entry, entry->source->repository);
	judge_named(self, entry, entry->source->name);
	if (name != NULL && strcmp(name, entry->source->name) != 0)
		judge_named(self, entry, name);
}

/* Others may now ask for what it asked for: they are heard before anything is pruned. */
void
entry_drop(struct render_repository *self, const char *key, size_t len)
{
	struct entry *entry = table_get(self->entries, key, len);
	CLEANUP_FREE char *name = NULL;
	CLEANUP_FREE char *repository = NULL;
	bool had_secret;

	if (entry == NULL)
		return;
	name = alloc_string(entry->source->name);
	repository = copy(entry->source->repository);
	had_secret = may_have_secret(self, entry);
	if (entry->same_name == NULL && entry_named(self, name) == entry)
		output_forget_status(self, entry->source);
	unlink_entry(self, entry);
	judge_named(self, NULL, name);
	judge_sharing(self, NULL, repository);
	output_settle(self, entry, true);
	if (had_secret && entry_named(self, name) == NULL)
		output_prune(self, name);
	table_remove(self->entries, key, len);
}
