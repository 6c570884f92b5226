/*
 * Records that have no key, in order, waiting for a reader: bounded in number and bytes. A
 * note is shared by the queues of several readers. Pure.
 */
#ifndef WEIR_NOTES_H
#define WEIR_NOTES_H

#include <stdbool.h>
#include <stddef.h>

#define NOTES_MAX 1024u
#define NOTES_BYTES_MAX ((size_t)16 * 1024 * 1024)

struct note {
	unsigned refs;
	size_t len;
	char text[]; /* NUL-terminated */
};

/* Zero-initialised means empty. */
struct notes {
	struct note **ring; /* NOTES_MAX of them, allocated by the first push */
	size_t first, count, bytes;
};

struct note *note_new(const char *text, size_t len); /* one reference, the caller's */
void note_release(struct note *note);		     /* one reference less; frees with the last */

/* No room for one more: 1,024 notes, or 16 MiB. */
bool notes_are_full(const struct notes *notes);
/* Adds a reference of its own. Only when not full. */
void notes_push(struct notes *notes, struct note *note);
struct note *notes_first(const struct notes *notes); /* NULL: empty */
void notes_shift(struct notes *notes);		     /* drops the first */
/* All of from goes behind what is in to, as far as there is room; from is empty afterwards.
 * Returns how many were dropped. */
size_t notes_move(struct notes *to, struct notes *from);
void notes_fini(struct notes *notes);

#endif
