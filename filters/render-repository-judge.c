/*
 * What is to be done for one WerfSource: what is wrong with it, or its Secret; its status; and the
 * ERROR, once. Whatever goes wrong here concerns this source alone, and what stands for it in the
 * cluster is left as it is.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../bus/alloc.h"
#include "render-repository-priv.h"
#include "repository-secret.h"

enum finding { FINDING_WAITS, FINDING_READY, FINDING_BROKEN };

struct verdict {
	enum finding finding;
	const char *reason;
	struct error err; /* broken: why; ready: what is to be said */
};

char *
repository_secret_name(const char *source_name)
{
	return alloc_format(REPOSITORY_SECRET_PREFIX "%s", source_name);
}

jv
render_input(const struct render_repository *self, const struct werf_source *source,
	     const struct credential *credential)
{
	CLEANUP_FREE char *name = repository_secret_name(source->name);
	jv input = jv_object_set(jv_object(), jv_string("source"), werf_source_value(source));
	jv pair = jv_null();

	if (credential != NULL) {
		pair = jv_object_set(jv_object(), jv_string("username"),
				     jv_string(credential->user));
		pair = jv_object_set(pair, jv_string("password"), jv_string(credential->password));
	}
	input = jv_object_set(input, jv_string("namespace"), jv_string(self->namespace));
	input = jv_object_set(input, jv_string("secretName"), jv_string(name));
	return jv_object_set(input, jv_string("credential"), pair);
}

/* --- rendering --- */

static int
emit_results(struct render_repository *self, struct entry *entry, jv results,
	     const struct live *live, struct error *err)
{
	int status = 0, count = jv_array_length(jv_copy(results));

	for (int i = 0; status == 0 && i < count; i++)
		status = output_emit(self, entry, jv_array_get(jv_copy(results), i), live, err);
	output_settle(self, entry, status == 0);
	return status;
}

static int
render(struct render_repository *self, struct entry *entry, const struct credential *credential,
       const struct live *live, struct error *err)
{
	jv results;
	int status;

	if (jq_program_run(self->program, render_input(self, entry->source, credential), &results,
			   err) != 0)
		return error_prepend(err, "WerfSource %s", entry->source->name);
	status = emit_results(self, entry, results, live, err);
	jv_free(results);
	return status == 0 ? 0 : error_prepend(err, "WerfSource %s", entry->source->name);
}

/* --- waiting for a pull secret --- */

static void on_patience(void *arg);

static void
start_timer(struct render_repository *self, int64_t delay_ms)
{
	if (self->is_timing)
		return;
	self->is_timing = true;
	loop_timer_start(filter_loop(self->filter), &self->patience, delay_ms, on_patience, self);
}

/* It may still come. */
static bool
is_patient(struct render_repository *self, struct entry *entry)
{
	bool may_be_unlisted = self->lists.have_bookmark && !self->lists.have_secrets;
	int64_t patience_ms = may_be_unlisted ? PATIENCE_UNLISTED_MS : PATIENCE_MS;

	if (self->lists.have_ended || entry->has_waited)
		return false;
	if (entry->waits_until == 0)
		entry->waits_until = loop_now_ms(filter_loop(self->filter)) + patience_ms;
	start_timer(self, patience_ms);
	return true;
}

static void
judge_with_trace(struct render_repository *self, struct entry *entry)
{
	filter_set_trace(self->filter, entry->trace);
	judge(self, entry, NULL);
	filter_set_trace(self->filter, "");
}

/* Those that have waited until now; when the next one will have, or 0. */
static int64_t
end_waits(struct render_repository *self, int64_t now_ms)
{
	size_t cursor = 0;
	int64_t next_ms = 0;
	void *value;

	while (table_next(self->entries, &cursor, NULL, NULL, &value)) {
		struct entry *entry = value;

		if (entry->waits_until == 0)
			continue;
		if (entry->waits_until > now_ms) {
			if (next_ms == 0 || entry->waits_until < next_ms)
				next_ms = entry->waits_until;
			continue;
		}
		entry->waits_until = 0;
		entry->has_waited = true;
		judge_with_trace(self, entry);
	}
	return next_ms;
}

