/*
 * tag-scan: Applications and pushes in, TAGS out. Knows who follows which repository and when to
 * say so; scans are tag-scan-repository.c's matter, registries access.h's. Decides nothing
 * about versions, and must not write to a cluster.
 */
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/filter.h"
#include "../bus/frame.h"
#include "application.h"
#include "conf-feed.h"
#include "tag-scan-priv.h"

#define SETTLE_MS 3 /* of quiet: changes that come together become one TAGS */
#define SETTLE_MAX_MS 50
#define BYTES_PER_MS 10000 /* of TAGS of one repository at most, after the first one */
#define GAP_MAX_MS 500
#define NAMES_MAX 3 /* Applications named in an error */
#define TRACE_SIZE 64

struct tag_scan {
	struct filter *filter;
	struct access *access;
	struct access_settings access_settings;
	struct conf_feed *registries;
	struct scan_settings scan_settings;
	struct watchlist *watchlist;
	struct tag_text *text;
	struct loop_timer settle;
	bool wants_text;
	bool is_complete; /* the first list of Applications */
	int64_t settle_by_ms; /* the timer runs, and goes off by then; 0: it does not run */
	int text_status;
};

/* What hangs at a watchlist entry. */
struct repository {
	struct tag_scan *self;
	struct watchlist_entry *entry;
	struct scan *scan;
	char trace[TRACE_SIZE]; /* of what changed it last */
	bool is_dirty;		/* to be told */
	int64_t not_before_ms;	/* many followers that change one by one are told together */
};

/* --- telling --- */

static bool
add_string(struct buf *out, const char *before, const char *text)
{
	return buf_append_string(out, before) && json_quote(out, text, strlen(text));
}

static void
emit_tags(struct repository *repository)
{
	const struct watchlist_entry *entry = repository->entry;
	struct buf text = BUF_INIT(FRAME_MAX);
	size_t len;
	const char *tags = scan_tags(repository->scan, &len);
	int64_t gap_ms;

	repository->is_dirty = false;
	if (repository->trace[0] == '\0')
		message_new_trace(repository->trace);
	add_string(&text, "{\"type\":\"TAGS\",\"trace\":", repository->trace);
	add_string(&text, ",\"repository\":", entry->reference.text);
	if (entry->credential != NULL)
		add_string(&text, ",\"credential\":", entry->credential);
	buf_append_string(&text, ",\"complete\":true,\"tags\":[");
	buf_append(&text, tags, len);
	buf_append_string(&text, "],\"applications\":[");
	watchlist_followers(entry, &text);
	buf_append_string(&text, "]}");
	repository->trace[0] = '\0';
	gap_ms = (int64_t)text.len / BYTES_PER_MS;
	repository->not_before_ms = loop_now_ms(filter_loop(repository->self->filter)) +
				    (gap_ms < GAP_MAX_MS ? gap_ms : GAP_MAX_MS);
	if (text.overflowed) {
		struct error err;

		error_set(&err, ERROR_INPUT, 0, "%s: its tags and Applications fill no message",
			  entry->reference.text);
		filter_error(repository->self->filter, jv_invalid(), &err);
	} else {
		filter_emit_text(repository->self->filter, buf_string(&text), text.len);
	}
	buf_fini(&text);
}

/* Tell what may be told at now_ms; gives how long the rest has to wait, below 0: there is none. */
static int64_t
tell_until(struct tag_scan *self, int64_t now_ms)
{
	struct watchlist_entry *entry;
	size_t cursor = 0, len;
	int64_t wait_ms = -1;

	while ((entry = watchlist_next(self->watchlist, &cursor)) != NULL) {
		struct repository *repository = entry->owner;
		int64_t left_ms = repository->not_before_ms - now_ms;

		if (!repository->is_dirty || scan_tags(repository->scan, &len) == NULL)
			continue;
		if (left_ms <= 0)
			emit_tags(repository);
		else if (wait_ms < 0 || left_ms < wait_ms)
			wait_ms = left_ms;
	}
	return wait_ms;
}

