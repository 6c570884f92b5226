/*
 * A hash table from a string key (bytes, may hold NULs) to a pointer. It owns
 * copies of its keys; values belong to the caller unless a free function is given.
 * Iteration is in insertion order (deletions keep the order of the others).
 */
#ifndef WEIR_TABLE_H
#define WEIR_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table;
typedef void table_free_fn(void *value);

struct table *table_new(table_free_fn *free_value); /* NULL: values are borrowed */
void table_free(struct table *table);		     /* NULL is fine */
size_t table_count(const struct table *table);
void *table_get(const struct table *table, const char *key, size_t len); /* NULL: absent */
/* Replaces (and frees) an old value of the same key; value must not be NULL. */
void table_put(struct table *table, const char *key, size_t len, void *value);
/* Frees the value if the table owns values; false: was absent. */
bool table_remove(struct table *table, const char *key, size_t len);
/* Takes the value out without freeing it; NULL: absent. */
void *table_take(struct table *table, const char *key, size_t len);
void table_clear(struct table *table);
/* Start with *cursor = 0; removing the current entry while iterating is allowed,
 * adding is not. key may be NULL when not wanted. */
bool table_next(const struct table *table, size_t *cursor, const char **key, size_t *len,
		void **value);
/* FNV-1a with a final mix; stable across runs: used for shards too. */
uint64_t table_hash(const char *key, size_t len);

#endif
