/*
 * What a writer of state retains: the last message per key as compact text, shared
 * by all ZeroMQ outputs of a process. Pure: no socket, no clock.
 */
#ifndef WEIR_RETAIN_H
#define WEIR_RETAIN_H

#include <stdbool.h>
#include <stddef.h>

struct retain;

struct retain *retain_new(void);
void retain_free(struct retain *retain);
/* Keep a copy of text under key. False: it is what was there already, except perhaps for its
 * trace (nothing changed, nothing need be sent). */
bool retain_put(struct retain *retain, const char *key, size_t key_len, const char *text,
		size_t len);
/* Forget the key. False: it was not there. */
bool retain_drop(struct retain *retain, const char *key, size_t key_len);
const char *retain_get(const struct retain *retain, const char *key, size_t key_len, size_t *len);
/* In the order in which keys were first put; start with *cursor = 0. */
bool retain_next(const struct retain *retain, size_t *cursor, const char **key, size_t *key_len);
size_t retain_count(const struct retain *retain);

#endif
