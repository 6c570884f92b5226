/*
 * Both ends of a link, with the test as the wire between them: it carries frames, delays them,
 * loses them, and replaces either end.
 */
#ifndef WEIR_TESTS_LINK_PAIR_H
#define WEIR_TESTS_LINK_PAIR_H

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/link.h"

#define WIRE_SLOTS 256u

/* Frames on their way in one direction. */
struct pipe {
	struct buf frames[WIRE_SLOTS];
	unsigned first, count;
};

/* A writer with its store, a reader with what it was told. */
struct pair {
	struct retain *store;
	struct link_writer *writer;
	struct link_reader *reader;
	struct retain *known;
	struct pipe down, up;
	unsigned records, gone, synced, ended;
	char last_note[32];
};

static uint64_t seed = 1;

__attribute__((unused)) static uint64_t
next_seed(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

__attribute__((unused)) static unsigned
below(unsigned n)
{
	return (unsigned)(next_seed() >> 20) % n;
}

/* --- the wire --- */

__attribute__((unused)) static struct buf *
pipe_end(struct pipe *pipe)
{
	struct buf *frame = &pipe->frames[(pipe->first + pipe->count) % WIRE_SLOTS];

	frame->max = WIRE_FRAME_MAX;
	return frame;
}

__attribute__((unused)) static void
pipe_shift(struct pipe *pipe)
{
	pipe->first = (pipe->first + 1) % WIRE_SLOTS;
	pipe->count--;
}

__attribute__((unused)) static void
pipe_free(struct pipe *pipe)
{
	unsigned i;

	for (i = 0; i < WIRE_SLOTS; i++)
		buf_fini(&pipe->frames[i]);
}

__attribute__((unused)) static void
on_event(struct pair *pair, enum link_event event, const struct link_item *item)
{
	switch (event) {
	case LINK_NONE:
		break;
	case LINK_RECORD:
		pair->records++;
		if (item->key_len > 0)
			retain_put(pair->known, item->key, item->key_len, item->text, item->len);
		else
			snprintf(pair->last_note, sizeof(pair->last_note), "%s", item->text);
		break;
	case LINK_GONE:
		pair->gone++;
		retain_drop(pair->known, item->key, item->key_len);
		break;
	case LINK_SYNCED:
		pair->synced++;
		break;
	case LINK_ENDED:
		pair->ended++;
		break;
	}
}

__attribute__((unused)) static bool
writer_step(struct pair *pair)
{
	struct wire_frame frame;
	struct buf *bytes;

	if (pair->up.count > 0) {
		bytes = &pair->up.frames[pair->up.first];
		if (wire_open(&frame, bytes->data, bytes->len) == NULL)
			link_writer_hello(pair->writer, &frame);
		pipe_shift(&pair->up);
		return true;
	}
	if (pair->down.count == WIRE_SLOTS || !link_writer_fill(pair->writer, pipe_end(&pair->down)))
		return false;
	pair->down.count++;
	return true;
}

/* All that it may send now. */
__attribute__((unused)) static void
writer_runs(struct pair *pair)
{
	bool more = true;

	while (more)
		more = writer_step(pair);
}

__attribute__((unused)) static bool
reader_step(struct pair *pair)
{
	struct wire_frame frame;
	struct buf *bytes = &pair->down.frames[pair->down.first];
	struct link_item item;
	enum link_event event;

	if (pair->down.count > 0) {
		if (wire_open(&frame, bytes->data, bytes->len) == NULL &&
		    link_reader_take(pair->reader, &frame))
			while ((event = link_reader_next(pair->reader, &item)) != LINK_NONE)
				on_event(pair, event, &item);
		pipe_shift(&pair->down);
		return true;
	}
	if (pair->up.count == WIRE_SLOTS || !link_reader_owes(pair->reader))
		return false;
	link_reader_hello(pair->reader, pipe_end(&pair->up));
	pair->up.count++;
	return true;
}

/* What the 100 ms tick does. */
__attribute__((unused)) static void
tick(struct pair *pair)
{
	if (pair->up.count == WIRE_SLOTS)
		return;
	link_reader_hello(pair->reader, pipe_end(&pair->up));
	pair->up.count++;
}

__attribute__((unused)) static void
settle(struct pair *pair)
{
	bool writer, reader;

	do {
		writer = writer_step(pair);
		reader = reader_step(pair);
	} while (writer || reader);
}

/* --- ends --- */

__attribute__((unused)) static void
pair_init(struct pair *pair, unsigned shard, unsigned shards)
{
	memset(pair, 0, sizeof(*pair));
	pair->store = retain_new();
	pair->known = retain_new();
	pair->writer = link_writer_new(pair->store, next_seed());
	pair->reader = link_reader_new(next_seed(), shard, shards);
}

__attribute__((unused)) static void
pair_fini(struct pair *pair)
{
	link_writer_free(pair->writer);
	link_reader_free(pair->reader);
	retain_free(pair->store);
	retain_free(pair->known);
	pipe_free(&pair->down);
	pipe_free(&pair->up);
}

__attribute__((unused)) static void
put(struct retain *store, unsigned number, unsigned value)
{
	char key[32], text[64];

	snprintf(key, sizeof(key), "k%u", number);
	snprintf(text, sizeof(text), "{\"v\":%u}", value);
	retain_put(store, key, strlen(key), text, strlen(text));
}

__attribute__((unused)) static void
drop(struct retain *store, unsigned number)
{
	char key[32];

	snprintf(key, sizeof(key), "k%u", number);
	retain_drop(store, key, strlen(key));
}

/* The writer dies and another takes its place, with what is in store now. */
__attribute__((unused)) static void
replace_writer(struct pair *pair, struct retain *store)
{
	link_writer_free(pair->writer);
	if (store != pair->store)
		retain_free(pair->store);
	pair->store = store;
	pair->writer = link_writer_new(store, next_seed());
}

__attribute__((unused)) static bool
is_equal(struct retain *a, struct retain *b)
{
	struct retain_cursor cursor = { 0 };
	const struct retain_item *item;
	const char *text;
	size_t len;
	bool equal = retain_count(a) == retain_count(b);

	retain_cursor_start(a, &cursor);
	for (; equal && (item = retain_cursor_peek(a, &cursor)) != NULL;
	     retain_cursor_step(a, &cursor)) {
		text = retain_get(b, item->key, item->key_len, &len);
		equal = text != NULL && strcmp(text, item->text) == 0;
	}
	retain_cursor_stop(a, &cursor);
	return equal;
}

#endif
