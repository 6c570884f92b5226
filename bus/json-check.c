/*
 * Is this one JSON value, within its limits? RFC 8259 to the letter: libjq would
 * accept NaN, repair UTF-8 and take any amount of memory. Knows bytes only.
 */
#include "json.h"

#include <stdint.h>
#include <string.h>

const struct json_limits json_limits_message = {
	.depth = 64,
	.containers = 200000,
	.values = 1500000,
};

struct checker {
	const char *text, *p, *end;
	const struct json_limits *limits;
	size_t containers, values;
	unsigned depth;
	char stack[256]; /* '{' or '[' per level */
	struct error *err;
};

static int
fail(const struct checker *c, const char *what)
{
	size_t byte = (size_t)(c->p - c->text) + 1;

	return error_set(c->err, ERROR_INPUT, (int)byte, "no valid JSON at byte %zu: %s", byte,
			 what);
}

static void
skip_blanks(struct checker *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\n' || *c->p == '\t' || *c->p == '\r'))
		c->p++;
}

/* Eight bytes at once: true when none of them is a quote, a backslash, a control character or
 * beyond ASCII. */
static bool
all_plain(const char *p)
{
	const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
	uint64_t w, quote, back;

	memcpy(&w, p, sizeof(w));
	quote = w ^ (ones * '"');
	back = w ^ (ones * '\\');
	return (((w - ones * 0x20) | (quote - ones) | (back - ones) | w) & high) == 0;
}

size_t
json_utf8_length(const char *text, size_t left)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2, i;

	if (p[0] < 0xc2 || p[0] > 0xf4 || left < len)
		return 0;
	for (i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90))
		return 0;
	return len;
}

bool
json_is_utf8(const char *text, size_t len)
{
	size_t i = 0, n = 1;

	for (; i < len && n > 0; i += n)
		n = (unsigned char)text[i] < 0x80 ? 1 : json_utf8_length(text + i, len - i);
	return n > 0;
}

