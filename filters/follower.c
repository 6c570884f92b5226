/* Followers: read with every member checked, since a user's own filter may have written them. */
#include "follower.h"

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"

#define NUMBER_DIGITS_MAX 15 /* below 2^53 */
#define STRING_MAX ((size_t)16 * 1024 * 1024)

enum kind { KIND_STRING, KIND_NUMBER, KIND_OBJECT };

struct member {
	const char *name;
	enum kind kind;
	bool required;
	struct json_slice *slice;
	char **text; /* NULL: not wanted */
};

static bool
is_named(struct json_slice name, const char *wanted)
{
	/* between its quotes, perhaps escaped */
	struct json_slice quoted = { name.text - 1, name.len + 2 };

	if (memchr(name.text, '\\', name.len) != NULL)
		return json_string_is(quoted, wanted);
	return name.len == strlen(wanted) && memcmp(name.text, wanted, name.len) == 0;
}

static bool
is_number(struct json_slice value)
{
	if (value.len == 0 || value.len > NUMBER_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < value.len; i++)
		if (value.text[i] < '0' || value.text[i] > '9')
			return false;
	return true;
}

static bool
is_kind(struct json_slice value, enum kind kind)
{
	switch (kind) {
	case KIND_STRING:
		return json_is_string(value);
	case KIND_NUMBER:
		return is_number(value);
	case KIND_OBJECT:
		return json_is_object(value);
	}
	return false;
}

static const char *
kind_name(enum kind kind)
{
	switch (kind) {
	case KIND_STRING:
		return "a string";
	case KIND_NUMBER:
		return "a whole number from 0";
	case KIND_OBJECT:
		break;
	}
	return "an object";
}

/* NULL: it holds a NUL, which no text may. */
static char *
unescape(struct json_slice value)
{
	CLEANUP_BUF struct buf text = BUF_INIT(STRING_MAX);

	if (memchr(value.text, '\\', value.len) == NULL)
		return alloc_text(value.text + 1, value.len - 2);
	if (!json_string(value, &text) || memchr(buf_string(&text), '\0', text.len) != NULL)
		return NULL;
	return alloc_text(buf_string(&text), text.len);
}

/* One member that was found or not. A wrong one is as good as absent for those who read the slices
 * after an error. */
static int
check_member(const struct member *member, const char *where, struct error *err)
{
	struct json_slice value = *member->slice;

	if (value.text == NULL)
		return member->required ? error_set(err, ERROR_INPUT, 0, "%s%s is missing", where,
						    member->name)
					: 0;
	if (!is_kind(value, member->kind)) {
		*member->slice = (struct json_slice){ 0 };
		return error_set(err, ERROR_INPUT, 0, "%s%s is not %s", where, member->name,
				 kind_name(member->kind));
	}
	if (member->text == NULL)
		return 0;
	*member->text = unescape(value);
	if (*member->text == NULL)
		return error_set(err, ERROR_INPUT, 0, "%s%s holds a NUL", where, member->name);
	return 0;
}

/* All members of object; the first error stands, but each is read. */
static int
read_members(struct json_slice object, const struct member *members, size_t count,
	     const char *where, struct error *err)
{
	struct json_slice name, value;
	size_t cursor = 0;
	int result = 0;

	while (json_next(object, &cursor, &name, &value))
		for (size_t i = 0; i < count; i++)
			if (is_named(name, members[i].name))
				*members[i].slice = value;
	for (size_t i = 0; i < count; i++)
		if (check_member(&members[i], where, result == 0 ? err : NULL) == -1)
			result = -1;
	return result;
}

static int
read_application(struct follower *follower, char **namespace, char **name, struct error *err)
{
	struct json_slice slices[3] = { { 0 } };
	const struct member members[] = {
		{ "namespace", KIND_STRING, true, &slices[0], namespace },
		{ "name", KIND_STRING, true, &slices[1], name },
		{ "uid", KIND_STRING, false, &slices[2], NULL },
	};

	if (read_members(follower->application, members, ALLOC_COUNT(members), "application.",
			 err) == -1)
		return -1;
	return (*name)[0] != '\0' ? 0 : error_set(err, ERROR_INPUT, 0, "application.name is empty");
}

