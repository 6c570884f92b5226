/*
 * One child process of the supervisor: fork, what must be set between fork and exec, and the
 * end of it with all that it started. Knows descriptors and signals; not why a process is
 * started.
 */
#ifndef WEIR_SPAWN_H
#define WEIR_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "../bus/buf.h"
#include "../bus/error.h"

#define SPAWN_READY_FD 3 /* where the child finds the descriptor for its readiness */

struct spawn {
	char *const *argv; /* argv[0] is the path */
	char *const *env;
	const char *directory; /* NULL: that of the supervisor */
	bool to_stdout;	       /* its output is the group's; else it goes where stderr goes */
};

/* Start it in a process group of its own, with stdin from /dev/null, no other descriptor than
 * 0 to 3, and killed with us (PR_SET_PDEATHSIG). *ready_fd: the end to read its readiness
 * from (non-blocking, the caller's). Returns the pid, or -1. A failure after fork shows as
 * exit status 111. */
pid_t spawn_start(const struct spawn *spawn, int *ready_fd, struct error *err);
/* Send a signal to the child alone, or to its whole group. */
void spawn_signal(pid_t pid, int signo);
void spawn_signal_group(pid_t pid, int signo);

/* A child that has ended, ours or one that we inherited: its pid, with what is left of its group
 * killed and its status in *status. 0: none has; -1: there is no child at all. */
pid_t spawn_reap(int *status);
/* Kill all children that are there now. */
void spawn_kill_rest(void);
/* From now on orphans of our children become ours. */
int spawn_adopt_orphans(struct error *err);

/* "exit status 1", "signal 9 (Killed)". */
void spawn_describe(int status, struct buf *out);

#endif
