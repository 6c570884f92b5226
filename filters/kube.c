/*
 * Requests to the API server: each is sent with a fresh credential, once more after a 401 when
 * there is a newer one, and ends with an answer or an error that says what to do. This is the
 * only place that attaches a credential, and only to the origin that was configured.
 */
#include "kube.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../bus/alloc.h"
#include "kube-priv.h"
#include "retry.h"

#define HEADERS_MAX 64

struct kube {
	struct loop *loop;
	struct http *http;
	struct kubeconfig_choice choice;
	char *origin; /* for texts */
	struct kube_keeper *keeper;
	struct kube_call *calls; /* all, newest first */
	struct error why;	 /* why the last plugin gave no credential */
};

struct kube_call {
	struct kube *kube;
	struct kube_call *next, **prev;
	struct kube_request request;	    /* its texts are copies */
	struct http_request *http;	    /* NULL while waiting for a plugin */
	struct kube_credential *credential; /* what it was sent with */
	struct loop_timer turn;		    /* once the plugin has ended */
	bool was_refused, is_paused;
};

static void
free_call(struct kube_call *call)
{
	*call->prev = call->next;
	if (call->next)
		call->next->prev = call->prev;
	loop_timer_stop(call->kube->loop, &call->turn);
	if (call->credential)
		kube_keeper_release(call->kube->keeper, call->credential);
	/* The copies are ours; struct kube_request borrows for its makers. */
	free((char *)(uintptr_t)call->request.path);
	alloc_free_secret((char *)(uintptr_t)call->request.body);
	free(call);
}

static void
finish(struct kube_call *call, const struct kube_answer *answer, const struct error *err)
{
	call->request.on_done(call->request.arg, answer, err);
	free_call(call);
}

static void
fail(struct kube_call *call, const struct error *err)
{
	struct kube_answer none = { .body = "", .retry_after_ms = -1 };

	finish(call, &none, err);
}

/* --- sending --- */

static void on_http_done(void *arg, struct http_request *http, const struct http_response *response,
			 const struct error *err);

static int
on_http_body(void *arg, const char *bytes, size_t len)
{
	struct kube_call *call = arg;

	return call->request.on_body(call->request.arg, bytes, len);
}

/* The call's headers; *accept and *type are the texts made for it. */
static void
list_headers(const struct kube_call *call, char **accept, char **type,
	     const char *headers[HEADERS_MAX])
{
	char *const *more = call->kube->choice.impersonate;
	const struct kube_request *request = &call->request;
	size_t n = 0;

	*accept =
		alloc_format("Accept: %s", request->accept ? request->accept : "application/json");
	headers[n++] = *accept;
	*type = request->content_type ? alloc_format("Content-Type: %s", request->content_type) :
					NULL;
	if (*type)
		headers[n++] = *type;
	for (; more && *more && n < HEADERS_MAX - 1; more++)
		headers[n++] = *more;
	headers[n] = NULL;
}

static void
send_call(struct kube_call *call)
{
	const struct kubeconfig_choice *choice = &call->kube->choice;
	const struct kube_request *request = &call->request;
	CLEANUP_FREE char *url = alloc_format("%s%s", choice->server, request->path);
	CLEANUP_FREE char *accept = NULL;
	CLEANUP_FREE char *type = NULL;
	const char *headers[HEADERS_MAX];
	struct http_options options = {
		.method = request->method,
		.url = url,
		.headers = headers,
		.body = request->body,
		.body_len = request->body_len,
		.body_max = request->answer_max,
		.timeout_ms = request->timeout_ms,
		.idempotent_write = true,
		.compressed = request->is_compressed,
		.secret = true,
		.on_body = request->on_body ? on_http_body : NULL,
		.on_done = on_http_done,
		.arg = call,
	};

	list_headers(call, &accept, &type, headers);
	if (choice->secure) {
		options.tls = &call->credential->tls;
		options.bearer = call->credential->token;
		options.basic_user = choice->username;
		options.basic_password = choice->password;
	}
	call->http = http_start(call->kube->http, &options);
	if (call->is_paused)
		http_pause(call->http, true);
}

/* With a credential at once, else when the plugin has ended. */
static void
try_call(struct kube_call *call)
{
	call->http = NULL;
	call->credential = kube_keeper_take(call->kube->keeper);
	if (call->credential)
		send_call(call);
}

