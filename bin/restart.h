/*
 * When a stage that died is started again. Pure: no clock, no chance of its own.
 *
 * Each stage has credit for immediate restarts, up to RESTART_CREDIT_MS, which it earns by being
 * ready. A death costs some of it: a little when somebody killed it (SIGKILL), more when it
 * crashed or gave up by itself. With credit left it starts again at once. Without, or when it died
 * by itself before it was ready, it waits: 1 s, then twice as long each time, up to 60 s.
 */
#ifndef WEIR_RESTART_H
#define WEIR_RESTART_H

#include <stdbool.h>
#include <stdint.h>

#define RESTART_CREDIT_MS 10000
#define RESTART_COST_KILLED_MS 1000
#define RESTART_COST_CRASHED_MS 5000
#define RESTART_FIRST_MS 1112
#define RESTART_LAST_MS 60000
#define RESTART_STABLE_MS 5000 /* ready for so long: earlier failures are forgotten */

struct restart {
	int64_t credit_ms;
	unsigned waits; /* in a row */
};

struct restart_death {
	bool was_ready;
	bool was_killed; /* by SIGKILL, which is nobody's own doing */
	int64_t ready_ms; /* for how long it had been ready */
};

void restart_init(struct restart *restart);
/* Milliseconds to wait before the next start; 0: at once. chance: any random number. */
int64_t restart_delay_ms(struct restart *restart, const struct restart_death *death,
			 uint64_t chance);
/* The wait after so many waits in a row, with up to a tenth taken off by chance. */
int64_t restart_wait_ms(unsigned waits, uint64_t chance);

#endif