/* Four hexadecimal digits at p; -1: they are not. */
static int
hex4(const char *p, const char *end)
{
	int value = 0, i;

	if (end - p < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		int c = (unsigned char)p[i] | 0x20;
		int digit = p[i] >= '0' && p[i] <= '9' ? p[i] - '0' :
			    c >= 'a' && c <= 'f'       ? c - 'a' + 10 :
							 -1;

		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

static int
check_escape(struct checker *c)
{
	int unit;

	if (c->p + 1 >= c->end)
		return fail(c, "the text ends inside a string");
	if (c->p[1] != 'u') {
		if (c->p[1] == '\0' || strchr("\"\\/bfnrt", c->p[1]) == NULL)
			return fail(c, "unknown escape in a string");
		c->p += 2;
		return 0;
	}
	unit = hex4(c->p + 2, c->end);
	if (unit < 0)
		return fail(c, "\\u needs four hexadecimal digits");
	if (unit >= 0xdc00 && unit <= 0xdfff)
		return fail(c, "lone surrogate in a string");
	if (unit >= 0xd800 && unit <= 0xdbff) {
		if (c->end - c->p < 12 || c->p[6] != '\\' || c->p[7] != 'u' ||
		    hex4(c->p + 8, c->end) < 0xdc00 || hex4(c->p + 8, c->end) > 0xdfff)
			return fail(c, "lone surrogate in a string");
		c->p += 6;
	}
	c->p += 6;
	return 0;
}

static int
check_string(struct checker *c)
{
	size_t len;

	c->p++;
	for (;;) {
		while (c->end - c->p >= 8 && all_plain(c->p))
			c->p += 8;
		if (c->p >= c->end)
			return fail(c, "the text ends inside a string");
		if (*c->p == '"') {
			c->p++;
			return 0;
		}
		if (*c->p == '\\') {
			if (check_escape(c) < 0)
				return -1;
		} else if ((unsigned char)*c->p < 0x20) {
			return fail(c, "raw control character in a string");
		} else if ((unsigned char)*c->p < 0x80) {
			c->p++;
		} else {
			len = json_utf8_length(c->p, (size_t)(c->end - c->p));
			if (len == 0)
				return fail(c, "bytes that are no UTF-8 in a string");
			c->p += len;
		}
	}
}

static bool
digits(struct checker *c)
{
	const char *from = c->p;

	while (c->p < c->end && *c->p >= '0' && *c->p <= '9')
		c->p++;
	return c->p > from;
}

static int
check_number(struct checker *c)
{
	if (*c->p == '-')
		c->p++;
	if (c->p < c->end && *c->p == '0')
		c->p++;
	else if (!digits(c))
		return fail(c, "a value was expected");
	if (c->p < c->end && *c->p == '.') {
		c->p++;
		if (!digits(c))
			return fail(c, "a digit was expected");
	}
	if (c->p < c->end && (*c->p == 'e' || *c->p == 'E')) {
		c->p++;
		if (c->p < c->end && (*c->p == '+' || *c->p == '-'))
			c->p++;
		if (!digits(c))
			return fail(c, "a digit was expected");
	}
	return 0;
}

static int
check_word(struct checker *c, const char *word, size_t len)
{
	if ((size_t)(c->end - c->p) < len || memcmp(c->p, word, len) != 0)
		return fail(c, "a value was expected");
	c->p += len;
	return 0;
}

static int
check_scalar(struct checker *c)
{
	if (++c->values > c->limits->values)
		return fail(c, "more values than a message may hold");
	switch (*c->p) {
	case '"':
		return check_string(c);
	case 't':
		return check_word(c, "true", 4);
	case 'f':
		return check_word(c, "false", 5);
	case 'n':
		return check_word(c, "null", 4);
	default:
		return check_number(c);
	}
}

static int
open_container(struct checker *c)
{
	if (c->depth >= c->limits->depth || c->depth >= sizeof(c->stack))
		return fail(c, "nested too deeply");
	if (++c->containers > c->limits->containers)
		return fail(c, "more objects and arrays than a message may hold");
	c->stack[c->depth++] = *c->p++;
	return 0;
}

/* A member's name and its colon. */
static int
check_name(struct checker *c)
{
	if (c->p >= c->end || *c->p != '"')
		return fail(c, "a member name was expected");
	if (++c->values > c->limits->values)
		return fail(c, "more values than a message may hold");
	if (check_string(c) < 0)
		return -1;
	skip_blanks(c);
	if (c->p >= c->end || *c->p != ':')
		return fail(c, "a colon was expected");
	c->p++;
	skip_blanks(c);
	return 0;
}

/* Behind a value: close what ends here, step over a comma. 1: another value follows, 0: the
 * outermost value is complete. */
static int
after_value(struct checker *c)
{
	for (;;) {
		if (c->depth == 0)
			return 0;
		skip_blanks(c);
		if (c->p >= c->end)
			return fail(c, "the text ends before its value is complete");
		if (*c->p == ',') {
			c->p++;
			skip_blanks(c);
			if (c->stack[c->depth - 1] == '{' && check_name(c) < 0)
				return -1;
			return 1;
		}
		if (*c->p != (c->stack[c->depth - 1] == '{' ? '}' : ']'))
			return fail(c, "a comma or the end of the object or array was expected");
		c->p++;
		c->depth--;
	}
}

/* At the start of a value. 1: it opened a container that has a value, 0: it is complete. */
static int
begin_value(struct checker *c)
{
	char closing;

	if (c->p >= c->end)
		return fail(c, "the text ends before its value is complete");
	if (*c->p != '{' && *c->p != '[')
		return check_scalar(c);
	closing = *c->p == '{' ? '}' : ']';
	if (open_container(c) < 0)
		return -1;
	skip_blanks(c);
	if (c->p < c->end && *c->p == closing) {
		c->p++;
		c->depth--;
		return 0;
	}
	if (closing == '}' && check_name(c) < 0)
		return -1;
	return 1;
}

int
json_check(const char *text, size_t len, const struct json_limits *limits, struct error *err)
{
	struct checker c = {
		.text = text, .p = text, .end = text + len, .limits = limits, .err = err
	};
	int more;

	skip_blanks(&c);
	do {
		more = begin_value(&c);
		if (more == 0)
			more = after_value(&c);
	} while (more > 0);
	if (more < 0)
		return -1;
	skip_blanks(&c);
	return c.p == c.end ? 0 : fail(&c, "something follows the value");
}
