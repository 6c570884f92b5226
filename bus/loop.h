/*
 * The only caller of poll(2): descriptors, timers on the monotonic clock, signals
 * as events. State machines tell it what they wait for and never wait themselves.
 * It does not know curl, ZeroMQ, messages.
 */
#ifndef WEIR_LOOP_H
#define WEIR_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

#define LOOP_READ 1u
#define LOOP_WRITE 2u
#define LOOP_HANGUP 4u /* reported only: hang-up or error; read until 0 first */

struct loop;
typedef void loop_fd_fn(void *arg, int fd, unsigned events);
typedef void loop_timer_fn(void *arg);
typedef void loop_signal_fn(void *arg, int signo);
/* Called before each wait; true: there is work, do not sleep. */
typedef bool loop_prepare_fn(void *arg);

/* Embedded by its owner; zero-initialised means stopped. Stop it before the owner
 * goes away. */
struct loop_timer {
	int64_t due_ms;
	loop_timer_fn *fn;
	void *arg;
	int place; /* heap place + 1; 0 = stopped. Private to loop.c */
};

struct loop *loop_new(void);
void loop_free(struct loop *loop);

/* Watch fd for events (LOOP_READ | LOOP_WRITE); replaces an earlier watch of the
 * same fd. events 0 forgets the fd; forget it before close(2). */
void loop_watch(struct loop *loop, int fd, unsigned events, loop_fd_fn *fn, void *arg);
void loop_forget(struct loop *loop, int fd);

/* (Re)arm from now; delay below 0 counts as 0. One-shot. */
void loop_timer_start(struct loop *loop, struct loop_timer *timer, int64_t delay_ms,
		      loop_timer_fn *fn, void *arg);
void loop_timer_stop(struct loop *loop, struct loop_timer *timer);

/* Deliver signo as an event (blocked, read through a signalfd). The mask is restored
 * in children by loop_child_signals(), to be called between fork and exec. */
int loop_signal(struct loop *loop, int signo, loop_signal_fn *fn, void *arg,
		struct error *err);
void loop_child_signals(void);

void loop_prepare(struct loop *loop, loop_prepare_fn *fn, void *arg);
void loop_unprepare(struct loop *loop, loop_prepare_fn *fn, void *arg);

/* Milliseconds of CLOCK_MONOTONIC, read once per turn (and at loop_now_fresh_ms). */
int64_t loop_now_ms(const struct loop *loop);
int64_t loop_now_fresh_ms(struct loop *loop);

/* One wait and its dispatch, at most timeout_ms (-1: as long as it takes). */
int loop_turn(struct loop *loop, int timeout_ms, struct error *err);
/* Turn until loop_stop. */
int loop_run(struct loop *loop, struct error *err);
void loop_stop(struct loop *loop);

#endif
