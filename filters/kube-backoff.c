/* Waiting longer with each failure in a row. Knows no timer. */
#include "kube-backoff.h"

#include "retry.h"

#define FIRST_MS 1600 /* half of it by chance */
#define CAP_MS 60000
#define FORGOTTEN_MS 120000
#define SPREAD_MS 1000 /* so that not all come back at the very moment that was named */

int64_t
kube_backoff_next(struct kube_backoff *backoff, int64_t now_ms, int64_t retry_after_ms,
		  uint32_t random)
{
	int64_t delay_ms;

	if (backoff->failures > 0 && now_ms - backoff->last_ms >= FORGOTTEN_MS)
		backoff->failures = 0;
	backoff->failures++;
	delay_ms = retry_delay_ms(backoff->failures, FIRST_MS, CAP_MS, random);
	if (delay_ms < retry_after_ms)
		delay_ms = retry_after_ms + random % SPREAD_MS;
	backoff->last_ms = now_ms + delay_ms;
	return delay_ms;
}
