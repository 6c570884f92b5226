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

static void
grow(struct notes *notes)
{
	size_t cap = notes->cap > 0 ? notes->cap * 2 : 16, i;
	struct note **ring = alloc_zero(cap, sizeof(struct note *));

	for (i = 0; i < notes->count; i++)
		ring[i] = notes->ring[(notes->first + i) % notes->cap];
	free(notes->ring);
	notes->ring = ring;
	notes->cap = cap;
	notes->first = 0;
}

void
notes_push(struct notes *notes, struct note *note)
{
	if (notes->count == notes->cap)
		grow(notes);
	note->refs++;
	notes->ring[(notes->first + notes->count++) % notes->cap] = note;
	notes->bytes += note->len;
}

struct note *
notes_first(const struct notes *notes)
{
	return notes->count > 0 ? notes->ring[notes->first] : NULL;
}

struct note *
notes_at(const struct notes *notes, size_t i)
{
	return notes->ring[(notes->first + i) % notes->cap];
}

void
notes_shift(struct notes *notes)
{
	struct note *note = notes->ring[notes->first];

	notes->first = (notes->first + 1) % notes->cap;
	notes->count--;
	notes->bytes -= note->len;
	note_release(note);
}

void
notes_move(struct notes *to, struct notes *from)
{
	struct note *note;

	while ((note = notes_first(from)) != NULL) {
		notes_push(to, note);
		notes_shift(from);
	}
}

void
notes_fini(struct notes *notes)
{
	while (notes->count > 0)
		notes_shift(notes);
	free(notes->ring);
	*notes = (struct notes){ 0 };
}
