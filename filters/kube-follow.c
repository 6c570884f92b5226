/*
 * The recipe of following: discovery, list, watch from the list's version, watch again from the
 * last version when a stream ends, list again only when the version is lost (410). Back-off
 * between tries, never between a clean end and the next watch.
 */
#include "kube-follow.h"

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/log.h"
#include "kube-backoff.h"
#include "kube-discovery.h"
#include "kube-priv.h"
#include "kube-streams.h"
#include "retry.h"

#define SILENCE_MS 240000 /* bookmarks come every minute */
#define SHORT_MS 1000	  /* a watch that lived no longer and brought nothing counts as failed */
#define TRIES_ONCE 5
#define MISSES_MIN 3 /* a server that has just started may not know all its types yet */

struct kube_follow {
	struct kube *kube;
	const struct kube_follow_settings *settings;
	const struct kube_follow_events *events;
	void *arg;
	struct resource resource;
	char *path;
	struct kube_collection collection;
	/* at most one of these at a time; none while waiting */
	struct kube_discovery *discovery;
	struct kube_watch *watch;
	struct kube_list *list; /* lives on over its pages and failures */
	char *version;
	int64_t watch_since_ms;
	struct kube_backoff backoff;
	unsigned misses; /* looks in a row that did not find the type or its objects */
	struct loop_timer timer;
	bool is_paused, was_listed, has_ended;
	bool has_listed_again; /* because of a 410, and nothing has been seen since */
};

/* --- trying again --- */

/* Which selector the server means it does not say in a way that can be shown. */
static void
blame_selectors(const struct kube_follow *follow, struct error *err)
{
	const char *labels = follow->settings->labels, *fields = follow->settings->fields;
	const char *server = kube_server(follow->kube);

	if (labels && fields)
		error_set(err, ERROR_USAGE, 400,
			  "-l \"%s\" --field-selector \"%s\": %s does not take one of them for a "
			  "selector of %s (400)",
			  labels, fields, server, follow->settings->resource);
	else if (labels)
		error_set(err, ERROR_USAGE, 400,
			  "-l \"%s\": %s does not take this for a label selector (400)", labels,
			  server);
	else if (fields)
		error_set(err, ERROR_USAGE, 400,
			  "--field-selector \"%s\": %s cannot select %s by this (400); every "
			  "resource has metadata.name, few have more: metadata.name=NAME",
			  fields, server, follow->settings->resource);
}

static void
give_up(struct kube_follow *follow, const struct error *err)
{
	struct error why = *err;

	if (err->code == 400)
		blame_selectors(follow, &why);
	follow->has_ended = true;
	follow->events->on_failed(follow->arg, &why);
}

/* Before the first whole list only what may pass by itself is worth another try. */
static bool
is_hopeless(const struct kube_follow *follow, const struct error *err)
{
	if (follow->was_listed)
		return false;
	if (err->kind != ERROR_TEMPORARY && err->code != 410)
		return true;
	return follow->settings->once && follow->backoff.failures + 1 >= TRIES_ONCE;
}

/* How long it will be. */
static int64_t
wait_quietly(struct kube_follow *follow, loop_timer_fn *next, int64_t retry_after_ms)
{
	struct loop *loop = kube_loop(follow->kube);
	int64_t delay_ms = kube_backoff_next(&follow->backoff, loop_now_ms(loop), retry_after_ms,
					     retry_random());

	loop_timer_start(loop, &follow->timer, delay_ms, next, follow);
	return delay_ms;
}

static void
wait_then(struct kube_follow *follow, loop_timer_fn *next, const struct error *err,
	  int64_t retry_after_ms)
{
	int64_t delay_ms = wait_quietly(follow, next, retry_after_ms);

	log_warning("%s: %s; trying again in %lld.%lld s", follow->settings->resource, err->text,
		    (long long)delay_ms / 1000, (long long)delay_ms % 1000 / 100);
}

static void
try_later(struct kube_follow *follow, loop_timer_fn *next, const struct error *err,
	  int64_t retry_after_ms)
{
	if (is_hopeless(follow, err))
		give_up(follow, err);
	else
		wait_then(follow, next, err, retry_after_ms);
}

/* --- watch --- */

static void start_watch(void *arg);
static void start_list(void *arg);

static void
on_event(void *arg, enum message_type type, struct json_slice object)
{
	struct kube_follow *follow = arg;

	follow->has_listed_again = false;
	follow->events->on_event(follow->arg, type, object);
}

static bool
was_short(const struct kube_follow *follow)
{
	return !kube_watch_was_alive(follow->watch) &&
	       loop_now_ms(kube_loop(follow->kube)) - follow->watch_since_ms < SHORT_MS;
}

/* At once, but not time and again. */
static void
list_again(struct kube_follow *follow, const struct error *err, int64_t retry_after_ms)
{
	bool at_once = err->code == 410 && !follow->has_listed_again;

	follow->has_listed_again = true;
	if (at_once)
		start_list(follow);
	else
		wait_then(follow, start_list, err, retry_after_ms);
}

static void
on_watch_end(void *arg, enum kube_watch_end end, const struct error *err, int64_t retry_after_ms)
{
	struct kube_follow *follow = arg;
	bool short_one = was_short(follow);
	struct error why;

	free(follow->version);
	follow->version = alloc_string(kube_watch_version(follow->watch));
	follow->watch = NULL;
	if (!err && short_one) {
		error_set(&why, ERROR_TEMPORARY, 0, "the watch ended at once");
		err = &why;
	}
	if (end == KUBE_WATCH_TOO_OLD && err)
		list_again(follow, err, retry_after_ms);
	else if (err)
		wait_then(follow, start_watch, err, retry_after_ms);
	else
		start_watch(follow);
}

