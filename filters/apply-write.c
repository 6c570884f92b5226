/*
 * Writing to the API server what differs, as long as the object is as it was read; and what became
 * of that. When it is not as it was, or an answer was lost, it is read again before anything else.
 */
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/json.h"
#include "apply-answer.h"
#include "apply-diff.h"
#include "apply-owner.h"
#include "apply-priv.h"

#define BODY_MAX ((size_t)4 << 20) /* the API server takes 3 MiB */
/* No object has it (etcd's first revision is no object's): a write with it can only create. */
#define NO_VERSION "1"

/* --- what became of a write --- */

void
apply_write_finish(struct apply_job *job, const char *reason)
{
	const char *done = job->order.is_prune ? "pruned" : "applied";

	if (job->is_forced && !reason)
		reason = "taken over from the Deckhouse module delivery";
	apply_job_finish(job, job->applier->is_dry_run ? "dry-run" : done, reason);
}

static void
on_applied(struct apply_job *job, const struct kube_answer *answer)
{
	jv now = apply_answer_object(answer);
	const char *version = apply_metadata_text(now, "resourceVersion");
	const char *before = job->taken_version ? job->taken_version : job->version;
	bool is_changed = !before || !version || strcmp(before, version) != 0;

	if (job->applier->is_dry_run) {
		jv_free(job->diff);
		job->diff = apply_diff(job->object, now);
		is_changed = jv_array_length(jv_copy(job->diff)) > 0;
	}
	jv_free(now);
	if (is_changed)
		apply_write_finish(job, NULL);
	else
		apply_job_finish(job, "unchanged", "to the API server nothing differs");
}

/* What a write needs is not there: the namespace, or meanwhile the object. */
static void
on_write_not_found(struct apply_job *job, const struct error *err)
{
	struct error why = *err;

	if (jv_get_kind(job->object) != JV_KIND_NULL && job->rereads == 0) {
		apply_cluster_read_again(job);
	} else if (job->order.part == APPLY_STATUS) {
		apply_cluster_fail_with(job, ERROR_DENIED,
					"the API server has no status for objects of this kind");
	} else {
		error_set(&why, ERROR_NOT_FOUND, 404, "%s: is its namespace there?", err->text);
		apply_cluster_wait(job, &why);
	}
}

static void
on_denied(struct apply_job *job, const struct error *err)
{
	struct error why = *err;

	if (err->code == 403 && jv_get_kind(job->object) == JV_KIND_NULL)
		error_set(&why, ERROR_DENIED, 403,
			  "%s (a new object needs the verb \"create\", too)", err->text);
	apply_cluster_fail(job, &why);
}

/* 429 says that nothing was done; after a 5xx or a broken connection nobody knows. */
static void
on_refused(struct apply_job *job, const struct kube_answer *answer, const struct error *err)
{
	char reason[ERROR_TEXT_MAX];

	switch (apply_answer_read(answer->status, answer->body, answer->body_len, reason,
				  sizeof(reason))) {
	case APPLY_ANSWER_FOREIGN:
		apply_cluster_fail_with(job, ERROR_CONFLICT, reason);
		return;
	case APPLY_ANSWER_CHANGED:
		apply_cluster_read_again(job);
		return;
	case APPLY_ANSWER_NOT_VALID: /* to the CRD or the webhooks of today */
		apply_cluster_fail_with(job, ERROR_DENIED, reason);
		return;
	case APPLY_ANSWER_OTHER:
		break;
	}
	if (err->kind == ERROR_NOT_FOUND) {
		on_write_not_found(job, err);
	} else if (err->kind == ERROR_TEMPORARY) {
		job->may_be_written |= answer->status != 429;
		apply_cluster_read_later(job, err, answer->retry_after_ms);
	} else {
		on_denied(job, err);
	}
}

static void
on_written(void *arg, const struct kube_answer *answer, const struct error *err)
{
	struct apply_job *job = arg;

	job_resume(&job->job);
	if (!err && job->order.is_prune)
		apply_write_finish(job, NULL);
	else if (!err)
		on_applied(job, answer);
	else if (err->kind == ERROR_NOT_FOUND && job->order.is_prune)
		apply_cluster_read_again(job);
	else
		on_refused(job, answer, err);
}

/* --- writing --- */

/* The intent for exactly this state of exactly this object; a status for whatever state. */
static jv
body_of(const struct apply_job *job)
{
	jv metadata = message_get(job->order.intent, "metadata");
	const char *version = job->taken_version ? job->taken_version :
			      job->version	 ? job->version :
						   NO_VERSION;

	if (job->uid)
		metadata = jv_object_set(metadata, jv_string("uid"), jv_string(job->uid));
	if (job->order.part != APPLY_STATUS)
		metadata =
			jv_object_set(metadata, jv_string("resourceVersion"), jv_string(version));
	return jv_object_set(jv_copy(job->order.intent), jv_string("metadata"), metadata);
}

void
apply_write_intent(struct apply_job *job)
{
	struct buf body = BUF_INIT(BODY_MAX);
	CLEANUP_FREE char *path =
		alloc_format("%s%s", job->path, job->order.part == APPLY_STATUS ? "/status" : "");
	jv whole = body_of(job);
	struct kube_intent intent = { .path = path,
				      .is_forced = job->is_forced,
				      .is_dry_run = job->applier->is_dry_run };

	if (message_dump(whole, &body)) {
		intent.body = body.data;
		intent.len = body.len;
		job->job.call = kube_apply(job->applier->kube, &intent, on_written, job);
	}
	buf_wipe(&body);
	buf_fini(&body);
	jv_free(whole);
	if (!job->job.call)
		apply_cluster_fail_with(job, ERROR_INPUT,
					"the object is larger than the API server takes");
}

static void
on_taken_over(void *arg, const struct kube_answer *answer, const struct error *err)
{
	struct apply_job *job = arg;
	const char *version;
	jv now;

	job_resume(&job->job);
	if (err) {
		if (answer->status == 422)
			apply_cluster_read_again(job);
		else
			on_refused(job, answer, err);
		return;
	}
	now = apply_answer_object(answer);
	version = apply_metadata_text(now, "resourceVersion");
	job->taken_version = alloc_string(version ? version : NO_VERSION);
	jv_free(now);
	apply_write_intent(job);
}

void
apply_write_take_over(struct apply_job *job)
{
	CLEANUP_BUF struct buf body = BUF_INIT(BODY_MAX);
	jv entries = apply_owner_take_over(job->object);

	job->is_forced = true;
	if (!jv_is_valid(entries) || job->applier->is_dry_run) {
		jv_free(entries);
		apply_write_intent(job);
		return;
	}
	buf_printf(&body,
		   "[{\"op\":\"test\",\"path\":\"/metadata/uid\",\"value\":\"%s\"},"
		   "{\"op\":\"test\",\"path\":\"/metadata/resourceVersion\",\"value\":\"%s\"},"
		   "{\"op\":\"replace\",\"path\":\"/metadata/managedFields\",\"value\":",
		   job->uid, job->version);
	message_dump(entries, &body);
	buf_append_string(&body, "}]");
	jv_free(entries);
	job->job.call = kube_patch(job->applier->kube, job->path, buf_string(&body), body.len,
				   on_taken_over, job);
}

void
apply_write_delete(struct apply_job *job)
{
	job->job.call = kube_delete(job->applier->kube, job->path, job->uid ? job->uid : "",
				    job->version ? job->version : "", job->applier->is_dry_run,
				    on_written, job);
}
