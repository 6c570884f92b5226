/*
 * filters/jobs.c, through a small filter that runs in a child. It consumes UPDATE: `constraint`
 * says what becomes of one ("now", "slow", "absent", "fails"), `chart` is what one at a time is
 * for. Two have their turn at once.
 */
#include "../../filters/jobs.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../bus/alloc.h"
#include "../../bus/frame.h"
#include "../check.h"

struct owner {
	struct jobs *jobs; /* first, for the callbacks */
	struct filter *filter;
};

struct unit_job {
	struct job job;
	struct owner *owner;
	char *name, *how;
	bool has_waited;
	struct loop_timer answer; /* to what is on its way */
};

static void
say(struct unit_job *job, const char *what)
{
	CLEANUP_FREE char *text = alloc_format("%s %s", job->name, what);

	filter_emit(job->owner->filter,
		    jv_object_set(jv_object_set(jv_object(), jv_string("type"), jv_string("NOTE")),
				  jv_string("note"), jv_string(text)));
}

static void
finish(void *arg)
{
	struct unit_job *job = arg;

	filter_work_resume(job->job.work);
	if (job_is_replaced(&job->job))
		return;
	say(job, "done");
	job_end(&job->job);
}

/* No answer in time, twice. */
static void
fail(void *arg)
{
	struct unit_job *job = arg;
	struct error err;

	error_set(&err, ERROR_TEMPORARY, 0, "not now");
	if (job->job.tries == 2 || !job_try_later(&job->job, fail, &err, -1))
		finish(job);
}

/* It will not be better soon. */
static void
fail_for_good(struct unit_job *job)
{
	struct error err;

	error_set(&err, ERROR_DENIED, 403, "no");
	say(job, "fails");
	if (!job_rest(&job->job, &err))
		finish(job);
}

static void on_answer(void *arg);

static void
send(struct unit_job *job)
{
	job->job.call = (struct kube_call *)job; /* it is only compared with NULL */
	loop_timer_start(filter_loop(job->owner->filter), &job->answer, 5, on_answer, job);
}

/* Its request is on its way when SIGTERM comes; the answer asks for more. */
static void
on_answer(void *arg)
{
	struct unit_job *job = arg;
	struct error err;

	if (!job_is_stopped(&job->job)) {
		send(job);
		return;
	}
	job_resume(&job->job);
	error_set(&err, ERROR_TEMPORARY, 503, "not now");
	say(job, job_try_later(&job->job, finish, &err, -1) ? "tries" : "tries no more");
	say(job, job_wait(&job->job, &err) ? "waits" : "waits not");
	say(job, job_rest(&job->job, &err) ? "rests" : "rests not");
	job_end(&job->job);
}

static void
start(struct job *turn)
{
	struct unit_job *job = (struct unit_job *)turn;
	struct loop *loop = filter_loop(job->owner->filter);
	struct error err;

	error_set(&err, ERROR_TEMPORARY, 0, "not now");
	say(job, "starts");
	if (strcmp(job->how, "slow") == 0)
		loop_timer_start(loop, &turn->timer, 50, finish, job);
	else if (strcmp(job->how, "fails") == 0 && job_try_later(turn, finish, &err, -1))
		say(job, "is tried again");
	else if (strcmp(job->how, "broken") == 0)
		fail(job);
	else if (strcmp(job->how, "rests") == 0)
		fail_for_good(job);
	else if (strcmp(job->how, "sent") == 0)
		send(job);
	else if (strcmp(job->how, "absent") != 0)
		finish(job);
	else if (job->has_waited || !job_wait(turn, &err))
		finish(job);
	else
		job->has_waited = true;
}

static void
replaced(struct job *job)
{
	say((struct unit_job *)job, "replaced");
	job_end(job);
}

static void
give_up(struct job *job)
{
	say((struct unit_job *)job, "given up");
	job_end(job);
}

static char *
describe(const struct job *job)
{
	return alloc_string(((const struct unit_job *)job)->name);
}

static void
free_job(struct job *turn)
{
	struct unit_job *job = (struct unit_job *)turn;

	free(job->name);
	free(job->how);
	free(job);
}

static void
on_message(void *self, struct message *message)
{
	struct owner *owner = self;
	struct unit_job *job = alloc_zero(1, sizeof(*job));
	CLEANUP_BUF struct buf key = BUF_INIT(FRAME_MAX);
	jv body = message_body(message);

	job->owner = owner;
	job->name = alloc_string(message_string(body, "to"));
	job->how = alloc_string(message_string(body, "constraint"));
	message_key(message, &key);
	jobs_add(owner->jobs, &job->job, &key, message_string(body, "chart"));
}

static void
on_close(void *self)
{
	jobs_free(((struct owner *)self)->jobs);
}

static int
filter_main(void)
{
	static const struct jobs_owner jobs_owner = { start, replaced, give_up, describe,
						      free_job };
	static const enum message_type consumes[] = { MESSAGE_UPDATE, MESSAGE_OTHER };
	static const struct filter_program program = { .name = "unit", .consumes = consumes };
	static const struct filter_callbacks callbacks = { .on_message = on_message,
							   .on_end = jobs_on_end,
							   .on_stop = jobs_on_stop,
							   .on_close = on_close };
	static char name[] = "unit", level[] = "--log-level=error";
	char *argv[] = { name, level, NULL };
	struct owner owner = { .filter = filter_open(&program, 2, argv) };

	owner.jobs = jobs_new(owner.filter, &jobs_owner, 2);
	return filter_run(owner.filter, &callbacks, &owner);
}

