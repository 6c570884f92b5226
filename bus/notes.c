/* A ring of shared notes. Knows no link, no socket. */
#include "notes.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

struct note *
note_new(const char *text, size_t len)
{
	struct note *note = alloc_grow(NULL, 1, sizeof(*note) + len + 1);

	note->refs = 1;
	note->len = len;
	if (len > 0)
		memcpy(note->text, text, len);
	note->text[len] = '\0';
	return note;
}

void
note_release(struct note *note)
{
	if (--note->refs == 0)
		free(note);
}

bool
notes_are_full(const struct notes *notes)
{
	return notes->count >= NOTES_MAX || notes->bytes >= NOTES_BYTES_MAX;
}

void
notes_push(struct notes *notes, struct note *note)
{
	if (notes->ring == NULL)
		notes->ring = alloc_zero(NOTES_MAX, sizeof(struct note *));
	note->refs++;
	notes->ring[(notes->first + notes->count++) % NOTES_MAX] = note;
	notes->bytes += note->len;
}

struct note *
notes_first(const struct notes *notes)
{
	return notes->count > 0 ? notes->ring[notes->first] : NULL;
}

void
notes_shift(struct notes *notes)
{
	struct note *note = notes->ring[notes->first];

	notes->first = (notes->first + 1) % NOTES_MAX;
	notes->count--;
	notes->bytes -= note->len;
	note_release(note);
}

size_t
notes_move(struct notes *to, struct notes *from)
{
	size_t dropped = 0;

	for (; from->count > 0; notes_shift(from)) {
		if (notes_are_full(to))
			dropped++;
		else
			notes_push(to, notes_first(from));
	}
	return dropped;
}

void
notes_fini(struct notes *notes)
{
	while (notes->count > 0)
		notes_shift(notes);
	free(notes->ring);
	*notes = (struct notes){ 0 };
}
