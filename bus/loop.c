/*
 * One poll(2) over what is watched now. The set is rebuilt each turn from live
 * objects, so nothing has to be unregistered from a kernel object and a callback may
 * add or forget any descriptor. Timers lie in a binary heap.
 */
#include "loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"

struct watch {
	int fd; /* -1: free */
	unsigned events;
	loop_fd_fn *fn;
	void *arg;
	unsigned generation; /* a watch made while dispatching waits for the next turn */
};

struct prepare {
	loop_prepare_fn *fn;
	void *arg;
};

struct loop {
	struct watch *watches;
	size_t watch_count;
	struct pollfd *polls;
	struct loop_timer **heap;
	size_t timer_count, timer_cap;
	struct prepare *prepares;
	size_t prepare_count;
	sigset_t signals;
	int signal_fd;
	struct {
		loop_signal_fn *fn;
		void *arg;
	} handlers[NSIG];
	int64_t now_ms;
	unsigned generation;
	bool stopped;
};

int64_t
loop_now_fresh_ms(struct loop *loop)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	loop->now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	return loop->now_ms;
}

int64_t
loop_now_ms(const struct loop *loop)
{
	return loop->now_ms;
}

struct loop *
loop_new(void)
{
	struct loop *loop = alloc_zero(1, sizeof(*loop));

	sigemptyset(&loop->signals);
	loop->signal_fd = -1;
	loop_now_fresh_ms(loop);
	return loop;
}

void
loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	if (loop->signal_fd >= 0)
		close(loop->signal_fd);
	free(loop->watches);
	free(loop->polls);
	free(loop->heap);
	free(loop->prepares);
	free(loop);
}

/* --- descriptors --- */

static struct watch *
find_watch(struct loop *loop, int fd)
{
	size_t i;

	for (i = 0; i < loop->watch_count; i++)
		if (loop->watches[i].fd == fd)
			return &loop->watches[i];
	return NULL;
}

static struct watch *
new_watch(struct loop *loop)
{
	struct watch *watch = find_watch(loop, -1);

	if (watch != NULL)
		return watch;
	loop->watches = alloc_grow(loop->watches, loop->watch_count + 1, sizeof(*loop->watches));
	loop->polls = alloc_grow(loop->polls, loop->watch_count + 1, sizeof(*loop->polls));
	watch = &loop->watches[loop->watch_count++];
	watch->fd = -1;
	return watch;
}

void
loop_watch(struct loop *loop, int fd, unsigned events, loop_fd_fn *fn, void *arg)
{
	struct watch *watch = find_watch(loop, fd);

	if (events == 0) {
		loop_forget(loop, fd);
		return;
	}
	if (watch == NULL) {
		watch = new_watch(loop);
		watch->generation = loop->generation;
	}
	watch->fd = fd;
	watch->events = events;
	watch->fn = fn;
	watch->arg = arg;
}

void
loop_forget(struct loop *loop, int fd)
{
	struct watch *watch = fd >= 0 ? find_watch(loop, fd) : NULL;

	if (watch != NULL)
		watch->fd = -1;
}

/* --- timers: a binary heap by due time; place is the index + 1 --- */

static void
heap_set(struct loop *loop, size_t i, struct loop_timer *timer)
{
	loop->heap[i] = timer;
	timer->place = (int)i + 1;
}

