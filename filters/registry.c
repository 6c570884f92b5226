/*
 * One GET and how it gets through: who goes first to a registry that is not known yet, waits
 * that it asked for, proofs that it wants, other tries. Must not know what is fetched.
 */
#include "registry.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../bus/alloc.h"
#include "registry-priv.h"
#include "retry.h"
#include "url.h"

#define TRIES 4
#define RETRY_BASE_MS 400
#define RETRY_CAP_MS 10000
#define GATE_MS 1000 /* how long others wait for the scout's answer */
#define CHALLENGES_MAX 16
#define SCOPE_MAX 1024

static void step(void *arg);

/* --- origins --- */

static void
free_origin(void *value)
{
	struct registry_origin *origin = value;

	challenge_fini(&origin->challenge);
	free(origin->url);
	free(origin);
}

static struct registry_origin *
find_origin(struct registry *registry, const char *api_url)
{
	struct registry_origin *origin;
	struct url url;
	char *text;

	text = url_parse(&url, api_url, NULL) == 0 ? url_origin(&url) : alloc_string(api_url);
	origin = table_get(registry->origins, text, strlen(text));
	if (origin == NULL) {
		origin = alloc_zero(1, sizeof(*origin));
		origin->url = alloc_string(text);
		table_put(registry->origins, text, strlen(text), origin);
	}
	free(text);
	return origin;
}

/* The scout has its answer, or has failed: those that waited for it go on. */
static void
open_gate(struct registry_call *scout)
{
	struct registry_origin *origin = scout->origin;
	struct registry_call *call;

	if (origin->scout != scout)
		return;
	origin->scout = NULL;
	for (call = scout->registry->calls; call != NULL; call = call->next)
		if (call->origin == origin && call->is_gated)
			loop_timer_start(call->registry->loop, &call->timer, 0, step, call);
}

/* How long this origin wants to be left alone; takes a slot of its limit when it is now. */
static int64_t
wait_ms(struct registry_origin *origin, int64_t now_ms)
{
	double now = (double)now_ms;

	if (origin->pause_until_ms > now_ms)
		return origin->pause_until_ms - now_ms + retry_random() % 100;
	if (origin->limit <= 0)
		return 0;
	if (origin->next_slot_ms > now)
		return (int64_t)(origin->next_slot_ms - now) + 1;
	if (origin->next_slot_ms < now - 1000) /* a second's worth may go at once */
		origin->next_slot_ms = now - 1000;
	origin->next_slot_ms += 1000 / origin->limit;
	return 0;
}

/* --- the end of a call --- */

void
registry_call_cancel(struct registry_call *call)
{
	*call->prev = call->next;
	if (call->next != NULL)
		call->next->prev = call->prev;
	open_gate(call);
	loop_timer_stop(call->registry->loop, &call->timer);
	if (call->request != NULL)
		http_cancel(call->request);
	registry_token_release(call);
	credential_fini(&call->credential);
	free(call->scope);
	free(call->accept);
	free(call->path);
	free(call->url);
	free(call);
}

static void
give_up(struct registry_call *call, const struct error *err)
{
	call->on_done(call->arg, NULL, NULL, err);
	registry_call_cancel(call);
}

static void
deny(struct registry_call *call, const char *what)
{
	struct error err;

	error_set(&err, ERROR_DENIED, 401, "%s", what);
	give_up(call, &err);
}

/* --- proof --- */

static void
learn_scope(struct registry_call *call, const struct challenge *challenge)
{
	CLEANUP_FREE char *plain = alloc_format("repository:%s:pull", call->path);
	bool is_odd = challenge->scope != NULL && strcmp(challenge->scope, plain) != 0 &&
		      strlen(challenge->scope) <= SCOPE_MAX;

	free(call->scope);
	call->scope = is_odd ? alloc_string(challenge->scope) : NULL;
	call->origin->is_scope_odd = is_odd;
}