static void
start_watch(void *arg)
{
	static const struct kube_watch_events events = { .on_event = on_event,
							 .on_end = on_watch_end };
	struct kube_follow *follow = arg;

	follow->watch_since_ms = loop_now_ms(kube_loop(follow->kube));
	follow->watch = kube_watch_start(follow->kube, &follow->collection, follow->version,
					 SILENCE_MS, &events, follow);
	if (follow->is_paused)
		kube_watch_pause(follow->watch, true);
}

/* --- list --- */

static void discover(void *arg);

static void
on_item(void *arg, struct json_slice object)
{
	struct kube_follow *follow = arg;

	follow->events->on_item(follow->arg, object);
}

static void
go_on_listing(void *arg)
{
	struct kube_follow *follow = arg;

	kube_list_go(follow->list);
}

/* False: that was all. */
static bool
listed(struct kube_follow *follow)
{
	follow->was_listed = true;
	follow->has_ended = follow->settings->once;
	follow->events->on_listed(follow->arg);
	return !follow->has_ended;
}

static void
end_list(struct kube_follow *follow)
{
	follow->misses = 0;
	if (!listed(follow))
		return;
	free(follow->version);
	follow->version = alloc_string(kube_list_version(follow->list));
	start_watch(follow);
}

static bool
list_nothing(struct kube_follow *follow)
{
	if (follow->resource.api)
		follow->events->on_list(follow->arg, &follow->resource);
	return listed(follow);
}

/* At the start nobody waits to see whether it comes; what was there has to stay away for a while
 * to count as gone. */
static void
on_missing(struct kube_follow *follow)
{
	bool is_news = !follow->was_listed || follow->misses + 1 == MISSES_MIN;

	follow->misses++;
	if (is_news)
		log_info("%s: %s does not serve it: taken for an empty list until it does",
			 follow->settings->resource, kube_server(follow->kube));
	if (!is_news || list_nothing(follow))
		wait_quietly(follow, discover, -1);
}

static void
on_list_end(void *arg, const struct error *err, int64_t retry_after_ms)
{
	struct kube_follow *follow = arg;

	if (!err)
		end_list(follow);
	else if (err->code == 404 && follow->settings->ignore_missing)
		on_missing(follow);
	else if (err->code == 410)
		try_later(follow, start_list, err, retry_after_ms);
	else if (err->code == 404)
		try_later(follow, discover, err, retry_after_ms);
	else
		try_later(follow, go_on_listing, err, retry_after_ms);
}

static void
start_list(void *arg)
{
	struct kube_follow *follow = arg;

	follow->events->on_list(follow->arg, &follow->resource);
	kube_list_rewind(follow->list);
	kube_list_go(follow->list);
}

static void
open_list(struct kube_follow *follow)
{
	static const struct kube_list_events events = { .on_item = on_item, .on_end = on_list_end };

	kube_list_close(follow->list);
	follow->list = kube_list_open(follow->kube, &follow->collection, &events, follow);
	kube_list_pause(follow->list, follow->is_paused);
}

/* --- discovery --- */

static void
set_resource(struct kube_follow *follow, struct resource *take)
{
	resource_fini(&follow->resource);
	follow->resource = *take;
	memset(take, 0, sizeof(*take));
	free(follow->path);
	follow->path = kube_path(follow->resource.api,
				 follow->resource.namespaced ? follow->settings->namespace : NULL,
				 follow->resource.plural, NULL);
	follow->collection.path = follow->path;
	follow->collection.labels = follow->settings->labels;
	follow->collection.fields = follow->settings->fields;
	follow->collection.omit = follow->settings->omit;
}

static void
on_resource(void *arg, struct resource *resource, const struct error *err)
{
	struct kube_follow *follow = arg;
	struct error why;

	follow->discovery = NULL;
	if (err && err->kind == ERROR_NOT_FOUND && follow->settings->ignore_missing) {
		on_missing(follow);
		return;
	}
	if (err) {
		try_later(follow, discover, err, -1);
		return;
	}
	set_resource(follow, resource);
	if (!follow->path) {
		error_set(&why, ERROR_USAGE, 0, "-n %s: this is no name of a namespace",
			  follow->settings->namespace ? follow->settings->namespace : "");
		give_up(follow, &why);
		return;
	}
	open_list(follow);
	start_list(follow);
}

static void
discover(void *arg)
{
	struct kube_follow *follow = arg;

	follow->discovery =
		kube_discover(follow->kube, follow->settings->resource, on_resource, follow);
}

/* --- for filters --- */

struct kube_follow *
kube_follow_start(struct kube *kube, const struct kube_follow_settings *settings,
		  const struct kube_follow_events *events, void *arg)
{
	struct kube_follow *follow = alloc_zero(1, sizeof(*follow));

	follow->kube = kube;
	follow->settings = settings;
	follow->events = events;
	follow->arg = arg;
	discover(follow);
	return follow;
}

void
kube_follow_pause(struct kube_follow *follow, bool paused)
{
	if (follow->is_paused == paused || follow->has_ended)
		return;
	follow->is_paused = paused;
	if (follow->list)
		kube_list_pause(follow->list, paused);
	if (follow->watch)
		kube_watch_pause(follow->watch, paused);
}

void
kube_follow_stop(struct kube_follow *follow)
{
	if (!follow)
		return;
	loop_timer_stop(kube_loop(follow->kube), &follow->timer);
	kube_discovery_cancel(follow->discovery);
	kube_watch_cancel(follow->watch);
	kube_list_close(follow->list);
	resource_fini(&follow->resource);
	free(follow->path);
	free(follow->version);
	free(follow);
}