static void
on_settle(void *arg)
{
	struct tag_scan *self = arg;
	int64_t now_ms = loop_now_ms(filter_loop(self->filter)), wait_ms;

	self->settle_by_ms = 0;
	wait_ms = tell_until(self, now_ms);
	if (wait_ms < 0)
		return;
	self->settle_by_ms = now_ms + wait_ms;
	loop_timer_start(filter_loop(self->filter), &self->settle, wait_ms, on_settle, self);
}

/* Something has changed: tell it after a moment of quiet, or of waiting. */
static void
settle(struct tag_scan *self)
{
	struct loop *loop = filter_loop(self->filter);
	int64_t now_ms = loop_now_ms(loop), left_ms;

	if (self->settle_by_ms == 0)
		self->settle_by_ms = now_ms + SETTLE_MAX_MS;
	left_ms = self->settle_by_ms - now_ms;
	loop_timer_start(loop, &self->settle, left_ms < SETTLE_MS ? left_ms : SETTLE_MS, on_settle,
			 self);
}

static void
tell_all(struct tag_scan *self)
{
	tell_until(self, INT64_MAX);
}

/* Before the first list is complete nothing is told: who follows a repository is not known yet. */
static void
mark_dirty(struct repository *repository, const char *trace)
{
	struct tag_scan *self = repository->self;

	repository->is_dirty = true;
	if (trace[0] != '\0')
		snprintf(repository->trace, sizeof(repository->trace), "%s", trace);
	if (self->is_complete)
		settle(self);
}

/* --- what scans say --- */

static void
on_listed(void *arg, struct scan *scan)
{
	struct repository *repository = arg;

	(void)scan;
	repository->is_dirty = true;
	if (repository->trace[0] == '\0' && filter_trace(repository->self->filter)[0] != '\0')
		snprintf(repository->trace, sizeof(repository->trace), "%s",
			 filter_trace(repository->self->filter));
	if (repository->self->is_complete)
		emit_tags(repository);
}

static void
add_name(struct buf *out, struct json_slice application)
{
	struct json_slice namespace = json_member(application, "namespace");

	if (json_string(namespace, out) && namespace.len > 2)
		buf_append_char(out, '/');
	json_string(json_member(application, "name"), out);
}

/* "d8-delivery/myapp, a/b, c/d and 4 more" */
static char *
names_of(const struct watchlist_entry *entry)
{
	struct buf followers = BUF_INIT(FRAME_MAX), names = BUF_INIT((size_t)4096);
	struct json_slice list, follower;
	size_t cursor = 0, n = 0;
	char *text;

	buf_append_char(&followers, '[');
	watchlist_followers(entry, &followers);
	buf_append_char(&followers, ']');
	list = (struct json_slice){ followers.data, followers.len };
	while (n < NAMES_MAX && json_next(list, &cursor, NULL, &follower)) {
		buf_append_string(&names, n++ > 0 ? ", " : "");
		add_name(&names, json_member(follower, "application"));
	}
	if (entry->count > n)
		buf_printf(&names, " and %zu more", entry->count - n);
	text = alloc_string(buf_string(&names));
	buf_fini(&followers);
	buf_fini(&names);
	return text;
}

static void
on_failed(void *arg, struct scan *scan, const struct error *err)
{
	struct repository *repository = arg;
	const char *name = repository->entry->reference.text;
	CLEANUP_FREE char *names = names_of(repository->entry);
	struct error failure = *err;
	jv about = jv_object_set(jv_object(), jv_string("repository"), jv_string(name));

	(void)scan;
	error_prepend(&failure, "%s (followed by %s)", name, names);
	filter_error(repository->self->filter, about, &failure);
}

/* --- what the watchlist says --- */

static void
retract(const struct repository *repository)
{
	const struct watchlist_entry *entry = repository->entry;
	struct buf key = BUF_INIT((size_t)8192);

	buf_append(&key, "t", 2);
	buf_append(&key, entry->reference.text, strlen(entry->reference.text) + 1);
	if (entry->credential != NULL)
		buf_append_string(&key, entry->credential);
	filter_gone(repository->self->filter, buf_string(&key), key.len);
	buf_fini(&key);
}

