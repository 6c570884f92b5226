/*
 * Records that have no key, in order, waiting for a reader. A queue says when it is full; it is
 * its owner who then stops, or drops the oldest. A note is shared by the queues of several
 * readers. Pure.
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
	struct note **ring;
	size_t cap, first, count, bytes;
};

struct note *note_new(const char *text, size_t len); /* one reference, the caller's */
void note_release(struct note *note);		     /* one reference less; frees with the last */

/* NOTES_MAX notes or NOTES_BYTES_MAX bytes are there: no more should come. */
bool notes_are_full(const struct notes *notes);
/* Adds a reference of its own. */
void notes_push(struct notes *notes, struct note *note);
struct note *notes_first(const struct notes *notes); /* NULL: empty */
struct note *notes_at(const struct notes *notes, size_t i); /* i < count, 0: the first */
void notes_shift(struct notes *notes);		     /* drops the first */
/* All of from goes behind what is in to. */
void notes_move(struct notes *to, struct notes *from);
void notes_fini(struct notes *notes);

#endif