static int
read_origin(struct follower *follower, char **file, struct error *err)
{
	struct json_slice slices[3] = { { 0 } };
	const struct member members[] = {
		{ "file", KIND_STRING, true, &slices[0], file },
		{ "document", KIND_NUMBER, true, &slices[1], NULL },
		{ "item", KIND_NUMBER, false, &slices[2], NULL },
	};

	if (read_members(follower->origin, members, ALLOC_COUNT(members), "origin.", err) == -1)
		return -1;
	return (*file)[0] != '\0' ? 0 : error_set(err, ERROR_INPUT, 0, "origin.file is empty");
}

/* What names it; a wrong one is forgotten, and names nothing. */
static int
read_names(struct follower *follower, struct error *err)
{
	CLEANUP_FREE char *namespace = NULL, *name = NULL, *file = NULL;
	int result = 0;

	if (follower->application.text != NULL &&
	    read_application(follower, &namespace, &name, err) == -1) {
		follower->application = (struct json_slice){ 0 };
		result = -1;
	}
	if (follower->origin.text != NULL &&
	    read_origin(follower, &file, result == 0 ? err : NULL) == -1) {
		follower->origin = (struct json_slice){ 0 };
		result = -1;
	}
	follower->label = alloc_format("%s%s%s%s%s", file != NULL ? file : "",
				       file != NULL ? ": " : "",
				       namespace != NULL ? namespace : "",
				       namespace != NULL && namespace[0] != '\0' ? "/" : "",
				       name != NULL ? name : "an Application");
	return result;
}

int
follower_read(struct follower *follower, struct json_slice value, struct error *err)
{
	struct json_slice strategy = { 0 }, allow_tags = { 0 }, ignore_tags = { 0 };
	const struct member members[] = {
		{ "application", KIND_OBJECT, true, &follower->application, NULL },
		{ "source", KIND_NUMBER, false, &follower->source, NULL },
		{ "repoURL", KIND_STRING, true, &follower->repo_url, NULL },
		{ "chart", KIND_STRING, true, &follower->chart, NULL },
		{ "constraint", KIND_STRING, true, &follower->constraint, &follower->rule },
		{ "current", KIND_STRING, true, &follower->current, &follower->revision },
		{ "strategy", KIND_STRING, false, &strategy, &follower->strategy },
		{ "allowTags", KIND_STRING, false, &allow_tags, &follower->allow_tags },
		{ "ignoreTags", KIND_STRING, false, &ignore_tags, &follower->ignore_tags },
		{ "origin", KIND_OBJECT, false, &follower->origin, NULL },
	};
	int result;

	memset(follower, 0, sizeof(*follower));
	if (!json_is_object(value))
		return error_set(err, ERROR_INPUT, 0, "not an object");
	result = read_members(value, members, ALLOC_COUNT(members), "", err);
	if (read_names(follower, result == 0 ? err : NULL) == -1)
		result = -1;
	return result;
}

void
follower_fini(struct follower *follower)
{
	free(follower->rule);
	free(follower->revision);
	free(follower->strategy);
	free(follower->allow_tags);
	free(follower->ignore_tags);
	free(follower->label);
	memset(follower, 0, sizeof(*follower));
}

static bool
append_member(struct buf *out, const char *name, struct json_slice value)
{
	if (value.text == NULL)
		return true;
	return buf_printf(out, "\"%s\":", name) && follower_append_compact(out, value) &&
	       buf_append_char(out, ',');
}

bool
follower_append_names(const struct follower *follower, struct buf *out)
{
	return append_member(out, "application", follower->application) &&
	       append_member(out, "source", follower->source) &&
	       append_member(out, "origin", follower->origin);
}

bool
follower_append_compact(struct buf *out, struct json_slice value)
{
	size_t from = 0;
	bool in_string = false;

	for (size_t i = 0; i < value.len; i++) {
		char c = value.text[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) {
			if (!buf_append(out, value.text + from, i - from))
				return false;
			from = i + 1;
		}
	}
	return buf_append(out, value.text + from, value.len - from);
}