static void
on_changed(void *arg, struct watchlist_entry *entry)
{
	struct tag_scan *self = arg;
	struct repository *repository = entry->owner;

	if (entry->count == 0) {
		if (repository == NULL)
			return;
		retract(repository);
		scan_free(repository->scan);
		free(repository);
		return;
	}
	if (repository == NULL) {
		repository = alloc_zero(1, sizeof(*repository));
		repository->self = self;
		repository->entry = entry;
		entry->owner = repository;
		repository->scan = scan_new(&self->scan_settings, &entry->reference,
					    entry->credential, repository);
	}
	mark_dirty(repository, filter_trace(self->filter));
}

/* --- events --- */

static void
on_event(struct tag_scan *self, struct message *message)
{
	struct json_slice object = message_member(message, "object");
	struct claims claims = { self->filter, self->access, self->watchlist };
	struct buf key = BUF_INIT(FRAME_MAX);
	struct error err;

	if (!json_is_object(object)) {
		error_set(&err, ERROR_INPUT, 0, "an event without an object was skipped");
		filter_error(self->filter, jv_invalid(), &err);
	} else if (!application_is(object)) {
		conf_feed_take(self->registries, message);
		filter_pass(self->filter, message); /* verify reads registries.conf, too */
	} else if (!message_key(message, &key)) {
		error_set(&err, ERROR_INPUT, 0, "an Application without metadata.name was skipped");
		filter_error(self->filter, jv_invalid(), &err);
	} else if (message->type == MESSAGE_DELETED) {
		watchlist_drop(self->watchlist, buf_string(&key), key.len);
	} else {
		claims_take(&claims, message, &key);
	}
	buf_fini(&key);
}

/* --- pushes --- */

static void
hint(struct tag_scan *self, const struct reference *reference)
{
	struct watchlist_entry *entry;
	size_t cursor = 0;

	while ((entry = watchlist_next(self->watchlist, &cursor)) != NULL) {
		struct repository *repository = entry->owner;

		if (strcmp(entry->reference.text, reference->text) != 0)
			continue;
		if (!repository->is_dirty)
			snprintf(repository->trace, sizeof(repository->trace), "%s",
				 filter_trace(self->filter));
		scan_hint(repository->scan);
	}
}

static void
on_push(struct tag_scan *self, struct message *message)
{
	struct json_slice member = message_member(message, "repository");
	struct buf text = BUF_INIT((size_t)4096);
	struct reference reference;
	struct error err;

	if (!json_string(member, &text)) {
		error_set(&err, ERROR_INPUT, 0, "a PUSH without a repository was skipped");
		filter_error(self->filter, jv_invalid(), &err);
	} else if (reference_parse(&reference, buf_string(&text), &err) != 0) {
		error_prepend(&err, "a PUSH was skipped: its repository is not valid");
		filter_error(self->filter, jv_invalid(), &err);
	} else {
		hint(self, &reference);
		reference_fini(&reference);
	}
	buf_fini(&text);
}

/* --- the harness calls --- */

static void
on_message(void *arg, struct message *message)
{
	if (message->type == MESSAGE_PUSH)
		on_push(arg, message);
	else
		on_event(arg, message);
}

static void
on_gone(void *arg, const char *key, size_t len)
{
	struct tag_scan *self = arg;

	watchlist_drop(self->watchlist, key, len);
	conf_feed_gone(self->registries, key, len);
}

static void
on_complete(void *arg, bool proven)
{
	struct tag_scan *self = arg;

	(void)proven;
	self->is_complete = true;
	conf_feed_complete(self->registries);
	tell_all(self);
}

static void
on_line(void *arg, const char *line, size_t len)
{
	struct tag_scan *self = arg;

	if (len > 0)
		tag_text_add(self->text, line);
}

/* What is true is found again by whoever starts next: nothing need be finished. */
static void
on_stop(void *arg)
{
	struct tag_scan *self = arg;
	struct watchlist_entry *entry;
	size_t cursor = 0;

	while ((entry = watchlist_next(self->watchlist, &cursor)) != NULL)
		scan_stop(((struct repository *)entry->owner)->scan);
}

static void
on_end(void *arg)
{
	struct tag_scan *self = arg;
	size_t i;

	self->scan_settings.is_ended = true;
	if (!conf_feed_is_known(self->registries)) {
		conf_feed_end(self->registries);
		on_stop(self);
	}
	if (!self->wants_text) {
		tell_all(self);
		return;
	}
	for (i = 0; i < filter_operands(self->filter)->count; i++)
		tag_text_add(self->text, filter_operands(self->filter)->items[i]);
	tag_text_end(self->text);
}

