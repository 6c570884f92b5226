/* See jobs.h. */
#include "jobs.h"

#include <stdlib.h>

#include "../bus/alloc.h"
#include "../bus/log.h"
#include "../bus/table.h"
#include "retry.h"

#define TRIES_MAX 5	   /* once the input has ended */
#define REST_FIRST_MS 5000 /* half of it by chance */
#define REST_CAP_MS 300000

struct jobs {
	struct filter *filter;
	const struct jobs_owner *owner;
	struct http_queue *queue; /* one at a time for each target */
	struct table *latest;	  /* message key -> its latest job that has not ended */
	struct job *first;
	bool is_pumping, has_ended, is_stopping;
};

struct jobs *
jobs_new(struct filter *filter, const struct jobs_owner *owner, unsigned in_flight)
{
	struct jobs *jobs = alloc_zero(1, sizeof(*jobs));

	jobs->filter = filter;
	jobs->owner = owner;
	jobs->queue = http_queue_new(1, in_flight);
	jobs->latest = table_new(NULL);
	return jobs;
}

static void
take_step(struct job *job)
{
	loop_timer_fn *step = job->step;

	job->step = NULL;
	if (step)
		step(job);
	else
		job->jobs->owner->start(job);
}

/* Start what may start; also when a start ends at once and calls this again. */
static void
pump(struct jobs *jobs)
{
	struct http_turn *turn;

	if (jobs->is_pumping || jobs->is_stopping)
		return;
	jobs->is_pumping = true;
	while ((turn = http_queue_next(jobs->queue)) != NULL) {
		struct job *job = (struct job *)turn;

		filter_work_resume(job->work);
		take_step(job);
	}
	jobs->is_pumping = false;
}

static void
free_job(struct job *job)
{
	struct jobs *jobs = job->jobs;

	*job->prev = job->next;
	if (job->next)
		job->next->prev = job->prev;
	loop_timer_stop(filter_loop(jobs->filter), &job->timer);
	if (job->call)
		kube_cancel(job->call);
	if (table_get(jobs->latest, job->key, job->key_len) == job)
		table_remove(jobs->latest, job->key, job->key_len);
	if (job->turn.lane)
		http_queue_end(jobs->queue, &job->turn);
	free(job->key);
	free(job->target);
	filter_work_end(job->work);
	jobs->owner->free(job);
}

void
jobs_free(struct jobs *jobs)
{
	struct job *job, *next;

	if (!jobs)
		return;
	for (job = jobs->first; job; job = next) {
		next = job->next;
		free_job(job);
	}
	http_queue_free(jobs->queue);
	table_free(jobs->latest);
	free(jobs);
}

void
job_end(struct job *job)
{
	struct jobs *jobs = job->jobs;

	free_job(job);
	pump(jobs);
}

/* The earlier message of this key asks for nothing any more, unless its request is on its way. */
static void
replace_earlier(struct jobs *jobs, const struct buf *key)
{
	struct job *earlier = table_get(jobs->latest, key->data, key->len);

	if (!earlier || earlier->call)
		return;
	filter_work_resume(earlier->work);
	jobs->owner->replaced(earlier);
}

void
jobs_add(struct jobs *jobs, struct job *job, const struct buf *key, const char *target)
{
	job->jobs = jobs;
	job->work = filter_work_start(jobs->filter);
	replace_earlier(jobs, key);
	job->key = alloc_text(key->data, key->len);
	job->key_len = key->len;
	job->target = alloc_string(target);
	job->next = jobs->first;
	job->prev = &jobs->first;
	if (job->next)
		job->next->prev = &job->next;
	jobs->first = job;
	table_put(jobs->latest, job->key, job->key_len, job);
	http_queue_push(jobs->queue, job->target, &job->turn);
	pump(jobs);
}

void
job_resume(struct job *job)
{
	job->call = NULL;
	filter_work_resume(job->work);
}

bool
job_is_replaced(struct job *job)
{
	if (!filter_work_is_stale(job->work))
		return false;
	job->jobs->owner->replaced(job);
	return true;
}

/* --- waiting --- */

