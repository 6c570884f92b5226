/*
 * Sources that others keep (Secrets, variables, programs) are fetched into a "held" text, which
 * all who wait for it are resolved from, each for its own repository. docker's files are read at
 * once.
 */
#include "credentials.h"

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/table.h"
#include "credential-source.h"
#include "credentials-priv.h"
#include "docker-helper.h"
#include "secret-field.h"

#define KEEP_MS 60000
#define KEEP_FAILURE_MS 3000
#define HELPER_KEY "helper " /* no source text begins so */

/* What a source gave. */
struct held {
	struct credentials *credentials;
	struct credential_source source;
	char *text; /* a docker config, or user:password; NULL: failed, see err */
	size_t len;
	struct error err;
	bool is_fetched;
	int64_t good_until_ms; /* below 0: for ever */
	int64_t keep_ms;       /* what a program's output is kept for */
	struct kube_call *call;
	struct child *run;
	struct credentials_wait *waits;
};

struct credentials_wait {
	struct held *held;
	struct credentials_wait *next, **prev;
	struct reference reference; /* host and path only */
	char *api_host;
	credentials_fn *on_done;
	void *arg;
};

struct credentials {
	struct loop *loop;
	struct http *http;
	const struct kube_settings *settings;
	struct kube *kube;
	bool is_kube_tried;
	struct error kube_error;
	struct table *held; /* by source text */
};

/* --- the cluster, when it is needed --- */

static struct kube *
kube_of(struct credentials *credentials)
{
	if (!credentials->is_kube_tried) {
		credentials->is_kube_tried = true;
		credentials->kube = kube_open(credentials->loop, credentials->http,
					      credentials->settings, &credentials->kube_error);
	}
	return credentials->kube;
}

const char *
credentials_namespace(struct credentials *credentials)
{
	struct kube *kube = kube_of(credentials);

	return kube != NULL ? kube_namespace(kube) : "";
}

/* --- waits --- */

void
credentials_cancel(struct credentials_wait *wait)
{
	*wait->prev = wait->next;
	if (wait->next != NULL)
		wait->next->prev = wait->prev;
	reference_fini(&wait->reference);
	free(wait->api_host);
	free(wait);
}

/* One repository's credential out of what the source gave. */
static int
resolve(const struct held *held, const struct reference *reference, const char *api_host,
	struct credential *credential, struct error *err)
{
	int found;

	*credential = (struct credential){ .user = NULL };
	if (held->text == NULL) {
		*err = held->err;
		return -1;
	}
	if (held->source.kind == CREDENTIAL_PULL_SECRET)
		found = dockerconfig_find(held->text, held->len, reference, api_host, credential,
					  err);
	else if (held->source.kind == CREDENTIAL_HELPER)
		found = docker_helper_read(held->text, held->len, credential, err);
	else
		found = credential_parse(credential, held->text, held->len, err);
	return found < 0 ? -1 : 0;
}

static void
tell(const struct held *held, const struct reference *reference, const char *api_host,
     credentials_fn *on_done, void *arg)
{
	CLEANUP_FREE char *name = credential_source_text(&held->source);
	struct credential credential;
	struct error err;

	if (resolve(held, reference, api_host, &credential, &err) == 0) {
		on_done(arg, &credential, NULL);
	} else {
		error_prepend(&err, "%s", name);
		on_done(arg, NULL, &err);
	}
	credential_fini(&credential);
}

static void
tell_all(struct held *held)
{
	struct credentials_wait *wait;

	while ((wait = held->waits) != NULL) {
		held->waits = wait->next;
		if (held->waits != NULL)
			held->waits->prev = &held->waits;
		wait->prev = &wait->next; /* out of the list already */
		wait->next = NULL;
		tell(held, &wait->reference, wait->api_host, wait->on_done, wait->arg);
		credentials_cancel(wait);
	}
}

/* --- what was fetched --- */

static void
drop_text(struct held *held)
{
	if (held->text != NULL)
		explicit_bzero(held->text, held->len);
	free(held->text);
	held->text = NULL;
	held->len = 0;
	held->is_fetched = false;
}

static void
keep(struct held *held, char *text, size_t len, int64_t keep_ms)
{
	int64_t now_ms = loop_now_ms(held->credentials->loop);

	drop_text(held);
	held->text = text;
	held->len = len;
	held->is_fetched = true;
	held->good_until_ms = keep_ms < 0 ? -1 : now_ms + keep_ms;
}

static void
keep_failure(struct held *held, const struct error *err)
{
	keep(held, NULL, 0, KEEP_FAILURE_MS);
	held->err = *err;
}

