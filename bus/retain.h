/*
 * What a writer of state retains: the last message per key as compact text, shared
 * by all ZeroMQ outputs of a process. Each reader of it has a cursor, which sees every key
 * once and then every key that changed since, with its latest text: a queue of changed keys
 * that costs nothing per reader. Pure: no socket, no clock.
 */
#ifndef WEIR_RETAIN_H
#define WEIR_RETAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct retain;
struct retain_entry;

struct retain_item {
	const char *key; /* NUL-terminated, and may hold NULs */
	size_t key_len;
	uint64_t hash;	  /* table_hash of the key */
	const char *text; /* NUL-terminated; NULL: the key was dropped */
	size_t len;
};

/* Embedded by its owner; the fields are private to retain.c. */
struct retain_cursor {
	struct retain_entry *at; /* NULL: nothing is left to see */
	uint64_t born;
	struct retain_cursor *next;
};

struct retain *retain_new(void);
void retain_free(struct retain *retain); /* after all cursors were stopped; NULL is fine */
/* Keep a copy of text under key. False: it is what was there already, except perhaps for its
 * trace (nothing changed, nothing need be sent; the old text stays). */
bool retain_put(struct retain *retain, const char *key, size_t key_len, const char *text,
		size_t len);
/* Forget the key. False: it was not there. */
bool retain_drop(struct retain *retain, const char *key, size_t key_len);
/* The text, NUL-terminated, until the next put or drop; NULL: absent. */
const char *retain_get(const struct retain *retain, const char *key, size_t key_len, size_t *len);
size_t retain_count(const struct retain *retain);

/* See everything from the start: each key that is there, in the order of their changes, then
 * what changes or is dropped from now on. A key that changes before the cursor got to it is
 * seen once. */
void retain_cursor_start(struct retain *retain, struct retain_cursor *cursor);
void retain_cursor_stop(struct retain *retain, struct retain_cursor *cursor);
/* What comes next, valid until the store changes; NULL: nothing for now. */
const struct retain_item *retain_cursor_peek(struct retain *retain, struct retain_cursor *cursor);
/* Go past what was peeked. */
void retain_cursor_step(struct retain *retain, struct retain_cursor *cursor);

#endif
