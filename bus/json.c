/*
 * Walking, reading and writing JSON as bytes. All walking functions rely on
 * json_check having accepted the text.
 */
#include "json.h"

#include <stdint.h>
#include <string.h>

static size_t
skip_blanks(struct json_slice s, size_t i)
{
	while (i < s.len &&
	       (s.text[i] == ' ' || s.text[i] == '\n' || s.text[i] == '\t' || s.text[i] == '\r'))
		i++;
	return i;
}

/* i is at the opening quote; returns what is behind the closing one. */
static size_t
skip_string(struct json_slice s, size_t i)
{
	const char *end;
	size_t back;

	for (i++; i < s.len; i++) {
		end = memchr(s.text + i, '"', s.len - i);
		if (end == NULL)
			return s.len;
		i = (size_t)(end - s.text);
		for (back = 0; s.text[i - 1 - back] == '\\'; back++)
			;
		if (back % 2 == 0)
			return i + 1;
	}
	return s.len;
}

static size_t
skip_container(struct json_slice s, size_t i)
{
	size_t depth = 0;

	while (i < s.len) {
		switch (s.text[i]) {
		case '"':
			i = skip_string(s, i);
			continue;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			if (--depth == 0)
				return i + 1;
			break;
		default:
			break;
		}
		i++;
	}
	return s.len;
}

static size_t
skip_value(struct json_slice s, size_t i)
{
	if (i >= s.len)
		return s.len;
	if (s.text[i] == '"')
		return skip_string(s, i);
	if (s.text[i] == '{' || s.text[i] == '[')
		return skip_container(s, i);
	while (i < s.len && strchr(",]} \n\t\r", s.text[i]) == NULL)
		i++;
	return i;
}

bool
json_next(struct json_slice container, size_t *cursor, struct json_slice *name,
	  struct json_slice *value)
{
	size_t i = *cursor, from;
	bool is_object;

	if (container.text == NULL || container.len < 2)
		return false;
	if (i == 0)
		i = skip_blanks(container, 0);
	is_object = container.text[skip_blanks(container, 0)] == '{';
	if (*cursor == 0)
		i++;
	i = skip_blanks(container, i);
	if (i < container.len && container.text[i] == ',')
		i = skip_blanks(container, i + 1);
	if (i >= container.len || container.text[i] == '}' || container.text[i] == ']')
		return false;
	if (is_object) {
		from = i + 1;
		i = skip_string(container, i);
		if (name != NULL)
			*name = (struct json_slice){ container.text + from, i - 1 - from };
		i = skip_blanks(container, skip_blanks(container, i) + 1);
	}
	from = i;
	i = skip_value(container, i);
	*value = (struct json_slice){ container.text + from, i - from };
	*cursor = i;
	return true;
}

bool
json_is_object(struct json_slice value)
{
	return value.text != NULL && value.len > 0 && value.text[skip_blanks(value, 0)] == '{';
}

bool
json_is_array(struct json_slice value)
{
	return value.text != NULL && value.len > 0 && value.text[skip_blanks(value, 0)] == '[';
}

bool
json_is_string(struct json_slice value)
{
	return value.text != NULL && value.len >= 2 && value.text[0] == '"';
}

/* --- strings --- */

static unsigned
hex4(const char *p)
{
	unsigned value = 0;
	int i;

	for (i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)p[i];

		value = value * 16 + (c <= '9' ? c - (unsigned)'0' : (c | 0x20u) - 'a' + 10);
	}
	return value;
}