static void
on_patience(void *arg)
{
	struct render_repository *self = arg;
	int64_t now_ms = loop_now_ms(filter_loop(self->filter)), next_ms;

	self->is_timing = false;
	next_ms = end_waits(self, now_ms);
	if (next_ms != 0)
		start_timer(self, next_ms - now_ms);
}

void
judge_soon(struct render_repository *self)
{
	int64_t until_ms = loop_now_ms(filter_loop(self->filter)) + PATIENCE_MS;
	size_t cursor = 0;
	void *value;

	while (table_next(self->entries, &cursor, NULL, NULL, &value)) {
		struct entry *entry = value;

		if (entry->waits_until > until_ms)
			entry->waits_until = until_ms;
	}
	if (!self->is_timing)
		return;
	self->is_timing = false;
	start_timer(self, PATIENCE_MS);
}

void
judge_waiting(struct render_repository *self)
{
	loop_timer_stop(filter_loop(self->filter), &self->patience);
	end_waits(self, INT64_MAX);
}

/* --- the verdict --- */

static struct verdict
broken(const char *reason, struct error *err)
{
	return (struct verdict){ .finding = FINDING_BROKEN, .reason = reason, .err = *err };
}

static struct verdict
ready(const char *reason)
{
	return (struct verdict){ .finding = FINDING_READY, .reason = reason };
}

static struct verdict
look_at_secret(struct render_repository *self, struct entry *entry, const struct live *live)
{
	const struct werf_source *source = entry->source;
	struct credential credential = { .user = NULL };
	struct error err;
	int status;

	if (source->pull_secret != NULL &&
	    pull_secrets_find(self->pull_secrets, source, &credential, &err) != 0) {
		if (err.kind == ERROR_NOT_FOUND && is_patient(self, entry))
			return (struct verdict){ .finding = FINDING_WAITS };
		error_prepend(&err, "WerfSource %s", source->name);
		return broken(err.kind == ERROR_NOT_FOUND ? "PullSecretMissing"
							  : "PullSecretUnusable",
			      &err);
	}
	entry->waits_until = 0;
	entry->has_waited = false;
	status = render(self, entry, credential.user != NULL ? &credential : NULL, live, &err);
	credential_fini(&credential);
	return status == 0 ? ready("Rendered") : broken("ProgramFailed", &err);
}

static struct verdict
look_at(struct render_repository *self, struct entry *entry, const struct live *live)
{
	CLEANUP_FREE char *secret = NULL;
	struct error err;

	if (entry->problem != NULL) {
		error_set(&err, ERROR_INPUT, 0, "%s", entry->problem);
		return broken("Invalid", &err);
	}
	if (werf_sources_check(self->sources, entry->source, &err) != 0)
		return broken("Conflict", &err);
	if (entry->source->has_repository)
		return look_at_secret(self, entry, live);
	output_settle(self, entry, true);
	secret = repository_secret_name(entry->source->name);
	if (table_get(self->owned, secret, strlen(secret)) != NULL)
		output_prune(self, entry->source->name);
	return ready("RepositoryDisabled");
}

/* --- telling --- */

/* {"origin":...}, when it comes from a file, and {"object":...}, when it has a name; neither:
 * invalid. */
static jv
about(const struct entry *entry)
{
	const char *parts[4] = { "", "", "", "" };
	jv value = jv_object(), origin;

	if (entry->source->name[0] != '\0')
		value = jv_object_set(value, jv_string("object"),
				      werf_source_reference(entry->source));
	if (message_key_parts(entry->key, entry->key_len, parts, 4) == 4 && parts[0][0] == 'f') {
		origin = jv_object_set(jv_object(), jv_string("file"), jv_string(parts[1]));
		origin = jv_object_set(origin, jv_string("document"),
				       jv_number((double)strtoul(parts[2], NULL, 10)));
		if (parts[3][0] != '\0')
			origin = jv_object_set(origin, jv_string("item"),
					       jv_number((double)strtoul(parts[3], NULL, 10)));
		value = jv_object_set(value, jv_string("origin"), origin);
	}
	if (jv_object_length(jv_copy(value)) > 0)
		return value;
	jv_free(value);
	return jv_invalid();
}

