/*
 * The reading end of a link: what came of the writer's entries, which keys the writer has, and
 * what is owed to it. Knows keys, never texts, never who carries the frames.
 */
#include "link.h"

#include <stdlib.h>

#include "alloc.h"
#include "table.h"

struct link_reader {
	struct table *keys;   /* seen since BEGIN */
	struct table *before; /* known when the snapshot began; NULL after SYNC */
	uint64_t reader_epoch, writer_epoch; /* writer_epoch 0: no snapshot has begun */
	uint64_t delivered, acked;	     /* numbers of entries */
	size_t bytes;			     /* delivered, not acknowledged */
	unsigned shard, shards;
	struct wire_frame frame;
	bool is_sweeping;
	size_t sweep; /* table_next's cursor in before */
	bool owes;
	bool is_ended;
};

static char present; /* what tables of keys hold: they want a pointer */

struct link_reader *
link_reader_new(uint64_t seed, unsigned shard, unsigned shards)
{
	struct link_reader *reader = alloc_zero(1, sizeof(*reader));

	reader->keys = table_new(NULL);
	reader->reader_epoch = seed;
	reader->shard = shard;
	reader->shards = shards;
	link_reader_restart(reader);
	return reader;
}

void
link_reader_free(struct link_reader *reader)
{
	if (reader == NULL)
		return;
	table_free(reader->keys);
	table_free(reader->before);
	free(reader);
}

void
link_reader_restart(struct link_reader *reader)
{
	if (++reader->reader_epoch == 0)
		reader->reader_epoch = 1;
	reader->writer_epoch = 0;
	reader->delivered = reader->acked = 0;
	reader->bytes = 0;
	reader->frame.left = 0;
	reader->frame.answer = false;
	reader->is_sweeping = false;
	reader->is_ended = false;
	reader->owes = true;
}

/* What is known goes to `before`, also from a snapshot that was never finished. */
static void
begin_snapshot(struct link_reader *reader)
{
	size_t cursor = 0, len;
	const char *key;

	reader->is_sweeping = false;
	if (reader->before == NULL) {
		reader->before = reader->keys;
		reader->keys = table_new(NULL);
		return;
	}
	while (table_next(reader->keys, &cursor, &key, &len, NULL))
		table_put(reader->before, key, len, &present);
	table_clear(reader->keys);
}

static bool
begins(struct wire_frame frame)
{
	struct wire_entry entry;

	return frame.sequence == 1 && wire_next(&frame, &entry) && entry.type == WIRE_BEGIN;
}

bool
link_reader_take(struct link_reader *reader, const struct wire_frame *data)
{
	if (reader->is_ended || data->reader_epoch != reader->reader_epoch)
		return false;
	if (begins(*data)) {
		reader->writer_epoch = data->writer_epoch;
		reader->delivered = reader->acked = 0;
		reader->bytes = 0;
		begin_snapshot(reader);
	} else if (data->writer_epoch != reader->writer_epoch ||
		   data->sequence != reader->delivered + 1) {
		link_reader_restart(reader);
		return false;
	}
	reader->frame = *data;
	return true;
}

/* --- reading entries --- */

static void
count(struct link_reader *reader, const struct wire_entry *entry)
{
	reader->delivered++;
	reader->bytes += wire_entry_size(entry->key_len, entry->len);
	if (reader->delivered - reader->acked >= LINK_WINDOW / 2 ||
	    reader->bytes >= LINK_WINDOW_BYTES / 2)
		reader->owes = true;
}

/* The next key that was there before and did not come again; at the end the snapshot is
 * whole. */
static enum link_event
sweep(struct link_reader *reader, struct link_item *item)
{
	while (reader->before != NULL &&
	       table_next(reader->before, &reader->sweep, &item->key, &item->key_len, NULL))
		if (table_get(reader->keys, item->key, item->key_len) == NULL)
			return LINK_GONE;
	table_free(reader->before);
	reader->before = NULL;
	reader->is_sweeping = false;
	reader->delivered++;
	return LINK_SYNCED;
}

static bool
forget(struct link_reader *reader, const struct link_item *item)
{
	bool was_before = reader->before != NULL &&
			  table_remove(reader->before, item->key, item->key_len);

	return table_remove(reader->keys, item->key, item->key_len) || was_before;
}

static enum link_event
read_entry(struct link_reader *reader, const struct wire_entry *entry, struct link_item *item)
{
	if (entry->type != WIRE_SYNC)
		count(reader, entry);
	*item = (struct link_item){ entry->key, entry->text, entry->key_len, entry->len };
	switch (entry->type) {
	case WIRE_BEGIN:
		return LINK_NONE;
	case WIRE_KEY:
		table_put(reader->keys, item->key, item->key_len, &present);
		return LINK_RECORD;
	case WIRE_GONE:
		return forget(reader, item) ? LINK_GONE : LINK_NONE;
	case WIRE_NOTE:
		return LINK_RECORD;
	case WIRE_SYNC:
		reader->is_sweeping = true;
		reader->sweep = 0;
		return sweep(reader, item);
	case WIRE_END:
		reader->is_ended = true;
		return LINK_ENDED;
	}
	return LINK_NONE;
}

enum link_event
link_reader_next(struct link_reader *reader, struct link_item *item)
{
	struct wire_entry entry;
	enum link_event event;

	*item = (struct link_item){ 0 };
	if (reader->is_sweeping)
		return sweep(reader, item);
	while (wire_next(&reader->frame, &entry))
		if ((event = read_entry(reader, &entry, item)) != LINK_NONE)
			return event;
	if (reader->frame.answer)
		reader->owes = true;
	reader->frame.answer = false;
	return LINK_NONE;
}

/* --- what the writer hears --- */

bool
link_reader_owes(const struct link_reader *reader)
{
	return reader->owes;
}

void
link_reader_hello(struct link_reader *reader, struct buf *frame)
{
	struct wire_frame hello = { .type = WIRE_HELLO,
				    .shard = (uint16_t)reader->shard,
				    .shards = (uint16_t)reader->shards,
				    .reader_epoch = reader->reader_epoch,
				    .writer_epoch = reader->writer_epoch,
				    .sequence = reader->delivered };

	buf_clear(frame);
	wire_put_frame(frame, &hello);
	reader->acked = reader->delivered;
	reader->bytes = 0;
	reader->owes = false;
}

bool
link_reader_has(const struct link_reader *reader, const char *key, size_t key_len)
{
	return table_get(reader->keys, key, key_len) != NULL ||
	       (reader->before != NULL && !reader->is_sweeping &&
		table_get(reader->before, key, key_len) != NULL);
}

bool
link_reader_is_ended(const struct link_reader *reader)
{
	return reader->is_ended;
}
