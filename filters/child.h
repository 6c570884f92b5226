/*
 * A program that is run from the loop for what it prints: without a shell, with little on
 * stdin, bounded in time and output. Must not read what was printed: it may be a credential, and is
 * wiped.
 */
#ifndef WEIR_CHILD_H
#define WEIR_CHILD_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/error.h"
#include "../bus/loop.h"

#define CHILD_INPUT_MAX 4096 /* what fits a pipe that nobody reads yet */

struct child;

struct child_settings {
	char *const *arguments; /* NULL-ended; the first names the program: a path, or a name to be
				 * found through PATH */
	char *const *environment; /* NULL-ended: all that it gets */
	size_t output_max;
	int timeout_s;
	const char *input; /* on its stdin, at most CHILD_INPUT_MAX bytes; NULL: nothing */
	bool ends_alone; /* what it started may live on; false: it is killed with it */
};

/* err NULL: it ended with status 0. Else why it is of no use: TEMPORARY (code: its exit status, if
 * it had one), or CONFIG when it printed too much. output, what it printed in any case, is
 * NUL-terminated and valid during the call. The child is freed after it. */
typedef void child_fn(void *arg, const char *output, size_t len, const struct error *err);

/* on_done is called once, never before the next loop turn. NULL: it could not be started; SYSTEM
 * error whose code is the errno. settings are needed during the call only. */
struct child *child_start(struct loop *loop, const struct child_settings *settings,
			  child_fn *on_done, void *arg, struct error *err);
void child_cancel(struct child *child); /* kills it; on_done is not called; NULL is fine */

#endif
