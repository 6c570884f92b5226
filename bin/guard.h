/*
 * A foreign command with pipes to its stdin and stdout, and a guard: a small process between us
 * and it, which kills it with all that it started, whatever group or session that is in, as soon
 * as we are gone, also when we are killed. Knows processes; nothing of messages.
 */
#ifndef WEIR_GUARD_H
#define WEIR_GUARD_H

#include <sys/types.h>

#include "../bus/error.h"

struct guard {
	pid_t pid;   /* of the guard: it ends as the command did */
	int life_fd; /* closing it ends all */
	int in_fd;   /* the command's stdin: write, non-blocking */
	int out_fd;  /* the command's stdout: read, non-blocking */
};

/* Start argv[0], looked for along PATH. To be called before there are threads. A command that
 * cannot be executed shows as exit status 100 of the guard, after a line on stderr. */
int guard_start(struct guard *guard, char *const *argv, struct error *err);
/* SIGTERM to the command's group. */
void guard_terminate(const struct guard *guard);
/* End the command, if it has not ended, and all that it left; wait for that. Closes what is
 * open (descriptors already closed are -1). */
void guard_end(struct guard *guard);

#endif