/* How long, with a line in the log. */
static int64_t
next_delay_ms(struct job *job, const struct error *err, int64_t retry_after_ms)
{
	CLEANUP_FREE char *what = job->jobs->owner->describe(job);
	int64_t now_ms = loop_now_ms(filter_loop(job->jobs->filter));
	int64_t delay_ms = kube_backoff_next(&job->backoff, now_ms, retry_after_ms, retry_random());

	log_warning("%s: %s; trying again in %lld.%lld s", what, err->text,
		    (long long)delay_ms / 1000, (long long)delay_ms % 1000 / 100);
	return delay_ms;
}

static void
queue_again(void *arg)
{
	struct job *job = arg;

	job->is_absent = false;
	http_queue_push(job->jobs->queue, job->target, &job->turn);
	pump(job->jobs);
}

bool
job_is_stopped(const struct job *job)
{
	return job->jobs->is_stopping;
}

bool
job_try_later(struct job *job, loop_timer_fn *next, const struct error *err, int64_t retry_after_ms)
{
	struct jobs *jobs = job->jobs;
	bool lets_go = job->tries > 0;
	int64_t delay_ms;

	job->tries++;
	if (jobs->is_stopping || (jobs->has_ended && job->tries >= TRIES_MAX))
		return false;
	delay_ms = next_delay_ms(job, err, retry_after_ms);
	if (!lets_go) {
		loop_timer_start(filter_loop(jobs->filter), &job->timer, delay_ms, next, job);
		return true;
	}
	job->step = next;
	http_queue_end(jobs->queue, &job->turn);
	loop_timer_start(filter_loop(jobs->filter), &job->timer, delay_ms, queue_again, job);
	pump(jobs);
	return true;
}

static bool
may_wait(const struct job *job)
{
	return !job->jobs->has_ended && !job->jobs->is_stopping;
}

static void
leave_turn(struct job *job, int64_t delay_ms)
{
	struct jobs *jobs = job->jobs;

	job->is_absent = true;
	http_queue_end(jobs->queue, &job->turn);
	filter_work_rest(job->work);
	loop_timer_start(filter_loop(jobs->filter), &job->timer, delay_ms, queue_again, job);
	pump(jobs);
}

bool
job_wait(struct job *job, const struct error *err)
{
	if (!may_wait(job))
		return false;
	leave_turn(job, next_delay_ms(job, err, -1));
	return true;
}

bool
job_rest(struct job *job, const struct error *err)
{
	CLEANUP_FREE char *what = job->jobs->owner->describe(job);
	int64_t delay_ms;

	if (!may_wait(job))
		return false;
	job->tries = 0;
	delay_ms = retry_delay_ms(++job->rests, REST_FIRST_MS, REST_CAP_MS, retry_random());
	log_debug("%s: %s; looking again in %lld s", what, err->text, (long long)delay_ms / 1000);
	leave_turn(job, delay_ms);
	return true;
}

/* --- the harness's callbacks --- */

static struct jobs *
jobs_of(void *self)
{
	return *(struct jobs **)self;
}

void
jobs_on_gone(void *self, const char *key, size_t len)
{
	struct jobs *jobs = jobs_of(self);
	struct job *job = table_get(jobs->latest, key, len);

	if (job && !job->call)
		job_end(job);
}

/* It waits for better times, and has done so long enough, now that nothing will replace it. */
static bool
is_hopeless(const struct job *job)
{
	return !job->call && (job->is_absent || job->tries >= TRIES_MAX);
}

void
jobs_on_end(void *self)
{
	struct jobs *jobs = jobs_of(self);
	struct job *job;

	jobs->has_ended = true;
	do { /* from the front each time: one that ends lets others start, and end */
		for (job = jobs->first; job && !is_hopeless(job); job = job->next)
			;
		if (job) {
			filter_work_resume(job->work);
			jobs->owner->give_up(job);
		}
	} while (job);
}

void
jobs_on_stop(void *self)
{
	struct jobs *jobs = jobs_of(self);
	struct job *job, *next;

	jobs->is_stopping = true;
	for (job = jobs->first; job; job = next) {
		next = job->next;
		if (!job->call)
			free_job(job);
	}
}
