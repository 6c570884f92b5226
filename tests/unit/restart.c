/* Back-off: what each way to die costs, and how often a stage that only crashes is started. */
#include "../../bin/restart.h"

#include "../check.h"

static int64_t
die(struct restart *restart, bool was_ready, bool was_killed, int64_t ready_ms)
{
	struct restart_death death = { was_ready, was_killed, ready_ms };

	return restart_delay_ms(restart, &death, 0);
}

static void
check_waits(void)
{
	static const int64_t bases[] = { 1112, 2224, 4448, 8896, 17792, 35584, 60000, 60000 };
	unsigned i;

	for (i = 0; i < 8; i++) {
		check_number(restart_wait_ms(i, 0), bases[i], "longest wait");
		check(restart_wait_ms(i, (uint64_t)bases[i] / 10 - 1) > bases[i] * 9 / 10 - 1 &&
			      restart_wait_ms(i, 12345678901234567u) <= bases[i],
		      "at most a tenth less");
	}
	check_number(restart_wait_ms(4000000000u, 0), 60000, "the wait has an end");
	check(restart_wait_ms(0, 110) >= 1000, "never below a second");
}

static void
check_at_once(void)
{
	struct restart restart;
	int i, at_once = 0;

	restart_init(&restart);
	check_number(die(&restart, true, false, 60000), 0, "a crash after a long time: at once");
	restart_init(&restart);
	check_number(die(&restart, false, true, 0), 0, "killed before it was ready: at once");
	check_number(die(&restart, false, false, 0), 1112, "died before it was ready: later");
	check_number(die(&restart, false, false, 0), 2224, "and again: later still");
	check_number(die(&restart, true, false, 6000), 0, "ready in between: at once");
	check_number(die(&restart, false, false, 0), 1112, "and the waits begin anew");

	restart_init(&restart);
	for (i = 0; i < 1000; i++)
		at_once += die(&restart, true, true, 1000) == 0;
	check_number(at_once, 1000, "killed once a second by somebody: always at once");
	restart_init(&restart);
	for (at_once = 0; die(&restart, false, true, 0) == 0;)
		at_once++;
	check_number(at_once, 10, "killed ten times before it was ready: then later");
	restart_init(&restart);
	for (at_once = 0; die(&restart, true, true, 10) == 0;)
		at_once++;
	check_number(at_once, 10, "killed ten times at once: then later");
	restart_init(&restart);
	for (at_once = 0; die(&restart, true, false, 10) == 0;)
		at_once++;
	check_number(at_once, 2, "crashed twice as soon as it was ready: then later");
}

/* Starts in an hour of a stage that does nothing but crash. */
static int
starts_per_hour(bool gets_ready, int64_t ready_ms)
{
	struct restart restart;
	int64_t now = 0;
	int starts = 0;

	restart_init(&restart);
	while (now < 3600 * 1000) {
		now += ready_ms + die(&restart, gets_ready, false, ready_ms);
		starts++;
	}
	return starts;
}

int
main(void)
{
	check_waits();
	check_at_once();
	check(starts_per_hour(false, 50) <= 70, "at most 70 starts an hour that end at once: %d",
	      starts_per_hour(false, 50));
	check(starts_per_hour(true, 50) <= 70, "also when it gets ready each time: %d",
	      starts_per_hour(true, 50));
	return check_done();
}
