/*
 * What is the same in filters that write to one place after the other: a job for each message, the
 * latest of a key in place of an earlier one that waits, one at a time for a target and several in
 * all, waiting longer with each failure, and the ends. Knows no message and no way to write.
 */
#ifndef WEIR_JOBS_H
#define WEIR_JOBS_H

#include <stdbool.h>
#include <stdint.h>

#include "../bus/buf.h"
#include "../bus/error.h"
#include "../bus/filter.h"
#include "../bus/loop.h"
#include "http-queue.h"
#include "kube-backoff.h"
#include "kube.h"

struct jobs;

/* Embedded first by its owner, zeroed. */
struct job {
	struct http_turn turn; /* first: a turn is its job */
	struct jobs *jobs;
	struct job *next, **prev;
	struct filter_work *work;
	char *key, *target;
	size_t key_len;
	struct kube_call *call; /* in flight; NULL: it waits for its turn or for its timer */
	struct loop_timer timer;
	loop_timer_fn *step; /* what to call once it has its turn again; NULL: the owner's start */
	struct kube_backoff backoff;
	unsigned tries; /* failures that may pass by themselves */
	unsigned rests; /* failures that do not pass by themselves */
	bool is_absent; /* what it needs is not there (yet): it has left its turn to others */
};

/* What the owner of jobs does. Each of the first three may end the job. */
struct jobs_owner {
	void (*start)(struct job *job);	   /* it has its turn */
	void (*replaced)(struct job *job); /* a later message takes its place: say so, end it */
	void (*give_up)(struct job *job);  /* the input has ended, and it waits in vain: likewise */
	/* The sentence "WHAT: " in a line of the log; owned by the caller. */
	char *(*describe)(const struct job *job);
	void (*free)(struct job *job); /* its own members, and the memory */
};

/* in_flight: so many have their turn at once. owner is kept. */
struct jobs *jobs_new(struct filter *filter, const struct jobs_owner *owner, unsigned in_flight);
/* What is left is freed without a word. NULL is fine. */
void jobs_free(struct jobs *jobs);
/* A new job for the current message; takes it. key: the message's. target: what one job at a time
 * is for. It may have ended when this returns. */
void jobs_add(struct jobs *jobs, struct job *job, const struct buf *key, const char *target);
/* It has ended: frees it, and lets others start. */
void job_end(struct job *job);

/* First thing in the callback of job->call: what follows is caused by its message. */
void job_resume(struct job *job);
/* True when a later message has come for its key: the job has ended by that. Before a request. */
bool job_is_replaced(struct job *job);
/* SIGTERM has come: nothing new is to be sent. */
bool job_is_stopped(const struct job *job);
/* Call next after a while: err may pass by itself. False: it has been tried often enough, now that
 * the input has ended, or it is stopped. retry_after_ms as in kube.h. The first time it keeps its
 * turn, so that a server in trouble is not asked by all; later others have it meanwhile, for it may
 * be this one's trouble alone. */
bool job_try_later(struct job *job, loop_timer_fn *next, const struct error *err,
		   int64_t retry_after_ms);
/* What it needs is not there yet: let others have the turn, and start it again after a while.
 * False: the input has ended, or it is stopped. */
bool job_wait(struct job *job, const struct error *err);
/* The same after a failure that somebody has to do something about: seconds at first, minutes in
 * the end. Logs nothing above debug. At the end of input it is given up like one that waits. */
bool job_rest(struct job *job, const struct error *err);

/* --- the harness's callbacks: self begins with a struct jobs * --- */
void jobs_on_gone(void *self, const char *key, size_t len); /* drop what waits */
void jobs_on_end(void *self);
void jobs_on_stop(void *self); /* drop what was not sent, start no more */

#endif
