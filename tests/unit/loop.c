/* bus/loop.c: timers in order, descriptors, signals, changes from inside callbacks. */
#include "../../bus/loop.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "../check.h"

static struct loop *loop;
static char order[64];

static void
note(void *arg)
{
	size_t len = strlen(order);

	order[len] = *(const char *)arg;
	order[len + 1] = '\0';
}

static void
stop(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

static void
test_timers(void)
{
	static char names[] = "abcde";
	struct loop_timer timers[5] = { 0 }, end = { 0 };
	static const int delays[] = { 8, 2, 6, 0, 4 };
	struct error err;
	int i;

	for (i = 0; i < 5; i++)
		loop_timer_start(loop, &timers[i], delays[i], note, &names[i]);
	loop_timer_stop(loop, &timers[2]);
	loop_timer_start(loop, &timers[3], 20, note, &names[3]);
	loop_timer_start(loop, &end, 40, stop, NULL);
	check_number(loop_run(loop, &err), 0, "the loop ran");
	check_text(order, "bead", "timers by due time; one stopped, one re-armed");
	check(timers[0].place == 0, "a timer that has run is stopped");
}

static void
count_heap(void *arg)
{
	++*(int *)arg;
}

static void
test_many_timers(void)
{
	static struct loop_timer timers[1000], end;
	struct error err;
	int i, runs = 0;
	unsigned seed = 3;

	for (i = 0; i < 1000; i++) {
		seed = seed * 1103515245u + 12345u;
		loop_timer_start(loop, &timers[i], (seed >> 8) % 10, count_heap, &runs);
	}
	for (i = 0; i < 1000; i += 3)
		loop_timer_stop(loop, &timers[i]);
	loop_timer_start(loop, &end, 30, stop, NULL);
	loop_run(loop, &err);
	check_number(runs, 1000 - 334, "the heap loses none and runs none that was stopped");
}

static int other_fd;

/* Reads, and forgets the other descriptor, which is readable in the same turn. */
static void
on_readable(void *arg, int fd, unsigned events)
{
	char byte;

	if (events & LOOP_READ && read(fd, &byte, 1) == 1)
		note(arg);
	loop_forget(loop, other_fd);
	loop_stop(loop);
}

static void
test_descriptors(void)
{
	int a[2], b[2];
	struct error err;

	order[0] = '\0';
	check(pipe(a) == 0 && pipe(b) == 0, "pipes");
	other_fd = b[0];
	loop_watch(loop, a[0], LOOP_READ, on_readable, (char[]){ "1" });
	loop_watch(loop, b[0], LOOP_READ, on_readable, (char[]){ "2" });
	check(write(a[1], "x", 1) == 1 && write(b[1], "x", 1) == 1, "both are readable");
	loop_run(loop, &err);
	check_text(order, "1", "a descriptor that was forgotten in this turn is not called");
	loop_forget(loop, a[0]);
	close(a[0]);
	close(a[1]);
	close(b[0]);
	close(b[1]);
}

static void
on_signal(void *arg, int signo)
{
	(void)arg;
	order[0] = signo == SIGUSR1 ? 'u' : '?';
	order[1] = '\0';
	loop_stop(loop);
}

static void
test_signals(void)
{
	struct error err;

	check_number(loop_signal(loop, SIGUSR1, on_signal, NULL, &err), 0, "a signal is asked for");
	kill(getpid(), SIGUSR1);
	loop_run(loop, &err);
	check_text(order, "u", "it comes as an event");
}

static bool
is_busy(void *arg)
{
	return ++*(int *)arg < 3;
}

static void
test_prepare(void)
{
	int calls = 0;
	struct error err;

	loop_prepare(loop, is_busy, &calls);
	loop_turn(loop, 1000, &err);
	loop_turn(loop, 1000, &err);
	check_number(calls, 2, "busy work keeps the loop from sleeping");
	loop_unprepare(loop, is_busy, &calls);
	loop_turn(loop, 0, &err);
	check_number(calls, 2, "and is not asked after it was taken out");
}

int
main(void)
{
	loop = loop_new();
	test_timers();
	test_many_timers();
	test_descriptors();
	test_signals();
	test_prepare();
	loop_free(loop);
	return check_done();
}
