/* What a YAML scalar means. Pure. */
#include "yaml-scalar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

#define CORE "tag:yaml.org,2002:"

static bool
is_one_of(const char *text, const char *const *words, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

static bool
is_null(const char *text)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL" };

	return is_one_of(text, words, ALLOC_COUNT(words));
}

static jv
read_bool(const char *text)
{
	static const char *const yes[] = { "true", "True", "TRUE" };
	static const char *const no[] = { "false", "False", "FALSE" };

	if (is_one_of(text, yes, ALLOC_COUNT(yes)))
		return jv_true();
	if (is_one_of(text, no, ALLOC_COUNT(no)))
		return jv_false();
	return jv_invalid();
}

/* The base that a prefix names; the digits follow at *digits. */
static int
base_of(const char *text, const char **digits)
{
	*digits = text + 2;
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return 16;
	if (text[0] == '0' && (text[1] == 'o' || text[1] == 'O'))
		return 8;
	if (text[0] == '0' && (text[1] == 'b' || text[1] == 'B'))
		return 2;
	*digits = text;
	return text[0] == '0' && text[1] != '\0' ? 8 : 10;
}

/* Whole numbers: signs, prefixes, underscores between digits. */
static jv
read_int(const char *text)
{
	bool negative = *text == '-';
	const char *p;
	int base = base_of(text + (*text == '-' || *text == '+'), &p), digit;
	double value = 0;

	if (*p == '\0' || *p == '_')
		return jv_invalid();
	for (; *p != '\0'; p++) {
		if (*p == '_')
			continue;
		digit = *p >= '0' && *p <= '9'		     ? *p - '0' :
			(*p | 32) >= 'a' && (*p | 32) <= 'f' ? (*p | 32) - 'a' + 10 :
							       99;
		if (digit >= base)
			return jv_invalid();
		value = value * base + digit;
	}
	return jv_number(negative ? -value : value);
}

/* Digits with a point or an exponent; .inf and .nan have no place in JSON and stay strings. */
static jv
read_float(const char *text)
{
	const char *p = text + (*text == '-' || *text == '+');
	size_t whole = strspn(p, "0123456789"), part = 0;

	p += whole;
	if (*p == '.') {
		part = strspn(p + 1, "0123456789");
		p += 1 + part;
	}
	if (whole + part == 0)
		return jv_invalid();
	if (*p == 'e' || *p == 'E') {
		p += 1 + (p[1] == '-' || p[1] == '+');
		if (*p < '0' || *p > '9')
			return jv_invalid();
		p += strspn(p, "0123456789");
	}
	return *p == '\0' ? jv_number(strtod(text, NULL)) : jv_invalid();
}

static jv
read_number(const char *text)
{
	jv value;

	if (*text == '\0' || strchr("+-.0123456789", *text) == NULL)
		return jv_invalid();
	value = read_int(text);
	return jv_is_valid(value) ? value : read_float(text);
}

static jv
read_plain(const char *text)
{
	jv value;

	if (is_null(text))
		return jv_null();
	value = read_bool(text);
	return jv_is_valid(value) ? value : read_number(text);
}

static jv
read_tagged(const struct yaml_event *event, const char *name)
{
	if (strcmp(name, "null") == 0)
		return is_null(event->value) ? jv_null() : jv_invalid();
	if (strcmp(name, "bool") == 0)
		return read_bool(event->value);
	if (strcmp(name, "int") == 0)
		return read_int(event->value);
	if (strcmp(name, "float") == 0)
		return read_number(event->value);
	if (strcmp(name, "str") == 0 || strcmp(name, "timestamp") == 0)
		return jv_string_sized(event->value, (int)event->len);
	return jv_invalid();
}

jv
yaml_scalar_value(const struct yaml_event *event)
{
	jv value = jv_invalid();

	if (event->tag != NULL && strncmp(event->tag, CORE, strlen(CORE)) == 0)
		return read_tagged(event, event->tag + strlen(CORE));
	if (event->tag == NULL && event->style == YAML_PLAIN)
		value = read_plain(event->value);
	return jv_is_valid(value) ? value : jv_string_sized(event->value, (int)event->len);
}
