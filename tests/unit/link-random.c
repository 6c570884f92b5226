/*
 * The retained protocol at random: changes, lost frames, killed writers and readers in any order;
 * after each round the reader must have what the writer has. An argument is the seed.
 */
#include "../../bus/link.h"

#include <stdlib.h>

#include "../check.h"
#include "../link-pair.h"

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

/* Frames with flipped bits: whatever a reader or a writer makes of them, it stays whole. */
static void
check_garbled(void)
{
	struct pair pair;
	struct retain *truth = retain_new();
	struct buf *frame;
	unsigned step;

	pair_init(&pair, 0, 0);
	link_writer_complete(pair.writer);
	for (step = 0; step < 200000; step++) {
		one_step(&pair, truth);
		if (pair.down.count > 0 && below(3) == 0) {
			frame = &pair.down.frames[pair.down.first];
			frame->data[below((unsigned)frame->len)] ^= (char)(1u << below(8));
		}
		if (pair.up.count > 0 && below(3) == 0)
			pair.up.frames[pair.up.first].data[below(WIRE_HEADER)] ^=
				(char)(1u << below(8));
	}
	pair.down.count = pair.up.count = 0;
	replace_writer(&pair, copy_of(truth));
	link_writer_complete(pair.writer);
	link_reader_restart(pair.reader);
	settle(&pair);
	check(is_equal(truth, pair.known), "garbled frames do no lasting harm");
	pair_fini(&pair);
	retain_free(truth);
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	check_random();
	check_garbled();
	return check_done();
}
