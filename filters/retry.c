/* See retry.h. */
#include "retry.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

bool
retry_is_worth(long status)
{
	return status == 408 || status == 429 ||
	       (status >= 500 && status < 600 && status != 501 && status != 505);
}

int64_t
retry_delay_ms(unsigned failures, int64_t base_ms, int64_t cap_ms, uint32_t random)
{
	int64_t delay = base_ms;

	while (failures-- > 1 && delay < cap_ms)
		delay *= 2;
	if (delay > cap_ms)
		delay = cap_ms;
	return delay / 2 + (delay > 1 ? (int64_t)(random % (uint64_t)(delay / 2 + 1)) : 0);
}

int64_t
retry_after_ms(const char *header, time_t now)
{
	static const char format[] = "%a, %d %b %Y %H:%M:%S GMT";
	struct tm when = { .tm_year = 0 };
	size_t digits;
	const char *end;
	double seconds;

	if (header == NULL)
		return -1;
	digits = strspn(header, "0123456789");
	if (digits > 0 && header[digits] == '\0') {
		seconds = digits > 9 ? 1e9 : (double)strtol(header, NULL, 10);
	} else {
		end = strptime(header, format, &when);
		if (end == NULL || *end != '\0')
			return -1;
		seconds = difftime(timegm(&when), now);
	}
	if (seconds < 0)
		return 0;
	return seconds * 1000 < (double)RETRY_AFTER_MAX_MS ? (int64_t)(seconds * 1000)
							  : RETRY_AFTER_MAX_MS;
}

uint32_t
retry_random(void)
{
	uint32_t number = 0;

	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return 0;
	return number;
}
