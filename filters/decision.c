/* One table of members for UPDATE and HOLD; a function for each kind of member. */
#include "decision.h"

#include <string.h>

#include "../bus/alloc.h"
#include "../bus/buf.h"
#include "../bus/json.h"

#define IN_UPDATE 1u
#define IN_HOLD 2u
#define ABOUT_MAX ((size_t)512) /* longer texts are not repeated in an ERROR */

/* Does the value have this kind? *what is set to what it should be. */
typedef bool kind_fn(struct json_slice value, const char **what);

struct member {
	const char *name;
	kind_fn *is_kind;
	unsigned required; /* in which types; in others it may be absent */
};

/* --- kinds --- */

/* NULs would end the text early for whoever reads it next. */
static bool
holds_nul(struct json_slice value)
{
	CLEANUP_BUF struct buf plain = BUF_INIT(value.len + 1);

	if (memchr(value.text, '\\', value.len) == NULL)
		return false;
	return !json_string(value, &plain) || strlen(buf_string(&plain)) != plain.len;
}

static bool
is_text(struct json_slice value, const char **what)
{
	*what = "text";
	return json_is_string(value) && !holds_nul(value);
}

static bool
is_full_text(struct json_slice value, const char **what)
{
	bool ok = is_text(value, what) && value.len > 2;

	*what = "text that is not empty";
	return ok;
}

static bool
is_index(struct json_slice value, const char **what)
{
	size_t i;

	*what = "a whole number from 0";
	for (i = 0; i < value.len; i++)
		if (value.text[i] < '0' || value.text[i] > '9')
			return false;
	return value.len > 0 && value.len <= 9;
}

static bool
is_boolean(struct json_slice value, const char **what)
{
	*what = "true or false";
	return value.text[0] == 't' || value.text[0] == 'f';
}

static bool
is_texts(struct json_slice value, const char **what)
{
	struct json_slice element;
	size_t cursor = 0;

	*what = "a list of texts";
	if (!json_is_array(value))
		return false;
	while (json_next(value, &cursor, NULL, &element))
		if (!json_is_string(element) || element.len <= 2 || holds_nul(element))
			return false;
	return true;
}

/* All that are required, and those that are there of their kind. */
static bool
has_members(struct json_slice object, const struct member *members)
{
	const char *what;

	if (!json_is_object(object))
		return false;
	for (; members->name != NULL; members++) {
		struct json_slice value = json_member(object, members->name);

		if (value.text == NULL ? members->required : !members->is_kind(value, &what))
			return false;
	}
	return true;
}

static bool
is_application(struct json_slice value, const char **what)
{
	static const struct member members[] = {
		{ "namespace", is_text, 1 },
		{ "name", is_full_text, 1 },
		{ "uid", is_full_text, 0 },
		{ NULL, NULL, 0 },
	};

	*what = "an object with texts namespace, name and perhaps uid";
	return has_members(value, members);
}

static bool
is_origin(struct json_slice value, const char **what)
{
	static const struct member members[] = {
		{ "file", is_full_text, 1 },
		{ "document", is_index, 1 },
		{ "item", is_index, 0 },
		{ NULL, NULL, 0 },
	};

	*what = "an object with file, document and perhaps item";
	return has_members(value, members);
}

static bool
is_considered(struct json_slice value, const char **what)
{
	static const struct member members[] = {
		{ "tag", is_text, 1 },
		{ "taken", is_boolean, 1 },
		{ "reason", is_full_text, 1 },
		{ NULL, NULL, 0 },
	};
	struct json_slice element;
	size_t cursor = 0;

	*what = "a list of objects with tag, taken and reason";
	if (!json_is_array(value))
		return false;
	while (json_next(value, &cursor, NULL, &element))
		if (!has_members(element, members))
			return false;
	return true;
}

/* --- the messages --- */

static const struct member decision[] = {
	{ "application", is_application, IN_UPDATE | IN_HOLD },
	{ "source", is_index, 0 },
	{ "repository", is_full_text, IN_UPDATE },
	{ "credential", is_full_text, 0 },
	{ "repoURL", is_full_text, IN_UPDATE },
	{ "chart", is_full_text, IN_UPDATE },
	{ "constraint", is_text, IN_UPDATE },
	{ "from", is_text, IN_UPDATE },
	{ "to", is_full_text, IN_UPDATE },
	{ "candidates", is_texts, 0 },
	{ "digest", is_full_text, 0 },
	{ "note", is_full_text, 0 },
	{ "current", is_text, 0 },
	{ "reason", is_full_text, IN_HOLD },
	{ "origin", is_origin, 0 },
	{ "considered", is_considered, 0 },
};

int
decision_check(const struct message *message, struct error *err)
{
	unsigned type = message->type == MESSAGE_UPDATE ? IN_UPDATE : IN_HOLD;
	const char *what;
	size_t i;

	for (i = 0; i < ALLOC_COUNT(decision); i++) {
		struct json_slice value = message_member(message, decision[i].name);

		if (value.text == NULL && decision[i].required & type)
			return error_set(err, ERROR_INPUT, 0, "the member %s is missing",
					 decision[i].name);
		if (value.text != NULL && !decision[i].is_kind(value, &what))
			return error_set(err, ERROR_INPUT, 0, "the member %s is not %s",
					 decision[i].name, what);
	}
	return 0;
}

/* --- what an ERROR is about --- */

static jv
add(jv to, struct json_slice from, const char *name, kind_fn *is_kind)
{
	struct json_slice value = json_member(from, name);
	const char *what;

	if (value.text == NULL || value.len > ABOUT_MAX || !is_kind(value, &what))
		return to;
	return jv_object_set(to, jv_string(name), jv_parse_sized(value.text, (int)value.len));
}

/* Takes inner; leaves it out when it is empty. */
static jv
add_object(jv to, const char *name, jv inner)
{
	if (jv_object_length(jv_copy(inner)) > 0)
		return jv_object_set(to, jv_string(name), inner);
	jv_free(inner);
	return to;
}

jv
decision_about(const char *text, size_t len)
{
	struct json_slice whole = { text, len };
	struct json_slice application = json_member(whole, "application");
	jv who = jv_object(), about = jv_object();

	who = add(who, application, "namespace", is_text);
	who = add(who, application, "name", is_full_text);
	who = add(who, application, "uid", is_full_text);
	about = add_object(about, "application", who);
	about = add(about, whole, "source", is_index);
	about = add(about, whole, "origin", is_origin);
	about = add(about, whole, "repository", is_full_text);
	if (jv_object_length(jv_copy(about)) > 0)
		return about;
	jv_free(about);
	return jv_invalid();
}
