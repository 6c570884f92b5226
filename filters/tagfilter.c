/*
 * Tags by their text: globs and artifacts here, regular expressions in tagfilter-regexp.c.
 */
#include "tagfilter.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../bus/alloc.h"
#include "../bus/buf.h"
#include "quote.h"
#include "tagfilter-priv.h"

struct tagfilter {
	struct regexp *allow; /* NULL: any */
	char *ignore;	      /* globs, each ended by a NUL */
	size_t ignore_len;
	char *bad_glob;	      /* the first element that is none; NULL: none such */
};

/* --- globs, as Go's path.Match --- */

/* One character of a set, perhaps escaped; false: there cannot be one. */
static bool
read_set_char(const char **p, char *c)
{
	if (**p == '\0' || **p == '-' || **p == ']')
		return false;
	if (**p == '\\' && *++*p == '\0')
		return false;
	*c = *(*p)++;
	return true;
}

/* *p is behind a [. Whether c is in the set; *p moves behind its ]; *bad: it has none. */
static bool
match_set(const char **p, char c, bool *bad)
{
	bool inverted = **p == '^', found = false;

	if (inverted)
		++*p;
	do {
		char low, high;

		if (!read_set_char(p, &low)) {
			*bad = true;
			return false;
		}
		high = low;
		if (**p == '-') {
			++*p;
			if (!read_set_char(p, &high)) {
				*bad = true;
				return false;
			}
		}
		found = found || (low <= c && c <= high);
	} while (**p != ']');
	++*p;
	return found != inverted;
}

/* One element of a glob that is no star, against one character. *glob moves behind it. */
static bool
match_element(const char **glob, char c, bool *bad)
{
	switch (*(*glob)++) {
	case '?':
		return c != '/';
	case '[':
		return match_set(glob, c, bad) && c != '/';
	case '\\':
		if (**glob == '\0') {
			*bad = true;
			return false;
		}
		return *(*glob)++ == c;
	default:
		return (*glob)[-1] == c;
	}
}

static bool
is_glob(const char *glob)
{
	bool bad = false;

	while (*glob != '\0' && !bad) {
		if (*glob == '*')
			glob++;
		else
			match_element(&glob, 'x', &bad);
	}
	return !bad;
}

/* What a star gave up too little of is tried again one character later: only the last star can
 * have to, so the work is at most the product of the lengths. */
static bool
glob_matches(const char *glob, const char *text, size_t len)
{
	const char *end = text + len, *star = NULL, *star_text = NULL;
	bool bad = false;

	for (;;) {
		const char *next = glob;

		if (*glob == '*') {
			star = ++glob;
			star_text = text;
		} else if (text == end && *glob == '\0') {
			return true;
		} else if (text < end && *glob != '\0' && match_element(&next, *text, &bad)) {
			glob = next;
			text++;
		} else if (star != NULL && star_text < end && *star_text != '/') {
			glob = star;
			text = ++star_text;
		} else {
			return false;
		}
	}
}

/* --- the annotations --- */

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The elements of the list, without blanks around them and without empty ones. */
static void
split_globs(struct tagfilter *filter, const char *list)
{
	char *out = filter->ignore = alloc_zero(strlen(list) + 2, 1);

	while (*list != '\0') {
		size_t len = strcspn(list, ","), next = len + (list[len] == ',');
		const char *glob = list;

		for (; len > 0 && is_blank(*glob); len--)
			glob++;
		while (len > 0 && is_blank(glob[len - 1]))
			len--;
		list += next;
		if (len == 0)
			continue;
		memcpy(out, glob, len);
		out[len] = '\0';
		if (is_glob(out))
			out += len + 1;
		else if (filter->bad_glob == NULL)
			filter->bad_glob = alloc_string(out);
	}
	filter->ignore_len = (size_t)(out - filter->ignore);
}

static int
read_allow(struct tagfilter *filter, const char *allow, struct error *err)
{
	CLEANUP_BUF struct buf quoted = BUF_INIT(1024);

	if (strcasecmp(allow, "any") == 0)
		return 0;
	if (strncasecmp(allow, "regexp:", strlen("regexp:")) == 0) {
		filter->allow = regexp_new(allow + strlen("regexp:"), err);
		return filter->allow != NULL ? 0 : -1;
	}
	quote_append(&quoted, allow, strlen(allow), 160);
	return error_set(err, ERROR_INPUT, 0,
			 "allow-tags: %s is neither \"any\" nor \"regexp:\" and an expression",
			 buf_string(&quoted));
}

struct tagfilter *
tagfilter_new(const char *allow, const char *ignore, struct error *err)
{
	struct tagfilter *filter = alloc_zero(1, sizeof(*filter));

	if (ignore != NULL && strlen(ignore) > TAGFILTER_LEN_MAX) {
		error_set(err, ERROR_INPUT, 0,
			  "ignore-tags: %zu characters: at most %d are allowed", strlen(ignore),
			  TAGFILTER_LEN_MAX);
		tagfilter_free(filter);
		return NULL;
	}
	if (allow != NULL && read_allow(filter, allow, err) == -1) {
		tagfilter_free(filter);
		return NULL;
	}
	if (ignore != NULL)
		split_globs(filter, ignore);
	return filter;
}

void
tagfilter_free(struct tagfilter *filter)
{
	if (filter == NULL)
		return;
	regexp_free(filter->allow);
	free(filter->ignore);
	free(filter->bad_glob);
	free(filter);
}

int
tagfilter_ask(struct tagfilter *filter, const char *tag, size_t len,
	      enum tagfilter_answer *answer, struct error *err)
{
	bool matches = true;

	*answer = TAGFILTER_IGNORED;
	for (size_t at = 0; at < filter->ignore_len; at += strlen(filter->ignore + at) + 1)
		if (glob_matches(filter->ignore + at, tag, len))
			return 0;
	if (filter->allow != NULL && regexp_matches(filter->allow, tag, len, &matches, err) == -1)
		return -1;
	*answer = matches ? TAGFILTER_TAKE : TAGFILTER_NOT_ALLOWED;
	return 0;
}

const char *
tagfilter_bad_glob(const struct tagfilter *filter)
{
	return filter->bad_glob;
}

static bool
ends_with(const char *tag, size_t len, const char *suffix)
{
	size_t suffix_len = strlen(suffix);

	return len >= suffix_len && memcmp(tag + len - suffix_len, suffix, suffix_len) == 0;
}

bool
tagfilter_is_artifact(const char *tag, size_t len)
{
	static const char prefix[] = "sha256-";

	return (len >= strlen(prefix) && memcmp(tag, prefix, strlen(prefix)) == 0) ||
	       ends_with(tag, len, ".sig") || ends_with(tag, len, ".att") ||
	       ends_with(tag, len, ".sbom");
}
