/* Farewells are cut from the bytes of what they take back; no tree is built. */
#include "farewell.h"

#include "../bus/alloc.h"
#include "../bus/json.h"

static void
put_member(struct buf *out, const char *name, struct json_slice value)
{
	if (value.text == NULL)
		return;
	buf_printf(out, ",\"%s\":", name);
	buf_append(out, value.text, value.len);
}

static void
copy_members(struct buf *out, const struct message *message, const char *const *names)
{
	for (; *names != NULL; names++)
		put_member(out, *names, message_member(message, *names));
}

/* What names an object, as the first members of an object in out. */
static void
put_reference(struct buf *out, struct json_slice object)
{
	static const char *const names[] = { "namespace", "name", "uid" };
	struct json_slice metadata = json_member(object, "metadata");
	struct json_slice version = json_member(object, "apiVersion");
	size_t i, begin;

	buf_append_string(out, ",\"object\":{\"apiVersion\":");
	buf_append(out, version.text, version.len);
	put_member(out, "kind", json_member(object, "kind"));
	buf_append_string(out, ",\"metadata\":{");
	begin = out->len;
	for (i = 0; i < ALLOC_COUNT(names); i++)
		put_member(out, names[i], json_member(metadata, names[i]));
	if (out->len > begin)
		out->data[begin] = ' '; /* the comma before the first */
	buf_append_string(out, "}}");
}

static bool
deleted(const struct message *message, struct buf *out)
{
	struct json_slice object = message_member(message, "object");

	if (json_member(object, "apiVersion").text == NULL)
		return false;
	buf_append_string(out, "{\"type\":\"DELETED\"");
	put_reference(out, object);
	put_member(out, "origin", message_member(message, "origin"));
	buf_append_char(out, '}');
	return true;
}

static bool
held(const struct message *message, struct buf *out)
{
	static const char *const names[] = { "application", "source",	  "repository",
					     "repoURL",	    "chart",	  "constraint",
					     "origin",	    NULL };
	struct json_slice current = message_member(message, "current");

	if (message_member(message, "application").text == NULL)
		return false;
	if (current.text == NULL)
		current = message_member(message, "from");
	buf_append_string(out, "{\"type\":\"HOLD\"");
	copy_members(out, message, names);
	put_member(out, "current", current);
	buf_append_string(out, ",\"reason\":\"no longer asked for\"}");
	return true;
}

static bool
emptied(const struct message *message, struct buf *out)
{
	static const char *const names[] = { "repository", "credential", NULL };

	buf_append_string(out, "{\"type\":\"TAGS\"");
	copy_members(out, message, names);
	buf_append_string(out, ",\"complete\":true,\"tags\":[],\"applications\":[]}");
	return true;
}

bool
farewell_text(const struct message *message, struct buf *out)
{
	switch (message->type) {
	case MESSAGE_ADDED:
	case MESSAGE_MODIFIED:
		return deleted(message, out);
	case MESSAGE_UPDATE:
	case MESSAGE_HOLD:
	case MESSAGE_RESULT:
		return held(message, out);
	case MESSAGE_TAGS:
		return emptied(message, out);
	case MESSAGE_DELETED:
	case MESSAGE_BOOKMARK:
	case MESSAGE_PUSH:
	case MESSAGE_APPLY:
	case MESSAGE_PRUNE:
	case MESSAGE_ERROR:
	case MESSAGE_OTHER:
		return false;
	}
	return false;
}
