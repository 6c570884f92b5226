/*
 * May this text stand unquoted and stay this string, for every reader? YAML 1.1, YAML 1.2 and the
 * readers in use (of C, Go, Java, JavaScript, Python, Ruby) differ in what they take for numbers,
 * dates and words; whatever one of them might take is refused here. Pure.
 */
#include "yaml.h"

#include <string.h>
#include <strings.h>

#include "alloc.h"

/* Words that some reader does not take for a string; in any mixture of cases. */
static const char *const words[] = {
	"",  "~",   "null", "true",	"false", "yes",	 "no", "on", "off", "y",
	"n", "nan", "inf",  "infinity", ".nan",	 ".inf", "<<", "=",  "---", "...",
};

static bool
is_word(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < ALLOC_COUNT(words); i++)
		if (strlen(words[i]) == len && strncasecmp(words[i], text, len) == 0)
			return true;
	return false;
}

static size_t
span(const char *text, size_t len, const char *set)
{
	size_t i = 0;

	while (i < len && text[i] != '\0' && strchr(set, text[i]) != NULL)
		i++;
	return i;
}

/* 0x1F, 0b11, 0o17, with any punctuation that such numbers have in some language. */
static bool
is_prefixed_number(const char *text, size_t len)
{
	if (len < 3 || text[0] != '0' || strchr("xXbBoO", text[1]) == NULL)
		return false;
	return span(text, len, "0123456789abcdefABCDEFxXoOpP_,.+-") == len;
}

/* Digits with at most one point and an exponent. 1.0.3 has two points: a string everywhere. */
static bool
is_decimal_number(const char *text, size_t len)
{
	static const char digits[] = "0123456789_,";
	size_t i = span(text, len, digits), whole = i;

	if (i < len && text[i] == '.')
		i += 1 + span(text + i + 1, len - i - 1, digits);
	if (i == 0 || (whole == 0 && i == 1))
		return false;
	if (i < len && (text[i] == 'e' || text[i] == 'E')) {
		i++;
		i += span(text + i, len - i, "+-");
		i += span(text + i, len - i, digits);
	}
	return i == len;
}

/* 12:30:45 and 190:20:30.15, base 60 in YAML 1.1. */
static bool
is_base_60(const char *text, size_t len)
{
	return memchr(text, ':', len) != NULL && span(text, len, "0123456789_:.") == len;
}

/* 2021-07-13, alone or with a time behind it. */
static bool
is_date(const char *text, size_t len)
{
	size_t i = span(text, len, "0123456789"), part;

	if (i != 4 || i == len || text[i] != '-')
		return false;
	part = span(text + 5, len - 5, "0123456789");
	i = 5 + part;
	if (part == 0 || part > 2 || i == len || text[i] != '-')
		return false;
	part = span(text + i + 1, len - i - 1, "0123456789");
	i += 1 + part;
	return part > 0 && part <= 2 && (i == len || strchr("tT ", text[i]) != NULL);
}

static bool
is_number(const char *text, size_t len)
{
	if (len > 0 && (text[0] == '+' || text[0] == '-')) {
		text++;
		len--;
	}
	return is_word(text, len) || is_prefixed_number(text, len) ||
	       is_decimal_number(text, len) || is_base_60(text, len);
}

/* Printable ASCII with no blank at an end, nothing that ends a plain scalar or starts another
 * token. */
static bool
is_plain(const char *text, size_t len, bool flow)
{
	size_t i;

	if (len == 0 || strchr("-?:,[]{}#&*!|>'\"%@` ", text[0]) != NULL)
		return false;
	for (i = 0; i < len; i++) {
		if (text[i] < ' ' || text[i] > '~')
			return false;
		if (flow && strchr(",[]{}:", text[i]) != NULL)
			return false;
		if (text[i] == ':' && (i + 1 == len || text[i + 1] == ' '))
			return false;
		if (text[i] == '#' && text[i - 1] == ' ')
			return false;
	}
	return text[len - 1] != ' ';
}

bool
yaml_plain_is_string(const char *text, size_t len, bool flow)
{
	return is_plain(text, len, flow) && !is_word(text, len) && !is_number(text, len) &&
	       !is_date(text, len);
}