/* What the 401 asks for becomes what the origin wants. */
static void
learn(struct registry_call *call, struct http_request *http)
{
	const char *values[CHALLENGES_MAX];
	struct challenge *challenge = &call->origin->challenge;
	size_t count = 0;

	while (count < CHALLENGES_MAX &&
	       (values[count] = http_header(http, "WWW-Authenticate", count)) != NULL)
		count++;
	challenge_fini(challenge);
	challenge_choose(challenge, values, count);
	if (challenge->scheme == CHALLENGE_BEARER)
		learn_scope(call, challenge);
}

static const char *
no_proof_text(const struct registry_call *call)
{
	if (call->origin->challenge.scheme == CHALLENGE_NONE)
		return "the registry says 401, but not how to prove who one is";
	return "the registry wants credentials, and none were found for it";
}

static const char refused_public[] = "the registry does not show it to the public (401), and no "
				     "credentials were found for it";
static const char refused_credential[] =
	"the registry refuses the credentials that were found for it (401)";

/* A 401. Proof that was refused is renewed once, when it was an older token. */
static void
on_refused(struct registry_call *call, struct http_request *http)
{
	bool was_proven = call->is_proven, was_fresh = call->is_fresh;
	bool had_token = call->token != NULL;

	learn(call, http);
	if (had_token)
		registry_token_forget(call->token);
	registry_token_release(call);
	call->is_fresh = false;
	if (was_proven && (!had_token || was_fresh)) {
		deny(call, credential_is_anonymous(&call->credential) ? refused_public
								      : refused_credential);
		return;
	}
	switch (call->origin->challenge.scheme) {
	case CHALLENGE_NONE:
		deny(call, no_proof_text(call));
		return;
	case CHALLENGE_BASIC:
		if (call->credential.user == NULL) {
			deny(call, no_proof_text(call));
			return;
		}
		break;
	case CHALLENGE_BEARER:
		break;
	}
	step(call);
}

/* --- other tries --- */

static void
try_again(struct registry_call *call, struct error *err, const char *retry_after)
{
	struct loop *loop = call->registry->loop;
	int64_t asked_ms = retry_after_ms(retry_after, time(NULL));
	int64_t delay_ms;

	if (++call->failures >= TRIES) {
		error_prepend(err, "after %d tries", TRIES);
		give_up(call, err);
		return;
	}
	delay_ms = retry_delay_ms(call->failures, RETRY_BASE_MS, RETRY_CAP_MS, retry_random());
	if (asked_ms >= 0) {
		call->origin->pause_until_ms = loop_now_ms(loop) + asked_ms;
		delay_ms = asked_ms > delay_ms ? asked_ms : delay_ms;
	}
	loop_timer_start(loop, &call->timer, delay_ms, step, call);
}

static void
on_answer(void *arg, struct http_request *http, const struct http_response *response,
	  const struct error *err)
{
	struct registry_call *call = arg;
	struct error failure;

	call->request = NULL;
	if (err == NULL && !retry_is_worth(response->status))
		call->origin->is_known = true;
	open_gate(call);
	if (err != NULL && err->kind == ERROR_TEMPORARY) {
		failure = *err;
		try_again(call, &failure, NULL);
	} else if (err != NULL) {
		give_up(call, err);
	} else if (response->status == 401) {
		on_refused(call, http);
	} else if (retry_is_worth(response->status)) {
		error_set(&failure, ERROR_TEMPORARY, (int)response->status,
			  "the registry answers %ld", response->status);
		try_again(call, &failure, http_header(http, "Retry-After", 0));
	} else {
		call->on_done(call->arg, http, response, NULL);
		registry_call_cancel(call);
	}
}

/* --- sending --- */

static void
send_request(struct registry_call *call)
{
	enum challenge_scheme scheme = call->origin->challenge.scheme;
	const char *headers[] = { call->accept, NULL };
	struct http_options options = {
		.url = call->url,
		.headers = headers,
		.tls = call->tls,
		.body_max = call->body_max,
		.on_done = on_answer,
		.arg = call,
	};

	if (scheme == CHALLENGE_BASIC && call->credential.user != NULL) {
		options.basic_user = call->credential.user;
		options.basic_password = call->credential.password;
	} else if (scheme == CHALLENGE_BEARER && call->credential.registry_token != NULL) {
		options.bearer = call->credential.registry_token;
	} else if (scheme == CHALLENGE_BEARER && call->token != NULL) {
		options.bearer = call->token->text;
	}
	call->is_proven = options.basic_user != NULL || options.bearer != NULL;
	call->request = http_start(call->registry->http, &options);
}

