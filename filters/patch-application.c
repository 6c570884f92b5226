/*
 * patch-application: writes what an UPDATE says, into the cluster or into a file, and says what
 * became of it. It trusts no decision further than its tests reach; it never decides itself, and
 * talks to nothing but the API server.
 */
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/frame.h"
#include "../bus/log.h"
#include "../bus/table.h"
#include "decision.h"
#include "patch-application-priv.h"

#define IN_FLIGHT_MAX \
	4 /* each on a connection of its own: a handshake costs as much as 30 patches */
#define WAITING_MAX 1024

/* --- jobs --- */

static void pump(struct patcher *patcher);

static void
free_job(struct patch_job *job)
{
	struct patcher *patcher = job->patcher;

	*job->prev = job->next;
	if (job->next)
		job->next->prev = job->prev;
	loop_timer_stop(filter_loop(patcher->filter), &job->timer);
	if (job->call)
		kube_cancel(job->call);
	if (table_get(patcher->latest, job->key, job->key_len) == job)
		table_remove(patcher->latest, job->key, job->key_len);
	http_queue_end(patcher->queue, &job->turn);
	patch_order_fini(&job->order);
	free(job->path);
	free(job->key);
	filter_work_end(job->work);
	free(job);
}

void
patch_job_finish(struct patch_job *job, const char *status, const char *reason)
{
	struct patcher *patcher = job->patcher;

	filter_emit(patcher->filter, patch_order_result(&job->order, status, reason));
	free_job(job);
	pump(patcher);
}

void
patch_job_fail(struct patch_job *job, const struct error *err)
{
	CLEANUP_FREE char *what = patch_order_describe(&job->order);
	const char *status = err->kind == ERROR_CONFLICT ? "conflict" : "failed";

	log_error("%s: %s: %s", what, status, err->text);
	filter_failed(job->patcher->filter);
	patch_job_finish(job, status, err->text);
}

static void
start_job(struct patch_job *job)
{
	const struct patch_order *order = &job->order;

	filter_work_resume(job->work);
	if (!order->is_update)
		patch_job_finish(job, "unchanged", message_string(order->body, "reason"));
	else if (strcmp(order->change.from, order->change.to) == 0)
		patch_job_finish(job, "unchanged", "it has this version already");
	else if (order->is_in_file)
		patch_file_start(job);
	else
		patch_cluster_start(job);
}

/* Start what may start; also when a start ends at once and calls this again. */
static void
pump(struct patcher *patcher)
{
	struct http_turn *turn;

	if (patcher->is_pumping || patcher->is_stopping)
		return;
	patcher->is_pumping = true;
	while ((turn = http_queue_next(patcher->queue)) != NULL)
		start_job((struct patch_job *)turn);
	patcher->is_pumping = false;
}

/* --- messages --- */

/* The earlier message of this key asks for nothing any more, unless its patch is on its way. */
static void
replace_earlier(struct patcher *patcher, const struct buf *key)
{
	struct patch_job *earlier = table_get(patcher->latest, key->data, key->len);

	if (!earlier || earlier->call)
		return;
	filter_work_resume(earlier->work);
	patch_job_finish(earlier, "unchanged", "a later decision has replaced this one");
}

/* Takes order. */
static void
add_job(struct patcher *patcher, const struct patch_order *order, const struct buf *key)
{
	struct patch_job *job = alloc_zero(1, sizeof(*job));
	CLEANUP_FREE char *target = NULL;

	job->patcher = patcher;
	job->order = *order;
	job->work = filter_work_start(patcher->filter);
	replace_earlier(patcher, key);
	job->key = alloc_text(key->data, key->len);
	job->key_len = key->len;
	job->next = patcher->jobs;
	job->prev = &patcher->jobs;
	if (job->next)
		job->next->prev = &job->next;
	patcher->jobs = job;
	table_put(patcher->latest, job->key, job->key_len, job);
	target = patch_order_target(order);
	http_queue_push(patcher->queue, target, &job->turn);
}

static void
report_bad(struct patcher *patcher, struct message *message, struct error *err)
{
	error_prepend(err, "this %s was left out", message_type_name(message->type));
	filter_error(patcher->filter, decision_about(message->text, message->len), err);
}