/* The notes of a run, each followed by a comma; input: "KEY HOW TARGET NAME;..." */
static void
run(const char *const (*rows)[4], size_t count, bool is_stopped, struct buf *notes)
{
	int in[2], out[2], status = 0;
	CLEANUP_BUF struct buf text = BUF_INIT(65536);
	char piece[4096];
	const char *at;
	ssize_t got;
	pid_t child;

	if (pipe(in) < 0 || pipe(out) < 0 || (child = fork()) < 0)
		exit(1);
	if (child == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		exit(filter_main());
	}
	close(in[0]);
	close(out[1]);
	for (size_t i = 0; i < count; i++)
		dprintf(in[1],
			"{\"type\":\"UPDATE\",\"application\":{\"namespace\":\"n\",\"name\":\"%s\"}"
			","
			"\"constraint\":\"%s\",\"chart\":\"%s\",\"to\":\"%s\"}\n",
			rows[i][0], rows[i][1], rows[i][2], rows[i][3]);
	if (!is_stopped)
		close(in[1]);
	while ((got = read(out[0], piece, sizeof(piece))) > 0) {
		buf_append(&text, piece, (size_t)got);
		if (is_stopped && strstr(buf_string(&text), "starts"))
			kill(child, SIGTERM);
	}
	waitpid(child, &status, 0);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "it ends well");
	if (is_stopped)
		close(in[1]);
	close(out[0]);
	for (at = buf_string(&text); (at = strstr(at, "\"note\":\"")) != NULL;) {
		at += 8;
		buf_append(notes, at, strcspn(at, "\""));
		buf_append_string(notes, ", ");
	}
}

static const struct {
	const char *rows[5][4];
	bool is_stopped;
	const char *want, *name;
} cases[] = {
	{ { { "k1", "now", "t1", "a" }, { "k2", "now", "t2", "b" } },
	  false,
	  "a starts, a done, b starts, b done, ",
	  "one after the other" },
	{ { { "k1", "slow", "t1", "a" }, { "k2", "now", "t1", "b" }, { "k3", "now", "t2", "c" } },
	  false,
	  "a starts, c starts, c done, a done, b starts, b done, ",
	  "one at a time for a target" },
	{ { { "k1", "slow", "t", "a" }, { "k2", "now", "t", "b" }, { "k2", "now", "t", "c" } },
	  false,
	  "a starts, b replaced, a done, c starts, c done, ",
	  "what waits is replaced" },
	{ { { "k1", "slow", "t", "a" }, { "k1", "now", "t", "b" } },
	  false,
	  "a starts, a replaced, b starts, b done, ",
	  "also what has its turn, without a request" },
	{ { { "k1", "absent", "t1", "a" },
	    { "k2", "absent", "t2", "b" },
	    { "k3", "now", "t3", "c" } },
	  false,
	  "a starts, b starts, c starts, c done, b given up, a given up, ",
	  "what waits for others lets others go first, and is given up at the end" },
	{ { { "k1", "fails", "t", "a" } },
	  false,
	  "a starts, a is tried again, a done, ",
	  "a failure is tried again after the end too" },
	{ { { "k1", "broken", "t1", "a" },
	    { "k2", "broken", "t2", "b" },
	    { "k3", "now", "t3", "c" } },
	  false,
	  "a starts, b starts, c starts, c done, ...",
	  "what fails again lets others go first" },
	{ { { "k1", "rests", "t1", "a" },
	    { "k2", "rests", "t2", "b" },
	    { "k3", "now", "t3", "c" },
	    { "k1", "now", "t1", "d" } },
	  false,
	  "a starts, a fails, b starts, b fails, c starts, c done, a replaced, d starts, d done, "
	  "b given up, ",
	  "what failed rests, lets others go, is replaced, and is given up at the end" },
	{ { { "k1", "slow", "t", "a" }, { "k2", "now", "t", "b" } },
	  true,
	  "a starts, ",
	  "when it is stopped nothing else is begun" },
	{ { { "k1", "sent", "t", "a" } },
	  true,
	  "a starts, a tries no more, a waits not, a rests not, ",
	  "nor is tried again what was on its way" },
};

/* "..." at the end: what follows comes in any order. */
static void
check_notes(const char *notes, const char *want, const char *name)
{
	size_t len = strlen(want) - 3;

	if (strcmp(want + len, "...") == 0)
		check(strncmp(notes, want, len) == 0 && strstr(notes, "a done") &&
			      strstr(notes, "b done"),
		      "%s: %s", name, notes);
	else
		check_text(notes, want, name);
}

int
main(void)
{
	for (size_t i = 0; i < ALLOC_COUNT(cases); i++) {
		CLEANUP_BUF struct buf notes = BUF_INIT(65536);
		size_t count = 0;

		while (count < 5 && cases[i].rows[count][0])
			count++;
		run(cases[i].rows, count, cases[i].is_stopped, &notes);
		check_notes(buf_string(&notes), cases[i].want, cases[i].name);
	}
	return check_done();
}
