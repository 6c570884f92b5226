/*
 * What http.h promises, above the engine in http.c: requests wait their turn, are told their
 * end once, may be cancelled or paused at any moment. What may not be done inside a callback of
 * the engine is left to the loop's next turn.
 */
#include "http.h"

#include <stdlib.h>

#include "../bus/alloc.h"
#include "http-priv.h"

#define BODY_MAX ((size_t)4 * 1024 * 1024)
#define CONNECT_TIMEOUT_MS 10000
#define TIMEOUT_MS 30000
#define PER_HOST 8
#define TOTAL 32

struct http {
	struct loop *loop;
	struct http_engine *engine;
	struct http_queue *queue;
	struct http_request *requests, *deferred;
	struct loop_timer wake;
	uint64_t count;
};

/* --- what is left to the next turn --- */

static void on_deferred(void *arg);

static void
wake(struct http *http)
{
	loop_timer_start(http->loop, &http->wake, 0, on_deferred, http);
}

static void
undefer(struct http_request *request)
{
	struct http_request **at;

	for (at = &request->http->deferred; *at != NULL; at = &(*at)->next_deferred) {
		if (*at != request)
			continue;
		*at = request->next_deferred;
		return;
	}
}

static void
defer(struct http_request *request)
{
	undefer(request);
	request->next_deferred = request->http->deferred;
	request->http->deferred = request;
	wake(request->http);
}

/* Told in the next turn. */
static void
fail_later(struct http_request *request, const struct error *err)
{
	request->bad = alloc_zero(1, sizeof(*err));
	*request->bad = *err;
	defer(request);
}

/* --- ends --- */

/* Out of the engine, the queue and the world. */
static void
end(struct http_request *request)
{
	struct http *http = request->http;

	if (request->turn.lane != NULL)
		http_queue_end(http->queue, &request->turn);
	http_engine_take_out(http->engine, request);
	undefer(request);
	*request->prev = request->next;
	if (request->next != NULL)
		request->next->prev = request->prev;
	http_text_fini(&request->text);
	free(request->bad);
	free(request);
}

static void
on_ended(void *arg, struct http_request *request, enum http_failure failure,
	 const struct http_response *response)
{
	struct error err;
	bool failed = http_failure_error(failure, &err) != 0;

	(void)arg;
	if (failed)
		error_prepend(&err, "%s", request->text.origin);
	if (!request->is_cancelled)
		request->on_done(request->arg, request, response, failed ? &err : NULL);
	end(request);
}

/* Start whoever may start. */
static void
on_settled(void *arg)
{
	struct http *http = arg;
	struct http_turn *turn;
	struct error err;

	while ((turn = http_queue_next(http->queue)) != NULL) {
		struct http_request *request = (struct http_request *)(void *)turn;

		http->count++;
		if (http_engine_begin(http->engine, request))
			continue;
		http_failure_error(HTTP_FAILURE_LIBRARY, &err);
		fail_later(request, &err);
	}
}

static const struct http_engine_events engine_events = {
	.ended = on_ended,
	.settled = on_settled,
};

static void
tell_bad(struct http_request *request)
{
	struct http_response response = { .body = "" };

	request->on_done(request->arg, request, &response, request->bad);
	end(request);
}

static void
on_deferred(void *arg)
{
	struct http *http = arg;
	struct http_request *request;

	while ((request = http->deferred) != NULL) {
		http->deferred = request->next_deferred;
		if (request->is_cancelled) {
			end(request);
		} else if (request->bad != NULL) {
			tell_bad(request);
		} else if (request->wants_resume) {
			request->wants_resume = request->is_stopped = false;
			http_engine_resume(http->engine, request);
		}
	}
	on_settled(http);
}

/* --- what others call --- */

struct http *
http_new(struct loop *loop, unsigned per_host, unsigned total)
{
	struct http *http = alloc_zero(1, sizeof(*http));

	if (total == 0)
		total = TOTAL;
	http->loop = loop;
	http->engine = http_engine_new(loop, total, &engine_events, http);
	http->queue = http_queue_new(per_host != 0 ? per_host : PER_HOST, total);
	return http;
}

void
http_free(struct http *http)
{
	struct http_request *request, *next;

	if (http == NULL)
		return;
	for (request = http->requests; request != NULL; request = next) {
		next = request->next;
		end(request);
	}
	http_engine_free(http->engine);
	http_queue_free(http->queue);
	loop_timer_stop(http->loop, &http->wake);
	free(http);
}

static struct http_request *
new_request(struct http *http, const struct http_options *options)
{
	struct http_request *request = alloc_zero(1, sizeof(*request));

	request->http = http;
	request->tls = options->tls;
	request->body_max = options->body_max != 0 ? options->body_max : BODY_MAX;
	request->connect_timeout_ms = options->connect_timeout_ms != 0 ?
		options->connect_timeout_ms : CONNECT_TIMEOUT_MS;
	request->timeout_ms = options->timeout_ms != 0 ? options->timeout_ms : TIMEOUT_MS;
	request->is_compressed = options->compressed;
	request->is_secret = options->secret;
	request->is_foreign = options->foreign;
	request->on_body = options->on_body;
	request->on_done = options->on_done;
	request->arg = options->arg;
	request->prev = &http->requests;
	request->next = http->requests;
	if (request->next != NULL)
		request->next->prev = &request->next;
	http->requests = request;
	return request;
}

struct http_request *
http_start(struct http *http, const struct http_options *options)
{
	struct http_request *request = new_request(http, options);
	struct error err;

	if (http_text_init(&request->text, options, &err) != 0) {
		fail_later(request, &err);
		return request;
	}
	http_queue_push(http->queue, request->text.origin, &request->turn);
	if (http_engine_is_busy(http->engine))
		wake(http);
	else
		on_settled(http);
	return request;
}

void
http_cancel(struct http_request *request)
{
	struct http *http = request->http;

	if (http_engine_is_busy(http->engine)) {
		request->is_cancelled = true;
		defer(request);
	} else {
		end(request);
		wake(http);
	}
}

void
http_pause(struct http_request *request, bool paused)
{
	request->is_paused = paused;
	request->wants_resume = !paused && request->is_stopped;
	if (request->wants_resume)
		defer(request);
}

void
http_forget_tls(struct http *http, const struct http_tls *tls)
{
	http_engine_forget(http->engine, tls);
}

uint64_t
http_count(const struct http *http)
{
	return http->count;
}
