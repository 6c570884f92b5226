/* Newline-ended records out of a byte stream. */
#include "frame.h"

#include <string.h>

#define READ_SIZE ((size_t)64 * 1024)

void
frame_init(struct frame_reader *reader)
{
	memset(reader, 0, sizeof(*reader));
	/* one record at its longest, its newline, and what one read may bring beyond it */
	buf_init(&reader->buf, FRAME_MAX + 1 + READ_SIZE);
}

void
frame_fini(struct frame_reader *reader)
{
	buf_fini(&reader->buf);
}

char *
frame_room(struct frame_reader *reader, size_t *size)
{
	if (reader->start > 0) {
		buf_drop(&reader->buf, reader->start);
		reader->scanned -= reader->start;
		reader->start = 0;
	}
	*size = READ_SIZE;
	return buf_room(&reader->buf, READ_SIZE);
}

void
frame_filled(struct frame_reader *reader, size_t len)
{
	buf_added(&reader->buf, len);
}

static enum frame_result
take(struct frame_reader *reader, size_t end, const char **record, size_t *len)
{
	char *text = reader->buf.data + reader->start;
	size_t size = end - reader->start;

	if (size > 0 && text[size - 1] == '\r')
		size--;
	text[size] = '\0';
	*record = text;
	*len = size;
	return FRAME_RECORD;
}

/* Nothing ended yet: forget what is beyond any bound, and give the memory back. */
static enum frame_result
check_length(struct frame_reader *reader)
{
	bool first = !reader->discarding;

	if (reader->buf.len - reader->start <= FRAME_MAX && first)
		return FRAME_NONE;
	buf_fini(&reader->buf);
	reader->start = reader->scanned = 0;
	reader->discarding = true;
	return first ? FRAME_TOO_LONG : FRAME_NONE;
}

enum frame_result
frame_next(struct frame_reader *reader, const char **record, size_t *len)
{
	const char *newline;
	size_t end;

	for (;;) {
		newline = reader->buf.len > reader->scanned ?
				  memchr(reader->buf.data + reader->scanned, '\n',
					 reader->buf.len - reader->scanned) :
				  NULL;
		if (newline == NULL) {
			reader->scanned = reader->buf.len;
			return check_length(reader);
		}
		end = (size_t)(newline - reader->buf.data);
		reader->scanned = end + 1;
		if (reader->discarding) {
			reader->discarding = false;
			reader->start = reader->scanned;
			continue;
		}
		enum frame_result result = take(reader, end, record, len);
		reader->start = reader->scanned;
		return result;
	}
}

enum frame_result
frame_rest(struct frame_reader *reader, const char **record, size_t *len)
{
	size_t end = reader->buf.len;

	if (reader->discarding || reader->start >= end)
		return FRAME_NONE;
	enum frame_result result = take(reader, end, record, len);
	reader->start = reader->scanned = end;
	return result;
}
