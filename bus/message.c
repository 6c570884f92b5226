/* The envelope: type, trace, key as bytes; a tree only on demand. */
#include "message.h"

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static const char *const type_names[] = {
	[MESSAGE_OTHER] = "",
	[MESSAGE_ADDED] = "ADDED",
	[MESSAGE_MODIFIED] = "MODIFIED",
	[MESSAGE_DELETED] = "DELETED",
	[MESSAGE_BOOKMARK] = "BOOKMARK",
	[MESSAGE_PUSH] = "PUSH",
	[MESSAGE_TAGS] = "TAGS",
	[MESSAGE_UPDATE] = "UPDATE",
	[MESSAGE_HOLD] = "HOLD",
	[MESSAGE_APPLY] = "APPLY",
	[MESSAGE_PRUNE] = "PRUNE",
	[MESSAGE_RESULT] = "RESULT",
	[MESSAGE_ERROR] = "ERROR",
};
#define TYPE_COUNT (sizeof(type_names) / sizeof(type_names[0]))

const char *
message_type_name(enum message_type type)
{
	return type_names[type];
}

enum message_type
message_type_of(struct json_slice value)
{
	size_t i;

	for (i = MESSAGE_ADDED; i < TYPE_COUNT; i++)
		if (json_string_is(value, type_names[i]))
			return (enum message_type)i;
	return MESSAGE_OTHER;
}

bool
message_is_event(enum message_type type)
{
	return type == MESSAGE_ADDED || type == MESSAGE_MODIFIED || type == MESSAGE_DELETED;
}

/* One walk over the members, so that looking one up does not walk the text again. */
static void
index_members(struct message *message)
{
	struct json_slice whole = { message->text, message->len };
	size_t cursor = 0, n = 0;

	while (n < MESSAGE_MEMBERS &&
	       json_next(whole, &cursor, &message->names[n], &message->values[n]))
		n++;
	message->member_count = n;
}

int
message_open(struct message *message, const char *text, size_t len, struct error *err)
{
	struct json_slice whole = { text, len }, type;

	memset(message, 0, offsetof(struct message, names));
	if (json_check(text, len, &json_limits_message, err) < 0)
		return -1;
	if (!json_is_object(whole))
		return error_set(err, ERROR_INPUT, 0,
				 "a message is a JSON object; this is another value");
	message->text = text;
	message->len = len;
	index_members(message);
	type = message_member(message, "type");
	if (!json_is_string(type))
		return error_set(err, ERROR_INPUT, 0,
				 "a message needs a member `type` that is a string");
	message->type = message_type_of(type);
	message->trace = message_member(message, "trace");
	if (!json_is_string(message->trace) || message->trace.len > 130)
		message->trace.text = NULL;
	return 0;
}

void
message_close(struct message *message)
{
	if (message->has_body)
		jv_free(message->body);
	message->has_body = false;
}

jv
message_body(struct message *message)
{
	if (!message->has_body) {
		/* json_check has accepted it: this cannot fail, nor run out of bounds */
		message->body = jv_parse_sized(message->text, (int)message->len);
		if (jv_get_kind(message->body) != JV_KIND_OBJECT) {
			jv_free(message->body);
			message->body = jv_object();
		}
		message->has_body = true;
	}
	return message->body;
}

struct json_slice
message_member(const struct message *message, const char *name)
{
	struct json_slice found = { NULL, 0 };
	size_t i, len = strlen(name);

	/* an escape in a name, or more members than were indexed: look at the text itself */
	if (message->member_count == MESSAGE_MEMBERS)
		return json_member((struct json_slice){ message->text, message->len }, name);
	for (i = 0; i < message->member_count; i++) {
		if (memchr(message->names[i].text, '\\', message->names[i].len) != NULL)
			return json_member((struct json_slice){ message->text, message->len },
					   name);
		if (message->names[i].len == len && memcmp(message->names[i].text, name, len) == 0)
			found = message->values[i];
	}
	return found;
}

/* --- keys --- */

/* One part: a NUL and the value's text; absent members are empty. False: not usable. */
static bool
add_part(struct buf *key, struct json_slice value)
{
	size_t from = key->len + 1;

	if (!buf_append_char(key, '\0'))
		return false;
	if (value.text == NULL)
		return true;
	if (json_is_string(value))
		return json_string(value, key) &&
		       memchr(key->data + from, '\0', key->len - from) == NULL;
	if (value.text[0] == '-' || (value.text[0] >= '0' && value.text[0] <= '9'))
		return buf_append(key, value.text, value.len);
	return false;
}

