/* See manifest-print.h. */
#include "manifest-print.h"

#include <math.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/yaml.h"

#define DEPTH_MAX 64
#define KEY_MAX 256 /* longer ones stand behind a "? ": readers end at 1,024 */

static const char *const first_names[] = { "apiVersion", "kind", "metadata", "name", "namespace" };

struct printer {
	struct buf *out;
	bool is_too_deep;
};

/* --- scalars --- */

/* Bytes of the character at text that YAML wants escaped; 0: it may stand as it is. */
static size_t
unprintable(const char *text, size_t left, unsigned *code)
{
	const unsigned char *at = (const unsigned char *)text;

	*code = at[0];
	if (at[0] < 0x20 || at[0] == 0x7f)
		return 1;
	if (left >= 2 && at[0] == 0xc2 && at[1] < 0xa0) {
		*code = at[1];
		return 2;
	}
	if (left < 3)
		return 0;
	*code = (at[0] & 0x0fu) << 12 | (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu);
	if (at[0] == 0xe2 && (*code == 0x2028 || *code == 0x2029))
		return 3;
	return at[0] == 0xef && (*code == 0xfeff || *code >= 0xfffe) ? 3 : 0;
}

static void
print_quoted(struct buf *out, const char *text, size_t len)
{
	unsigned code;

	buf_append_char(out, '"');
	for (size_t i = 0, n; i < len; i += n) {
		n = unprintable(text + i, len - i, &code);
		if (n > 0 && text[i] == '\n')
			buf_append_string(out, "\\n");
		else if (n > 0)
			buf_printf(out, "\\u%04x", code);
		else if (text[i] == '"' || text[i] == '\\')
			buf_printf(out, "\\%c", text[i]);
		else
			buf_append_char(out, text[i]);
		n = n > 0 ? n : 1;
	}
	buf_append_char(out, '"');
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Lines that a literal block holds as they are, without anything that a person would not see. */
static bool
is_block(const char *text, size_t len)
{
	bool has_lines = false;
	unsigned code;

	if (len == 0 || is_blank(text[0]))
		return false;
	for (size_t i = 0; i < len; i++) {
		bool ends_line = i + 1 == len || text[i + 1] == '\n';

		if (ends_line && (text[i] == ' ' || text[i] == '\t'))
			return false;
		if (text[i] == '\n')
			has_lines = true;
		else if (text[i] == '\t' && text[i - 1] != '\n')
			continue; /* not at the beginning of a line, and not at its end: above */
		else if (unprintable(text + i, len - i, &code) > 0)
			return false;
	}
	return has_lines;
}

static void
print_indent(struct buf *out, unsigned indent)
{
	buf_printf(out, "%*s", (int)indent, "");
}

static void
print_block(struct buf *out, const char *text, size_t len, unsigned indent)
{
	bool ends = text[len - 1] == '\n', ends_twice = ends && text[len - 2] == '\n';

	buf_append_string(out, !ends ? "|-\n" : ends_twice ? "|+\n" : "|\n");
	while (len > 0) {
		const char *newline = memchr(text, '\n', len);
		size_t line = newline != NULL ? (size_t)(newline - text) : len;

		if (line > 0)
			print_indent(out, indent);
		buf_append(out, text, line);
		buf_append_char(out, '\n');
		line += newline != NULL;
		text += line;
		len -= line;
	}
}

/* A number with an exponent is one for all readers only with a point before it. */
static void
print_number(struct buf *out, double number)
{
	CLEANUP_BUF struct buf digits = BUF_INIT(64);
	const char *exponent;

	if (number == floor(number) && fabs(number) < 1e18) {
		buf_printf(out, "%.0f", number);
		return;
	}
	buf_printf(&digits, "%.17g", number);
	exponent = memchr(digits.data, 'e', digits.len);
	if (exponent == NULL || memchr(digits.data, '.', digits.len) != NULL)
		buf_append(out, digits.data, digits.len);
	else
		buf_printf(out, "%.*s.0%s", (int)(exponent - digits.data), digits.data, exponent);
}

/* The rest of a line behind "key: " or "- ", and the lines of a block, indented. */
static void
print_scalar(struct buf *out, jv value, unsigned indent)
{
	jv_kind kind = jv_get_kind(value);

	if (kind == JV_KIND_STRING) {
		const char *text = jv_string_value(value);
		size_t len = (size_t)jv_string_length_bytes(jv_copy(value));

		if (indent > 0 && is_block(text, len)) {
			print_block(out, text, len, indent);
			return;
		}
		print_quoted(out, text, len);
	} else if (kind == JV_KIND_NUMBER && isfinite(jv_number_value(value))) {
		print_number(out, jv_number_value(value));
	} else if (kind == JV_KIND_OBJECT || kind == JV_KIND_ARRAY) {
		buf_append_string(out, kind == JV_KIND_OBJECT ? "{}" : "[]");
	} else {
		buf_append_string(out, kind == JV_KIND_TRUE    ? "true"
				       : kind == JV_KIND_FALSE ? "false"
							       : "null");
	}
	buf_append_char(out, '\n');
}

/* --- containers --- */

static void print_lines(struct printer *printer, jv value, unsigned indent, unsigned depth);

static bool
is_filled(jv value)
{
	jv_kind kind = jv_get_kind(value);

	return (kind == JV_KIND_OBJECT && jv_object_length(jv_copy(value)) > 0) ||
	       (kind == JV_KIND_ARRAY && jv_array_length(jv_copy(value)) > 0);
}

static void
print_key(struct buf *out, const char *key, size_t len, unsigned indent)
{
	if (len > KEY_MAX)
		buf_append_string(out, "? ");
	if (len <= KEY_MAX && yaml_plain_is_string(key, len, false))
		buf_append(out, key, len);
	else
		print_quoted(out, key, len);
	if (len > KEY_MAX) {
		buf_append_char(out, '\n');
		print_indent(out, indent);
	}
	buf_append_char(out, ':');
}

/* Borrows key. The first member of an object stands where its first line has begun already. */
static void
print_member(struct printer *printer, jv object, jv key, bool is_first, unsigned indent,
	     unsigned depth)
{
	jv value = jv_object_get(jv_copy(object), jv_copy(key));

	if (!is_first)
		print_indent(printer->out, indent);
	print_key(printer->out, jv_string_value(key),
		  (size_t)jv_string_length_bytes(jv_copy(key)), indent);
	if (!is_filled(value)) {
		buf_append_char(printer->out, ' ');
		print_scalar(printer->out, value, indent + 2);
	} else {
		unsigned deeper = jv_get_kind(value) == JV_KIND_OBJECT ? indent + 2 : indent;

		buf_append_char(printer->out, '\n');
		print_indent(printer->out, deeper);
		print_lines(printer, value, deeper, depth + 1);
	}
	jv_free(value);
}

static bool
is_first_name(jv key)
{
	for (size_t i = 0; i < ALLOC_COUNT(first_names); i++)
		if (strcmp(jv_string_value(key), first_names[i]) == 0)
			return true;
	return false;
}

static void
print_object(struct printer *printer, jv object, unsigned indent, unsigned depth)
{
	jv keys = jv_keys(jv_copy(object));
	bool is_first = true;

	for (size_t i = 0; i < ALLOC_COUNT(first_names); i++) {
		jv key = jv_string(first_names[i]);

		if (jv_object_has(jv_copy(object), jv_copy(key))) {
			print_member(printer, object, key, is_first, indent, depth);
			is_first = false;
		}
		jv_free(key);
	}
	jv_array_foreach(keys, i, key) {
		if (!is_first_name(key)) {
			print_member(printer, object, key, is_first, indent, depth);
			is_first = false;
		}
		jv_free(key);
	}
	jv_free(keys);
}

static void
print_array(struct printer *printer, jv array, unsigned indent, unsigned depth)
{
	jv_array_foreach(array, i, element) {
		if (i > 0)
			print_indent(printer->out, indent);
		buf_append_string(printer->out, "- ");
		if (is_filled(element))
			print_lines(printer, element, indent + 2, depth + 1);
		else
			print_scalar(printer->out, element, indent + 2);
		jv_free(element);
	}
}

/* A container that is not empty; its first line has its indent already. */
static void
print_lines(struct printer *printer, jv value, unsigned indent, unsigned depth)
{
	if (depth > DEPTH_MAX || printer->out->overflowed) {
		printer->is_too_deep |= depth > DEPTH_MAX;
		return;
	}
	if (jv_get_kind(value) == JV_KIND_OBJECT)
		print_object(printer, value, indent, depth);
	else
		print_array(printer, value, indent, depth);
}

bool
manifest_escape_json(const char *text, size_t len, struct buf *out)
{
	size_t from = 0, n;
	unsigned code;

	for (size_t i = 0; i < len; i += n) {
		n = (unsigned char)text[i] < 0x7f ? 0 : unprintable(text + i, len - i, &code);
		if (n > 0) {
			buf_append(out, text + from, i - from);
			buf_printf(out, "\\u%04x", code);
			from = i + n;
		}
		n = n > 0 ? n : 1;
	}
	buf_append(out, text + from, len - from);
	return !out->overflowed;
}

bool
manifest_print(jv value, struct buf *out)
{
	struct printer printer = { .out = out };

	if (is_filled(value))
		print_lines(&printer, value, 0, 1);
	else
		print_scalar(out, value, 0);
	return !printer.is_too_deep && !out->overflowed;
}
