/* When to try again: back-off with jitter, Retry-After. */
#ifndef WEIR_RETRY_H
#define WEIR_RETRY_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define RETRY_AFTER_MAX_MS ((int64_t)300000)

/* A status that is worth another try: 408, 429 and 5xx (but 501, 505). */
bool retry_is_worth(long status);
/* After so many failures in a row (1 for the first): base, doubled each time, at most cap; half of
 * it certain, half by chance (random is any number). */
int64_t retry_delay_ms(unsigned failures, int64_t base_ms, int64_t cap_ms, uint32_t random);
/* The header's wish in ms, at most RETRY_AFTER_MAX_MS: seconds, or an HTTP date in the eyes of now.
 * -1: there is no header, or it says nothing that can be used. */
int64_t retry_after_ms(const char *header, time_t now);
/* A number by chance. */
uint32_t retry_random(void);

#endif
