/* Credit and waits, as restart.h says. */
#include "restart.h"

void
restart_init(struct restart *restart)
{
	restart->credit_ms = RESTART_CREDIT_MS;
	restart->waits = 0;
}

int64_t
restart_wait_ms(unsigned waits, uint64_t chance)
{
	int64_t wait_ms = RESTART_FIRST_MS;

	while (waits-- > 0 && wait_ms < RESTART_LAST_MS)
		wait_ms *= 2;
	if (wait_ms > RESTART_LAST_MS)
		wait_ms = RESTART_LAST_MS;
	return wait_ms - (int64_t)(chance % (uint64_t)(wait_ms / 10));
}

int64_t
restart_delay_ms(struct restart *restart, const struct restart_death *death, uint64_t chance)
{
	int64_t cost_ms = death->was_killed ? RESTART_COST_KILLED_MS : RESTART_COST_CRASHED_MS;

	if (death->was_ready) {
		if (death->ready_ms >= RESTART_STABLE_MS)
			restart->waits = 0;
		restart->credit_ms += death->ready_ms;
		if (restart->credit_ms > RESTART_CREDIT_MS)
			restart->credit_ms = RESTART_CREDIT_MS;
	}
	if ((death->was_ready || death->was_killed) && restart->credit_ms >= cost_ms) {
		restart->credit_ms -= cost_ms;
		return 0;
	}
	return restart_wait_ms(restart->waits++, chance);
}
