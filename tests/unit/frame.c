/* bus/frame.c: records whatever the chunks, CR, the rest, and records beyond the bound. */
#include "../../bus/frame.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../check.h"

static void
feed(struct frame_reader *reader, const char *bytes, size_t len)
{
	size_t size;
	char *room = frame_room(reader, &size);

	memcpy(room, bytes, len);
	frame_filled(reader, len);
}

static void
collect(struct frame_reader *reader, struct buf *out)
{
	const char *record;
	size_t len;
	enum frame_result result;

	while ((result = frame_next(reader, &record, &len)) != FRAME_NONE) {
		buf_printf(out, "%s", result == FRAME_TOO_LONG ? "TOO LONG" : "");
		if (result == FRAME_RECORD)
			buf_append(out, record, len);
		buf_append_char(out, '|');
	}
}

static void
test_chunks(void)
{
	static const char text[] = "one\ntwo\r\n\n{\"a\":1}\nrest";
	struct buf out = BUF_INIT(1000);
	size_t step, i, len, wrong = 0;
	const char *record;

	for (step = 1; step < sizeof(text); step++) {
		struct frame_reader reader;

		frame_init(&reader);
		buf_clear(&out);
		for (i = 0; i < sizeof(text) - 1; i += step) {
			feed(&reader, text + i, i + step < sizeof(text) ? step : sizeof(text) - 1 - i);
			collect(&reader, &out);
		}
		wrong += frame_rest(&reader, &record, &len) != FRAME_RECORD || len != 4;
		wrong += frame_rest(&reader, &record, &len) != FRAME_NONE;
		wrong += strcmp(buf_string(&out), "one|two||{\"a\":1}|") != 0;
		frame_fini(&reader);
	}
	check_number((long long)wrong, 0, "the same records whatever the chunks");
	buf_fini(&out);
}

static void
test_too_long(void)
{
	struct frame_reader reader;
	struct buf out = BUF_INIT(1000);
	char *piece = alloc_zero(1, 60000);
	size_t sent;

	memset(piece, 'x', 60000);
	frame_init(&reader);
	feed(&reader, "a\n", 2);
	collect(&reader, &out);
	for (sent = 0; sent < 3 * FRAME_MAX; sent += 60000) {
		feed(&reader, piece, 60000);
		collect(&reader, &out);
	}
	check(reader.buf.cap < FRAME_MAX / 2, "memory is given back while the record goes on");
	feed(&reader, "xx\nb\n", 5);
	collect(&reader, &out);
	check_text(buf_string(&out), "a|TOO LONG|b|", "one over-long record is one report");
	frame_fini(&reader);
	buf_fini(&out);
	free(piece);
}

int
main(void)
{
	test_chunks();
	test_too_long();
	return check_done();
}
