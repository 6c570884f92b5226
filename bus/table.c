/*
 * Open addressing over an index array, entries in insertion order beside it
 * (a compact dictionary): iteration is a walk over the entries.
 */
#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

struct entry {
	uint64_t hash;
	char *key; /* NULL: deleted */
	size_t len;
	void *value;
};

struct table {
	table_free_fn *free_value;
	struct entry *entries;
	size_t used, live, entry_cap;
	uint32_t *index;  /* entry number + 1; 0 free; a slot of a deleted entry stays taken */
	size_t index_cap; /* a power of two */
};

uint64_t
table_hash(const char *key, size_t len)
{
	uint64_t h = 14695981039346656037u;
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ (unsigned char)key[i]) * 1099511628211u;
	h ^= h >> 32;
	h *= 0x9e3779b97f4a7c15u;
	return h ^ (h >> 29);
}

struct table *
table_new(table_free_fn *free_value)
{
	struct table *table = alloc_zero(1, sizeof(*table));

	table->free_value = free_value;
	return table;
}

static void
drop_entry(struct table *table, struct entry *entry, bool keep_value)
{
	free(entry->key);
	entry->key = NULL;
	if (!keep_value && table->free_value != NULL)
		table->free_value(entry->value);
	entry->value = NULL;
	table->live--;
}

void
table_clear(struct table *table)
{
	size_t i;

	for (i = 0; i < table->used; i++)
		if (table->entries[i].key != NULL)
			drop_entry(table, &table->entries[i], false);
	free(table->entries);
	free(table->index);
	table->entries = NULL;
	table->index = NULL;
	table->used = table->live = table->entry_cap = table->index_cap = 0;
}

void
table_free(struct table *table)
{
	if (table == NULL)
		return;
	table_clear(table);
	free(table);
}

size_t
table_count(const struct table *table)
{
	return table->live;
}

static void
index_add(struct table *table, size_t number)
{
	size_t mask = table->index_cap - 1;
	size_t slot = table->entries[number].hash & mask;

	while (table->index[slot] != 0)
		slot = (slot + 1) & mask;
	table->index[slot] = (uint32_t)(number + 1);
}

/* Squeeze deleted entries out and size the arrays for one more than are alive. */
static void
rebuild(struct table *table)
{
	size_t cap = 8, i, n = 0;

	while (cap < table->live * 2 + 2)
		cap *= 2;
	for (i = 0; i < table->used; i++)
		if (table->entries[i].key != NULL)
			table->entries[n++] = table->entries[i];
	table->used = n;
	table->entry_cap = cap;
	table->entries = alloc_grow(table->entries, cap, sizeof(*table->entries));
	free(table->index);
	table->index_cap = cap * 2;
	table->index = alloc_zero(table->index_cap, sizeof(*table->index));
	for (i = 0; i < n; i++)
		index_add(table, i);
}

static struct entry *
find(const struct table *table, const char *key, size_t len)
{
	size_t mask = table->index_cap - 1, slot;
	uint64_t hash;
	struct entry *entry;

	if (table->index_cap == 0)
		return NULL;
	hash = table_hash(key, len);
	for (slot = hash & mask; table->index[slot] != 0; slot = (slot + 1) & mask) {
		entry = &table->entries[table->index[slot] - 1];
		if (entry->key != NULL && entry->hash == hash && entry->len == len &&
		    memcmp(entry->key, key, len) == 0)
			return entry;
	}
	return NULL;
}

void *
table_get(const struct table *table, const char *key, size_t len)
{
	struct entry *entry = find(table, key, len);

	return entry != NULL ? entry->value : NULL;
}

void
table_put(struct table *table, const char *key, size_t len, void *value)
{
	struct entry *entry = find(table, key, len);

	if (entry != NULL) {
		if (table->free_value != NULL && entry->value != value)
			table->free_value(entry->value);
		entry->value = value;
		return;
	}
	if (table->used == table->entry_cap)
		rebuild(table);
	entry = &table->entries[table->used];
	entry->hash = table_hash(key, len);
	entry->key = alloc_text(key, len);
	entry->len = len;
	entry->value = value;
	index_add(table, table->used++);
	table->live++;
}

bool
table_remove(struct table *table, const char *key, size_t len)
{
	struct entry *entry = find(table, key, len);

	if (entry != NULL)
		drop_entry(table, entry, false);
	return entry != NULL;
}

void *
table_take(struct table *table, const char *key, size_t len)
{
	struct entry *entry = find(table, key, len);
	void *value;

	if (entry == NULL)
		return NULL;
	value = entry->value;
	drop_entry(table, entry, true);
	return value;
}

bool
table_next(const struct table *table, size_t *cursor, const char **key, size_t *len, void **value)
{
	struct entry *entry;

	while (*cursor < table->used) {
		entry = &table->entries[(*cursor)++];
		if (entry->key == NULL)
			continue;
		if (key != NULL)
			*key = entry->key;
		if (len != NULL)
			*len = entry->len;
		if (value != NULL)
			*value = entry->value;
		return true;
	}
	return false;
}
