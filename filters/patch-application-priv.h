/* What the files of patch-application share. */
#ifndef WEIR_PATCH_APPLICATION_PRIV_H
#define WEIR_PATCH_APPLICATION_PRIV_H

#include "../bus/filter.h"
#include "jobs.h"
#include "kube.h"
#include "patch-order.h"

struct patcher {
	struct jobs *jobs; /* first, for its callbacks; one for an Application or file */
	struct filter *filter;
	bool is_dry_run;
	struct kube_settings settings;
	struct http *http;
	struct kube *kube; /* NULL until the first UPDATE for a cluster */
};

struct patch_job {
	struct job job; /* first: a job is its patch_job */
	struct patcher *patcher;
	struct patch_order order;
	/* in a cluster */
	char *path;
	unsigned rejections; /* 422s that the object does not explain */
	bool may_be_written; /* an answer was lost */
};

/* --- patch-application.c --- */

/* Emit the job's RESULT and end it; reason NULL: none. The job is freed. */
void patch_job_finish(struct patch_job *job, const char *status, const char *reason);
/* The same for an error: `conflict` when its kind is CONFLICT, else `failed`. */
void patch_job_fail(struct patch_job *job, const struct error *err);

/* --- patch-application-cluster.c, patch-application-file.c: the job has its turn --- */

void patch_cluster_start(struct patch_job *job);
/* The input has ended, nothing will replace this job, and it has waited long enough. */
void patch_cluster_give_up(struct patch_job *job);
void patch_file_start(struct patch_job *job);

#endif
