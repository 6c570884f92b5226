/* What the files of patch-application share. */
#ifndef WEIR_PATCH_APPLICATION_PRIV_H
#define WEIR_PATCH_APPLICATION_PRIV_H

#include "../bus/filter.h"
#include "../bus/table.h"
#include "http-queue.h"
#include "kube.h"
#include "kube-backoff.h"
#include "patch-order.h"

struct patcher {
	struct filter *filter;
	bool is_dry_run;
	struct kube_settings settings;
	struct http *http;
	struct kube *kube;	  /* NULL until the first UPDATE for a cluster */
	struct http_queue *queue; /* one at a time for each target */
	struct table *latest;	  /* message key -> its latest job that has not ended */
	struct patch_job *jobs;	  /* all, for the end */
	bool is_pumping, has_ended, is_stopping;
};

struct patch_job {
	struct http_turn turn; /* first: a turn is its job */
	struct patcher *patcher;
	struct patch_job *next, **prev;
	struct patch_order order;
	struct filter_work *work;
	char *key; /* of the message */
	size_t key_len;
	/* in a cluster */
	char *path;
	struct kube_call *call; /* in flight; NULL: waiting for its turn or for the timer */
	struct loop_timer timer;
	struct kube_backoff backoff;
	unsigned tries,
		rejections;  /* failures that may pass; 422s that the object does not explain */
	bool may_be_written; /* an answer was lost */
};

/* --- patch-application.c --- */

/* Emit the job's RESULT and end it; reason NULL: none. The job is freed. */
void patch_job_finish(struct patch_job *job, const char *status, const char *reason);
/* The same for an error: `conflict` when its kind is CONFLICT, else `failed`. */
void patch_job_fail(struct patch_job *job, const struct error *err);

/* --- patch-application-cluster.c, patch-application-file.c: the job has its turn --- */

void patch_cluster_start(struct patch_job *job);
/* The input has ended, nothing will replace this job: has it waited for better times long enough?
 */
bool patch_cluster_is_hopeless(const struct patch_job *job);
void patch_cluster_give_up(struct patch_job *job);
void patch_file_start(struct patch_job *job);

#endif
