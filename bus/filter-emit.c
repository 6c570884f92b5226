/* What a filter writes: to stdout as it comes, to ZeroMQ by way of the retained store. */
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "filter-priv.h"
#include "frame.h"
#include "log.h"

static void
tell_changed(struct filter *filter, const char *key, size_t len)
{
	size_t i;

	for (i = 0; i < filter->output_count; i++)
		endpoint_changed(filter->outputs[i], key, len);
}

static void
write_all(struct filter *filter, const char *text, size_t len, bool keyed)
{
	size_t i;

	for (i = 0; i < filter->output_count; i++)
		if (!keyed || !endpoint_is_retained(filter->common.out.items[i]))
			endpoint_write(filter->outputs[i], text, len);
}

void
emit_drop(struct filter *filter, const char *key, size_t len)
{
	if (filter->retain != NULL && retain_drop(filter->retain, key, len))
		tell_changed(filter, key, len);
}

/* Keep a keyed message, or forget it when it says that its object is deleted. */
static void
retain_message(struct filter *filter, const struct message *message, const struct buf *key,
	       bool owned)
{
	if (message->type == MESSAGE_DELETED) {
		emit_drop(filter, key->data, key->len);
		return;
	}
	if (owned)
		cause_owns(filter, key->data, key->len);
	if (retain_put(filter->retain, key->data, key->len, message->text, message->len))
		tell_changed(filter, key->data, key->len);
}

static void
emit_message(struct filter *filter, const struct message *message, bool owned)
{
	struct buf key = BUF_INIT(FRAME_MAX);
	bool keyed;

	if (filter->retain == NULL) {
		write_all(filter, message->text, message->len, false);
		return;
	}
	keyed = message_key(message, &key);
	if (keyed)
		retain_message(filter, message, &key, owned);
	write_all(filter, message->text, message->len, keyed);
	buf_fini(&key);
}

void
filter_emit_text(struct filter *filter, const char *text, size_t len)
{
	struct message message;
	struct error err;

	filter->emitted++;
	if (len > FRAME_MAX) {
		error_set(&err, ERROR_INPUT, 0, "a message of %zu bytes is longer than %zu", len,
			  FRAME_MAX);
		filter_error(filter, jv_invalid(), &err);
		return;
	}
	if (filter->retain == NULL) {
		write_all(filter, text, len, false);
		return;
	}
	if (message_open(&message, text, len, &err) < 0) {
		filter_error(filter, jv_invalid(), &err);
		return;
	}
	emit_message(filter, &message, !(filter->program->flags & FILTER_OWN_KEYS));
	message_close(&message);
}

void
filter_emit(struct filter *filter, jv message)
{
	struct buf text = filter->out; /* borrowed: a nested emit would start a new one */

	memset(&filter->out, 0, sizeof(filter->out));
	filter->out.max = text.max;
	if (filter->trace[0] != '\0' && message_string(message, "trace") == NULL)
		message = jv_object_set(message, jv_string("trace"), jv_string(filter->trace));
	buf_clear(&text);
	message_dump(message, &text);
	jv_free(message);
	filter_emit_text(filter, buf_string(&text), text.len);
	buf_fini(&filter->out);
	filter->out = text;
}

void
filter_pass(struct filter *filter, const struct message *message)
{
	if (message->type == MESSAGE_ERROR)
		filter->failed = true;
	emit_message(filter, message, true);
}

void
filter_failed(struct filter *filter)
{
	filter->failed = true;
}

void
filter_error(struct filter *filter, jv about, const struct error *err)
{
	jv message = message_new(MESSAGE_ERROR);

	filter->failed = true;
	log_error("%s", err->text);
	if (filter->text || filter->program->flags & FILTER_SINK) {
		jv_free(about);
		jv_free(message);
		return;
	}
	message = jv_object_set(message, jv_string("filter"), jv_string(filter->program->name));
	if (jv_is_valid(about))
		message = jv_object_set(message, jv_string("about"), about);
	else
		jv_free(about);
	message = jv_object_set(message, jv_string("reason"), jv_string(err->text));
	filter_emit(filter, message);
}

void
filter_gone(struct filter *filter, const char *key, size_t len)
{
	emit_drop(filter, key, len);
}

void
filter_print(struct filter *filter, const char *text, size_t len)
{
	write_all(filter, text, len, false);
}

const char *
filter_trace(const struct filter *filter)
{
	return filter->trace;
}

void
filter_set_trace(struct filter *filter, const char *trace)
{
	snprintf(filter->trace, sizeof(filter->trace), "%s", trace);
	log_trace(filter->trace);
}
