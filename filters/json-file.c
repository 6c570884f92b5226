/* JSON as it stands in a file. Pure. */
#include "json-file.h"

#include <string.h>

static const struct json_limits limits_file = {
	.depth = 64,
	.containers = (size_t)16 << 20,
	.values = (size_t)16 << 20,
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* i is at a quote; returns what is behind the string. */
static size_t
string_end(const char *text, size_t len, size_t i)
{
	for (i++; i < len && text[i] != '"'; i++)
		if (text[i] == '\\')
			i++;
	return i < len ? i + 1 : len;
}

/* Where an unchecked value ends: at its closing bracket, or before the next blank. */
static size_t
value_end(const char *text, size_t len, size_t i)
{
	size_t depth = 0;

	while (i < len) {
		if (text[i] == '"') {
			i = string_end(text, len, i);
		} else {
			if (text[i] == '{' || text[i] == '[')
				depth++;
			else if ((text[i] == '}' || text[i] == ']') && depth > 0)
				depth--;
			i++;
		}
		if (depth == 0 && (text[i - 1] == '}' || text[i - 1] == ']' || text[i - 1] == '"' ||
				   i == len || is_blank(text[i])))
			break;
	}
	return i;
}

/* why tells the byte, counted from 1, of the value at offset: say line and column instead. */
static int
say_place(const char *text, size_t offset, const struct error *why, struct error *err)
{
	size_t byte = offset + (size_t)why->code - 1, line = 1, column = 1, i;
	const char *what = strstr(why->text, ": ");

	for (i = 0; i < byte; i++) {
		if (text[i] == '\n' || (text[i] == '\r' && text[i + 1] != '\n')) {
			line++;
			column = 1;
		} else if (((unsigned char)text[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	return error_set(err, ERROR_INPUT, (int)line, "line %zu, column %zu: %s", line, column,
			 what != NULL ? what + 2 : why->text);
}

int
json_file_next(const char *text, size_t len, size_t *cursor, struct json_slice *value,
	       struct error *err)
{
	struct error why;
	size_t i = *cursor;

	if (i == 0 && len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		i = 3;
	while (i < len && is_blank(text[i]))
		i++;
	if (i == len)
		return 0;
	*cursor = value_end(text, len, i);
	*value = (struct json_slice){ text + i, *cursor - i };
	if (json_check(value->text, value->len, &limits_file, &why) < 0)
		return say_place(text, i, &why, err);
	return 1;
}

bool
json_file_compact(struct json_slice value, struct buf *out)
{
	size_t i = 0, from;
	bool ok = true;

	while (ok && i < value.len) {
		from = i;
		if (value.text[i] == '"')
			i = string_end(value.text, value.len, i);
		else
			while (i < value.len && !is_blank(value.text[i]) && value.text[i] != '"')
				i++;
		ok = buf_append(out, value.text + from, i - from);
		while (i < value.len && is_blank(value.text[i]))
			i++;
	}
	return ok;
}
