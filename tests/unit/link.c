/* The retained protocol, one thing at a time. At random: link-random.c. */
#include "../../bus/link.h"

#include <string.h>

#include "../../bus/table.h"
#include "../check.h"
#include "../link-pair.h"

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
	struct wire_frame frame = { 0 };
	struct wire_entry entry;
	unsigned i, entries = 0;

	pair_init(&pair, 0, 0);
	for (i = 0; i < 1000; i++)
		put(pair.store, i, 1);
	reader_step(&pair);
	writer_runs(&pair);
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
	writer_runs(&pair);
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
	writer_runs(&pair);
	while (pair.down.count > 0)
		reader_step(&pair);
	check(retain_count(pair.known) >= LINK_WINDOW / 2 - 2 &&
		      retain_count(pair.known) <= LINK_WINDOW / 2 + 2, "keys and notes go by turns");
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

int
main(void)
{
	check_snapshot_and_changes();
	check_credit();
	check_large();
	check_new_writer();
	check_gap();
	check_end();
	check_notes();
	check_shards();
	check_limits();
	return check_done();
}
