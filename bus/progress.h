/*
 * One line on a terminal for a person who waits longer than a second: how much of the
 * work is done. Never in a log, a pipe or a supervised group. Knows counts, not what they are of.
 */
#ifndef WEIR_PROGRESS_H
#define WEIR_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "loop.h"

/* Says how far things are: done of total (total 0: not known). False: nothing to show now. */
typedef bool progress_count_fn(void *arg, size_t *done, size_t *total);

struct progress {
	struct loop *loop;
	const char *name; /* NULL: not started */
	progress_count_fn *count;
	void *arg;
	struct loop_timer timer;
	bool is_shown;
};

/* Begin to show it on stderr, after a second, if that is a terminal. name is kept. */
void progress_start(struct progress *progress, struct loop *loop, const char *name,
		    progress_count_fn *count, void *arg);
/* Wipe the line; fine when it was never started. */
void progress_stop(struct progress *progress);

#endif
