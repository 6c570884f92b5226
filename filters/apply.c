/*
 * apply: makes objects be what APPLY and PRUNE say, in the cluster or in a folder of manifests, and
 * says what became of it. It writes what is weir's, and of others' objects the fields that it was
 * given; it decides nothing, and talks to nothing but the API server.
 */
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/frame.h"
#include "../bus/log.h"
#include "apply-priv.h"

#define IN_FLIGHT_MAX \
	4 /* each on a connection of its own: a handshake costs as much as 30 writes */
#define WAITING_MAX 1024

/* --- jobs --- */

static bool
says_change(const char *status)
{
	return strcmp(status, "applied") == 0 || strcmp(status, "dry-run") == 0;
}

void
apply_job_finish(struct apply_job *job, const char *status, const char *reason)
{
	jv diff = says_change(status) ? jv_copy(job->diff) : jv_invalid();

	filter_emit(job->applier->filter, apply_order_result(&job->order, status, reason, diff));
	job_end(&job->job);
}

/* The RESULT of a failure, unless it was the last one, too. */
static void
tell_failure(struct apply_job *job, const char *status, const char *reason)
{
	CLEANUP_FREE char *what = apply_order_describe(&job->order);
	char *told = alloc_format("%s: %s", status, reason);
	bool is_new = !job->told || strcmp(job->told, told) != 0;

	free(job->told);
	job->told = told;
	if (!is_new)
		return;
	log_error("%s: %s", what, told);
	filter_failed(job->applier->filter);
	filter_emit(job->applier->filter,
		    apply_order_result(&job->order, status, reason, jv_invalid()));
}

/* What was read before is read again. */
static bool
may_rest(struct apply_job *job, const struct error *err)
{
	jv_free(job->diff);
	jv_free(job->object);
	job->diff = jv_invalid();
	job->object = jv_null();
	job->uid = job->version = NULL;
	job->rereads = 0;
	job->is_resting = job_rest(&job->job, err);
	return job->is_resting;
}

void
apply_job_fail(struct apply_job *job, const struct error *err)
{
	tell_failure(job, err->kind == ERROR_CONFLICT ? "conflict" : "failed", err->text);
	if (err->kind == ERROR_INPUT || !may_rest(job, err))
		job_end(&job->job);
}

static void
start_job(struct job *turn)
{
	struct apply_job *job = (struct apply_job *)turn;

	job->is_resting = false;
	if (job->applier->files)
		apply_file_start(job);
	else
		apply_cluster_start(job);
}

static void
replaced(struct job *turn)
{
	struct apply_job *job = (struct apply_job *)turn;

	if (job->told)
		job_end(turn);
	else
		apply_job_finish(job, "unchanged", "a later message has replaced this one");
}

static void
give_up(struct job *turn)
{
	struct apply_job *job = (struct apply_job *)turn;

	if (job->is_resting)
		job_end(turn);
	else
		apply_cluster_give_up(job);
}

static char *
describe(const struct job *job)
{
	return apply_order_describe(&((const struct apply_job *)job)->order);
}

static void
free_job(struct job *turn)
{
	struct apply_job *job = (struct apply_job *)turn;

	apply_order_fini(&job->order);
	jv_free(job->diff);
	jv_free(job->object);
	free(job->path);
	free(job->taken_version);
	free(job->why);
	free(job->told);
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
add_job(struct applier *applier, const struct apply_order *order, const struct buf *key)
{
	struct apply_job *job = alloc_zero(1, sizeof(*job));
	CLEANUP_FREE char *target = apply_order_target(order);

	job->applier = applier;
	job->order = *order;
	job->diff = jv_invalid();
	job->object = jv_null();
	jobs_add(applier->jobs, &job->job, key, target);
}

static void
on_message(void *self, struct message *message)
{
	struct applier *applier = self;
	CLEANUP_BUF struct buf key = BUF_INIT(FRAME_MAX);
	struct apply_order order;
	struct error err;

	if (apply_order_read(&order, message, &err) == 0 && !message_key(message, &key))
		error_set(&err, ERROR_INPUT, 0, "it does not say what it is about");
	if (key.len == 0) {
		error_prepend(&err, "this %s was left out", message_type_name(message->type));
		filter_error(applier->filter, apply_order_about(&order), &err);
		apply_order_fini(&order);
		return;
	}
	add_job(applier, &order, &key);
}

static void
on_close(void *self)
{
	struct applier *applier = self;

	jobs_free(applier->jobs);
	kube_close(applier->kube);
	http_free(applier->http);
	kube_kinds_free(applier->kinds);
	free(applier->folder);
	applier->folder = NULL;
	applier->jobs = NULL;
	applier->kube = NULL;
	applier->http = NULL;
	applier->kinds = NULL;
}

/* --- the program --- */

static int
open_applier(struct applier *applier, struct error *err)
{
	struct loop *loop = filter_loop(applier->filter);
	const struct option_list *operands = filter_operands(applier->filter);

	if (operands->count > 0)
		return error_set(err, ERROR_USAGE, 0, "\"%s\": no operands are taken",
				 operands->items[0]);
	if (applier->files && (applier->settings.kubeconfig || applier->settings.context))
		return error_set(err, ERROR_USAGE, 0,
				 "--files writes no cluster: --kubeconfig and --context have no "
				 "use with it");
	applier->jobs = jobs_new(applier->filter, &jobs_owner, IN_FLIGHT_MAX);
	if (applier->files)
		return apply_files_open(applier, err);
	applier->kinds = kube_kinds_new();
	applier->http = http_new(loop, IN_FLIGHT_MAX, IN_FLIGHT_MAX);
	applier->kube = kube_open(loop, applier->http, &applier->settings, err);
	return applier->kube ? 0 : -1;
}

int
main(int argc, char **argv)
{
	static const enum message_type consumes[] = { MESSAGE_APPLY, MESSAGE_PRUNE, MESSAGE_OTHER };
	struct applier applier = { .filter = NULL };
	const struct option_row options[] = {
		{ "dry-run", 0, OPTION_FLAG, NULL, &applier.is_dry_run,
		  "say what would be written, write nothing", 0, 0, NULL },
		{ "adopt", 0, OPTION_FLAG, NULL, &applier.may_adopt,
		  "take over objects of the Deckhouse module delivery", 0, 0, NULL },
		{ "files", 0, OPTION_STRING, "DIR", &applier.files,
		  "write manifests there, not to a cluster", 0, 0, NULL },
		{ "kubeconfig", 0, OPTION_STRING, "FILE", &applier.settings.kubeconfig,
		  "instead of $KUBECONFIG or ~/.kube/config", 0, 0, NULL },
		{ "context", 0, OPTION_STRING, "NAME", &applier.settings.context,
		  "of the kubeconfig (default: the current one)", 0, 0, NULL },
		{ .name = NULL },
	};
	const struct filter_program program = {
		.name = "apply",
		.synopsis = "[option ...]",
		.summary = "Makes objects be what APPLY and PRUNE say.",
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

	applier.filter = filter_open(&program, argc, argv);
	if (open_applier(&applier, &err)) {
		on_close(&applier);
		return filter_fail(applier.filter, &err);
	}
	return filter_run(applier.filter, &callbacks, &applier);
}
