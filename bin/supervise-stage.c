/*
 * One stage as a state machine: a table of state and event, and small actions. What follows
 * for the group is looked at after each event, in supervise.c.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../bus/exit.h"
#include "../bus/log.h"
#include "supervise-priv.h"

static uint64_t
chance(void)
{
	uint64_t number = 0;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) < 0)
		return (uint64_t)getpid();
	return number;
}

bool
stage_is_out(const struct stage *stage)
{
	return stage->state == STATE_GONE || stage->state == STATE_ENDED;
}

/* --- what a stage says on its descriptor --- */

static void
close_ready(struct stage *stage)
{
	if (stage->ready_fd < 0)
		return;
	loop_forget(stage->supervise->loop, stage->ready_fd);
	close(stage->ready_fd);
	stage->ready_fd = -1;
}

/* A line was said: an empty one tells readiness, `end` that the work is done. */
static void
hear_line(struct stage *stage)
{
	if (stage->line_len == 3 && memcmp(stage->line, "end", 3) == 0)
		stage->has_ended = true;
	else
		stage_dispatch(stage, EVENT_READY);
	stage->line_len = 0;
}

void
stage_hear(struct stage *stage)
{
	char said[64];
	ssize_t i, len = 0;

	if (stage->ready_fd < 0)
		return;
	while ((len = read(stage->ready_fd, said, sizeof(said))) > 0)
		for (i = 0; i < len; i++) {
			if (said[i] == '\n')
				hear_line(stage);
			else if (stage->line_len < sizeof(stage->line))
				stage->line[stage->line_len++] = said[i];
		}
	if (len == 0 || (errno != EAGAIN && errno != EINTR))
		close_ready(stage);
}

static void
on_ready_fd(void *arg, int fd, unsigned events)
{
	struct stage *stage = arg;

	(void)fd;
	(void)events;
	stage_hear(stage);
	group_settle(stage->supervise);
}

static void
on_timer(void *arg)
{
	struct stage *stage = arg;

	stage_dispatch(stage, EVENT_TIMER);
	group_settle(stage->supervise);
}

/* --- actions --- */

static void
wait_to_restart(struct stage *stage, const struct restart_death *death)
{
	struct supervise *supervise = stage->supervise;
	int64_t delay_ms = restart_delay_ms(&stage->restart, death, chance());

	stage->state = STATE_WAITING;
	if (delay_ms == 0)
		log_warning("stage %s: restarting now", stage->given->name);
	else
		log_warning("stage %s: restarting in %lld.%lld s", stage->given->name,
			    (long long)(delay_ms / 1000), (long long)(delay_ms % 1000 / 100));
	if (delay_ms == 0)
		stage_dispatch(stage, EVENT_TIMER);
	else
		loop_timer_start(supervise->loop, &stage->timer, delay_ms, on_timer, stage);
}

/* A stage that is started needs those that it reads from, also if their work was done. */
static void
start_sources(struct stage *stage)
{
	struct stage *stages = stage->supervise->stages;
	const size_t *from = stage->given->from;
	size_t i;

	for (i = 0; i < stage->given->from_count; i++)
		if (stages[from[i]].state == STATE_ENDED)
			stage_dispatch(&stages[from[i]], EVENT_START);
}

static void
act_start(struct stage *stage)
{
	static const struct restart_death unborn = { .was_ready = false };
	struct error err;

	start_sources(stage);
	stage->has_ended = stage->was_ready = false;
	stage->line_len = 0;
	stage->pid = spawn_start(&stage->given->spawn, &stage->ready_fd, &err);
	if (stage->pid < 0) {
		stage->pid = 0;
		log_error("stage %s: %s", stage->given->name, err.text);
		wait_to_restart(stage, &unborn);
		return;
	}
	stage->state = STATE_STARTING;
	loop_watch(stage->supervise->loop, stage->ready_fd, LOOP_READ, on_ready_fd, stage);
	log_info("stage %s: started (process %ld)", stage->given->name, (long)stage->pid);
}

static void
act_ready(struct stage *stage)
{
	stage->state = STATE_READY;
	stage->was_ready = true;
	stage->ready_ms = loop_now_fresh_ms(stage->supervise->loop);
	log_info("stage %s: ready", stage->given->name);
}

static void
act_stopped(struct stage *stage)
{
	CLEANUP_BUF struct buf what = BUF_INIT(256);

	stage->state = STATE_GONE;
	loop_timer_stop(stage->supervise->loop, &stage->timer);
	spawn_describe(stage->status, &what);
	log_info("stage %s: stopped: %s", stage->given->name, buf_string(&what));
}

