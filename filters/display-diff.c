/*
 * What differs in an object, below its line: a field each, texts of several lines by line. What is
 * in a Secret is left out here, too, whoever wrote the message.
 */
#include <string.h>

#include "../bus/alloc.h"
#include "display-priv.h"

#define LINES_MAX 100 /* of one text */
#define CELL_TEXT_MAX ((size_t)64 * 1024)

struct lines {
	const char *text;
	size_t len;
};

static const char *
text_of(jv object, const char *name)
{
	const char *text = message_string(object, name);

	return text != NULL ? text : "";
}

/* Is a field of this kind of object not to be shown? */
static bool
is_secret(jv body, const char *path)
{
	static const char *const shown[] = { ".metadata.labels", ".type", ".immutable" };
	jv object = message_get(body, "object");
	bool is_kind = strcmp(text_of(object, "kind"), "Secret") == 0;

	jv_free(object);
	for (size_t i = 0; i < ALLOC_COUNT(shown); i++)
		if (strncmp(path, shown[i], strlen(shown[i])) == 0)
			return false;
	return is_kind;
}

/* --- texts of several lines --- */

static size_t
line_length(const struct lines *lines)
{
	const char *end = memchr(lines->text, '\n', lines->len);

	return end != NULL ? (size_t)(end - lines->text) : lines->len;
}

static void
drop_line(struct lines *lines)
{
	size_t len = line_length(lines);

	len += len < lines->len; /* its end */
	lines->text += len;
	lines->len -= len;
}

static void
drop_equal_heads(struct lines *from, struct lines *to)
{
	while (from->len > 0 && to->len > 0 && line_length(from) == line_length(to) &&
	       memcmp(from->text, to->text, line_length(from)) == 0) {
		drop_line(from);
		drop_line(to);
	}
}

/* Bytes of the last line and the newline before it, if there is one. */
static size_t
last_line(const struct lines *lines)
{
	size_t len = 0;

	while (len < lines->len && (len == 0 || lines->text[lines->len - len] != '\n'))
		len++;
	return len;
}

static void
drop_equal_tails(struct lines *from, struct lines *to)
{
	size_t len;

	for (;;) {
		len = last_line(from);
		if (len == 0 || len == from->len || len == to->len || len != last_line(to) ||
		    memcmp(from->text + from->len - len, to->text + to->len - len, len) != 0)
			return;
		from->len -= len;
		to->len -= len;
	}
}

static void
put_lines(const struct display *display, const char *sign, enum line_colour colour,
	  struct lines lines, struct buf *out)
{
	int count = 0;

	for (; lines.len > 0; drop_line(&lines)) {
		CLEANUP_FREE char *line = alloc_text(lines.text, line_length(&lines));
		CLEANUP_BUF struct buf cell = BUF_INIT(CELL_TEXT_MAX);

		if (++count > LINES_MAX) {
			buf_append_string(out, "        ...\n");
			return;
		}
		buf_append_string(&cell, sign);
		display_text(&cell, line);
		buf_append_string(out, "        ");
		line_colour(display, colour, buf_string(&cell), out);
		buf_append_char(out, '\n');
	}
}

static void
put_by_line(const struct display *display, const char *from, const char *to, struct buf *out)
{
	struct lines old = { from, strlen(from) }, new = { to, strlen(to) };

	drop_equal_heads(&old, &new);
	drop_equal_tails(&old, &new);
	buf_append_char(out, '\n');
	put_lines(display, "- ", LINE_RED, old, out);
	put_lines(display, "+ ", LINE_GREEN, new, out);
}

/* --- fields --- */

static void
put_in_line(const char *from, const char *to, struct buf *out)
{
	const char *both[] = { from, to };

	for (size_t i = 0; i < ALLOC_COUNT(both); i++) {
		if (both[i] == NULL)
			continue;
		buf_append_string(out, i == 1 && from != NULL ? " → " : "  ");
		display_text(out, both[i]);
	}
	buf_append_char(out, '\n');
}

static void
put_field(const struct display *display, jv body, jv entry, struct buf *out)
{
	const char *path = text_of(entry, "path");
	const char *from = message_string(entry, "from"), *to = message_string(entry, "to");
	bool has_lines = (from != NULL && strchr(from, '\n')) || (to != NULL && strchr(to, '\n'));

	buf_append_string(out, "    ");
	line_colour(display,
		    to == NULL	 ? LINE_RED :
		    from == NULL ? LINE_GREEN :
				   LINE_CYAN,
		    to == NULL	 ? "-" :
		    from == NULL ? "+" :
				   "~",
		    out);
	buf_append_char(out, ' ');
	display_text(out, path);
	if (is_secret(body, path))
		buf_append_string(out, "  (secret)\n");
	else if (has_lines)
		put_by_line(display, from != NULL ? from : "", to != NULL ? to : "", out);
	else
		put_in_line(from, to, out);
}

void
display_diff(const struct display *display, jv body, struct buf *out)
{
	jv list = message_get(body, "diff");

	if (jv_get_kind(list) == JV_KIND_ARRAY)
		jv_array_foreach(list, i, entry)
		{
			if (jv_get_kind(entry) == JV_KIND_OBJECT)
				put_field(display, body, entry, out);
			jv_free(entry);
		}
	jv_free(list);
}