/* Without the line end that editors and programs add, and blanks around it. */
static char *
trimmed(const char *text, size_t len, size_t *trimmed_len)
{
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		len--;
	while (len > 0 && strchr(" \t\r\n", *text) != NULL) {
		text++;
		len--;
	}
	*trimmed_len = len;
	return alloc_text(text, len);
}

static char *
field_of(const struct kube_answer *answer, const char *type, const char *field, size_t *len,
	 struct error *err)
{
	struct json_slice object = { answer->body, answer->body_len };

	if (json_check(object.text, object.len, &json_limits_message, NULL) == 0)
		return secret_field(object, type, field, len, err);
	error_set(err, ERROR_PROTOCOL, 0, "the API server's answer is not JSON");
	return NULL;
}

static void
on_secret(void *arg, const struct kube_answer *answer, const struct error *err)
{
	struct held *held = arg;
	bool is_pull_secret = held->source.kind == CREDENTIAL_PULL_SECRET;
	const char *field = is_pull_secret ? PULL_SECRET_FIELD : held->source.field;
	struct error failure;
	char *text = NULL;
	size_t len = 0;

	held->call = NULL;
	if (err == NULL)
		text = field_of(answer, is_pull_secret ? PULL_SECRET_TYPE : NULL, field, &len,
				&failure);
	else
		failure = *err;
	if (text == NULL)
		keep_failure(held, &failure);
	else
		keep(held, text, len, KEEP_MS);
	if (text != NULL && !is_pull_secret && len > 0 && text[len - 1] == '\n')
		held->len--; /* peers keep it, and fail */
	tell_all(held);
}

static void
on_program(void *arg, const char *text, size_t len, const struct error *err)
{
	struct held *held = arg;
	size_t trimmed_len;
	char *copy;

	held->run = NULL;
	if (err != NULL) {
		keep_failure(held, err);
	} else {
		copy = trimmed(text, len, &trimmed_len);
		keep(held, copy, trimmed_len, held->keep_ms > 0 ? held->keep_ms : -1);
	}
	tell_all(held);
}

/* Having nothing for a registry is no failure. */
static void
on_helper(void *arg, const char *text, size_t len, const struct error *err)
{
	struct held *held = arg;

	held->run = NULL;
	if (err == NULL)
		keep(held, alloc_text(text, len), len, KEEP_MS);
	else if (err->code > 0 && docker_helper_has_none(text, len))
		keep(held, alloc_string(""), 0, KEEP_MS);
	else
		keep_failure(held, err);
	tell_all(held);
}

/* --- fetching --- */

static int
fetch_secret(struct held *held, struct error *err)
{
	struct kube *kube = kube_of(held->credentials);
	CLEANUP_FREE char *path = NULL;

	if (kube == NULL) {
		*err = held->credentials->kube_error;
		return -1;
	}
	path = kube_path("v1", held->source.namespace, "secrets", held->source.name);
	if (path == NULL)
		return error_set(err, ERROR_INPUT, 0, "it is no legal name of a Secret");
	held->call = kube_get(kube, path, on_secret, held);
	return 0;
}

static int
fetch_variable(struct held *held, struct error *err)
{
	const char *value = getenv(held->source.name);

	if (value == NULL)
		return error_set(err, ERROR_CONFIG, 0, "the variable is not set");
	keep(held, alloc_string(value), strlen(value), -1);
	return 0;
}

/* 0: it is there, or will be told. */
static int
fetch(struct held *held, struct error *err)
{
	if (held->call != NULL || held->run != NULL)
		return 0;
	switch (held->source.kind) {
	case CREDENTIAL_PULL_SECRET:
	case CREDENTIAL_SECRET:
		return fetch_secret(held, err);
	case CREDENTIAL_ENV:
		return fetch_variable(held, err);
	case CREDENTIAL_PROGRAM:
		held->run = credentials_run(held->credentials->loop, held->source.name, on_program,
					    held, err);
		return held->run != NULL ? 0 : -1;
	case CREDENTIAL_HELPER:
		held->run = credentials_run_helper(held->credentials->loop, held->source.name,
						   held->source.field, on_helper, held, err);
		return held->run != NULL ? 0 : -1;
	}
	return 0;
}

static bool
is_good(const struct held *held)
{
	return held->is_fetched && (held->good_until_ms < 0 ||
				    loop_now_ms(held->credentials->loop) < held->good_until_ms);
}

/* --- sources --- */

static void
free_held(void *value)
{
	struct held *held = value;
	struct credentials_wait *wait, *next;

	for (wait = held->waits; wait != NULL; wait = next) {
		next = wait->next;
		credentials_cancel(wait);
	}
	if (held->call != NULL)
		kube_cancel(held->call);
	child_cancel(held->run);
	drop_text(held);
	credential_source_fini(&held->source);
	free(held);
}

