/* Frames: what is written is read again, and nothing else is accepted. */
#include "../../bus/wire.h"

#include <stdlib.h>
#include <string.h>

#include "../../bus/alloc.h"
#include "../check.h"

static void
put_sample(struct buf *out)
{
	struct wire_frame head = { .type = WIRE_DATA, .reader_epoch = 0x0102030405060708u,
				   .writer_epoch = 9, .sequence = 77 };

	buf_clear(out);
	wire_put_frame(out, &head);
	wire_put_entry(out, WIRE_BEGIN, NULL, 0, NULL, 0);
	wire_put_entry(out, WIRE_KEY, "a\0b", 3, "{}", 2);
	wire_put_entry(out, WIRE_GONE, "c", 1, NULL, 0);
	wire_put_entry(out, WIRE_NOTE, NULL, 0, "{\"x\":1}", 7);
	wire_put_entry(out, WIRE_SYNC, NULL, 0, NULL, 0);
	wire_put_entry(out, WIRE_END, NULL, 0, NULL, 0);
}

static void
check_there_and_back(struct buf *out)
{
	static const enum wire_entry_type types[] = { WIRE_BEGIN, WIRE_KEY,  WIRE_GONE,
						      WIRE_NOTE,  WIRE_SYNC, WIRE_END };
	struct wire_frame frame;
	struct wire_entry entry;
	size_t i;

	put_sample(out);
	wire_set_answer(out);
	check_text(wire_open(&frame, out->data, out->len), NULL, "a frame of ours is fine");
	check(frame.type == WIRE_DATA && frame.answer, "type and flag");
	check(frame.reader_epoch == 0x0102030405060708u && frame.writer_epoch == 9 &&
		      frame.sequence == 77, "epochs and sequence");
	for (i = 0; i < ALLOC_COUNT(types); i++)
		check(wire_next(&frame, &entry) && entry.type == types[i], "entry %zu", i);
	check(!wire_next(&frame, &entry), "and no more");
	wire_open(&frame, out->data, out->len);
	wire_next(&frame, &entry);
	wire_next(&frame, &entry);
	check(entry.key_len == 3 && memcmp(entry.key, "a\0b", 4) == 0, "a key may hold a NUL");
	check_text(entry.text, "{}", "the text is NUL-terminated");
}

static void
check_hello(struct buf *out)
{
	struct wire_frame hello = { .type = WIRE_HELLO, .shard = 2, .shards = 3,
				    .reader_epoch = 5, .writer_epoch = ~0ull, .sequence = 1 };
	struct wire_frame frame;

	buf_clear(out);
	wire_put_frame(out, &hello);
	check_number((long long)out->len, WIRE_HEADER, "HELLO is a header");
	check(wire_open(&frame, out->data, out->len) == NULL && frame.shard == 2 &&
		      frame.shards == 3 && frame.writer_epoch == ~0ull, "and comes back");
	hello.shard = 3;
	buf_clear(out);
	wire_put_frame(out, &hello);
	check_text(wire_open(&frame, out->data, out->len), "its shard is out of range",
		   "shard 3 of 0..2 is refused");
}

/* One byte of the sample changed at a place. */
static void
check_refused(struct buf *out)
{
	static const struct {
		size_t at;
		char byte;
		const char *what;
	} rows[] = {
		{ 0, 0, "its version is unknown" },
		{ 0, 2, "its version is unknown" },
		{ 1, 0, "its type is unknown" },
		{ 1, 4, "its type is unknown" },
		{ 1, WIRE_HELLO, "it is too long" },
		{ 2, 2, "its flags are unknown" },
		{ 3, 1, "its flags are unknown" },
		{ WIRE_HEADER, 0, "an entry is malformed" },
		{ WIRE_HEADER, 7, "an entry is malformed" },
		{ WIRE_HEADER + 3, 1, "an entry is malformed" },     /* BEGIN with a key */
		{ WIRE_HEADER + 7, 1, "an entry is malformed" },     /* BEGIN with a text */
		{ WIRE_HEADER + 8, 'x', "an entry is malformed" },   /* no NUL */
		{ WIRE_HEADER + 4, 0x7f, "its last entry is cut" },  /* 2 GiB of text */
		{ WIRE_HEADER + 1, 0x7f, "its last entry is cut" },  /* 8 MiB of key */
	};
	struct wire_frame frame;
	char name[64];
	size_t i;

	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		put_sample(out);
		out->data[rows[i].at] = rows[i].byte;
		snprintf(name, sizeof(name), "byte %zu as %d", rows[i].at, rows[i].byte);
		check_text(wire_open(&frame, out->data, out->len), rows[i].what, name);
	}
}

/* Every cut and every changed byte, on memory that ends where the frame does. */
static void
check_damage(struct buf *out)
{
	struct wire_frame frame;
	struct wire_entry entry;
	size_t i, cuts = 0;
	unsigned bit;
	char *copy;

	put_sample(out);
	for (i = 0; i < out->len; i++) {
		copy = alloc_text(out->data, i);
		copy = alloc_grow(copy, i, 1);
		cuts += wire_open(&frame, copy, i) == NULL;
		free(copy);
	}
	check_number((long long)cuts, 6, "only cuts between entries are frames");
	for (i = 0; i < out->len * 8; i++) {
		put_sample(out);
		bit = 1u << i % 8;
		out->data[i / 8] = (char)((unsigned char)out->data[i / 8] ^ bit);
		copy = alloc_grow(NULL, out->len, 1);
		memcpy(copy, out->data, out->len);
		if (wire_open(&frame, copy, out->len) == NULL)
			while (wire_next(&frame, &entry))
				cuts += entry.text[entry.len] != '\0';
		free(copy);
	}
	check_number((long long)cuts, 6, "a flipped bit never leads out of the frame");
}

int
main(void)
{
	struct buf out = BUF_INIT(WIRE_FRAME_MAX);

	check_there_and_back(&out);
	check_hello(&out);
	check_refused(&out);
	check_damage(&out);
	buf_fini(&out);
	return check_done();
}
