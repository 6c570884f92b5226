/* Cells, columns, colours, and foreign text made harmless. */
#include <stdint.h>
#include <string.h>

#include "../bus/alloc.h"
#include "display-priv.h"

#define CELL_MAX ((size_t)16 * 1024 * 1024)
#define WHO_MIN 24
#define CHANGE_MIN 16
#define CONSTRAINT_MIN 7
#define COLUMN_MAX 56 /* a longer cell only pushes its own line */

/* --- foreign text --- */

/* The character at text and its bytes; text is UTF-8 as json_check accepts it. */
static uint32_t
decode(const char *text, size_t *bytes)
{
	const unsigned char *p = (const unsigned char *)text;
	uint32_t c = p[0];
	size_t i;

	*bytes = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (*bytes == 1)
		return c;
	c &= 0x7fu >> *bytes;
	for (i = 1; i < *bytes; i++) {
		if ((p[i] & 0xc0) != 0x80) {
			*bytes = 1; /* cut or broken: shown as an escape */
			return 0;
		}
		c = c << 6 | (p[i] & 0x3f);
	}
	return c;
}

/* Control characters, those that nobody sees, and those that turn text around. */
static bool
is_hidden(uint32_t c)
{
	static const uint32_t ranges[][2] = {
		{ 0x00, 0x1f },	    { 0x7f, 0x9f },	{ 0xad, 0xad },	    { 0x61c, 0x61c },
		{ 0x180e, 0x180e }, { 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f },
		{ 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xe0000, 0xe007f },
	};
	size_t i;

	for (i = 0; i < ALLOC_COUNT(ranges); i++)
		if (c >= ranges[i][0] && c <= ranges[i][1])
			return true;
	return false;
}

void
display_text(struct buf *out, const char *text)
{
	size_t bytes;
	uint32_t c;

	for (; *text != '\0'; text += bytes) {
		c = decode(text, &bytes);
		if (*text == '\n' || *text == '\t')
			buf_append_char(out, ' ');
		else if (c == 0 || (c < 0x80 && is_hidden(c)))
			buf_printf(out, "\\x%02x", (unsigned char)*text);
		else if (is_hidden(c))
			buf_printf(out, "\\u{%x}", (unsigned)c);
		else
			buf_append(out, text, bytes);
	}
}

size_t
display_width(const char *text)
{
	size_t width = 0;

	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

/* --- lines --- */

void
line_init(struct line *line)
{
	struct buf *cells[] = { &line->who,    &line->change, &line->constraint,
				&line->status, &line->rest,   &line->aside };
	size_t i;

	for (i = 0; i < ALLOC_COUNT(cells); i++)
		buf_init(cells[i], CELL_MAX);
	line->colour = LINE_PLAIN;
	line->grows = false;
}

void
line_fini(struct line *line)
{
	struct buf *cells[] = { &line->who,    &line->change, &line->constraint,
				&line->status, &line->rest,   &line->aside };
	size_t i;

	for (i = 0; i < ALLOC_COUNT(cells); i++)
		buf_fini(cells[i]);
}

void
line_colour(const struct display *display, enum line_colour colour, const char *text,
	    struct buf *out)
{
	static const char *const codes[] = {
		[LINE_PLAIN] = "",   [LINE_DIM] = "\033[2m",  [LINE_GREEN] = "\033[32m",
		[LINE_CYAN] = "\033[36m", [LINE_RED] = "\033[31m",
	};
	bool is_coloured = display->colour && colour != LINE_PLAIN && text[0] != '\0';

	if (is_coloured)
		buf_append_string(out, codes[colour]);
	buf_append_string(out, text);
	if (is_coloured)
		buf_append_string(out, "\033[0m");
}

void
line_pad(const char *text, size_t width, struct buf *out)
{
	size_t i;

	for (i = display_width(text); i < width; i++)
		buf_append_char(out, ' ');
}

static void
widen(size_t *width, size_t min, const struct line *line, const struct buf *cell)
{
	size_t len = display_width(buf_string(cell));

	if (*width < min)
		*width = min;
	if (line->grows && len > *width && len <= COLUMN_MAX)
		*width = len;
}

static void
put_cell(const struct buf *cell, size_t width, struct buf *out)
{
	buf_append_string(out, buf_string(cell));
	line_pad(buf_string(cell), width, out);
	buf_append_string(out, "  ");
}

void
line_put(struct display *display, const struct line *line, struct buf *out)
{
	static char dash[] = "-";
	static const struct buf nobody = { .data = dash, .len = 1 };

	widen(&display->who, WHO_MIN, line, &line->who);
	widen(&display->change, CHANGE_MIN, line, &line->change);
	widen(&display->constraint, CONSTRAINT_MIN, line, &line->constraint);
	put_cell(line->who.len > 0 ? &line->who : &nobody, display->who, out);
	if (line->grows || line->change.len > 0) {
		put_cell(&line->change, display->change, out);
		put_cell(&line->constraint, display->constraint, out);
	}
	line_colour(display, line->colour, buf_string(&line->status), out);
	buf_append_string(out, buf_string(&line->rest));
	line_colour(display, LINE_DIM, buf_string(&line->aside), out);
	buf_append_char(out, '\n');
}
