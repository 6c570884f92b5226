/*
 * The writing end of a link: what goes into the next frame, under the reader's credit. Knows
 * the retained store and the notes, never who carries the frames.
 */
#include "link.h"

#include <stdlib.h>

#include "alloc.h"
#include "table.h"

struct link_writer {
	struct retain *retain;
	struct retain_cursor cursor;
	struct notes notes;
	uint64_t reader_epoch; /* 0: no session */
	uint64_t writer_epoch; /* another one for each session */
	unsigned shard, shards;
	uint64_t sent, acked;	     /* numbers of entries */
	uint64_t asked;		     /* what was sent when an answer was last asked for */
	size_t sizes[LINK_WINDOW];   /* of the entries that are not acknowledged */
	size_t bytes;		     /* their sum */
	bool is_complete, is_finishing, is_ending;
	bool has_begun, has_synced, has_ended; /* what this session has sent */
	bool note_was_last;
};

enum put { PUT_DONE, PUT_NOTHING, PUT_NO_CREDIT, PUT_NO_ROOM };

struct link_writer *
link_writer_new(struct retain *retain, uint64_t seed)
{
	struct link_writer *writer = alloc_zero(1, sizeof(*writer));

	writer->retain = retain;
	writer->writer_epoch = seed;
	return writer;
}

void
link_writer_free(struct link_writer *writer)
{
	if (writer == NULL)
		return;
	retain_cursor_stop(writer->retain, &writer->cursor);
	notes_fini(&writer->notes);
	free(writer);
}

struct notes *
link_writer_notes(struct link_writer *writer)
{
	return &writer->notes;
}

void
link_writer_complete(struct link_writer *writer)
{
	writer->is_complete = true;
}

void
link_writer_finish(struct link_writer *writer, bool end)
{
	writer->is_finishing = true;
	writer->is_ending = end;
	if (end)
		writer->is_complete = true;
}

/* --- sessions and credit --- */

static void
begin_session(struct link_writer *writer, const struct wire_frame *hello)
{
	retain_cursor_stop(writer->retain, &writer->cursor);
	writer->sent = writer->acked = writer->asked = 0;
	writer->bytes = 0;
	writer->has_begun = writer->has_synced = writer->has_ended = false;
	writer->reader_epoch = hello->reader_epoch;
	writer->shard = hello->shard;
	writer->shards = hello->shards;
	if (++writer->writer_epoch == 0)
		writer->writer_epoch = 1;
	retain_cursor_start(writer->retain, &writer->cursor);
}

void
link_writer_hello(struct link_writer *writer, const struct wire_frame *hello)
{
	if (hello->reader_epoch == 0)
		return;
	if (hello->reader_epoch != writer->reader_epoch)
		begin_session(writer, hello);
	if (hello->writer_epoch != writer->writer_epoch || hello->sequence > writer->sent)
		return;
	while (writer->acked < hello->sequence)
		writer->bytes -= writer->sizes[++writer->acked % LINK_WINDOW];
}

/* --- filling a frame --- */

/* Put one entry if there is credit for it and room in this frame. */
static enum put
put(struct link_writer *writer, struct buf *frame, enum wire_entry_type type,
    const struct retain_item *item)
{
	size_t size = wire_entry_size(item->key_len, item->len);

	if (writer->sent - writer->acked >= LINK_WINDOW ||
	    (writer->bytes > 0 && writer->bytes + size > LINK_WINDOW_BYTES))
		return PUT_NO_CREDIT;
	if (frame->len > WIRE_HEADER && frame->len + size > LINK_BATCH)
		return PUT_NO_ROOM;
	wire_put_entry(frame, type, item->key, item->key_len, item->text, item->len);
	writer->sizes[++writer->sent % LINK_WINDOW] = size;
	writer->bytes += size;
	return PUT_DONE;
}

static enum put
put_mark(struct link_writer *writer, struct buf *frame, enum wire_entry_type type, bool *done)
{
	static const struct retain_item nothing;
	enum put result = put(writer, frame, type, &nothing);

	if (result == PUT_DONE)
		*done = true;
	return result;
}

static bool
is_ours(const struct link_writer *writer, uint64_t hash)
{
	return writer->shards == 0 || hash % writer->shards == writer->shard;
}