/* registries.conf is another one: what failed may succeed now, and as another one. */
static void
on_change(void *arg)
{
	struct tag_scan *self = arg;
	struct watchlist_entry *entry;
	size_t cursor = 0;

	while ((entry = watchlist_next(self->watchlist, &cursor)) != NULL)
		if (access_has_changed(self->access, &entry->reference))
			scan_hint(((struct repository *)entry->owner)->scan);
}

static void
on_known(void *arg)
{
	struct tag_scan *self = arg;
	struct watchlist_entry *entry;
	size_t cursor = 0;

	self->scan_settings.is_held = false;
	while ((entry = watchlist_next(self->watchlist, &cursor)) != NULL)
		scan_release(((struct repository *)entry->owner)->scan);
}

static void
on_close(void *arg)
{
	struct tag_scan *self = arg;

	loop_timer_stop(filter_loop(self->filter), &self->settle);
	conf_feed_free(self->registries);
	watchlist_free(self->watchlist);
	tag_text_free(self->text);
	access_close(self->access);
}

static const struct filter_callbacks callbacks = {
	.on_message = on_message,
	.on_gone = on_gone,
	.on_complete = on_complete,
	.on_line = on_line,
	.on_end = on_end,
	.on_stop = on_stop,
	.on_close = on_close,
};

static int
open_self(struct tag_scan *self, struct error *err)
{
	const struct option_list *operands = filter_operands(self->filter);

	if (operands->count > 0 && !self->wants_text)
		return error_set(err, ERROR_USAGE, 0,
				 "repositories are named for --text only; else Applications name "
				 "them");
	if (self->wants_text && self->access_settings.configmap != NULL)
		return error_set(err, ERROR_USAGE, 0,
				 "--text reads no events: use --registries FILE instead of "
				 "--registries-configmap");
	self->access = access_open(filter_loop(self->filter), &self->access_settings, on_change,
				   self, err);
	if (self->access == NULL)
		return -1;
	self->registries = conf_feed_new(self->filter, self->access, &self->access_settings,
					       on_known, self);
	self->scan_settings.is_held = !conf_feed_is_known(self->registries);
	self->watchlist = watchlist_new(on_changed, self);
	self->text = tag_text_new(self->filter, self->access, &self->text_status);
	if (self->wants_text)
		filter_text(self->filter);
	if (operands->count > 0)
		filter_no_input(self->filter);
	self->scan_settings.filter = self->filter;
	self->scan_settings.access = self->access;
	self->scan_settings.on_listed = on_listed;
	self->scan_settings.on_failed = on_failed;
	return 0;
}

int
main(int argc, char **argv)
{
	static const enum message_type consumes[] = { MESSAGE_ADDED, MESSAGE_MODIFIED,
						      MESSAGE_DELETED, MESSAGE_PUSH,
						      MESSAGE_OTHER };
	static struct tag_scan self = { .scan_settings = { .interval_ms = 120000 } };
	const struct option_row options[] = {
		{ .name = "interval", .kind = OPTION_DURATION, .arg = "DURATION",
		  .field = &self.scan_settings.interval_ms, .max = 86400000,
		  .help = "time between two scans (2m); 0: no scan by the clock" },
		{ .name = "text", .kind = OPTION_FLAG, .field = &self.wants_text,
		  .help = "print the tags of repositories, one per line" },
		ACCESS_OPTIONS(self.access_settings),
		{ .name = NULL },
	};
	const struct filter_program program = {
		.name = "tag-scan",
		.synopsis = "[option ...] [--text [oci://REPOSITORY ...]]",
		.summary = "List the tags of the repositories that Applications follow.",
		.flags = FILTER_OWN_KEYS | FILTER_OWN_SHARD,
		.options = options,
		.consumes = consumes,
	};
	struct error err;
	int status;

	self.filter = filter_open(&program, argc, argv);
	if (open_self(&self, &err) != 0)
		return filter_fail(self.filter, &err);
	status = filter_run(self.filter, &callbacks, &self);
	return self.text_status != 0 ? self.text_status : status;
}
