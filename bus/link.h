/*
 * The retained protocol: the two ends of one link between a writer and a reader. Frames in,
 * frames out; no socket, no clock: the endpoint says when and carries the bytes.
 *
 * "Sent" never means "done", since a killed peer takes with it what was on the way. So the
 * writer can always begin anew: the reader names an epoch of its own in each HELLO, and a
 * HELLO with an epoch that the writer does not know makes it send BEGIN, all that it retains,
 * and SYNC; then what changes. HELLO doubles as acknowledgement, which is credit and nothing
 * more. Entries are numbered; a gap makes the reader choose a new epoch. What was there before
 * BEGIN and did not come again before SYNC is gone: a deletion does not survive its writer.
 */
#ifndef WEIR_LINK_H
#define WEIR_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "notes.h"
#include "retain.h"
#include "wire.h"

#define LINK_WINDOW 256u		    /* entries that are not yet acknowledged */
#define LINK_WINDOW_BYTES ((size_t)1 << 20) /* but always one entry, of any size */
#define LINK_BATCH ((size_t)64 * 1024)	    /* a frame takes entries up to this size, or one */

/* --- one reader, as its writer sees it --- */

struct link_writer;

/* retain is borrowed. seed: random, so that epochs of two processes differ. */
struct link_writer *link_writer_new(struct retain *retain, uint64_t seed);
void link_writer_free(struct link_writer *writer);
/* A checked HELLO came: credit, or a session begins. */
void link_writer_hello(struct link_writer *writer, const struct wire_frame *hello);
/* Records without a key that wait for this reader; the caller may push and move. */
struct notes *link_writer_notes(struct link_writer *writer);
/* The store is a whole snapshot: SYNC may be sent. */
void link_writer_complete(struct link_writer *writer);
/* Nothing more will come. end: say so (and imply complete). */
void link_writer_finish(struct link_writer *writer, bool end);
/* Put the next frame that the credit allows into frame (cleared first). False: none. Keys longer
 * than WIRE_KEY_MAX are left out; a text longer than FRAME_MAX is sent as GONE. */
bool link_writer_fill(struct link_writer *writer, struct buf *frame);
/* All was sent and acknowledged; after finish with end, END too. */
bool link_writer_is_flushed(struct link_writer *writer);
/* END was acknowledged. */
bool link_writer_is_ended(const struct link_writer *writer);

/* --- one writer, as its reader sees it --- */

struct link_reader;

enum link_event {
	LINK_NONE,   /* the frame is used up */
	LINK_RECORD, /* text; a key unless it is a note */
	LINK_GONE,   /* key */
	LINK_SYNCED, /* the snapshot is whole */
	LINK_ENDED   /* nothing more will come */
};

struct link_item {
	const char *key, *text; /* NUL-terminated, valid until the next call */
	size_t key_len, len;
};

/* shards 0: all keys; else those whose table_hash % shards is shard. */
struct link_reader *link_reader_new(uint64_t seed, unsigned shard, unsigned shards);
void link_reader_free(struct link_reader *reader);
/* Ask for a new snapshot; what is known stays known until the next SYNC. */
void link_reader_restart(struct link_reader *reader);
/* A checked DATA frame came, and link_reader_next will read it; its bytes must stay until
 * that returns LINK_NONE. False: the frame is of no use (stale, or after a gap). */
bool link_reader_take(struct link_reader *reader, const struct wire_frame *data);
enum link_event link_reader_next(struct link_reader *reader, struct link_item *item);
/* A HELLO should be sent now: half the window is used up, the writer waits for one, or
 * something was lost. */
bool link_reader_owes(const struct link_reader *reader);
/* Put a HELLO into frame (cleared first); what was delivered so far is acknowledged. */
void link_reader_hello(struct link_reader *reader, struct buf *frame);
/* The writer has, or had before its present snapshot, this key. */
bool link_reader_has(const struct link_reader *reader, const char *key, size_t key_len);
bool link_reader_is_ended(const struct link_reader *reader);

#endif
