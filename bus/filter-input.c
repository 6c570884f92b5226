/*
 * What comes in: each record becomes a message that is consumed or passed on, and what
 * the inputs say of themselves (complete, gone, ended) is handed on.
 */
#include <inttypes.h>
#include <string.h>

#include "filter-priv.h"
#include "frame.h"
#include "log.h"

/* No message for so long: a first list is taken for complete. weir's own sources (their messages
 * have a trace) end it with a bookmark, so with them silence only means that the server is slow. */
#define SILENCE_MS 200
#define SILENCE_TRACED_MS 5000

static bool
consumes(const struct filter *filter, enum message_type type)
{
	const enum message_type *types = filter->program->consumes;

	if (filter->program->flags & (FILTER_SINK | FILTER_EVERY_TYPE))
		return true;
	for (; types != NULL && *types != MESSAGE_OTHER; types++)
		if (*types == type)
			return true;
	return false;
}

/* {"type":"BOOKMARK","object":{"metadata":{"annotations":{"k8s.io/initial-events-end":"true"}}}} */
static bool
ends_first_list(const struct message *message)
{
	struct json_slice object, metadata, annotations;

	if (message->type != MESSAGE_BOOKMARK)
		return false;
	object = message_member(message, "object");
	metadata = json_member(object, "metadata");
	annotations = json_member(metadata, "annotations");
	return json_string_is(json_member(annotations, "k8s.io/initial-events-end"), "true");
}

static void
take_trace(struct filter *filter, const struct message *message)
{
	struct buf trace = BUF_INIT(TRACE_MAX - 1);

	if (message->trace.text == NULL || !json_string(message->trace, &trace))
		buf_clear(&trace);
	filter_set_trace(filter, buf_string(&trace));
	buf_fini(&trace);
}

static bool
is_sharded_out(const struct filter *filter, const struct input *input)
{
	return filter->settings.shards > 0 && !input->retained && filter->key.len > 0 &&
	       !(filter->program->flags & FILTER_OWN_SHARD) &&
	       !filter_takes(filter, filter->key.data, filter->key.len);
}

static void
handle(struct filter *filter, struct input *input, struct message *message)
{
	buf_clear(&filter->key);
	message_key(message, &filter->key);
	if (is_sharded_out(filter, input))
		return;
	take_trace(filter, message);
	cause_begin(filter);
	if (message->type == MESSAGE_ERROR)
		filter->failed = true;
	if (consumes(filter, message->type))
		filter->callbacks->on_message(filter->self, message);
	else
		filter_pass(filter, message);
	cause_settle(filter, filter->cause);
	filter->cause = NULL;
	/* In a snapshot it stands where it came at the time: what changed since is behind it. */
	if (!input->retained && !input->proven && ends_first_list(message)) {
		input->complete = input->proven = true;
		filter_tell_complete(filter);
	}
	filter_set_trace(filter, "");
}

static void
on_silence(void *arg)
{
	struct filter *filter = arg;
	size_t i;

	for (i = 0; i < filter->input_count; i++)
		if (!filter->inputs[i].retained)
			filter->inputs[i].complete = true;
	filter_tell_complete(filter);
	filter_check(filter);
}

/* A stdio input has lines to count, a ZeroMQ input has not. */
static void
report_skipped(struct input *input, struct error *err)
{
	jv about = jv_invalid();

	if (!input->retained) {
		error_prepend(err, "line %" PRIu64, input->lines);
		about = jv_object_set(jv_object(), jv_string("line"),
				      jv_number((double)input->lines));
	}
	error_prepend(err, "a message was skipped");
	filter_error(input->filter, about, err);
}

static void
on_record(void *arg, const char *text, size_t len)
{
	struct input *input = arg;
	struct filter *filter = input->filter;
	struct message message;
	struct error err;
	bool traced = false;

	input->lines++;
	if (filter->died || filter->stopping || len == 0)
		return;
	if (filter->text) {
		filter->callbacks->on_line(filter->self, text, len);
	} else if (message_open(&message, text, len, &err) < 0) {
		report_skipped(input, &err);
	} else {
		traced = message.trace.text != NULL;
		handle(filter, input, &message);
		message_close(&message);
	}
	if (!filter->told_complete && !input->retained)
		loop_timer_start(filter->loop, &filter->silence,
				 traced ? SILENCE_TRACED_MS : SILENCE_MS, on_silence, filter);
	filter_check(filter);
}

static void
on_too_long(void *arg)
{
	struct input *input = arg;
	struct error err;

	input->lines++;
	error_set(&err, ERROR_INPUT, 0, "longer than %zu bytes", FRAME_MAX);
	report_skipped(input, &err);
	filter_check(input->filter);
}

static void
on_gone(void *arg, const char *key, size_t len)
{
	struct input *input = arg;
	struct filter *filter = input->filter;

	buf_clear(&filter->key);
	filter_set_trace(filter, "");
	cause_gone(filter, key, len);
	if (filter->callbacks->on_gone != NULL)
		filter->callbacks->on_gone(filter->self, key, len);
	filter_check(filter);
}

static void
on_synced(void *arg)
{
	struct input *input = arg;

	input->complete = input->proven = true;
	filter_tell_complete(input->filter);
	filter_check(input->filter);
}

static void
on_end(void *arg)
{
	struct input *input = arg;

	input->ended = true;
	filter_tell_complete(input->filter);
	filter_check(input->filter);
}

/* The reader of an output has gone: nobody is there to work for. */
static void
on_left(void *arg)
{
	struct filter *filter = arg;

	filter->stopping = true;
	if (filter->callbacks->on_stop != NULL)
		filter->callbacks->on_stop(filter->self);
	loop_timer_start(filter->loop, &filter->later, 0, filter_look_again, filter);
}

static void
on_room(void *arg)
{
	struct filter *filter = arg;

	filter_check(filter);
	if (filter->on_room != NULL && !filter_is_full(filter))
		filter->on_room(filter->self);
}

const struct endpoint_events filter_reader_events = { .record = on_record,
						      .too_long = on_too_long,
						      .gone = on_gone,
						      .synced = on_synced,
						      .end = on_end };
const struct endpoint_events filter_writer_events = { .left = on_left, .room = on_room };