static bool
append_code_point(struct buf *out, unsigned c)
{
	char utf8[4];
	size_t n = 0;

	if (c < 0x80) {
		utf8[n++] = (char)c;
	} else if (c < 0x800) {
		utf8[n++] = (char)(0xc0 | c >> 6);
		utf8[n++] = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		utf8[n++] = (char)(0xe0 | c >> 12);
		utf8[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		utf8[n++] = (char)(0x80 | (c & 0x3f));
	} else {
		utf8[n++] = (char)(0xf0 | c >> 18);
		utf8[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		utf8[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		utf8[n++] = (char)(0x80 | (c & 0x3f));
	}
	return buf_append(out, utf8, n);
}

/* One escape at p (behind the backslash); returns how many bytes it took, 0: out is full. */
static size_t
append_escape(struct buf *out, const char *p)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *found;
	unsigned c;

	if (*p != 'u') {
		found = strchr(from, *p);
		return buf_append_char(out, found != NULL ? to[found - from] : *p) ? 1 : 0;
	}
	c = hex4(p + 1);
	if (c >= 0xd800 && c <= 0xdbff) {
		c = 0x10000 + ((c - 0xd800) << 10) + (hex4(p + 7) - 0xdc00);
		return append_code_point(out, c) ? 11 : 0;
	}
	return append_code_point(out, c) ? 5 : 0;
}

static bool
unescape(struct json_slice inner, struct buf *out)
{
	size_t i = 0, taken;
	const char *back;

	while (i < inner.len) {
		back = memchr(inner.text + i, '\\', inner.len - i);
		size_t plain = back != NULL ? (size_t)(back - inner.text) : inner.len;

		if (!buf_append(out, inner.text + i, plain - i))
			return false;
		i = plain;
		if (back == NULL)
			break;
		taken = append_escape(out, inner.text + i + 1);
		if (taken == 0)
			return false;
		i += 1 + taken;
	}
	return true;
}

bool
json_string(struct json_slice value, struct buf *out)
{
	if (!json_is_string(value))
		return false;
	return unescape((struct json_slice){ value.text + 1, value.len - 2 }, out);
}

static bool
inner_is(struct json_slice inner, const char *text, size_t len)
{
	struct buf plain = BUF_INIT(inner.len + 1);
	bool same;

	if (memchr(inner.text, '\\', inner.len) == NULL)
		return inner.len == len && memcmp(inner.text, text, len) == 0;
	same = unescape(inner, &plain) && plain.len == len &&
	       memcmp(buf_string(&plain), text, len) == 0;
	buf_fini(&plain);
	return same;
}

bool
json_string_is(struct json_slice value, const char *text)
{
	return json_is_string(value) &&
	       inner_is((struct json_slice){ value.text + 1, value.len - 2 }, text, strlen(text));
}

struct json_slice
json_member(struct json_slice object, const char *name)
{
	struct json_slice found = { NULL, 0 }, member = { "", 0 }, value;
	size_t cursor = 0, len = strlen(name);

	if (!json_is_object(object))
		return found;
	while (json_next(object, &cursor, &member, &value))
		if (inner_is(member, name, len))
			found = value;
	return found;
}

/* --- writing --- */

static bool
append_escaped(struct buf *out, unsigned char c)
{
	switch (c) {
	case '"':
		return buf_append(out, "\\\"", 2);
	case '\\':
		return buf_append(out, "\\\\", 2);
	case '\n':
		return buf_append(out, "\\n", 2);
	case '\r':
		return buf_append(out, "\\r", 2);
	case '\t':
		return buf_append(out, "\\t", 2);
	case '\b':
		return buf_append(out, "\\b", 2);
	case '\f':
		return buf_append(out, "\\f", 2);
	default:
		return buf_printf(out, "\\u%04x", c);
	}
}

static size_t
quote_sequence(struct buf *out, const unsigned char *p, size_t left, bool go)
{
	size_t len = json_utf8_length((const char *)p, left);

	if (len == 0)
		return buf_append(out, "\xef\xbf\xbd", 3) ? 1 : 0;
	if (go && len == 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9))
		return buf_printf(out, "\\u202%c", p[2] == 0xa8 ? '8' : '9') ? 3 : 0;
	return buf_append(out, p, len) ? len : 0;
}

static bool
quote(struct buf *out, const char *text, size_t len, bool go)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t i = 0, from, taken;
	bool ok = buf_append_char(out, '"');

	while (ok && i < len) {
		for (from = i; i < len && p[i] >= 0x20 && p[i] < 0x80 && p[i] != '"' &&
			       p[i] != '\\' && !(go && (p[i] == '<' || p[i] == '>' || p[i] == '&'));
		     i++)
			;
		ok = buf_append(out, text + from, i - from);
		if (!ok || i == len)
			break;
		if (p[i] >= 0x80) {
			taken = quote_sequence(out, p + i, len - i, go);
			ok = taken > 0;
			i += taken;
		} else {
			ok = go && (p[i] == '\b' || p[i] == '\f' || p[i] == '<' || p[i] == '>' ||
				    p[i] == '&') ?
				     buf_printf(out, "\\u%04x", p[i]) :
				     append_escaped(out, p[i]);
			i++;
		}
	}
	return ok && buf_append_char(out, '"');
}

bool
json_quote(struct buf *out, const char *text, size_t len)
{
	return quote(out, text, len, false);
}

bool
json_quote_go(struct buf *out, const char *text, size_t len)
{
	return quote(out, text, len, true);
}
