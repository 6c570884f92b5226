/*
 * How long to wait before another try at the API server: about a second, doubled each time, half a
 * minute to a minute in the end; forgotten after two minutes without a failure. Pure.
 */
#ifndef WEIR_KUBE_BACKOFF_H
#define WEIR_KUBE_BACKOFF_H

#include <stdint.h>

struct kube_backoff {
	unsigned failures;
	int64_t last_ms; /* when the last wait was to end */
};

/* A failure at now_ms: how long to wait. retry_after_ms: what the server asks for, or -1: not
 * less than that. random: any number. */
int64_t kube_backoff_next(struct kube_backoff *backoff, int64_t now_ms, int64_t retry_after_ms,
			  uint32_t random);

#endif
