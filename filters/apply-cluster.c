/*
 * An order carried out by the API server: its kind's path is asked for once, the object is read,
 * and what differs is written, as long as the object is as it was read. When it is not, or an
 * answer was lost, it is read again. Never decides what to write (apply-judge.h).
 */
#include <stdlib.h>

#include "../bus/alloc.h"
#include "../bus/json.h"
#include "apply-priv.h"
#include "retry.h"

#define REREADS_MAX 5 /* in a row, before it waits as after a failure */
#define AGAIN_MS 20

static void read_object(void *arg);

/* --- the ends --- */

void
apply_cluster_fail(struct apply_job *job, const struct error *err)
{
	struct error why = *err;

	if (why.kind == ERROR_INPUT) /* the server's answer, not the message */
		why.kind = ERROR_PROTOCOL;
	if (job->may_be_written)
		error_prepend(&why, "it is not known whether it was written");
	apply_job_fail(job, &why);
}

void
apply_cluster_fail_with(struct apply_job *job, enum error_kind kind, const char *reason)
{
	struct error err;

	error_set(&err, kind, 0, "%s", reason);
	apply_job_fail(job, &err);
}

static void
try_later(struct apply_job *job, loop_timer_fn *next, const struct error *err,
	  int64_t retry_after_ms)
{
	if (job_try_later(&job->job, next, err, retry_after_ms))
		return;
	if (job_is_stopped(&job->job) && !job->may_be_written)
		job_end(&job->job);
	else
		apply_cluster_fail(job, err);
}

void
apply_cluster_wait(struct apply_job *job, const struct error *err)
{
	free(job->why);
	job->why = alloc_string(err->text);
	if (job_wait(&job->job, err))
		return;
	if (job_is_stopped(&job->job))
		job_end(&job->job);
	else
		apply_job_fail(job, err);
}

void
apply_cluster_read_later(struct apply_job *job, const struct error *err, int64_t retry_after_ms)
{
	try_later(job, read_object, err, retry_after_ms);
}

void
apply_cluster_read_again(struct apply_job *job)
{
	struct loop *loop = filter_loop(job->applier->filter);
	struct error err;

	if (++job->rereads <= REREADS_MAX) {
		loop_timer_start(loop, &job->job.timer, AGAIN_MS + retry_random() % AGAIN_MS,
				 read_object, job);
		return;
	}
	job->rereads = 0;
	error_set(&err, ERROR_TEMPORARY, 0, "it changes whenever it is to be written");
	apply_cluster_read_later(job, &err, -1);
}

/* --- the object as it is now --- */

jv
apply_answer_object(const struct kube_answer *answer)
{
	jv object;

	if (json_check(answer->body, answer->body_len, &json_limits_message, NULL))
		return jv_null();
	object = jv_parse_sized(answer->body, (int)answer->body_len);
	if (jv_get_kind(object) == JV_KIND_OBJECT)
		return object;
	jv_free(object);
	return jv_null();
}

const char *
apply_metadata_text(jv object, const char *name)
{
	jv metadata = message_get(object, "metadata");
	const char *text = message_string(metadata, name);

	jv_free(metadata);
	return text;
}

static void
nothing_to_do(struct apply_job *job, const struct apply_judgement *judgement)
{
	if (judgement->is_in_place && job->may_be_written)
		apply_write_finish(job, "found so after its answer was lost");
	else
		apply_job_finish(job, "unchanged", judgement->reason);
}

static bool
is_write(enum apply_verdict verdict)
{
	return verdict == APPLY_WRITE || verdict == APPLY_TAKE_OVER || verdict == APPLY_DELETE;
}

static void
carry_out(struct apply_job *job)
{
	struct apply_judgement judgement;
	struct error err;

	apply_judge(&job->order, job->object, job->applier->may_adopt, &judgement);
	jv_free(job->diff);
	job->diff = judgement.diff;
	if (is_write(judgement.verdict) && job_is_stopped(&job->job)) {
		job_end(&job->job);
		return;
	}
	switch (judgement.verdict) {
	case APPLY_WRITE:
		apply_write_intent(job);
		break;
	case APPLY_TAKE_OVER:
		apply_write_take_over(job);
		break;
	case APPLY_DELETE:
		apply_write_delete(job);
		break;
	case APPLY_NOTHING:
		nothing_to_do(job, &judgement);
		break;
	case APPLY_REFUSED:
		apply_cluster_fail_with(job, ERROR_DENIED, judgement.reason);
		break;
	case APPLY_OVERTAKEN:
		apply_cluster_fail_with(job, ERROR_CONFLICT, judgement.reason);
		break;
	case APPLY_NOT_YET:
		error_set(&err, ERROR_NOT_FOUND, 0, "%s", judgement.reason);
		apply_cluster_wait(job, &err);
		break;
	}
}