static void
on_message(void *self, struct message *message)
{
	struct patcher *patcher = self;
	CLEANUP_BUF struct buf key = BUF_INIT(FRAME_MAX);
	struct patch_order order;
	struct error err;

	if (patch_order_read(&order, message, &err) == 0 && !message_key(message, &key))
		error_set(&err, ERROR_INPUT, 0, "it does not say what it is about");
	if (key.len == 0) {
		report_bad(patcher, message, &err);
		patch_order_fini(&order);
		return;
	}
	add_job(patcher, &order, &key);
	pump(patcher);
}

/* The decision was taken back, or its Application has gone. */
static void
on_gone(void *self, const char *key, size_t len)
{
	struct patcher *patcher = self;
	struct patch_job *job = table_get(patcher->latest, key, len);

	if (!job || job->call)
		return;
	free_job(job);
	pump(patcher);
}

static void
on_end(void *self)
{
	struct patcher *patcher = self;
	struct patch_job *job;

	patcher->has_ended = true;
	do { /* from the front each time: one that ends lets others start, and end */
		for (job = patcher->jobs; job && !patch_cluster_is_hopeless(job); job = job->next)
			;
		if (job)
			patch_cluster_give_up(job);
	} while (job);
}

/* What has not been sent is not sent any more. */
static void
on_stop(void *self)
{
	struct patcher *patcher = self;
	struct patch_job *job, *next;

	patcher->is_stopping = true;
	for (job = patcher->jobs; job; job = next) {
		next = job->next;
		if (!job->call)
			free_job(job);
	}
}

static void
on_close(void *self)
{
	struct patcher *patcher = self;
	struct patch_job *job, *next;

	for (job = patcher->jobs; job; job = next) {
		next = job->next;
		free_job(job);
	}
	kube_close(patcher->kube);
	http_free(patcher->http);
	patcher->kube = NULL;
	patcher->http = NULL;
}

/* --- the program --- */

static int
open_patcher(struct patcher *patcher, struct error *err)
{
	struct loop *loop = filter_loop(patcher->filter);

	if (filter_operands(patcher->filter)->count > 0)
		return error_set(err, ERROR_USAGE, 0, "\"%s\": no operands are taken",
				 filter_operands(patcher->filter)->items[0]);
	patcher->queue = http_queue_new(1, IN_FLIGHT_MAX);
	patcher->latest = table_new(NULL);
	patcher->http = http_new(loop, IN_FLIGHT_MAX, IN_FLIGHT_MAX);
	/* Else a cluster is looked for when an UPDATE needs one: files need none. */
	if (!patcher->settings.kubeconfig && !patcher->settings.context)
		return 0;
	patcher->kube = kube_open(loop, patcher->http, &patcher->settings, err);
	return patcher->kube ? 0 : -1;
}

int
main(int argc, char **argv)
{
	static const enum message_type consumes[] = { MESSAGE_UPDATE, MESSAGE_HOLD, MESSAGE_OTHER };
	struct patcher patcher = { .filter = NULL };
	const struct option_row options[] = {
		{ "dry-run", 0, OPTION_FLAG, NULL, &patcher.is_dry_run,
		  "say what would be written, write nothing", 0, 0, NULL },
		{ "kubeconfig", 0, OPTION_STRING, "FILE", &patcher.settings.kubeconfig,
		  "instead of $KUBECONFIG or ~/.kube/config", 0, 0, NULL },
		{ "context", 0, OPTION_STRING, "NAME", &patcher.settings.context,
		  "of the kubeconfig (default: the current one)", 0, 0, NULL },
		{ .name = NULL },
	};
	const struct filter_program program = {
		.name = "patch-application",
		.synopsis = "[option ...]",
		.summary = "Writes the versions that UPDATEs name into their Applications.",
		.options = options,
		.consumes = consumes,
		.busy_max = WAITING_MAX,
	};
	const struct filter_callbacks callbacks = { .on_message = on_message,
						    .on_gone = on_gone,
						    .on_end = on_end,
						    .on_stop = on_stop,
						    .on_close = on_close };
	struct error err;
	int status;

	patcher.filter = filter_open(&program, argc, argv);
	if (open_patcher(&patcher, &err)) {
		on_close(&patcher);
		status = filter_fail(patcher.filter, &err);
	} else {
		status = filter_run(patcher.filter, &callbacks, &patcher);
	}
	http_queue_free(patcher.queue);
	table_free(patcher.latest);
	return status;
}
