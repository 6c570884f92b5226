/*
 * The bytes of the retained protocol: one version byte, three kinds of frame, and in DATA
 * frames a run of entries. Encodes and checks; what the frames mean is link.h's matter.
 *
 *   byte 0 version   1 type   2 flags (1: acknowledge at once)   3 zero
 *   4 shard (16 bits)   6 shards (16 bits)
 *   8 reader epoch   16 writer epoch   24 sequence (64 bits each)
 *   32 entries: type, key length (24 bits), text length (32 bits), key, NUL, text, NUL
 *
 * Numbers are big-endian. A frame is checked as a whole before any of it is used.
 */
#ifndef WEIR_WIRE_H
#define WEIR_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "frame.h"

#define WIRE_VERSION 1
#define WIRE_HEADER 32u
#define WIRE_ENTRY 10u			    /* of an entry with an empty key and text */
#define WIRE_KEY_MAX ((size_t)64 * 1024)    /* longer keys are not sent */
#define WIRE_FRAME_MAX (FRAME_MAX + WIRE_KEY_MAX + WIRE_HEADER + WIRE_ENTRY)

enum wire_type {
	WIRE_HELLO = 1, /* reader: here I am; sequence is the last entry that was delivered */
	WIRE_OFFER = 2, /* a connecting writer: here I am; sequence is its name */
	WIRE_DATA = 3	/* writer: sequence is that of the first entry */
};

enum wire_entry_type {
	WIRE_BEGIN = 1, /* a snapshot begins */
	WIRE_KEY = 2,	/* key, text */
	WIRE_GONE = 3,	/* key */
	WIRE_NOTE = 4,	/* text without a key */
	WIRE_SYNC = 5,	/* the snapshot is whole */
	WIRE_END = 6	/* nothing more will come */
};

struct wire_frame {
	enum wire_type type;
	bool answer; /* DATA: acknowledge at once */
	uint16_t shard, shards;
	uint64_t reader_epoch, writer_epoch, sequence;
	const char *entries; /* what wire_next has not yet returned; points into the frame */
	size_t left;
};

struct wire_entry {
	enum wire_entry_type type;
	const char *key, *text; /* NUL-terminated; "" when there is none */
	size_t key_len, len;
};

/* Append a header. frame->entries is not used. */
void wire_put_frame(struct buf *out, const struct wire_frame *frame);
/* Mark the frame that begins at out's start: acknowledge at once. */
void wire_set_answer(struct buf *out);
void wire_put_entry(struct buf *out, enum wire_entry_type type, const char *key, size_t key_len,
		    const char *text, size_t len);
/* What an entry takes. */
size_t wire_entry_size(size_t key_len, size_t len);

/* Parse and check a whole frame, entries too. NULL: fine; else what is wrong with it. */
const char *wire_open(struct wire_frame *frame, const char *bytes, size_t len);
/* The next entry; false: that was all. */
bool wire_next(struct wire_frame *frame, struct wire_entry *entry);

#endif