/* Takes object; jv_null(): it is not there. */
static void
set_object(struct apply_job *job, jv object)
{
	jv_free(job->object);
	job->object = object;
	job->uid = apply_metadata_text(object, "uid");
	job->version = apply_metadata_text(object, "resourceVersion");
	free(job->taken_version);
	job->taken_version = NULL;
	job->is_forced = false;
}

static void
on_object(void *arg, const struct kube_answer *answer, const struct error *err)
{
	struct apply_job *job = arg;
	struct error why;

	job_resume(&job->job);
	if (!err && json_check(answer->body, answer->body_len, &json_limits_message, &why)) {
		error_prepend(&why, "the API server's object");
		err = &why;
	}
	if (err && err->kind == ERROR_TEMPORARY) {
		apply_cluster_read_later(job, err, answer->retry_after_ms);
	} else if (err && err->kind != ERROR_NOT_FOUND) {
		apply_cluster_fail(job, err);
	} else if (!job_is_replaced(&job->job)) {
		set_object(job, err ? jv_null() : apply_answer_object(answer));
		carry_out(job);
	}
}

static void
read_object(void *arg)
{
	struct apply_job *job = arg;

	filter_work_resume(job->job.work);
	if (job_is_stopped(&job->job))
		job_end(&job->job);
	else if (!job_is_replaced(&job->job))
		job->job.call = kube_get(job->applier->kube, job->path, on_object, job);
}

/* --- its path --- */

static void
set_path(struct apply_job *job, const struct kube_kind *kind)
{
	const struct apply_order *order = &job->order;
	struct error err;

	if (kind->is_namespaced != (order->namespace != NULL)) {
		error_set(&err, ERROR_INPUT, 0,
			  kind->is_namespaced ? "its metadata.namespace is missing" :
						"objects of its kind have no metadata.namespace");
		apply_job_fail(job, &err);
		return;
	}
	job->path = kube_path(order->api, order->namespace, kind->plural, order->name);
	if (job->path)
		read_object(job);
	else
		apply_cluster_fail_with(job, ERROR_INPUT,
					"namespace or name is none that Kubernetes allows");
}

static void ask_for_kind(void *arg);

static void
on_kinds(void *arg, const struct kube_answer *answer, const struct error *err)
{
	struct apply_job *job = arg;
	struct kube_kinds *kinds = job->applier->kinds;
	const struct apply_order *order = &job->order;
	const struct kube_kind *kind = NULL;
	struct error why;

	job_resume(&job->job);
	if (err && err->kind == ERROR_TEMPORARY) {
		try_later(job, ask_for_kind, err, answer->retry_after_ms);
		return;
	}
	if (!err && kube_kinds_read(kinds, order->api, answer->body, answer->body_len, &why))
		err = &why;
	if (!err)
		kind = kube_kinds_get(kinds, order->api, order->kind);
	if (err && err->kind != ERROR_NOT_FOUND) {
		apply_cluster_fail(job, err);
	} else if (!kind) {
		error_set(&why, ERROR_NOT_FOUND, 404,
			  "%s has no kind %s in %s: is its CRD installed?",
			  kube_server(job->applier->kube), order->kind, order->api);
		apply_cluster_wait(job, &why);
	} else {
		set_path(job, kind);
	}
}

static void
ask_for_kind(void *arg)
{
	struct apply_job *job = arg;
	CLEANUP_FREE char *path = kube_kinds_path(job->order.api);

	filter_work_resume(job->job.work);
	if (!path)
		apply_cluster_fail_with(job, ERROR_INPUT,
					"its apiVersion is none that Kubernetes allows");
	else if (!job_is_replaced(&job->job))
		job->job.call = kube_get(job->applier->kube, path, on_kinds, job);
}

void
apply_cluster_start(struct apply_job *job)
{
	const struct kube_kind *kind =
		kube_kinds_get(job->applier->kinds, job->order.api, job->order.kind);

	if (job->path)
		read_object(job);
	else if (kind)
		set_path(job, kind);
	else
		ask_for_kind(job);
}

void
apply_cluster_give_up(struct apply_job *job)
{
	struct error err;

	if (job->job.is_absent && job->why)
		error_set(&err, ERROR_NOT_FOUND, 0, "%s", job->why);
	else
		error_set(&err, ERROR_TEMPORARY, 0, "it failed %u times, and the input has ended",
			  job->job.tries);
	apply_cluster_fail(job, &err);
}
