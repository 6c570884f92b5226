/* What the files of apply share. */
#ifndef WEIR_APPLY_PRIV_H
#define WEIR_APPLY_PRIV_H

#include "../bus/filter.h"
#include "apply-judge.h"
#include "apply-order.h"
#include "jobs.h"
#include "kube-kinds.h"
#include "kube.h"

struct applier {
	struct jobs *jobs; /* first, for its callbacks; one at a time for each object */
	struct filter *filter;
	bool is_dry_run, may_adopt;
	const char *files;  /* --files; NULL: a cluster */
	char *folder;	    /* the same, without links; owned */
	unsigned file_mode; /* of new files that hold no secret */
	struct kube_settings settings;
	struct http *http;
	struct kube *kube;
	struct kube_kinds *kinds;
};

struct apply_job {
	struct job job; /* first: a job is its apply_job */
	struct applier *applier;
	struct apply_order order;
	jv diff;	 /* for the RESULT; invalid: none */
	char *told;	 /* status and reason of its last RESULT; NULL: it has had none */
	bool is_resting; /* after a failure, until it is begun again */
	/* in a cluster */
	char *path;			/* of the object */
	jv object;			/* as it was read; jv_null(): it is not there */
	const char *uid, *version;	/* of it; NULL: none */
	char *taken_version;		/* after its fields were taken over */
	char *why;			/* what it waits for */
	unsigned rereads;		/* it had changed between reading and writing */
	bool is_forced, may_be_written; /* an answer was lost */
};

/* --- apply.c --- */

/* Emit the job's RESULT, with its diff when status says that something was or would be written, and
 * end it; reason NULL: none. The job is freed. */
void apply_job_finish(struct apply_job *job, const char *status, const char *reason);
/* Emit one for an error, unless it is the last one again: `conflict` when its kind is CONFLICT,
 * else `failed`. It rests after that, and is begun anew, for others may mend what is wrong; it ends
 * when it is the message that is wrong (INPUT), or the input has ended. */
void apply_job_fail(struct apply_job *job, const struct error *err);

/* --- apply-cluster.c, apply-files.c: the job has its turn --- */

void apply_cluster_start(struct apply_job *job);
/* The input has ended, and it has waited long enough. */
void apply_cluster_give_up(struct apply_job *job);
void apply_file_start(struct apply_job *job);
/* -1: --files is no folder that can be used (CONFIG). */
int apply_files_open(struct applier *applier, struct error *err);

/* --- apply-cluster.c, for apply-write.c: each may end the job --- */

/* Nothing will help; and the same with a text alone. */
void apply_cluster_fail(struct apply_job *job, const struct error *err);
void apply_cluster_fail_with(struct apply_job *job, enum error_kind kind, const char *reason);
/* Something is not there that others may still create. */
void apply_cluster_wait(struct apply_job *job, const struct error *err);
/* Read the object again: it was not any more as it had been read; or after a failure that may pass
 * by itself. */
void apply_cluster_read_again(struct apply_job *job);
void apply_cluster_read_later(struct apply_job *job, const struct error *err,
			      int64_t retry_after_ms);
/* The object in an answer, owned by the caller; jv_null(): it is none. */
jv apply_answer_object(const struct kube_answer *answer);
/* A text in metadata, NULL: there is none. Points into object. */
const char *apply_metadata_text(jv object, const char *name);

/* --- apply-write.c: what the judgement asks for --- */

void apply_write_intent(struct apply_job *job);
/* The same for an object of the predecessor: its fields become weir's first. */
void apply_write_take_over(struct apply_job *job);
void apply_write_delete(struct apply_job *job);
/* It was written, or found so. */
void apply_write_finish(struct apply_job *job, const char *reason);

#endif
