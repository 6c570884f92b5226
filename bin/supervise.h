/*
 * A group of stages kept running: start, readiness, restart with back-off, ordered stop.
 * Knows pids, descriptors and exit statuses; nothing of endpoints, messages, or what a stage
 * does.
 *
 * A stage tells about itself on SPAWN_READY_FD: a newline when it is ready, and `end` with a
 * newline when its input has ended and all is done. Exit status 0 or 1 after that is its end;
 * any other end is a death, and it is restarted. Exit status 100 stops the group.
 */
#ifndef WEIR_SUPERVISE_H
#define WEIR_SUPERVISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../bus/loop.h"
#include "spawn.h"

struct supervise;

struct supervise_stage {
	const char *name;
	struct spawn spawn;
	const size_t *from; /* places of the stages that it reads from */
	size_t from_count;
	int64_t drain_ms; /* after SIGTERM, before SIGKILL */
};

/* Borrows stages (and all in them) until supervise_free. on_over is called once, when no
 * stage and no orphan is left. drain_ms: what an ordered stop may take as a whole. */
struct supervise *supervise_new(struct loop *loop, const struct supervise_stage *stages,
				size_t count, int64_t drain_ms, void (*on_over)(void *arg),
				void *arg);
void supervise_free(struct supervise *supervise);

/* Start all stages; from then on SIGCHLD is ours. */
int supervise_start(struct supervise *supervise, struct error *err);
/* SIGTERM to sources first, to each other stage when those that it reads from are gone;
 * SIGKILL to one that takes longer than it may. Called again: SIGKILL to all, now. */
void supervise_stop(struct supervise *supervise);
/* The exit status of the group, once it is over. */
int supervise_status(const struct supervise *supervise);
/* All stages that have not ended are ready. */
bool supervise_is_ready(const struct supervise *supervise);

#endif