static bool
add_origin(struct buf *key, char letter, struct json_slice origin)
{
	return json_is_string(json_member(origin, "file")) && buf_append_char(key, letter) &&
	       add_part(key, json_member(origin, "file")) &&
	       add_part(key, json_member(origin, "document")) &&
	       add_part(key, json_member(origin, "item"));
}

/* apiVersion without its version: "argoproj.io/v1alpha1" -> "argoproj.io", "v1" -> "". */
static bool
add_group(struct buf *key, struct json_slice api_version)
{
	size_t from = key->len + 1;
	char *slash;

	if (!add_part(key, api_version))
		return false;
	slash = memchr(key->data + from, '/', key->len - from);
	key->len = slash != NULL ? (size_t)(slash - key->data) : from;
	key->data[key->len] = '\0';
	return true;
}

static bool
object_key(struct json_slice object, struct buf *key)
{
	struct json_slice metadata = json_member(object, "metadata");

	return json_is_string(json_member(object, "kind")) &&
	       json_is_string(json_member(metadata, "name")) && buf_append_char(key, 'o') &&
	       add_group(key, json_member(object, "apiVersion")) &&
	       add_part(key, json_member(object, "kind")) &&
	       add_part(key, json_member(metadata, "namespace")) &&
	       add_part(key, json_member(metadata, "name"));
}

/* What is asked for an object, and what became of it: not what the object is seen to be. */
static bool
asked_key(const struct message *message, struct json_slice object, struct buf *key)
{
	size_t from = key->len;

	if (!object_key(object, key))
		return false;
	key->data[from] = 'a';
	return add_part(key, message_member(message, "subresource"));
}

static bool
application_key(const struct message *message, struct json_slice origin, struct buf *key)
{
	struct json_slice application = message_member(message, "application");

	if (origin.text != NULL) {
		if (!add_origin(key, 'v', origin))
			return false;
	} else if (!json_is_string(json_member(application, "name")) ||
		   !buf_append_char(key, 'u') ||
		   !add_part(key, json_member(application, "namespace")) ||
		   !add_part(key, json_member(application, "name"))) {
		return false;
	}
	return add_part(key, message_member(message, "source"));
}

static bool
bookmark_key(struct json_slice object, struct buf *key)
{
	return buf_append_char(key, 'b') && add_group(key, json_member(object, "apiVersion")) &&
	       add_part(key, json_member(object, "kind"));
}

static bool
build_key(const struct message *message, struct buf *key)
{
	struct json_slice object, origin;

	switch (message->type) {
	case MESSAGE_ADDED:
	case MESSAGE_MODIFIED:
	case MESSAGE_DELETED:
		origin = message_member(message, "origin");
		if (origin.text != NULL)
			return add_origin(key, 'f', origin);
		return object_key(message_member(message, "object"), key);
	case MESSAGE_APPLY:
	case MESSAGE_PRUNE:
		return asked_key(message, message_member(message, "object"), key);
	case MESSAGE_BOOKMARK:
		return bookmark_key(message_member(message, "object"), key);
	case MESSAGE_TAGS:
		return json_is_string(message_member(message, "repository")) &&
		       buf_append_char(key, 't') &&
		       add_part(key, message_member(message, "repository")) &&
		       add_part(key, message_member(message, "credential"));
	case MESSAGE_UPDATE:
	case MESSAGE_HOLD:
		return application_key(message, message_member(message, "origin"), key);
	case MESSAGE_RESULT:
		object = message_member(message, "object");
		if (object.text != NULL)
			return asked_key(message, object, key);
		return application_key(message, message_member(message, "origin"), key);
	case MESSAGE_PUSH:
	case MESSAGE_ERROR:
	case MESSAGE_OTHER:
		return false;
	}
	return false;
}

bool
message_key(const struct message *message, struct buf *out)
{
	size_t before = out->len;

	if (build_key(message, out))
		return true;
	out->len = before;
	if (out->data != NULL)
		out->data[before] = '\0';
	return false;
}

size_t
message_key_parts(const char *key, size_t len, const char **parts, size_t max)
{
	size_t n = 0, i = 0;

	while (n < max && i <= len) {
		parts[n++] = key + i;
		i += strlen(key + i) + 1;
	}
	return n;
}