static struct held *
find_held(struct credentials *credentials, const char *source, struct error *err)
{
	struct held *held = table_get(credentials->held, source, strlen(source));

	if (held != NULL)
		return held;
	held = alloc_zero(1, sizeof(*held));
	held->credentials = credentials;
	if (credential_source_parse(&held->source, source, err) != 0) {
		free(held);
		return NULL;
	}
	table_put(credentials->held, source, strlen(source), held);
	return held;
}

static struct credentials_wait *
wait_for(struct held *held, const struct reference *reference, const char *api_host,
	 credentials_fn *on_done, void *arg)
{
	struct credentials_wait *wait = alloc_zero(1, sizeof(*wait));

	wait->held = held;
	wait->reference.host = alloc_string(reference->host);
	wait->reference.path = alloc_string(reference->path);
	wait->api_host = api_host != NULL ? alloc_string(api_host) : NULL;
	wait->on_done = on_done;
	wait->arg = arg;
	wait->prev = &held->waits;
	wait->next = held->waits;
	if (wait->next != NULL)
		wait->next->prev = &wait->next;
	held->waits = wait;
	return wait;
}

/* What is held, or will be. */
static struct credentials_wait *
get_held(struct held *held, const struct reference *reference, const char *api_host,
	 credentials_fn *on_done, void *arg)
{
	struct error err;

	if (!is_good(held) && fetch(held, &err) != 0)
		keep_failure(held, &err);
	if (!is_good(held))
		return wait_for(held, reference, api_host, on_done, arg);
	tell(held, reference, api_host, on_done, arg);
	return NULL;
}

/* Takes what helper holds. */
static struct held *
held_of_helper(struct credentials *credentials, struct docker_helper *helper)
{
	CLEANUP_FREE char *key =
		alloc_format("%s%s %s", HELPER_KEY, helper->program, helper->server);
	struct held *held = table_get(credentials->held, key, strlen(key));

	if (held == NULL) {
		held = alloc_zero(1, sizeof(*held));
		held->credentials = credentials;
		held->source.kind = CREDENTIAL_HELPER;
		held->source.name = helper->program;
		held->source.field = helper->server;
		*helper = (struct docker_helper){ .program = NULL };
		table_put(credentials->held, key, strlen(key), held);
	}
	docker_helper_fini(helper);
	return held;
}

static struct credentials_wait *
get_docker(struct credentials *credentials, const struct reference *reference,
	   const char *api_host, credentials_fn *on_done, void *arg)
{
	struct credential credential;
	struct docker_helper helper;
	struct error err;
	int status = credentials_docker(reference, api_host, &credential, &helper, &err);

	if (status >= 0 && helper.program != NULL)
		return get_held(held_of_helper(credentials, &helper), reference, api_host, on_done,
				arg);
	if (status < 0)
		on_done(arg, NULL, &err);
	else
		on_done(arg, &credential, NULL);
	credential_fini(&credential);
	return NULL;
}

struct credentials_wait *
credentials_get(struct credentials *credentials, const char *source, int64_t keep_ms,
		const struct reference *reference, const char *api_host, credentials_fn *on_done,
		void *arg)
{
	struct error err;
	struct held *held;

	if (source == NULL)
		return get_docker(credentials, reference, api_host, on_done, arg);
	held = find_held(credentials, source, &err);
	if (held == NULL) {
		error_prepend(&err, "%s", source);
		on_done(arg, NULL, &err);
		return NULL;
	}
	held->keep_ms = keep_ms;
	return get_held(held, reference, api_host, on_done, arg);
}

/* docker's config is read each time: of it only what helpers said is held. */
static void
forget_helpers(struct credentials *credentials)
{
	const char *key;
	size_t cursor = 0, len;
	void *value;

	while (table_next(credentials->held, &cursor, &key, &len, &value)) {
		struct held *held = value;

		if (held->source.kind == CREDENTIAL_HELPER)
			drop_text(held);
	}
}

void
credentials_forget(struct credentials *credentials, const char *source)
{
	struct held *held;

	if (source == NULL) {
		forget_helpers(credentials);
		return;
	}
	held = table_get(credentials->held, source, strlen(source));
	if (held != NULL && held->source.kind != CREDENTIAL_ENV)
		drop_text(held);
}

struct credentials *
credentials_new(struct loop *loop, struct http *http, const struct kube_settings *settings)
{
	struct credentials *credentials = alloc_zero(1, sizeof(*credentials));

	credentials->loop = loop;
	credentials->http = http;
	credentials->settings = settings;
	credentials->held = table_new(free_held);
	return credentials;
}

void
credentials_free(struct credentials *credentials)
{
	if (credentials == NULL)
		return;
	table_free(credentials->held);
	kube_close(credentials->kube);
	free(credentials);
}
