/*
 * Both ends of a link, with this program as the wire between them: it carries frames, delays
 * them, loses them, and replaces either end. The last test does all of that at random and
 * compares what the reader ended with to what the writer had.
 */
#include "../../bus/link.h"

#include <stdlib.h>
#include <string.h>

#include "../../bus/alloc.h"
#include "../../bus/table.h"
#include "../check.h"

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

static uint64_t
next_seed(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static unsigned
below(unsigned n)
{
	return (unsigned)(next_seed() >> 20) % n;
}

/* --- the wire --- */

static struct buf *
pipe_end(struct pipe *pipe)
{
	struct buf *frame = &pipe->frames[(pipe->first + pipe->count) % WIRE_SLOTS];

	frame->max = WIRE_FRAME_MAX;
	return frame;
}

static void
pipe_shift(struct pipe *pipe)
{
	pipe->first = (pipe->first + 1) % WIRE_SLOTS;
	pipe->count--;
}

static void
pipe_free(struct pipe *pipe)
{
	unsigned i;

	for (i = 0; i < WIRE_SLOTS; i++)
		buf_fini(&pipe->frames[i]);
}

static void
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

static bool
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

static bool
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
static void
tick(struct pair *pair)
{
	if (pair->up.count == WIRE_SLOTS)
		return;
	link_reader_hello(pair->reader, pipe_end(&pair->up));
	pair->up.count++;
}

static void
settle(struct pair *pair)
{
	bool writer, reader;

	do {
		writer = writer_step(pair);
		reader = reader_step(pair);
	} while (writer || reader);
}

/* --- ends --- */

static void
pair_init(struct pair *pair, unsigned shard, unsigned shards)
{
	memset(pair, 0, sizeof(*pair));
	pair->store = retain_new();
	pair->known = retain_new();
	pair->writer = link_writer_new(pair->store, next_seed());
	pair->reader = link_reader_new(next_seed(), shard, shards);
}

static void
pair_fini(struct pair *pair)
{
	link_writer_free(pair->writer);
	link_reader_free(pair->reader);
	retain_free(pair->store);
	retain_free(pair->known);
	pipe_free(&pair->down);
	pipe_free(&pair->up);
}

static void
put(struct retain *store, unsigned number, unsigned value)
{
	char key[32], text[64];

	snprintf(key, sizeof(key), "k%u", number);
	snprintf(text, sizeof(text), "{\"v\":%u}", value);
	retain_put(store, key, strlen(key), text, strlen(text));
}

static void
drop(struct retain *store, unsigned number)
{
	char key[32];

	snprintf(key, sizeof(key), "k%u", number);
	retain_drop(store, key, strlen(key));
}

/* The writer dies and another takes its place, with what is in store now. */
static void
replace_writer(struct pair *pair, struct retain *store)
{
	link_writer_free(pair->writer);
	if (store != pair->store)
		retain_free(pair->store);
	pair->store = store;
	pair->writer = link_writer_new(store, next_seed());
}

static bool
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

/* --- one thing at a time --- */

static void
check_snapshot_and_changes(void)
{
	struct pair pair;
	unsigned i;

	pair_init(&pair, 0, 0);
	for (i = 0; i < 200; i++)
		put(pair.store, i, 1);
	settle(&pair);
	check_number(pair.records, 200, "a snapshot: every key once");
	check_number(pair.synced, 0, "no SYNC before the store is complete");
	link_writer_complete(pair.writer);
	settle(&pair);
	check_number(pair.synced, 1, "then one");
	put(pair.store, 7, 2);
	put(pair.store, 7, 3);
	drop(pair.store, 8);
	put(pair.store, 500, 1);
	drop(pair.store, 500);
	settle(&pair);
	check_number(pair.records, 201, "changes between two frames coalesce");
	check_number(pair.gone, 1, "a dropped key is gone, one that nobody saw is not");
	check(is_equal(pair.store, pair.known), "the reader has what the writer has");
	tick(&pair);
	settle(&pair);
	check(link_writer_is_flushed(pair.writer), "all is acknowledged");
	check_number(pair.synced, 1, "a HELLO of a known epoch begins nothing");
	pair_fini(&pair);
}

/* Entries on the way while the reader says nothing more after its first HELLO. */
static void
check_credit(void)
{
	struct pair pair;
	struct wire_frame frame;
	struct wire_entry entry;
	unsigned i, entries = 0;

	pair_init(&pair, 0, 0);
	for (i = 0; i < 1000; i++)
		put(pair.store, i, 1);
	reader_step(&pair);
	while (writer_step(&pair))
		continue;
	for (i = 0; i < pair.down.count; i++) {
		wire_open(&frame, pair.down.frames[i].data, pair.down.frames[i].len);
		while (wire_next(&frame, &entry))
			entries++;
	}
	check_number(entries, LINK_WINDOW, "a silent reader gets one window");
	check(frame.answer, "the last frame of it asks for an answer");
	for (i = 0; i < 1000; i++)
		put(pair.store, i, 2);
	settle(&pair);
	check_number(pair.records, 1000 + LINK_WINDOW - 1, "what waited comes once, at its latest");
	check(is_equal(pair.store, pair.known), "and nothing is missing");
	pair_fini(&pair);
}

static void
check_large(void)
{
	struct pair pair;
	size_t len = 700 * 1024, longer = 900 * 1024;
	char *text = alloc_zero(1, longer + 1), key[8];
	unsigned i, frames;

	pair_init(&pair, 0, 0);
	memset(text, 'x', longer);
	for (i = 0; i < 5; i++) {
		snprintf(key, sizeof(key), "k%u", i);
		retain_put(pair.store, key, strlen(key), text, len);
	}
	reader_step(&pair);
	while (writer_step(&pair))
		continue;
	frames = pair.down.count;
	check_number(frames, 2, "BEGIN, then one frame: a second one would exceed the bytes");
	settle(&pair);
	check_number(pair.records, 5, "each comes without a tick");
	link_writer_complete(pair.writer);
	settle(&pair);
	check_number(pair.synced, 1, "and SYNC");
	retain_put(pair.store, "small", 5, text, 400 * 1024);
	settle(&pair);
	retain_put(pair.store, "large", 5, text, longer);
	settle(&pair);
	check_number(pair.records, 7, "bytes that block are asked back at once");
	pair_fini(&pair);
	free(text);
}

static void
check_new_writer(void)
{
	struct pair pair;
	struct retain *store = retain_new();
	unsigned i;

	pair_init(&pair, 0, 0);
	for (i = 0; i < 10; i++)
		put(pair.store, i, 1);
	link_writer_complete(pair.writer);
	settle(&pair);
	for (i = 0; i < 5; i++)
		put(store, i, i ? 1 : 9);
	replace_writer(&pair, store);
	tick(&pair);
	settle(&pair);
	check_number((long long)retain_count(pair.known), 10, "until SYNC nothing is gone");
	link_writer_complete(pair.writer);
	settle(&pair);
	check_number(pair.gone, 5, "at SYNC what did not come again is");
	check(is_equal(pair.store, pair.known), "the reader has what the new writer has");

	/* A third one that dies in the middle of its snapshot. */
	store = retain_new();
	put(store, 77, 1);
	replace_writer(&pair, store);
	tick(&pair);
	settle(&pair);
	store = retain_new();
	put(store, 1, 1);
	replace_writer(&pair, store);
	link_writer_complete(pair.writer);
	tick(&pair);
	settle(&pair);
	check(is_equal(pair.store, pair.known), "half a snapshot leaves nothing behind");
	check(link_reader_has(pair.reader, "k1", 2) && !link_reader_has(pair.reader, "k77", 3),
	      "the reader knows whose keys are whose");
	pair_fini(&pair);
}

static void
check_gap(void)
{
	struct pair pair;
	unsigned i;

	pair_init(&pair, 0, 0);
	link_writer_complete(pair.writer);
	settle(&pair);
	put(pair.store, 1, 1);
	writer_step(&pair);
	pipe_shift(&pair.down);
	put(pair.store, 2, 1);
	settle(&pair);
	check(is_equal(pair.store, pair.known), "a lost frame is seen by the next, all comes again");
	check_number(pair.synced, 2, "with a second SYNC");
	for (i = 0; i < 3; i++) {
		tick(&pair);
		replace_writer(&pair, pair.store);
		link_writer_complete(pair.writer);
	}
	settle(&pair);
	check_number(pair.synced, 3, "a broken connection begins anew, once");
	pair_fini(&pair);
}

static void
check_end(void)
{
	struct pair pair;

	pair_init(&pair, 0, 0);
	put(pair.store, 1, 1);
	settle(&pair);
	link_writer_finish(pair.writer, false);
	settle(&pair);
	check(link_writer_is_flushed(pair.writer) && pair.ended == 0,
	      "finish without end is flushed, and says nothing");
	put(pair.store, 2, 1);
	check(!link_writer_is_flushed(pair.writer), "what is not sent is not flushed");
	link_writer_finish(pair.writer, true);
	check(!link_writer_is_flushed(pair.writer), "nor is an END that is not sent");
	settle(&pair);
	check_number(pair.records, 2, "everything comes");
	check(pair.synced == 1 && pair.ended == 1, "SYNC and END come");
	check(link_writer_is_flushed(pair.writer) && link_writer_is_ended(pair.writer),
	      "END is acknowledged without a tick");
	check(link_reader_is_ended(pair.reader), "the reader has ended");
	pair_fini(&pair);
}

static void
check_notes(void)
{
	struct pair pair;
	struct note *note;
	char text[32];
	unsigned i;

	pair_init(&pair, 0, 0);
	for (i = 0; i < 300; i++) {
		put(pair.store, i, 1);
		snprintf(text, sizeof(text), "note %u", i);
		note = note_new(text, strlen(text));
		notes_push(link_writer_notes(pair.writer), note);
		note_release(note);
	}
	reader_step(&pair);
	while (writer_step(&pair))
		continue;
	while (pair.down.count > 0)
		reader_step(&pair);
	check(retain_count(pair.known) >= 30 && retain_count(pair.known) <= 33,
	      "keys and notes go by turns");
	settle(&pair);
	check_number(pair.records, 600, "all come");
	check_text(pair.last_note, "note 299", "notes in order");
	pair_fini(&pair);
}

static void
check_shards(void)
{
	struct pair pairs[3];
	unsigned i, k, sum = 0, empty = 0, wrong = 0;
	char key[32];
	size_t len;

	for (i = 0; i < 3; i++) {
		pair_init(&pairs[i], i, 3);
		for (k = 0; k < 100; k++)
			put(pairs[i].store, k, 1);
		link_writer_complete(pairs[i].writer);
		settle(&pairs[i]);
		sum += pairs[i].records;
		empty += pairs[i].records < 10 || pairs[i].synced != 1;
		for (k = 0; k < 100; k++) {
			snprintf(key, sizeof(key), "k%u", k);
			wrong += (retain_get(pairs[i].known, key, strlen(key), &len) != NULL) !=
				 (table_hash(key, strlen(key)) % 3 == i);
		}
	}
	check_number(sum, 100, "three shards have all keys together");
	check_number(empty, 0, "each has its share and SYNC");
	check_number(wrong, 0, "by the hash of the key");
	for (i = 0; i < 3; i++)
		pair_fini(&pairs[i]);
}

static void
check_limits(void)
{
	struct pair pair;
	char *text = alloc_zero(1, FRAME_MAX + 2);
	size_t len;

	pair_init(&pair, 0, 0);
	memset(text, 'x', FRAME_MAX + 1);
	retain_put(pair.store, "a", 1, text, FRAME_MAX);
	link_writer_complete(pair.writer);
	settle(&pair);
	check(retain_get(pair.known, "a", 1, &len) != NULL && len == FRAME_MAX,
	      "the longest message arrives");
	retain_put(pair.store, "a", 1, text, FRAME_MAX + 1);
	retain_put(pair.store, text, WIRE_KEY_MAX + 1, "{}", 2);
	retain_put(pair.store, text, WIRE_KEY_MAX, "{}", 2);
	settle(&pair);
	check(retain_get(pair.known, "a", 1, &len) == NULL, "a longer one takes the old one away");
	check_number((long long)retain_count(pair.known), 1, "a key may be long, but not too long");
	pair_fini(&pair);
	free(text);
}

/* --- everything at random --- */

static struct retain *
copy_of(struct retain *truth)
{
	struct retain *copy = retain_new();
	struct retain_cursor cursor = { 0 };
	const struct retain_item *item;

	retain_cursor_start(truth, &cursor);
	for (; (item = retain_cursor_peek(truth, &cursor)) != NULL;
	     retain_cursor_step(truth, &cursor))
		retain_put(copy, item->key, item->key_len, item->text, item->len);
	retain_cursor_stop(truth, &cursor);
	return copy;
}

/* Frames on the way are lost, and the ends notice as they do over ZeroMQ. */
static void
break_connection(struct pair *pair)
{
	pair->down.count = pair->up.count = 0;
	if (below(2)) {
		link_reader_restart(pair->reader);
		return;
	}
	replace_writer(pair, pair->store);
	link_writer_complete(pair->writer);
}

static void
kill_one(struct pair *pair, struct retain *truth)
{
	if (below(2)) {
		replace_writer(pair, copy_of(truth));
		pair->up.count = 0;
		if (below(2)) /* what the old one sent may still arrive */
			pair->down.count = 0;
		link_writer_complete(pair->writer);
		return;
	}
	link_reader_free(pair->reader);
	pair->reader = link_reader_new(next_seed(), 0, 0);
	retain_free(pair->known);
	pair->known = retain_new();
	if (below(2))
		pair->down.count = 0;
}

static void
change(struct pair *pair, struct retain *truth)
{
	unsigned number = below(150), value = below(1000);

	if (below(4) == 0) {
		drop(truth, number);
		drop(pair->store, number);
		return;
	}
	put(truth, number, value);
	put(pair->store, number, value);
}

static void
one_step(struct pair *pair, struct retain *truth)
{
	unsigned dice = below(1000);

	if (dice < 300)
		change(pair, truth);
	else if (dice < 650)
		writer_step(pair);
	else if (dice < 960)
		reader_step(pair);
	else if (dice < 990)
		tick(pair);
	else if (dice < 995)
		break_connection(pair);
	else
		kill_one(pair, truth);
}

static void
check_random(void)
{
	struct pair pair;
	struct retain *truth = retain_new();
	unsigned round, step, wrong = 0;
	uint64_t first_seed = seed;

	pair_init(&pair, 0, 0);
	link_writer_complete(pair.writer);
	for (round = 0; round < 2000; round++) {
		for (step = 0; step < 200; step++)
			one_step(&pair, truth);
		tick(&pair);
		settle(&pair);
		wrong += !is_equal(truth, pair.known);
	}
	check_number(wrong, 0, "two thousand rounds of kills and lost frames converge");
	if (wrong > 0)
		printf("# seed %llu\n", (unsigned long long)first_seed);
	pair_fini(&pair);
	retain_free(truth);
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	check_snapshot_and_changes();
	check_credit();
	check_large();
	check_new_writer();
	check_gap();
	check_end();
	check_notes();
	check_shards();
	check_limits();
	check_random();
	return check_done();
}
