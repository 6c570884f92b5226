/*
 * A foreign command on the loop: what it is told is queued for its stdin, what it says comes as
 * lines. Never waits. Knows nothing of messages.
 */
#ifndef WEIR_COMMAND_H
#define WEIR_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/loop.h"

struct command;

/* All are called from loop turns; none may be NULL. */
struct command_events {
	/* A line from its stdout, without its newline; NUL-terminated, valid during the call. */
	void (*line)(void *arg, const char *text, size_t len);
	void (*too_long)(void *arg);
	/* All that it was told is in its stdin, or it has closed that. */
	void (*drained)(void *arg);
	/* May lines come now? Asked before each; after a no, command_go_on is to be called. */
	bool (*has_room)(void *arg);
	/* It has ended (status as wait(2) tells it), and all its lines have come. */
	void (*end)(void *arg, int status);
};

/* Start it under a guard (guard.h); takes SIGCHLD. Before there are threads. */
struct command *command_start(struct loop *loop, char *const *argv,
			      const struct command_events *events, void *arg,
			      struct error *err);
/* Queue a line. False: more is queued than can be kept. What a command does not want to read any
 * more is dropped. */
bool command_tell(struct command *command, const char *text, size_t len);
/* Bytes that are queued. */
size_t command_queued(const struct command *command);
/* Close its stdin once all that is queued is written. */
void command_end_input(struct command *command);
void command_go_on(struct command *command);
/* SIGTERM to all of it. */
void command_terminate(struct command *command);
/* Ends it, if it has not ended, with all that it left. NULL is fine. */
void command_free(struct command *command);

#endif
