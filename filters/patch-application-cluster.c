/*
 * An UPDATE written to the API server: a JSON Patch with tests; when they fail, the object is read
 * again and the reason found; when an answer is lost, the object is read before anything is
 * sent again. Never decides what to write.
 */
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/json.h"
#include "patch-application-priv.h"
#include "retry.h"

#define APPLICATIONS_API "argoproj.io/v1alpha1"
#define REJECTIONS_MAX 3 /* 422 though every test holds */
#define PATCH_MAX ((size_t)1024 * 1024)
#define AGAIN_MS 50

static void send_patch(void *arg);
static void read_object(void *arg);

static void
fail_for_good(struct patch_job *job, const struct error *err)
{
	struct error why = *err;

	if (job->may_be_written)
		error_prepend(&why, "it is not known whether the patch was applied");
	patch_job_fail(job, &why);
}

static void
try_later(struct patch_job *job, loop_timer_fn *next, const struct error *err,
	  int64_t retry_after_ms)
{
	if (!job_try_later(&job->job, next, err, retry_after_ms))
		fail_for_good(job, err);
}

/* --- the object as it is now --- */

static void
judge(struct patch_job *job, jv object)
{
	char reason[256] = "";
	struct error err;

	switch (patch_judge(&job->order.change, object, reason, sizeof(reason))) {
	case PATCH_OVERTAKEN:
		error_set(&err, ERROR_CONFLICT, 0, "%s", reason);
		patch_job_fail(job, &err);
		break;
	case PATCH_DONE:
		if (job->may_be_written && !job->patcher->is_dry_run)
			patch_job_finish(job, "patched",
					 "found in place after its answer was lost");
		else
			patch_job_finish(job, "unchanged", "it has this version already");
		break;
	case PATCH_APPLIES:
		job->order.change.from_is_empty = patch_has_revision(&job->order.change, object);
		loop_timer_start(filter_loop(job->patcher->filter), &job->job.timer,
				 AGAIN_MS + retry_random() % AGAIN_MS, send_patch, job);
		break;
	}
}

static void
on_object(void *arg, const struct kube_answer *answer, const struct error *err)
{
	struct patch_job *job = arg;
	struct error why;
	jv object;

	job_resume(&job->job);
	if (!err && json_check(answer->body, answer->body_len, &json_limits_message, &why))
		err = &why;
	if (err && err->kind == ERROR_TEMPORARY) {
		try_later(job, read_object, err, answer->retry_after_ms);
	} else if (err && err->kind == ERROR_NOT_FOUND) {
		error_set(&why, ERROR_CONFLICT, 404, "the Application does not exist any more");
		patch_job_fail(job, &why);
	} else if (err) {
		fail_for_good(job, err);
	} else {
		object = jv_parse_sized(answer->body, (int)answer->body_len);
		judge(job, object);
		jv_free(object);
	}
}

static void
read_object(void *arg)
{
	struct patch_job *job = arg;

	filter_work_resume(job->job.work);
	if (!job_is_replaced(&job->job))
		job->job.call = kube_get(job->patcher->kube, job->path, on_object, job);
}

/* --- the patch --- */

static void
on_rejected(struct patch_job *job)
{
	struct error err;

	if (++job->rejections <= REJECTIONS_MAX) {
		read_object(job);
		return;
	}
	error_set(&err, ERROR_PROTOCOL, 422,
		  "the API server rejects the patch (422) though the Application is as it was; ask "
		  "its log, or the admission webhooks, why");
	patch_job_fail(job, &err);
}

/* 429 and 409 say that nothing was done; after a 5xx or a broken connection nobody knows. */
static bool
is_unknown_outcome(const struct kube_answer *answer)
{
	return answer->status != 429 && answer->status != 409;
}

static void
on_patched(void *arg, const struct kube_answer *answer, const struct error *err)
{
	struct patch_job *job = arg;
	struct error why;

	job_resume(&job->job);
	if (!err) {
		patch_job_finish(job, job->patcher->is_dry_run ? "dry-run" : "patched", NULL);
	} else if (answer->status == 422) {
		on_rejected(job);
	} else if (err->kind == ERROR_NOT_FOUND) {
		error_set(&why, ERROR_CONFLICT, 404, "the Application does not exist any more");
		patch_job_fail(job, &why);
	} else if (err->kind == ERROR_TEMPORARY || answer->status == 409) {
		job->may_be_written |= is_unknown_outcome(answer);
		try_later(job, job->may_be_written ? read_object : send_patch, err,
			  answer->retry_after_ms);
	} else {
		fail_for_good(job, err);
	}
}

static void
send_patch(void *arg)
{
	struct patch_job *job = arg;
	CLEANUP_BUF struct buf body = BUF_INIT(PATCH_MAX);
	CLEANUP_FREE char *path =
		alloc_format("%s%s", job->path, job->patcher->is_dry_run ? "?dryRun=All" : "");
	struct error err;

	filter_work_resume(job->job.work);
	if (job_is_stopped(&job->job)) {
		job_end(&job->job);
		return;
	}
	if (job_is_replaced(&job->job))
		return;
	if (!patch_build(&job->order.change, &body)) {
		error_set(&err, ERROR_INPUT, 0, "the patch would be larger than %zu bytes",
			  PATCH_MAX);
		patch_job_fail(job, &err);
		return;
	}
	job->job.call = kube_patch(job->patcher->kube, path, body.data, body.len, on_patched, job);
}

/* --- the start --- */

static int
open_kube(struct patcher *patcher, struct error *err)
{
	if (!patcher->kube)
		patcher->kube = kube_open(filter_loop(patcher->filter), patcher->http,
					  &patcher->settings, err);
	return patcher->kube ? 0 : -1;
}

static int
prepare(struct patch_job *job, struct error *err)
{
	const struct patch_order *order = &job->order;

	if (!order->change.uid)
		return error_set(err, ERROR_INPUT, 0,
				 "the UPDATE has no uid, so nothing says that "
				 "this is still the same Application");
	job->path = kube_path(APPLICATIONS_API, order->namespace, "applications", order->name);
	if (!job->path)
		return error_set(err, ERROR_INPUT, 0,
				 "namespace or name is none that Kubernetes "
				 "allows");
	return open_kube(job->patcher, err);
}

void
patch_cluster_start(struct patch_job *job)
{
	struct error err;

	if (prepare(job, &err))
		patch_job_fail(job, &err);
	else
		send_patch(job);
}

void
patch_cluster_give_up(struct patch_job *job)
{
	struct error err;

	error_set(&err, ERROR_TEMPORARY, 0, "it failed %u times, and the input has ended",
		  job->job.tries);
	fail_for_good(job, &err);
}