static void
heap_up(struct loop *loop, size_t i)
{
	struct loop_timer *timer = loop->heap[i];

	while (i > 0 && loop->heap[(i - 1) / 2]->due_ms > timer->due_ms) {
		heap_set(loop, i, loop->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	heap_set(loop, i, timer);
}

static void
heap_down(struct loop *loop, size_t i)
{
	struct loop_timer *timer = loop->heap[i];
	size_t child;

	while ((child = 2 * i + 1) < loop->timer_count) {
		if (child + 1 < loop->timer_count &&
		    loop->heap[child + 1]->due_ms < loop->heap[child]->due_ms)
			child++;
		if (loop->heap[child]->due_ms >= timer->due_ms)
			break;
		heap_set(loop, i, loop->heap[child]);
		i = child;
	}
	heap_set(loop, i, timer);
}

void
loop_timer_stop(struct loop *loop, struct loop_timer *timer)
{
	size_t i;
	struct loop_timer *last;

	if (timer->place == 0)
		return;
	i = (size_t)timer->place - 1;
	timer->place = 0;
	last = loop->heap[--loop->timer_count];
	if (last == timer)
		return;
	heap_set(loop, i, last);
	heap_up(loop, i);
	heap_down(loop, (size_t)last->place - 1);
}

void
loop_timer_start(struct loop *loop, struct loop_timer *timer, int64_t delay_ms, loop_timer_fn *fn,
		 void *arg)
{
	loop_timer_stop(loop, timer);
	if (loop->timer_count == loop->timer_cap) {
		loop->timer_cap = loop->timer_cap ? loop->timer_cap * 2 : 16;
		loop->heap = alloc_grow(loop->heap, loop->timer_cap, sizeof(struct loop_timer *));
	}
	timer->due_ms = loop_now_fresh_ms(loop) + (delay_ms > 0 ? delay_ms : 0);
	timer->fn = fn;
	timer->arg = arg;
	loop->timer_count++;
	heap_set(loop, loop->timer_count - 1, timer);
	heap_up(loop, loop->timer_count - 1);
}

/* Only what was due when the turn began: a timer that re-arms itself with 0 cannot starve
 * descriptors. */
static void
run_timers(struct loop *loop)
{
	int64_t now = loop_now_fresh_ms(loop);
	size_t budget = loop->timer_count;
	struct loop_timer *timer;

	while (budget-- > 0 && loop->timer_count > 0 && loop->heap[0]->due_ms <= now) {
		timer = loop->heap[0];
		loop_timer_stop(loop, timer);
		timer->fn(timer->arg);
	}
}

/* --- signals --- */

static void
read_signals(void *arg, int fd, unsigned events)
{
	struct loop *loop = arg;
	struct signalfd_siginfo info;

	(void)events;
	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo < NSIG && loop->handlers[info.ssi_signo].fn != NULL)
			loop->handlers[info.ssi_signo].fn(loop->handlers[info.ssi_signo].arg,
							  (int)info.ssi_signo);
}

int
loop_signal(struct loop *loop, int signo, loop_signal_fn *fn, void *arg, struct error *err)
{
	loop->handlers[signo].fn = fn;
	loop->handlers[signo].arg = arg;
	sigaddset(&loop->signals, signo);
	if (sigprocmask(SIG_BLOCK, &loop->signals, NULL) < 0)
		return error_set_errno(err, "cannot block signals");
	loop->signal_fd = signalfd(loop->signal_fd, &loop->signals, SFD_NONBLOCK | SFD_CLOEXEC);
	if (loop->signal_fd < 0)
		return error_set_errno(err, "cannot read signals");
	loop_watch(loop, loop->signal_fd, LOOP_READ, read_signals, loop);
	return 0;
}

void
loop_child_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

/* --- turning --- */

void
loop_prepare(struct loop *loop, loop_prepare_fn *fn, void *arg)
{
	loop->prepares =
		alloc_grow(loop->prepares, loop->prepare_count + 1, sizeof(*loop->prepares));
	loop->prepares[loop->prepare_count++] = (struct prepare){ fn, arg };
}

void
loop_unprepare(struct loop *loop, loop_prepare_fn *fn, void *arg)
{
	size_t i;

	for (i = 0; i < loop->prepare_count; i++)
		if (loop->prepares[i].fn == fn && loop->prepares[i].arg == arg)
			loop->prepares[i].fn = NULL;
}

static bool
run_prepares(struct loop *loop)
{
	size_t i;
	bool busy = false;

	for (i = 0; i < loop->prepare_count; i++)
		if (loop->prepares[i].fn != NULL && loop->prepares[i].fn(loop->prepares[i].arg))
			busy = true;
	return busy;
}

static int
wait_ms(struct loop *loop, int timeout_ms)
{
	int64_t delay;

	if (loop->timer_count == 0)
		return timeout_ms;
	delay = loop->heap[0]->due_ms - loop_now_fresh_ms(loop);
	if (delay < 0)
		delay = 0;
	if (timeout_ms >= 0 && timeout_ms < delay)
		return timeout_ms;
	return delay > 60000 ? 60000 : (int)delay;
}

static short
poll_events(unsigned events)
{
	return (short)((events & LOOP_READ ? POLLIN : 0) | (events & LOOP_WRITE ? POLLOUT : 0));
}

static unsigned
loop_events(short revents)
{
	return ((revents & POLLIN) ? LOOP_READ : 0u) | ((revents & POLLOUT) ? LOOP_WRITE : 0u) |
	       ((revents & (POLLHUP | POLLERR | POLLNVAL)) ? LOOP_HANGUP : 0u);
}

/* Output before input, so that room is made before more comes in. */
static void
dispatch(struct loop *loop, size_t count, short mask)
{
	size_t i;
	short revents;
	struct watch *watch;

	for (i = 0; i < count; i++) {
		watch = &loop->watches[i];
		revents = loop->polls[i].revents;
		if (revents == 0 || !(mask == POLLOUT ? revents & POLLOUT : !(revents & POLLOUT)))
			continue;
		if (watch->fd < 0 || watch->fd != loop->polls[i].fd ||
		    watch->generation == loop->generation)
			continue;
		watch->fn(watch->arg, watch->fd, loop_events(revents));
	}
}

int
loop_turn(struct loop *loop, int timeout_ms, struct error *err)
{
	size_t i, count;
	int ready;

	if (run_prepares(loop))
		timeout_ms = 0;
	if (loop->stopped)
		return 0;
	count = loop->watch_count;
	for (i = 0; i < count; i++)
		loop->polls[i] = (struct pollfd){ .fd = loop->watches[i].fd,
						  .events = poll_events(loop->watches[i].events) };
	loop->generation++;
	ready = poll(loop->polls, (nfds_t)count, wait_ms(loop, timeout_ms));
	if (ready < 0 && errno != EINTR)
		return error_set_errno(err, "cannot poll");
	if (ready > 0) {
		dispatch(loop, count, POLLOUT);
		dispatch(loop, count, POLLIN);
	}
	run_timers(loop);
	return 0;
}

int
loop_run(struct loop *loop, struct error *err)
{
	loop->stopped = false;
	while (!loop->stopped)
		if (loop_turn(loop, -1, err) < 0)
			return -1;
	return 0;
}

void
loop_stop(struct loop *loop)
{
	loop->stopped = true;
}
