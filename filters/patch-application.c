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
#include "decision.h"
#include "patch-application-priv.h"

#define IN_FLIGHT_MAX \
	4 /* each on a connection of its own: a handshake costs as much as 30 patches */
#define WAITING_MAX 1024

/* --- jobs --- */

void
patch_job_finish(struct patch_job *job, const char *status, const char *reason)
{
	filter_emit(job->patcher->filter, patch_order_result(&job->order, status, reason));
	job_end(&job->job);
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
start_job(struct job *turn)
{
	struct patch_job *job = (struct patch_job *)turn;
	const struct patch_order *order = &job->order;

	if (!order->is_update)
		patch_job_finish(job, "unchanged", message_string(order->body, "reason"));
	else if (strcmp(order->change.from, order->change.to) == 0)
		patch_job_finish(job, "unchanged", "it has this version already");
	else if (order->is_in_file)
		patch_file_start(job);
	else
		patch_cluster_start(job);
}

static void
replaced(struct job *job)
{
	patch_job_finish((struct patch_job *)job, "unchanged",
			 "a later decision has replaced this one");
}

static void
give_up(struct job *job)
{
	patch_cluster_give_up((struct patch_job *)job);
}

static char *
describe(const struct job *job)
{
	return patch_order_describe(&((const struct patch_job *)job)->order);
}

static void
free_job(struct job *turn)
{
	struct patch_job *job = (struct patch_job *)turn;

	patch_order_fini(&job->order);
	free(job->path);
	free(job);
}

static const struct jobs_owner jobs_owner = { .start = start_job,
					      .replaced = replaced,
					      .give_up = give_up,
					      .describe = describe,
					      .free = free_job };

/* --- messages --- */

/* Takes order. */
static void
add_job(struct patcher *patcher, const struct patch_order *order, const struct buf *key)
{
	struct patch_job *job = alloc_zero(1, sizeof(*job));
	CLEANUP_FREE char *target = patch_order_target(order);

	job->patcher = patcher;
	job->order = *order;
	jobs_add(patcher->jobs, &job->job, key, target);
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
}

static void
on_close(void *self)
{
	struct patcher *patcher = self;

	jobs_free(patcher->jobs);
	kube_close(patcher->kube);
	http_free(patcher->http);
	patcher->jobs = NULL;
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
	patcher->jobs = jobs_new(patcher->filter, &jobs_owner, IN_FLIGHT_MAX);
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
						    .on_gone = jobs_on_gone,
						    .on_end = jobs_on_end,
						    .on_stop = jobs_on_stop,
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
	return status;
}
