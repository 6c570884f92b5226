/* See watchlist.h. A claim hangs in two lists: its Application's and its repository's. */
#include "watchlist.h"

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/table.h"

struct watchlist_claim {
	struct watchlist_entry *entry;
	struct watchlist_claim *next_of_key;
	struct watchlist_claim *next, **prev; /* of entry */
	char *follower;
	size_t len;
	bool is_stale; /* not repeated since begin */
};

struct follower {
	struct watchlist_claim *claims;
};

struct watchlist {
	struct table *followers; /* key -> struct follower */
	struct table *entries;	 /* "repository\0credential" -> struct watchlist_entry */
	struct follower *current; /* between begin and end */
	char *key;
	size_t key_len;
	struct watchlist_entry **touched; /* between begin and end */
	size_t touched_count;
	watchlist_changed_fn *changed;
	void *arg;
};

/* --- entries --- */

static char *
entry_key(const char *repository, const char *credential, size_t *len)
{
	size_t text_len = strlen(repository);
	size_t credential_len = credential != NULL ? strlen(credential) : 0;
	char *key = alloc_zero(text_len + credential_len + 2, 1);

	memcpy(key, repository, text_len);
	if (credential_len > 0)
		memcpy(key + text_len + 1, credential, credential_len);
	*len = text_len + 1 + credential_len;
	return key;
}

static struct watchlist_entry *
find_entry(struct watchlist *watchlist, const struct reference *reference,
	   const char *credential)
{
	size_t len;
	CLEANUP_FREE char *key = entry_key(reference->text, credential, &len);
	struct watchlist_entry *entry = table_get(watchlist->entries, key, len);

	if (entry != NULL)
		return entry;
	entry = alloc_zero(1, sizeof(*entry));
	entry->reference.host = alloc_string(reference->host);
	entry->reference.path = alloc_string(reference->path);
	entry->reference.text = alloc_string(reference->text);
	entry->credential = credential != NULL ? alloc_string(credential) : NULL;
	entry->last = &entry->first;
	table_put(watchlist->entries, key, len, entry);
	return entry;
}

static void
free_entry(void *value)
{
	struct watchlist_entry *entry = value;

	reference_fini(&entry->reference);
	free(entry->credential);
	free(entry);
}

/* --- claims --- */

static void
touch(struct watchlist *watchlist, struct watchlist_entry *entry)
{
	size_t i;

	for (i = 0; i < watchlist->touched_count; i++)
		if (watchlist->touched[i] == entry)
			return;
	watchlist->touched = alloc_grow(watchlist->touched, watchlist->touched_count + 1,
					sizeof(struct watchlist_entry *));
	watchlist->touched[watchlist->touched_count++] = entry;
}

static void
set_follower(struct watchlist_claim *claim, const char *follower, size_t len)
{
	free(claim->follower);
	claim->follower = alloc_text(follower, len);
	claim->len = len;
	claim->is_stale = false;
}

/* The claim of this follower on this entry that has not been repeated yet: word for word if there
 * is one, else any, which then keeps its place. */
static struct watchlist_claim *
find_stale(const struct follower *current, const struct watchlist_entry *entry,
	   const char *follower, size_t len)
{
	struct watchlist_claim *claim, *any = NULL;

	for (claim = current->claims; claim != NULL; claim = claim->next_of_key) {
		if (!claim->is_stale || claim->entry != entry)
			continue;
		if (claim->len == len && memcmp(claim->follower, follower, len) == 0)
			return claim;
		any = claim;
	}
	return any;
}

static void
add_claim(struct follower *current, struct watchlist_entry *entry, const char *follower,
	  size_t len)
{
	struct watchlist_claim *claim = alloc_zero(1, sizeof(*claim));

	set_follower(claim, follower, len);
	claim->entry = entry;
	claim->next_of_key = current->claims;
	current->claims = claim;
	claim->prev = entry->last;
	*entry->last = claim;
	entry->last = &claim->next;
	entry->count++;
}

static void
remove_claim(struct watchlist_claim *claim)
{
	struct watchlist_entry *entry = claim->entry;

	*claim->prev = claim->next;
	if (claim->next != NULL)
		claim->next->prev = claim->prev;
	else
		entry->last = claim->prev;
	entry->count--;
	free(claim->follower);
	free(claim);
}

