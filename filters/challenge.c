/* See challenge.h. Both headers are comma-separated lists with quoted strings in them. */
#include "challenge.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../bus/alloc.h"

static const char *
skip_blanks(const char *at)
{
	while (*at == ' ' || *at == '\t')
		at++;
	return at;
}

static const char *
skip_commas(const char *at)
{
	while (*at == ' ' || *at == '\t' || *at == ',')
		at++;
	return at;
}

/* RFC 9110 token characters. */
static size_t
token_length(const char *at)
{
	return strspn(at, "!#$%&'*+-.^_`|~0123456789"
			  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

static bool
is_word(const char *at, size_t len, const char *word)
{
	return strlen(word) == len && strncasecmp(at, word, len) == 0;
}

/* A quoted string at *at, which is moved behind it; NULL: its end is missing. */
static char *
quoted(const char **at)
{
	const char *from = *at + 1;
	char *text = alloc_zero(strlen(from) + 1, 1);
	size_t n = 0;

	for (; *from != '"'; from++) {
		if (*from == '\\' && from[1] != '\0')
			from++;
		if (*from == '\0') {
			free(text);
			return NULL;
		}
		text[n++] = *from;
	}
	*at = from + 1;
	return text;
}

/* A token, wider than the RFC's (URLs are found unquoted), or a quoted string; NULL: neither. */
static char *
value_at(const char **at)
{
	size_t len;
	char *text;

	if (**at == '"')
		return quoted(at);
	len = strcspn(*at, " \t,;\"");
	if (len == 0)
		return NULL;
	text = alloc_text(*at, len);
	*at += len;
	return text;
}

/* --- challenges --- */

void
challenge_fini(struct challenge *challenge)
{
	free(challenge->realm);
	free(challenge->service);
	free(challenge->scope);
	free(challenge->error);
	*challenge = (struct challenge){ .scheme = CHALLENGE_NONE };
}

/* Takes value. A repeated parameter keeps its first value. */
static void
keep_parameter(struct challenge *challenge, const char *name, size_t len, char *value)
{
	char **field = NULL;

	if (is_word(name, len, "realm"))
		field = &challenge->realm;
	else if (is_word(name, len, "service"))
		field = &challenge->service;
	else if (is_word(name, len, "scope"))
		field = &challenge->scope;
	else if (is_word(name, len, "error"))
		field = &challenge->error;
	if (field != NULL && *field == NULL)
		*field = value;
	else
		free(value);
}

/* name = value at *at: true, and *at is behind it. False: no parameter begins here (*at stays), or
 * it is broken (*at is NULL). */
static bool
read_parameter(struct challenge *challenge, const char **at)
{
	const char *name = skip_commas(*at), *here;
	size_t len = token_length(name);
	char *value;

	here = skip_blanks(name + len);
	if (len == 0 || *here != '=')
		return false;
	here = skip_blanks(here + 1);
	value = value_at(&here);
	*at = value != NULL ? here : NULL;
	if (value != NULL)
		keep_parameter(challenge, name, len, value);
	return value != NULL;
}

/* The first of each kind. */
struct choice {
	struct challenge basic, bearer;
};

/* Takes what is in found. */
static void
keep_first(struct choice *choice, struct challenge *found)
{
	struct challenge *slot = found->scheme == CHALLENGE_BEARER ? &choice->bearer
								   : &choice->basic;
	bool is_usable = found->scheme == CHALLENGE_BASIC ||
			 (found->scheme == CHALLENGE_BEARER && found->realm != NULL);

	if (is_usable && slot->scheme == CHALLENGE_NONE)
		*slot = *found;
	else
		challenge_fini(found);
}

static enum challenge_scheme
scheme_of(const char *at, size_t len)
{
	if (is_word(at, len, "bearer"))
		return CHALLENGE_BEARER;
	return is_word(at, len, "basic") ? CHALLENGE_BASIC : CHALLENGE_NONE;
}

static void
read_challenges(struct choice *choice, const char *at)
{
	while (at != NULL) {
		struct challenge found = { .scheme = CHALLENGE_NONE };
		size_t len;

		at = skip_commas(at);
		len = token_length(at);
		if (len == 0)
			return;
		found.scheme = scheme_of(at, len);
		at += len;
		while (read_parameter(&found, &at))
			;
		if (at == NULL) /* broken: what was read of it may be cut */
			found.scheme = CHALLENGE_NONE;
		keep_first(choice, &found);
	}
}

void
challenge_choose(struct challenge *challenge, const char *const *values, size_t count)
{
	struct choice choice = { .basic = { .scheme = CHALLENGE_NONE } };
	size_t i;

	for (i = 0; i < count; i++)
		read_challenges(&choice, values[i]);
	if (choice.bearer.scheme == CHALLENGE_NONE) {
		*challenge = choice.basic;
		return;
	}
	*challenge = choice.bearer;
	challenge_fini(&choice.basic);
}

/* --- links --- */

/* Does this list of relation types, divided by blanks, hold next? */
static bool
has_next(const char *relations)
{
	size_t len;

	for (;; relations += len) {
		relations = skip_blanks(relations);
		len = strcspn(relations, " \t");
		if (len == 0)
			return false;
		if (is_word(relations, len, "next"))
			return true;
	}
}

/* One ";name=value"; *is_next is set by the first rel. NULL: broken. */
static const char *
read_link_parameter(const char *at, bool *has_rel, bool *is_next)
{
	const char *name = skip_blanks(at + 1);
	size_t len = token_length(name);
	char *value;

	at = skip_blanks(name + len);
	if (*at != '=')
		return len > 0 || *at == ';' || *at == ',' || *at == '\0' ? at : NULL;
	at = skip_blanks(at + 1);
	value = value_at(&at);
	if (value == NULL)
		return NULL;
	if (is_word(name, len, "rel") && !*has_rel) {
		*has_rel = true;
		*is_next = has_next(value);
	}
	free(value);
	return at;
}

/* Keep this target; false: there is another one already. */
static bool
keep_next(char **next, const char *target, size_t len)
{
	char *text = alloc_text(target, len);
	bool is_same = *next == NULL || strcmp(*next, text) == 0;

	if (*next == NULL)
		*next = text;
	else
		free(text);
	return is_same;
}

static bool
read_links(char **next, const char *at)
{
	for (at = skip_commas(at); *at != '\0'; at = skip_commas(at)) {
		const char *target = at + 1, *close = strchr(at, '>');
		bool has_rel = false, is_next = false;

		if (*at != '<' || close == NULL)
			return false;
		at = skip_blanks(close + 1);
		while (at != NULL && *at == ';') {
			at = read_link_parameter(at, &has_rel, &is_next);
			at = at != NULL ? skip_blanks(at) : NULL;
		}
		if (at == NULL || (*at != ',' && *at != '\0'))
			return false;
		if (is_next && !keep_next(next, target, (size_t)(close - target)))
			return false;
	}
	return true;
}

int
challenge_link_next(const char *const *values, size_t count, char **next)
{
	size_t i;

	*next = NULL;
	for (i = 0; i < count; i++) {
		if (!read_links(next, values[i])) {
			free(*next);
			*next = NULL;
			return -1;
		}
	}
	return *next != NULL;
}