/* What is wrong is said once, not with each event. */
static void
report(struct render_repository *self, struct entry *entry, const struct verdict *verdict)
{
	if (verdict->finding == FINDING_READY) {
		free(entry->reported);
		entry->reported = NULL;
	} else if (entry->reported == NULL || strcmp(entry->reported, verdict->err.text) != 0) {
		free(entry->reported);
		entry->reported = alloc_string(verdict->err.text);
		filter_error(self->filter, about(entry), &verdict->err);
	}
}

/* Of several with one name, one has the status: that which is used. */
static bool
speaks(const struct render_repository *self, const struct entry *entry)
{
	const char *name = entry->source->name;
	const struct werf_source *used = werf_sources_named(self->sources, name);

	if (name[0] == '\0')
		return false;
	return used != NULL ? used == entry->source : entry_named(self, name) == entry;
}

static void
set_since(struct entry *entry, bool is_ready)
{
	time_t now = time(NULL);
	struct tm utc;

	if (entry->has_status && entry->was_ready == is_ready)
		return;
	if (entry->has_status || !werf_status_since(entry->source, is_ready, entry->since))
		strftime(entry->since, sizeof(entry->since), "%Y-%m-%dT%H:%M:%SZ",
			 gmtime_r(&now, &utc));
	entry->has_status = true;
	entry->was_ready = is_ready;
}

/* Without the name: it is the name's own status. */
static char *
status_text(const struct render_repository *self, const struct entry *entry,
	    const struct verdict *verdict, const char *secret)
{
	CLEANUP_FREE char *prefix = alloc_format("WerfSource %s: ", entry->source->name);
	size_t len = strlen(prefix);

	if (verdict->finding == FINDING_BROKEN)
		return alloc_string(verdict->err.text +
				    (strncmp(verdict->err.text, prefix, len) == 0 ? len : 0));
	if (!entry->source->has_repository)
		return alloc_string("spec.argocdRepoEnabled is false: Argo CD gets no Secret");
	return alloc_format("Secret %s/%s is what Argo CD is to know", self->namespace, secret);
}

static void
tell_status(struct render_repository *self, struct entry *entry, const struct verdict *verdict)
{
	CLEANUP_FREE char *secret = repository_secret_name(entry->source->name);
	CLEANUP_FREE char *text = status_text(self, entry, verdict, secret);
	struct werf_status status = { .is_ready = verdict->finding == FINDING_READY,
				      .reason = verdict->reason, .message = text,
				      .since = entry->since };
	bool is_disabled = status.is_ready && !entry->source->has_repository;

	if (!is_disabled && (output_wants(self, secret) != NULL ||
			     table_get(self->owned, secret, strlen(secret)) != NULL))
		status.secret_name = secret;
	set_since(entry, status.is_ready);
	output_status(self, werf_status_apply(entry->source, &status));
}

void
judge(struct render_repository *self, struct entry *entry, const struct live *live)
{
	struct verdict verdict;

	if (!self->is_complete || !filter_takes(self->filter, entry->key, entry->key_len))
		return;
	verdict = look_at(self, entry, live);
	if (verdict.finding == FINDING_WAITS)
		return;
	report(self, entry, &verdict);
	if (speaks(self, entry))
		tell_status(self, entry, &verdict);
}

void
judge_all(struct render_repository *self)
{
	size_t cursor = 0;
	void *entry;

	while (table_next(self->entries, &cursor, NULL, NULL, &entry))
		judge_with_trace(self, entry);
}