static void
drop_stale(struct watchlist *watchlist, struct follower *current)
{
	struct watchlist_claim **at = &current->claims, *claim;

	while ((claim = *at) != NULL) {
		if (!claim->is_stale) {
			at = &claim->next_of_key;
			continue;
		}
		*at = claim->next_of_key;
		touch(watchlist, claim->entry);
		remove_claim(claim);
	}
}

static void
tell_touched(struct watchlist *watchlist)
{
	struct watchlist_entry **touched = watchlist->touched;
	size_t count = watchlist->touched_count, i, len;

	watchlist->touched = NULL;
	watchlist->touched_count = 0;
	for (i = 0; i < count; i++) {
		watchlist->changed(watchlist->arg, touched[i]);
		if (touched[i]->count == 0) {
			char *key = entry_key(touched[i]->reference.text, touched[i]->credential,
					      &len);

			table_remove(watchlist->entries, key, len);
			free(key);
		}
	}
	free(touched);
}

/* --- what others call --- */

void
watchlist_begin(struct watchlist *watchlist, const char *key, size_t len)
{
	struct follower *current = table_get(watchlist->followers, key, len);
	struct watchlist_claim *claim;

	if (current == NULL) {
		current = alloc_zero(1, sizeof(*current));
		table_put(watchlist->followers, key, len, current);
	}
	for (claim = current->claims; claim != NULL; claim = claim->next_of_key)
		claim->is_stale = true;
	watchlist->current = current;
	watchlist->key = alloc_text(key, len);
	watchlist->key_len = len;
}

void
watchlist_claim(struct watchlist *watchlist, const struct reference *reference,
		const char *credential, const char *follower, size_t len)
{
	struct watchlist_entry *entry = find_entry(watchlist, reference, credential);
	struct watchlist_claim *claim = find_stale(watchlist->current, entry, follower, len);

	if (claim == NULL) {
		add_claim(watchlist->current, entry, follower, len);
		touch(watchlist, entry);
	} else if (claim->len == len && memcmp(claim->follower, follower, len) == 0) {
		claim->is_stale = false;
	} else {
		set_follower(claim, follower, len);
		touch(watchlist, entry);
	}
}

void
watchlist_end(struct watchlist *watchlist)
{
	drop_stale(watchlist, watchlist->current);
	if (watchlist->current->claims == NULL)
		table_remove(watchlist->followers, watchlist->key, watchlist->key_len);
	watchlist->current = NULL;
	free(watchlist->key);
	watchlist->key = NULL;
	tell_touched(watchlist);
}

void
watchlist_drop(struct watchlist *watchlist, const char *key, size_t len)
{
	if (table_get(watchlist->followers, key, len) == NULL)
		return;
	watchlist_begin(watchlist, key, len);
	watchlist_end(watchlist);
}

bool
watchlist_followers(const struct watchlist_entry *entry, struct buf *out)
{
	const struct watchlist_claim *claim;
	bool ok = true;

	for (claim = entry->first; ok && claim != NULL; claim = claim->next) {
		if (claim != entry->first)
			ok = buf_append_char(out, ',');
		ok = ok && buf_append(out, claim->follower, claim->len);
	}
	return ok;
}

struct watchlist_entry *
watchlist_next(const struct watchlist *watchlist, size_t *cursor)
{
	void *entry = NULL;

	return table_next(watchlist->entries, cursor, NULL, NULL, &entry) ? entry : NULL;
}

struct watchlist *
watchlist_new(watchlist_changed_fn *changed, void *arg)
{
	struct watchlist *watchlist = alloc_zero(1, sizeof(*watchlist));

	watchlist->followers = table_new(free);
	watchlist->entries = table_new(free_entry);
	watchlist->changed = changed;
	watchlist->arg = arg;
	return watchlist;
}

void
watchlist_free(struct watchlist *watchlist)
{
	size_t cursor = 0, len;
	const char *key;
	void *follower;

	if (watchlist == NULL)
		return;
	while (table_next(watchlist->followers, &cursor, &key, &len, &follower))
		watchlist_drop(watchlist, key, len);
	table_free(watchlist->followers);
	table_free(watchlist->entries);
	free(watchlist);
}
