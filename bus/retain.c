/*
 * One list of entries, ordered by change: whoever changes moves to the end, and a cursor is a
 * place in that list. A dropped key stays as an entry without text (a tombstone) until every
 * cursor has passed it. A hash index beside the list finds keys. Knows of messages only that
 * one which differs in nothing but its trace is no news.
 */
#include "retain.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "json.h"
#include "table.h"

struct retain_entry {
	struct retain_item item;
	uint64_t change; /* rises along the list */
	struct retain_entry *before, *after;
	struct retain_entry *chain; /* the next one of the same bucket */
	char *text;
	char key[];
};

struct retain {
	struct retain_entry *first, *last;
	struct retain_entry **buckets;
	size_t bucket_count; /* a power of two */
	size_t entries;	     /* with tombstones */
	size_t tombstones;
	uint64_t change;
	struct retain_cursor *cursors;
};

#define BUCKETS_MIN 64

struct retain *
retain_new(void)
{
	struct retain *retain = alloc_zero(1, sizeof(*retain));

	retain->bucket_count = BUCKETS_MIN;
	retain->buckets = alloc_zero(retain->bucket_count, sizeof(struct retain_entry *));
	return retain;
}

void
retain_free(struct retain *retain)
{
	struct retain_entry *entry, *after;

	if (retain == NULL)
		return;
	for (entry = retain->first; entry != NULL; entry = after) {
		after = entry->after;
		free(entry->text);
		free(entry);
	}
	free(retain->buckets);
	free(retain);
}

size_t
retain_count(const struct retain *retain)
{
	return retain->entries - retain->tombstones;
}

/* --- the index --- */

static struct retain_entry **
slot_of(const struct retain *retain, const char *key, size_t len, uint64_t hash)
{
	struct retain_entry **slot = &retain->buckets[hash & (retain->bucket_count - 1)];

	while (*slot != NULL && ((*slot)->item.hash != hash || (*slot)->item.key_len != len ||
				 memcmp((*slot)->key, key, len) != 0))
		slot = &(*slot)->chain;
	return slot;
}

static void
grow_index(struct retain *retain)
{
	struct retain_entry *entry, **slot;

	free(retain->buckets);
	retain->bucket_count *= 2;
	retain->buckets = alloc_zero(retain->bucket_count, sizeof(struct retain_entry *));
	for (entry = retain->first; entry != NULL; entry = entry->after) {
		slot = &retain->buckets[entry->item.hash & (retain->bucket_count - 1)];
		entry->chain = *slot;
		*slot = entry;
	}
}

/* --- the list --- */

static void
append(struct retain *retain, struct retain_entry *entry)
{
	struct retain_cursor *cursor;

	entry->change = ++retain->change;
	entry->before = retain->last;
	entry->after = NULL;
	*(retain->last != NULL ? &retain->last->after : &retain->first) = entry;
	retain->last = entry;
	for (cursor = retain->cursors; cursor != NULL; cursor = cursor->next)
		if (cursor->at == NULL)
			cursor->at = entry;
}

static void
unlink_entry(struct retain *retain, struct retain_entry *entry)
{
	struct retain_cursor *cursor;

	for (cursor = retain->cursors; cursor != NULL; cursor = cursor->next)
		if (cursor->at == entry)
			cursor->at = entry->after;
	*(entry->before != NULL ? &entry->before->after : &retain->first) = entry->after;
	*(entry->after != NULL ? &entry->after->before : &retain->last) = entry->before;
}

static bool
is_passed(const struct retain_cursor *cursor, const struct retain_entry *entry)
{
	return cursor->at == NULL || cursor->at->change > entry->change;
}

/* An entry that all cursors have yet to see keeps its place, so that a key which changes all
 * the time is not put off for ever. */
static void
touch(struct retain *retain, struct retain_entry *entry)
{
	const struct retain_cursor *cursor;

	for (cursor = retain->cursors; cursor != NULL; cursor = cursor->next)
		if (is_passed(cursor, entry))
			break;
	if (cursor == NULL && retain->cursors != NULL)
		return;
	unlink_entry(retain, entry);
	append(retain, entry);
}

static void
set_text(struct retain_entry *entry, const char *text, size_t len)
{
	free(entry->text);
	entry->text = text != NULL ? alloc_text(text, len) : NULL;
	entry->item.text = entry->text;
	entry->item.len = len;
}

static void
forget(struct retain *retain, struct retain_entry *entry)
{
	struct retain_entry **slot =
		slot_of(retain, entry->key, entry->item.key_len, entry->item.hash);

	*slot = entry->chain;
	unlink_entry(retain, entry);
	retain->entries--;
	if (entry->text == NULL)
		retain->tombstones--;
	free(entry->text);
	free(entry);
}

/* --- what is the same --- */

static bool
has_trace_before(const char *text, size_t len)
{
	static const char name[] = "\"trace\"";

	return memmem(text, len, name, sizeof(name) - 1) != NULL;
}