struct kube_call *
kube_start(struct kube *kube, const struct kube_request *request)
{
	struct kube_call *call = alloc_zero(1, sizeof(*call));

	call->kube = kube;
	call->request = *request;
	call->request.path = alloc_string(request->path);
	if (request->body)
		call->request.body = alloc_text(request->body, request->body_len);
	call->next = kube->calls;
	call->prev = &kube->calls;
	if (call->next)
		call->next->prev = &call->next;
	kube->calls = call;
	try_call(call);
	return call;
}

/* --- receiving --- */

/* A 401 may only mean that the token was renewed: once more, with what is there now. */
static bool
try_again(struct kube_call *call)
{
	struct kube_credential *old = call->credential;

	if (call->was_refused || !kube_keeper_refused(call->kube->keeper, old))
		return false;
	call->was_refused = true;
	call->credential = NULL;
	kube_keeper_release(call->kube->keeper, old);
	try_call(call);
	return true;
}

static void
on_http_done(void *arg, struct http_request *http, const struct http_response *response,
	     const struct error *err)
{
	struct kube_call *call = arg;
	struct kube_answer answer = {
		.status = response->status,
		.body = response->body ? response->body : "",
		.body_len = response->body_len,
		.retry_after_ms = retry_after_ms(http_header(http, "Retry-After", 0), time(NULL)),
	};
	struct error why;

	if (!err && answer.status == 401 && try_again(call))
		return;
	if (!err && answer.status / 100 != 2) {
		kube_answer_error(&why, call->request.method ? call->request.method : "GET",
				  call->request.path, answer.status);
		err = &why;
	}
	finish(call, &answer, err);
}

static void
on_turn(void *arg)
{
	struct kube_call *call = arg;

	if (call->kube->why.kind == ERROR_NONE)
		try_call(call);
	else
		fail(call, &call->kube->why);
}

/* A plugin has ended: each call that waited for it gets a turn of its own. */
static void
on_credential(void *arg, const struct error *err)
{
	static const struct error none = { ERROR_NONE, 0, "" };
	struct kube *kube = arg;
	struct kube_call *call;

	kube->why = err ? *err : none;
	for (call = kube->calls; call; call = call->next)
		if (!call->http && !call->credential)
			loop_timer_start(kube->loop, &call->turn, 0, on_turn, call);
}

/* --- for filters --- */

struct kube *
kube_open(struct loop *loop, struct http *http, const struct kube_settings *settings,
	  struct error *err)
{
	struct kube *kube = alloc_zero(1, sizeof(*kube));
	const char *host;

	kube->loop = loop;
	kube->http = http;
	if (kube_config_load(settings, &kube->choice, err)) {
		free(kube);
		return NULL;
	}
	kube->keeper = kube_keeper_open(loop, http, &kube->choice, on_credential, kube, err);
	if (!kube->keeper) {
		if (err)
			err->kind = ERROR_CONFIG;
		kube_close(kube);
		return NULL;
	}
	host = strstr(kube->choice.server, "://");
	kube->origin = alloc_text(kube->choice.server, host ? (size_t)(host - kube->choice.server) +
								       3 + strcspn(host + 3, "/") :
							      0);
	return kube;
}

void
kube_close(struct kube *kube)
{
	struct kube_call *call, *next;

	if (!kube)
		return;
	for (call = kube->calls; call; call = next) {
		next = call->next;
		kube_cancel(call);
	}
	kube_keeper_close(kube->keeper);
	kubeconfig_choice_fini(&kube->choice);
	free(kube->origin);
	free(kube);
}

void
kube_cancel(struct kube_call *call)
{
	if (call->http)
		http_cancel(call->http);
	free_call(call);
}

const char *
kube_namespace(const struct kube *kube)
{
	return kube->choice.namespace;
}

const char *
kube_server(const struct kube *kube)
{
	return kube->origin;
}

struct loop *
kube_loop(const struct kube *kube)
{
	return kube->loop;
}

struct kube_call *
kube_get(struct kube *kube, const char *path, kube_done_fn *on_done, void *arg)
{
	struct kube_request request = { .path = path, .on_done = on_done, .arg = arg };

	return kube_start(kube, &request);
}

struct kube_call *
kube_stream(struct kube *kube, const char *path, int64_t timeout_ms, http_body_fn *on_body,
	    kube_done_fn *on_done, void *arg)
{
	struct kube_request request = { .path = path,
					.timeout_ms = timeout_ms,
					.on_body = on_body,
					.on_done = on_done,
					.arg = arg };

	return kube_start(kube, &request);
}

void
kube_pause(struct kube_call *call, bool paused)
{
	call->is_paused = paused;
	if (call->http)
		http_pause(call->http, paused);
}
