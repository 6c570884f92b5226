/*
 * A byte stream cut into newline-ended records. Bounded: a record longer than
 * FRAME_MAX is reported once and its bytes are discarded up to its newline, so
 * that the next one is whole again. Knows nothing of JSON.
 */
#ifndef WEIR_FRAME_H
#define WEIR_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

#define FRAME_MAX ((size_t)16 * 1024 * 1024)

enum frame_result { FRAME_NONE, FRAME_RECORD, FRAME_TOO_LONG };

struct frame_reader {
	struct buf buf;
	size_t start;	/* where the next record begins */
	size_t scanned; /* up to where no newline was found */
	bool discarding;
};

void frame_init(struct frame_reader *reader);
void frame_fini(struct frame_reader *reader);
/* Room for the next read(2); frame_filled says how much came. */
char *frame_room(struct frame_reader *reader, size_t *size);
void frame_filled(struct frame_reader *reader, size_t len);
/* The next record without its newline (and without a CR before it); valid until the
 * next call of frame_room. FRAME_TOO_LONG: one record was dropped. */
enum frame_result frame_next(struct frame_reader *reader, const char **record, size_t *len);
/* At the end of the stream: the rest that no newline ended, as a record. */
enum frame_result frame_rest(struct frame_reader *reader, const char **record, size_t *len);

#endif
