/* Shared by supervise.c (the group) and supervise-stage.c (one stage's state machine). */
#ifndef WEIR_SUPERVISE_PRIV_H
#define WEIR_SUPERVISE_PRIV_H

#include "restart.h"
#include "supervise.h"

enum state {
	STATE_IDLE,	/* not started yet */
	STATE_STARTING, /* runs, and is not ready */
	STATE_READY,
	STATE_WAITING,	/* dead, to be started again later */
	STATE_ENDING,	/* was asked to stop */
	STATE_ENDED,	/* its work is done; a reader that restarts may need it again */
	STATE_GONE	/* stopped, for good */
};
enum event { EVENT_START, EVENT_READY, EVENT_EXIT, EVENT_TIMER, EVENT_STOP, EVENT_KILL };

#define STATES (STATE_GONE + 1)
#define EVENTS (EVENT_KILL + 1)

struct stage {
	struct supervise *supervise;
	const struct supervise_stage *given;
	enum state state;
	pid_t pid;	/* 0: none */
	int ready_fd;	/* -1: none */
	char line[8];	/* what it says there, up to a newline; longer lines are cut */
	size_t line_len;
	int status;	/* of the last that died, as wait(2) tells it */
	bool has_ended; /* it said so */
	bool was_ready;
	int64_t ready_ms; /* when */
	struct restart restart;
	struct loop_timer timer; /* back-off, or the deadline of a stop */
};

struct supervise {
	struct loop *loop;
	struct stage *stages;
	size_t count;
	int64_t drain_ms;
	void (*on_over)(void *arg);
	void *arg;
	int status;
	bool is_stopping;
	bool is_killing; /* the whole deadline has passed, or somebody is in a hurry */
	bool is_reaping; /* no stage is left; orphans may be */
	bool is_over;
	struct loop_timer timer; /* the deadline of the stop as a whole; then for orphans */
};

/* supervise-stage.c */
void stage_dispatch(struct stage *stage, enum event event);
/* Read what it said on its descriptor. */
void stage_hear(struct stage *stage);
/* Its process has ended, with a status as wait(2) tells it. */
void stage_exited(struct stage *stage, int status);
void stage_close(struct stage *stage);
/* Nothing of it runs, nor will. */
bool stage_is_out(const struct stage *stage);

/* supervise.c: set the ordered stop in motion; group_settle does the rest. */
void group_begin_stop(struct supervise *supervise);
/* What follows from the states that all stages are in now. After each event. */
void group_settle(struct supervise *supervise);

#endif