/* True: it waits for the scout. The scout goes. */
static bool
is_held_at_gate(struct registry_call *call)
{
	struct registry_origin *origin = call->origin;
	bool has_waited = call->is_gated;

	call->is_gated = false;
	if (origin->is_known || has_waited || origin->scout == call)
		return false;
	if (origin->scout == NULL) {
		origin->scout = call;
		return false;
	}
	call->is_gated = true;
	loop_timer_start(call->registry->loop, &call->timer, GATE_MS, step, call);
	return true;
}

static bool
wants_token(const struct registry_call *call)
{
	const struct registry_origin *origin = call->origin;

	return origin->challenge.scheme == CHALLENGE_BEARER &&
	       call->credential.registry_token == NULL &&
	       (call->scope != NULL || !origin->is_scope_odd);
}

/* Whatever it waited for has happened: go on as far as possible. */
static void
step(void *arg)
{
	struct registry_call *call = arg;
	struct loop *loop = call->registry->loop;
	struct error err;
	int64_t pause_ms;
	int got = 1;

	if (is_held_at_gate(call))
		return;
	if (wants_token(call) && (call->token == NULL || call->token->text == NULL)) {
		registry_token_release(call);
		got = registry_token_get(call, &err);
	}
	if (got < 0) {
		give_up(call, &err);
		return;
	}
	if (got == 0) {
		call->is_fresh = true;
		return;
	}
	pause_ms = wait_ms(call->origin, loop_now_ms(loop));
	if (pause_ms > 0)
		loop_timer_start(loop, &call->timer, pause_ms, step, call);
	else
		send_request(call);
}

void
registry_call_token(struct registry_call *call, const struct error *err)
{
	struct error failure;

	if (err == NULL) {
		step(call);
		return;
	}
	failure = *err;
	registry_token_release(call);
	if (err->kind == ERROR_TEMPORARY)
		try_again(call, &failure, NULL);
	else
		give_up(call, &failure);
}

struct registry_call *
registry_call_start(struct registry *registry, const struct registry_target *target,
		    const char *url, const char *accept, size_t body_max,
		    registry_call_fn *on_done, void *arg)
{
	struct registry_call *call = alloc_zero(1, sizeof(*call));

	call->registry = registry;
	call->origin = find_origin(registry, target->api_url);
	call->origin->limit = target->limit;
	call->url = alloc_string(url);
	call->path = alloc_string(target->reference->path);
	call->accept = alloc_format("Accept: %s", accept);
	call->tls = target->tls;
	credential_copy(&call->credential, target->credential);
	call->body_max = body_max;
	call->on_done = on_done;
	call->arg = arg;
	call->prev = &registry->calls;
	call->next = registry->calls;
	if (call->next != NULL)
		call->next->prev = &call->next;
	registry->calls = call;
	loop_timer_start(registry->loop, &call->timer, 0, step, call);
	return call;
}

/* --- the client --- */

struct registry *
registry_new(struct loop *loop, struct http *http, const char *const *trusted_realms,
	     size_t trusted_count)
{
	struct registry *registry = alloc_zero(1, sizeof(*registry));

	registry->loop = loop;
	registry->http = http;
	registry->trusted_realms = trusted_realms;
	registry->trusted_count = trusted_count;
	registry->origins = table_new(free_origin);
	registry->tokens = table_new(registry_token_free);
	return registry;
}

void
registry_free(struct registry *registry)
{
	struct registry_call *call, *next;

	if (registry == NULL)
		return;
	registry_jobs_cancel(registry);
	for (call = registry->calls; call != NULL; call = next) {
		next = call->next;
		registry_call_cancel(call);
	}
	table_free(registry->tokens);
	table_free(registry->origins);
	free(registry);
}
