/*
 * One watch: newline-ended events until the server ends it, the connection dies or nothing comes
 * any more. Framing does not depend on how the bytes are cut. Remembers the last version, also
 * from bookmarks.
 */
#include "kube-streams.h"

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/frame.h"
#include "../bus/log.h"
#include "kube-priv.h"
#include "retry.h"

#define TIMEOUT_MIN_S 300
#define TIMEOUT_SPREAD_S 300
#define TIMEOUT_SLACK_MS 30000

struct kube_watch {
	struct kube *kube;
	const struct kube_watch_events *events;
	void *arg;
	struct kube_call *call;
	struct frame_reader frames;
	char *version;
	struct loop_timer silence;
	int64_t silence_ms;
	struct error why; /* what ended it from our side */
	bool was_alive, is_paused, is_too_old;
};

static void
free_watch(struct kube_watch *watch)
{
	loop_timer_stop(kube_loop(watch->kube), &watch->silence);
	frame_fini(&watch->frames);
	free(watch->version);
	free(watch);
}

static void
finish(struct kube_watch *watch, enum kube_watch_end end, const struct error *err,
       int64_t retry_after_ms)
{
	watch->call = NULL;
	watch->events->on_end(watch->arg, end, err, retry_after_ms);
	free_watch(watch);
}

/* --- events --- */

static void
remember_version(struct kube_watch *watch, struct json_slice object)
{
	CLEANUP_BUF struct buf text = BUF_INIT(256);

	if (!json_string(json_member(json_member(object, "metadata"), "resourceVersion"), &text) ||
	    text.len == 0)
		return;
	free(watch->version);
	watch->version = alloc_text(text.data, text.len);
}

/* An ERROR event carries a Status. */
static int
end_by_status(struct kube_watch *watch, struct json_slice status)
{
	struct json_slice code = json_member(status, "code");
	struct json_slice reason = json_member(status, "reason");
	long number = code.text ? strtol(code.text, NULL, 10) : 0;

	watch->is_too_old = number == 410 || json_string_is(reason, "Expired") ||
			    json_string_is(reason, "Gone");
	return error_set(&watch->why, ERROR_TEMPORARY, watch->is_too_old ? 410 : (int)number,
			 "%s ended the watch with status %ld", kube_server(watch->kube), number);
}

static int
on_event(struct kube_watch *watch, const char *text, size_t len)
{
	struct json_slice event = { text, len }, object;
	enum message_type type;

	if (json_check(text, len, &json_limits_message, &watch->why))
		return error_prepend(&watch->why, "an event of the watch");
	type = message_type_of(json_member(event, "type"));
	object = json_member(event, "object");
	if (type == MESSAGE_ERROR)
		return end_by_status(watch, object);
	if (message_is_event(type) && json_is_object(object))
		watch->events->on_event(watch->arg, type, object);
	remember_version(watch, object);
	return 0;
}

/* All whole events among what has arrived. */
static int
take_events(struct kube_watch *watch)
{
	const char *record;
	size_t len;

	for (;;) {
		switch (frame_next(&watch->frames, &record, &len)) {
		case FRAME_NONE:
			return 0;
		case FRAME_TOO_LONG:
			log_warning("an event of more than %zu bytes was left out", FRAME_MAX);
			break;
		case FRAME_RECORD:
			if (len > 0 && on_event(watch, record, len))
				return -1;
			break;
		}
	}
}

static void on_silence(void *arg);

static void
expect(struct kube_watch *watch)
{
	if (watch->is_paused)
		loop_timer_stop(kube_loop(watch->kube), &watch->silence);
	else
		loop_timer_start(kube_loop(watch->kube), &watch->silence, watch->silence_ms,
				 on_silence, watch);
}

static int
on_bytes(void *arg, const char *bytes, size_t len)
{
	struct kube_watch *watch = arg;
	size_t room, part;
	char *to;

	watch->was_alive = true;
	expect(watch);
	for (; len > 0; bytes += part, len -= part) {
		to = frame_room(&watch->frames, &room);
		part = len < room ? len : room;
		memcpy(to, bytes, part);
		frame_filled(&watch->frames, part);
		if (take_events(watch))
			return -1;
	}
	return 0;
}

/* --- ends --- */

static void
on_silence(void *arg)
{
	struct kube_watch *watch = arg;
	struct error err;

	error_set(&err, ERROR_TEMPORARY, 0, "%s sent nothing for %lld s", kube_server(watch->kube),
		  (long long)watch->silence_ms / 1000);
	kube_cancel(watch->call);
	finish(watch, KUBE_WATCH_LOST, &err, -1);
}

/* 410: gone from the server's memory. 504: newer than what the server knows (a restored etcd).
 * 400 and 422: it does not understand the version at all. 404: the resource itself has gone. */
static bool
asks_for_list(const struct error *err)
{
	return err->code == 410 || err->code == 504 || err->code == 400 || err->code == 422 ||
	       err->code == 404;
}

static void
on_done(void *arg, const struct kube_answer *answer, const struct error *err)
{
	struct kube_watch *watch = arg;
	struct error why;

	if (watch->why.kind != ERROR_NONE) {
		why = watch->why;
		finish(watch, watch->is_too_old ? KUBE_WATCH_TOO_OLD : KUBE_WATCH_LOST, &why, -1);
	} else if (err) {
		finish(watch, asks_for_list(err) ? KUBE_WATCH_TOO_OLD : KUBE_WATCH_LOST, err,
		       answer->retry_after_ms);
	} else {
		finish(watch, KUBE_WATCH_OVER, NULL, -1);
	}
}

/* --- for kube-follow.c --- */

struct kube_watch *
kube_watch_start(struct kube *kube, const struct kube_collection *collection, const char *version,
		 int64_t silence_ms, const struct kube_watch_events *events, void *arg)
{
	struct kube_watch *watch = alloc_zero(1, sizeof(*watch));
	unsigned timeout_s = TIMEOUT_MIN_S + retry_random() % TIMEOUT_SPREAD_S;
	CLEANUP_FREE char *escaped = kube_query_escape(version);
	CLEANUP_FREE char *selectors = kube_query_selectors(collection);
	CLEANUP_FREE char *path = alloc_format(
		"%s?watch=1&allowWatchBookmarks=true&resourceVersion=%s&timeoutSeconds=%u%s",
		collection->path, escaped, timeout_s, selectors);

	watch->kube = kube;
	watch->events = events;
	watch->arg = arg;
	watch->version = alloc_string(version);
	watch->silence_ms = silence_ms;
	frame_init(&watch->frames);
	watch->call = kube_stream(kube, path, timeout_s * INT64_C(1000) + TIMEOUT_SLACK_MS,
				  on_bytes, on_done, watch);
	expect(watch);
	return watch;
}

void
kube_watch_pause(struct kube_watch *watch, bool paused)
{
	watch->is_paused = paused;
	kube_pause(watch->call, paused);
	expect(watch);
}

const char *
kube_watch_version(const struct kube_watch *watch)
{
	return watch->version;
}

bool
kube_watch_was_alive(const struct kube_watch *watch)
{
	return watch->was_alive;
}

void
kube_watch_cancel(struct kube_watch *watch)
{
	if (!watch)
		return;
	if (watch->call)
		kube_cancel(watch->call);
	free_watch(watch);
}
