/*
 * The group: who may stop when, who has ended, whose children are reaped. Nothing here waits:
 * children and timers are events of the loop.
 */
#include "supervise.h"

#include <signal.h>
#include <stdlib.h>

#include "../bus/alloc.h"
#include "../bus/exit.h"
#include "../bus/log.h"
#include "supervise-priv.h"

#define KILL_AGAIN_MS 100

static void
dispatch_all(struct supervise *supervise, enum event event)
{
	size_t i;

	for (i = 0; i < supervise->count; i++)
		stage_dispatch(&supervise->stages[i], event);
}

static bool
are_sources_out(const struct stage *stage)
{
	size_t i;

	for (i = 0; i < stage->given->from_count; i++)
		if (!stage_is_out(&stage->supervise->stages[stage->given->from[i]]))
			return false;
	return true;
}

static bool
are_all_out(const struct supervise *supervise)
{
	size_t i;

	for (i = 0; i < supervise->count; i++)
		if (!stage_is_out(&supervise->stages[i]))
			return false;
	return true;
}

static void
on_overdue(void *arg)
{
	struct supervise *supervise = arg;

	log_warning("the stop takes too long; killing what is left");
	supervise->status = supervise->status > WEIR_EXIT_FAILED ? supervise->status
								 : WEIR_EXIT_FAILED;
	supervise->is_killing = true;
	dispatch_all(supervise, EVENT_KILL);
	group_settle(supervise);
}

void
group_begin_stop(struct supervise *supervise)
{
	if (supervise->is_stopping)
		return;
	supervise->is_stopping = true;
	loop_timer_start(supervise->loop, &supervise->timer, supervise->drain_ms, on_overdue,
			 supervise);
}

static void
reap_stage(struct supervise *supervise, pid_t pid, int status)
{
	size_t i;

	for (i = 0; i < supervise->count; i++)
		if (supervise->stages[i].pid == pid) {
			stage_exited(&supervise->stages[i], status);
			return;
		}
}

static void
reap(struct supervise *supervise)
{
	pid_t pid;
	int status;

	while ((pid = spawn_reap(&status)) > 0)
		reap_stage(supervise, pid, status);
	if (!supervise->is_reaping || pid == 0 || supervise->is_over)
		return;
	supervise->is_over = true;
	loop_timer_stop(supervise->loop, &supervise->timer);
	supervise->on_over(supervise->arg);
}

/* No stage is left: neither may be what they left behind. */
static void
reap_rest(void *arg)
{
	struct supervise *supervise = arg;

	spawn_kill_rest();
	loop_timer_start(supervise->loop, &supervise->timer, KILL_AGAIN_MS, reap_rest, supervise);
	reap(supervise);
}

/* One that has stopped may let several others stop, and they yet others. */
static bool
stop_some(struct supervise *supervise)
{
	bool found = false;
	size_t i;

	for (i = 0; i < supervise->count; i++) {
		struct stage *stage = &supervise->stages[i];

		if (stage->state == STATE_ENDING || stage->state == STATE_GONE ||
		    !are_sources_out(stage))
			continue;
		stage_dispatch(stage, EVENT_STOP);
		found = true;
	}
	return found;
}

void
group_settle(struct supervise *supervise)
{
	while (supervise->is_stopping && stop_some(supervise))
		;
	if (!supervise->is_reaping && are_all_out(supervise)) {
		supervise->is_reaping = true;
		reap_rest(supervise);
	}
}

static void
on_child(void *arg, int signo)
{
	(void)signo;
	reap(arg);
	group_settle(arg);
}

struct supervise *
supervise_new(struct loop *loop, const struct supervise_stage *stages, size_t count,
	      int64_t drain_ms, void (*on_over)(void *arg), void *arg)
{
	struct supervise *supervise = alloc_zero(1, sizeof(*supervise));
	size_t i;

	supervise->loop = loop;
	supervise->stages = alloc_zero(count, sizeof(*supervise->stages));
	supervise->count = count;
	supervise->drain_ms = drain_ms;
	supervise->on_over = on_over;
	supervise->arg = arg;
	for (i = 0; i < count; i++) {
		supervise->stages[i].supervise = supervise;
		supervise->stages[i].given = &stages[i];
		supervise->stages[i].ready_fd = -1;
		restart_init(&supervise->stages[i].restart);
	}
	return supervise;
}

void
supervise_free(struct supervise *supervise)
{
	size_t i;

	if (supervise == NULL)
		return;
	for (i = 0; i < supervise->count; i++)
		stage_close(&supervise->stages[i]);
	loop_timer_stop(supervise->loop, &supervise->timer);
	free(supervise->stages);
	free(supervise);
}

int
supervise_start(struct supervise *supervise, struct error *err)
{
	size_t i;

	if (spawn_adopt_orphans(err) < 0 ||
	    loop_signal(supervise->loop, SIGCHLD, on_child, supervise, err) < 0)
		return -1;
	/* Readers first: they have less to do until somebody writes. */
	for (i = supervise->count; i-- > 0;)
		stage_dispatch(&supervise->stages[i], EVENT_START);
	return 0;
}

void
supervise_stop(struct supervise *supervise)
{
	if (supervise->is_reaping)
		return;
	if (supervise->is_stopping) {
		if (!supervise->is_killing)
			on_overdue(supervise);
		return;
	}
	group_begin_stop(supervise);
	group_settle(supervise);
}

int
supervise_status(const struct supervise *supervise)
{
	return supervise->status;
}

bool
supervise_is_ready(const struct supervise *supervise)
{
	size_t i;

	for (i = 0; i < supervise->count; i++)
		if (supervise->stages[i].state != STATE_READY &&
		    supervise->stages[i].state != STATE_ENDED)
			return false;
	return true;
}