/* --- bodies --- */

jv
message_get(jv object, const char *name)
{
	if (jv_get_kind(object) != JV_KIND_OBJECT)
		return jv_invalid();
	return jv_object_get(jv_copy(object), jv_string(name));
}

const char *
message_string(jv object, const char *name)
{
	jv value = message_get(object, name);
	const char *text = NULL;

	if (jv_get_kind(value) == JV_KIND_STRING) {
		text = jv_string_value(value);
		if (strlen(text) != (size_t)jv_string_length_bytes(jv_copy(value)))
			text = NULL;
	}
	jv_free(value); /* object still holds it */
	return text;
}

jv
message_new(enum message_type type)
{
	return jv_object_set(jv_object(), jv_string("type"), jv_string(type_names[type]));
}

jv
message_copy_members(jv to, jv from, const char *const *names)
{
	for (; *names != NULL; names++) {
		jv value = message_get(from, *names);

		if (jv_is_valid(value))
			to = jv_object_set(to, jv_string(*names), value);
		else
			jv_free(value);
	}
	return to;
}

static bool dump(jv value, struct buf *out);

static bool
dump_number(double number, struct buf *out)
{
	if (isnan(number))
		return buf_append(out, "null", 4);
	if (isinf(number)) /* as it was read: beyond what a double holds */
		number = number > 0 ? DBL_MAX : -DBL_MAX;
	if (number == floor(number) && fabs(number) < 1e15)
		return buf_printf(out, "%.0f", number);
	return buf_printf(out, "%.17g", number);
}

static bool
dump_string(jv value, struct buf *out)
{
	return json_quote(out, jv_string_value(value),
			  (size_t)jv_string_length_bytes(jv_copy(value)));
}

static bool
dump_array(jv value, struct buf *out)
{
	int i, n = jv_array_length(jv_copy(value));
	bool ok = buf_append_char(out, '[');

	for (i = 0; ok && i < n; i++) {
		jv element = jv_array_get(jv_copy(value), i);

		ok = (i == 0 || buf_append_char(out, ',')) && dump(element, out);
		jv_free(element);
	}
	return ok && buf_append_char(out, ']');
}

static bool
dump_object(jv value, struct buf *out)
{
	int i;
	bool first = true, ok = buf_append_char(out, '{');

	for (i = jv_object_iter(value); ok && jv_object_iter_valid(value, i);
	     i = jv_object_iter_next(value, i)) {
		jv name = jv_object_iter_key(value, i), member = jv_object_iter_value(value, i);

		ok = (first || buf_append_char(out, ',')) && dump_string(name, out) &&
		     buf_append_char(out, ':') && dump(member, out);
		first = false;
		jv_free(name);
		jv_free(member);
	}
	return ok && buf_append_char(out, '}');
}

static bool
dump(jv value, struct buf *out)
{
	switch (jv_get_kind(value)) {
	case JV_KIND_INVALID:
	case JV_KIND_NULL:
		return buf_append(out, "null", 4);
	case JV_KIND_FALSE:
		return buf_append(out, "false", 5);
	case JV_KIND_TRUE:
		return buf_append(out, "true", 4);
	case JV_KIND_NUMBER:
		return dump_number(jv_number_value(value), out);
	case JV_KIND_STRING:
		return dump_string(value, out);
	case JV_KIND_ARRAY:
		return dump_array(value, out);
	case JV_KIND_OBJECT:
		return dump_object(value, out);
	}
	return false;
}

bool
message_dump(jv value, struct buf *out)
{
	return dump(value, out);
}

void
message_new_trace(char trace[17])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
	static uint64_t state;
	static uint32_t count;
	uint64_t bits;
	int i;

	if (state == 0 && getrandom(&state, sizeof(state), 0) != (ssize_t)sizeof(state))
		state = (uint64_t)(uintptr_t)trace;
	state |= 1;
	/* a random start per process and a counter, mixed: unique, cheap, meaningless */
	bits = (state + ++count) * 0x9e3779b97f4a7c15u;
	bits ^= bits >> 31;
	bits *= 0xbf58476d1ce4e5b9u;
	for (i = 0; i < 12; i++, bits >>= 5)
		trace[i] = letters[bits & 31];
	for (i = 12; i < 16; i++)
		trace[i] = letters[count >> (5 * (i - 12)) & 31];
	trace[16] = '\0';
}
