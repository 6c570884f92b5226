/* Patterns for paths. Pure; recursion goes one level deeper at each star. */
#include "glob.h"

#include <stddef.h>
#include <string.h>

static bool match(const char *pattern, const char *end, const char *path);

/* pattern is behind a [. Returns what is behind its ], and whether c is in the set; NULL: not
 * closed. */
static const char *
match_set(const char *pattern, const char *end, char c, bool *found)
{
	bool inverted = pattern < end && (*pattern == '!' || *pattern == '^');
	const char *p = pattern + (inverted ? 1 : 0), *first = p;

	*found = false;
	for (; p < end && (*p != ']' || p == first); p++) {
		if (end - p > 2 && p[1] == '-' && p[2] != ']') {
			*found = *found || (c >= p[0] && c <= p[2]);
			p += 2;
		} else {
			*found = *found || c == *p;
		}
	}
	if (inverted)
		*found = !*found;
	return p < end ? p + 1 : NULL;
}

static bool
match_stars(const char *pattern, const char *end, const char *path)
{
	bool deep = pattern + 1 < end && pattern[1] == '*';
	const char *rest = pattern + (deep ? 2 : 1);

	if (deep && rest < end && *rest == '/' && match(rest + 1, end, path))
		return true;
	for (;; path++) {
		if (match(rest, end, path))
			return true;
		if (*path == '\0' || (*path == '/' && !deep))
			return false;
	}
}

/* One pattern element that is no star against one character; NULL: no match. */
static const char *
match_one(const char *pattern, const char *end, char c)
{
	const char *behind;
	bool found;

	if (c == '\0' || (c == '/' && *pattern != '/'))
		return NULL;
	if (*pattern == '?')
		return pattern + 1;
	if (*pattern == '[') {
		behind = match_set(pattern + 1, end, c, &found);
		if (behind != NULL)
			return found ? behind : NULL;
	}
	if (*pattern == '\\' && pattern + 1 < end)
		pattern++;
	return *pattern == c ? pattern + 1 : NULL;
}

static bool
match(const char *pattern, const char *end, const char *path)
{
	while (pattern < end) {
		if (*pattern == '*')
			return match_stars(pattern, end, path);
		pattern = match_one(pattern, end, *path);
		if (pattern == NULL)
			return false;
		path++;
	}
	return *path == '\0';
}

bool
glob_match(const char *pattern, const char *path)
{
	size_t len = strlen(pattern);

	while (len > 1 && pattern[len - 1] == '/')
		len--;
	return match(pattern, pattern + len, path);
}