/* The texts first differ at byte `at`. Equal but for the values of their traces? */
static bool
differ_in_trace_only(const struct retain_item *old, const char *text, size_t len, size_t at)
{
	struct json_slice a, b;
	size_t a_end, b_end;

	if (!has_trace_before(text, at))
		return false;
	a = json_member((struct json_slice){ old->text, old->len }, "trace");
	b = json_member((struct json_slice){ text, len }, "trace");
	if (a.text == NULL || b.text == NULL || a.text - old->text != b.text - text ||
	    (size_t)(a.text - old->text) > at)
		return false;
	a_end = (size_t)(a.text - old->text) + a.len;
	b_end = (size_t)(b.text - text) + b.len;
	return old->len - a_end == len - b_end &&
	       memcmp(old->text + a_end, text + b_end, len - b_end) == 0;
}

static bool
is_same(const struct retain_item *old, const char *text, size_t len)
{
	size_t shorter = old->len < len ? old->len : len, at = 0;

	if (old->len == len && memcmp(old->text, text, len) == 0)
		return true;
	while (at < shorter && old->text[at] == text[at])
		at++;
	return differ_in_trace_only(old, text, len, at);
}

/* --- put, drop, get --- */

static struct retain_entry *
new_entry(const char *key, size_t len, uint64_t hash)
{
	struct retain_entry *entry = alloc_zero(1, sizeof(*entry) + len + 1);

	if (len > 0)
		memcpy(entry->key, key, len);
	entry->item.key = entry->key;
	entry->item.key_len = len;
	entry->item.hash = hash;
	return entry;
}

bool
retain_put(struct retain *retain, const char *key, size_t key_len, const char *text, size_t len)
{
	uint64_t hash = table_hash(key, key_len);
	struct retain_entry **slot = slot_of(retain, key, key_len, hash), *entry = *slot;

	if (entry == NULL) {
		entry = *slot = new_entry(key, key_len, hash);
		set_text(entry, text, len);
		append(retain, entry);
		if (++retain->entries > retain->bucket_count)
			grow_index(retain);
		return true;
	}
	if (entry->text == NULL)
		retain->tombstones--;
	else if (is_same(&entry->item, text, len))
		return false;
	set_text(entry, text, len);
	touch(retain, entry);
	return true;
}

bool
retain_drop(struct retain *retain, const char *key, size_t key_len)
{
	struct retain_entry *entry =
		*slot_of(retain, key, key_len, table_hash(key, key_len));

	if (entry == NULL || entry->text == NULL)
		return false;
	if (retain->cursors == NULL) {
		forget(retain, entry);
		return true;
	}
	set_text(entry, NULL, 0);
	retain->tombstones++;
	touch(retain, entry);
	return true;
}

const char *
retain_get(const struct retain *retain, const char *key, size_t key_len, size_t *len)
{
	const struct retain_entry *entry =
		*slot_of(retain, key, key_len, table_hash(key, key_len));

	if (entry == NULL || entry->text == NULL)
		return NULL;
	*len = entry->item.len;
	return entry->text;
}

/* --- cursors --- */

static void
bury_if_passed(struct retain *retain, struct retain_entry *entry)
{
	const struct retain_cursor *cursor;

	if (entry->text != NULL)
		return;
	for (cursor = retain->cursors; cursor != NULL; cursor = cursor->next)
		if (!is_passed(cursor, entry))
			return;
	forget(retain, entry);
}

void
retain_cursor_start(struct retain *retain, struct retain_cursor *cursor)
{
	cursor->at = retain->first;
	cursor->born = retain->change;
	cursor->next = retain->cursors;
	retain->cursors = cursor;
}

void
retain_cursor_stop(struct retain *retain, struct retain_cursor *cursor)
{
	struct retain_cursor **place = &retain->cursors;
	struct retain_entry *entry, *after;

	while (*place != NULL && *place != cursor)
		place = &(*place)->next;
	if (*place == NULL)
		return;
	*place = cursor->next;
	for (entry = retain->first; entry != NULL && retain->tombstones > 0; entry = after) {
		after = entry->after;
		bury_if_passed(retain, entry);
	}
}

void
retain_cursor_step(struct retain *retain, struct retain_cursor *cursor)
{
	struct retain_entry *entry = cursor->at;

	if (entry == NULL)
		return;
	cursor->at = entry->after;
	bury_if_passed(retain, entry);
}

/* A tombstone that is older than the cursor tells it nothing: it never saw the key. */
const struct retain_item *
retain_cursor_peek(struct retain *retain, struct retain_cursor *cursor)
{
	while (cursor->at != NULL && cursor->at->text == NULL && cursor->at->change <= cursor->born)
		retain_cursor_step(retain, cursor);
	return cursor->at != NULL ? &cursor->at->item : NULL;
}
