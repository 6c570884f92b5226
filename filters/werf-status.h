/*
 * The status of a WerfSource: its condition Ready, as Kubernetes writes conditions, and the Secret
 * that was made for it. Pure: it is told the time. Nothing secret may be in what it is given.
 */
#ifndef WEIR_WERF_STATUS_H
#define WEIR_WERF_STATUS_H

#include <stdbool.h>

#include <jv.h>

#include "werf-source.h"

struct werf_status {
	bool is_ready;
	const char *reason;	 /* one word, in CamelCase */
	const char *message;	 /* for a person */
	const char *since;	 /* lastTransitionTime */
	const char *secret_name; /* of the repository Secret; NULL: there is none */
};

#define WERF_STATUS_TIME_SIZE 32

/* When Ready became what it is, from the status of the source as it was read; false: that is not
 * what it was, or no status says so. */
bool werf_status_since(const struct werf_source *source, bool is_ready,
		       char since[WERF_STATUS_TIME_SIZE]);
/* The APPLY message; owned by the caller. */
jv werf_status_apply(const struct werf_source *source, const struct werf_status *status);

#endif
