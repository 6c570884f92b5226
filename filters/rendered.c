/* See rendered.h. */
#include "rendered.h"

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/frame.h"
#include "../bus/table.h"
#include "digest.h"

struct rendered {
	struct filter *filter;
	struct table *last; /* key -> digest of the text, owned */
};

struct rendered *
rendered_new(struct filter *filter)
{
	struct rendered *rendered = alloc_zero(1, sizeof(*rendered));

	rendered->filter = filter;
	rendered->last = table_new(free);
	return rendered;
}

void
rendered_free(struct rendered *rendered)
{
	if (rendered == NULL)
		return;
	table_free(rendered->last);
	free(rendered);
}

/* Wiped: it may hold a Secret. */
static void
fini_text(struct buf *text)
{
	buf_wipe(text);
	buf_fini(text);
}

static bool
has_text(struct json_slice object, const char *name)
{
	struct json_slice value = json_member(object, name);

	return json_is_string(value) && value.len > 2;
}

static int
check_object(struct json_slice object, struct error *err)
{
	if (!json_is_object(object))
		return error_set(err, ERROR_INPUT, 0, "what the program gives has no object");
	if (!has_text(object, "apiVersion") || !has_text(object, "kind") ||
	    !has_text(json_member(object, "metadata"), "name"))
		return error_set(err, ERROR_INPUT, 0,
				 "an object that the program gives has no apiVersion, kind or "
				 "metadata.name");
	return 0;
}

static int
check_message(const struct message *message, struct buf *key, struct error *err)
{
	if (message->type != MESSAGE_APPLY && message->type != MESSAGE_PRUNE)
		return error_set(err, ERROR_INPUT, 0,
				 "what the program gives is neither an APPLY nor a PRUNE");
	if (check_object(message_member(message, "object"), err) != 0)
		return -1;
	if (!message_key(message, key))
		return error_set(err, ERROR_INPUT, 0,
				 "the program gives an object that has no valid name");
	return 0;
}

/* The key of the message with this text. */
static int
read_key(const struct buf *text, struct buf *key, struct error *err)
{
	struct message message;
	int status;

	if (text->overflowed)
		return error_set(err, ERROR_INPUT, 0, "what the program gives fills no message");
	if (message_open(&message, buf_string(text), text->len, err) != 0)
		return error_prepend(err, "what the program gives is no message");
	status = check_message(&message, key, err);
	message_close(&message);
	return status;
}

/* Has this text been told last under this key? Remembers it. */
static bool
is_told(struct rendered *rendered, const struct buf *key, const struct buf *text)
{
	char digest[DIGEST_TEXT_SIZE];
	const char *last = table_get(rendered->last, key->data, key->len);

	digest_sha256(digest, buf_string(text), text->len);
	if (last != NULL && strcmp(last, digest) == 0)
		return true;
	table_put(rendered->last, key->data, key->len, alloc_string(digest));
	return false;
}

int
rendered_emit(struct rendered *rendered, jv message, struct error *err)
{
	CLEANUP_BUF struct buf key = BUF_INIT(FRAME_MAX);
	struct buf text = BUF_INIT(FRAME_MAX);
	int status;

	if (jv_get_kind(message) == JV_KIND_OBJECT)
		message = jv_object_delete(message, jv_string("trace"));
	message_dump(message, &text);
	status = read_key(&text, &key, err);
	if (status == 0 && !is_told(rendered, &key, &text))
		filter_emit(rendered->filter, message);
	else
		jv_free(message);
	fini_text(&text);
	return status;
}

void
rendered_forget(struct rendered *rendered, jv object, const char *subresource)
{
	CLEANUP_BUF struct buf key = BUF_INIT(FRAME_MAX);
	struct buf text = BUF_INIT(FRAME_MAX);
	jv message = jv_object_set(message_new(MESSAGE_APPLY), jv_string("object"),
				   jv_copy(object));

	if (subresource != NULL)
		message = jv_object_set(message, jv_string("subresource"), jv_string(subresource));
	message_dump(message, &text);
	jv_free(message);
	if (read_key(&text, &key, NULL) == 0) {
		table_remove(rendered->last, key.data, key.len);
		/* A message like the one that is retained would not be sent again. */
		filter_gone(rendered->filter, key.data, key.len);
	}
	fini_text(&text);
}