/* It ended as it should: with its work done. */
static void
finish(struct stage *stage, int code)
{
	stage->state = STATE_ENDED;
	if (code > stage->supervise->status)
		stage->supervise->status = code;
	log_info("stage %s: ended with exit status %d", stage->given->name, code);
}

static void
refuse(struct stage *stage)
{
	stage->state = STATE_GONE;
	log_error("stage %s: exit status %d, so a new start would not help; stopping all",
		  stage->given->name, WEIR_EXIT_USAGE);
	stage->supervise->status = WEIR_EXIT_USAGE;
	group_begin_stop(stage->supervise);
}

static void
act_died(struct stage *stage)
{
	CLEANUP_BUF struct buf what = BUF_INIT(256);
	struct restart_death death = {
		.was_ready = stage->was_ready,
		.was_killed = WIFSIGNALED(stage->status) && WTERMSIG(stage->status) == SIGKILL,
		.ready_ms = loop_now_fresh_ms(stage->supervise->loop) - stage->ready_ms,
	};
	int code = WIFEXITED(stage->status) ? WEXITSTATUS(stage->status) : -1;

	if (stage->supervise->is_stopping) {
		act_stopped(stage);
	} else if (code == WEIR_EXIT_USAGE) {
		refuse(stage);
	} else if (stage->has_ended && (code == WEIR_EXIT_DONE || code == WEIR_EXIT_FAILED)) {
		finish(stage, code);
	} else {
		spawn_describe(stage->status, &what);
		log_warning("stage %s: died%s: %s", stage->given->name,
			    stage->was_ready ? "" : " before it was ready", buf_string(&what));
		wait_to_restart(stage, &death);
	}
}

static void
act_terminate(struct stage *stage)
{
	stage->state = STATE_ENDING;
	log_debug("stage %s: stopping", stage->given->name);
	spawn_signal(stage->pid, SIGTERM);
	loop_timer_start(stage->supervise->loop, &stage->timer, stage->given->drain_ms, on_timer,
			 stage);
}

static void
act_kill(struct stage *stage)
{
	stage->state = STATE_ENDING;
	spawn_signal_group(stage->pid, SIGKILL);
}

static void
act_overdue(struct stage *stage)
{
	log_warning("stage %s: not finished in time; killing it", stage->given->name);
	if (stage->supervise->status < WEIR_EXIT_FAILED)
		stage->supervise->status = WEIR_EXIT_FAILED;
	act_kill(stage);
}

static void
act_retire(struct stage *stage)
{
	stage->state = STATE_GONE;
	loop_timer_stop(stage->supervise->loop, &stage->timer);
}

typedef void action_fn(struct stage *stage);

static action_fn *const actions[STATES][EVENTS] = {
	[STATE_IDLE] = {
		[EVENT_START] = act_start,
		[EVENT_STOP] = act_retire,
		[EVENT_KILL] = act_retire,
	},
	[STATE_STARTING] = {
		[EVENT_READY] = act_ready,
		[EVENT_EXIT] = act_died,
		[EVENT_STOP] = act_terminate,
		[EVENT_KILL] = act_kill,
	},
	[STATE_READY] = {
		[EVENT_EXIT] = act_died,
		[EVENT_STOP] = act_terminate,
		[EVENT_KILL] = act_kill,
	},
	[STATE_WAITING] = {
		[EVENT_TIMER] = act_start,
		[EVENT_STOP] = act_retire,
		[EVENT_KILL] = act_retire,
	},
	[STATE_ENDING] = {
		[EVENT_EXIT] = act_stopped,
		[EVENT_TIMER] = act_overdue,
		[EVENT_KILL] = act_kill,
	},
	[STATE_ENDED] = {
		[EVENT_START] = act_start,
		[EVENT_STOP] = act_retire,
		[EVENT_KILL] = act_retire,
	},
	/* STATE_GONE: nothing reaches it. */
};

void
stage_dispatch(struct stage *stage, enum event event)
{
	action_fn *action = actions[stage->state][event];

	if (action != NULL)
		action(stage);
}

void
stage_exited(struct stage *stage, int status)
{
	stage_hear(stage); /* what it said last */
	close_ready(stage);
	stage->pid = 0;
	stage->status = status;
	stage_dispatch(stage, EVENT_EXIT);
}

void
stage_close(struct stage *stage)
{
	close_ready(stage);
	loop_timer_stop(stage->supervise->loop, &stage->timer);
}
