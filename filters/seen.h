/*
 * What was last said about each object, as a hash: whether a new state says anything new, and
 * which objects a list does not hold any more. Pure apart from a random key; holds no text of an
 * object but its key and uid.
 */
#ifndef WEIR_SEEN_H
#define WEIR_SEEN_H

#include <stdbool.h>
#include <stddef.h>

struct seen;

enum seen_change { SEEN_NEW, SEEN_CHANGED, SEEN_SAME };

struct seen *seen_new(void);
void seen_free(struct seen *seen);
size_t seen_count(const struct seen *seen);

/* The object called key has this text now. */
enum seen_change seen_note(struct seen *seen, const char *key, size_t key_len, const char *uid,
			   const char *text, size_t len);
/* It has gone. False: it was not known. */
bool seen_forget(struct seen *seen, const char *key, size_t key_len);

/* A list begins; what is noted from here on is in it. */
void seen_begin(struct seen *seen);
/* The next object that was not noted since the list began, which is forgotten. NULL: no more.
 * Owned by the caller; its parts are valid as long as it is. */
struct seen_missing {
	char *key;
	size_t key_len;
	char *uid;
};
struct seen_missing *seen_next_missing(struct seen *seen, size_t *cursor);
void seen_missing_free(struct seen_missing *missing);

#endif