static bool
is_note_ours(const struct link_writer *writer, const struct note *note)
{
	return writer->shards == 0 || is_ours(writer, table_hash(note->text, note->len));
}

static enum put
put_note(struct link_writer *writer, struct buf *frame)
{
	struct note *note = notes_first(&writer->notes);
	struct retain_item item = { 0 };
	enum put result;

	for (; note != NULL && !is_note_ours(writer, note); note = notes_first(&writer->notes))
		notes_shift(&writer->notes);
	if (note == NULL)
		return PUT_NOTHING;
	item.text = note->text;
	item.len = note->len;
	result = put(writer, frame, WIRE_NOTE, &item);
	if (result == PUT_DONE)
		notes_shift(&writer->notes);
	return result;
}

/* A text that is too long to be sent must not leave an older one standing. */
static enum put
put_item(struct link_writer *writer, struct buf *frame, const struct retain_item *item)
{
	struct retain_item gone = { .key = item->key, .key_len = item->key_len };

	if (item->text != NULL && item->len <= FRAME_MAX)
		return put(writer, frame, WIRE_KEY, item);
	return put(writer, frame, WIRE_GONE, &gone);
}

/* The next key that this reader takes; NULL: it has been told of all. */
static const struct retain_item *
next_item(struct link_writer *writer)
{
	const struct retain_item *item;

	while ((item = retain_cursor_peek(writer->retain, &writer->cursor)) != NULL) {
		if (is_ours(writer, item->hash) && item->key_len <= WIRE_KEY_MAX)
			return item;
		retain_cursor_step(writer->retain, &writer->cursor);
	}
	return NULL;
}

static enum put
put_key(struct link_writer *writer, struct buf *frame)
{
	const struct retain_item *item = next_item(writer);
	enum put result;

	if (item == NULL)
		return PUT_NOTHING;
	result = put_item(writer, frame, item);
	if (result == PUT_DONE)
		retain_cursor_step(writer->retain, &writer->cursor);
	return result;
}

/* Notes and keys by turns, so that neither waits for all of the other. */
static enum put
put_content(struct link_writer *writer, struct buf *frame)
{
	enum put result = PUT_NOTHING;

	if (!writer->note_was_last)
		result = put_note(writer, frame);
	writer->note_was_last = result != PUT_NOTHING;
	if (result == PUT_NOTHING)
		result = put_key(writer, frame);
	if (result == PUT_NOTHING)
		result = put_note(writer, frame);
	return result;
}

static enum put
put_next(struct link_writer *writer, struct buf *frame)
{
	enum put result;

	if (writer->has_ended)
		return PUT_NOTHING;
	if (!writer->has_begun)
		return put_mark(writer, frame, WIRE_BEGIN, &writer->has_begun);
	if (writer->is_complete && !writer->has_synced && next_item(writer) == NULL)
		return put_mark(writer, frame, WIRE_SYNC, &writer->has_synced);
	result = put_content(writer, frame);
	if (result == PUT_NOTHING && writer->is_ending && writer->has_synced)
		return put_mark(writer, frame, WIRE_END, &writer->has_ended);
	return result;
}

bool
link_writer_fill(struct link_writer *writer, struct buf *frame)
{
	struct wire_frame head = { .type = WIRE_DATA,
				   .reader_epoch = writer->reader_epoch,
				   .writer_epoch = writer->writer_epoch,
				   .sequence = writer->sent + 1 };
	enum put result = PUT_DONE;

	buf_clear(frame);
	if (writer->reader_epoch == 0)
		return false;
	wire_put_frame(frame, &head);
	while (result == PUT_DONE)
		result = put_next(writer, frame);
	if ((result == PUT_NO_CREDIT || writer->is_finishing) && result != PUT_NO_ROOM &&
	    writer->sent > writer->acked && writer->asked != writer->sent) {
		writer->asked = writer->sent;
		wire_set_answer(frame);
		return true;
	}
	return frame->len > WIRE_HEADER;
}

bool
link_writer_is_ended(const struct link_writer *writer)
{
	return writer->has_ended && writer->acked == writer->sent;
}

bool
link_writer_is_flushed(struct link_writer *writer)
{
	if (writer->is_ending)
		return link_writer_is_ended(writer);
	return writer->reader_epoch != 0 && writer->has_begun && writer->acked == writer->sent &&
	       notes_first(&writer->notes) == NULL && next_item(writer) == NULL;
}
