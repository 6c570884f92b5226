/*
 * From a pipeline to command lines: which program each stage is, and the endpoints and
 * options that it is given. Knows endpoint addresses and the harness's common options; starts
 * nothing.
 */
#ifndef WEIR_WIRING_H
#define WEIR_WIRING_H

#include <stdbool.h>
#include <stddef.h>

#include "pipeline.h"
#include "supervise.h"

/* One stage's process, in the pipeline's order. */
struct wire {
	char **argv, **env;
	char *directory; /* absolute; NULL: that of the supervisor */
	bool is_filter;	 /* speaks over ipc itself; false: a command behind a bridge */
};

struct wiring {
	struct wire *wires;
	struct supervise_stage *stages; /* the same for the supervisor; borrows from wires */
	size_t count;
};

/* Borrows the pipeline until wiring_fini. folder: where sockets go, NULL to check only.
 * CONFIG error "FILE:LINE: stage NAME: ..." when a command or folder is not there or a
 * socket's path is too long. */
int wiring_init(struct wiring *wiring, const struct pipeline *pipeline, const char *folder,
		struct error *err);
void wiring_fini(struct wiring *wiring);
/* A line per stage for a person: its name, who reads it, its command. */
void wiring_print(const struct wiring *wiring, const struct pipeline *pipeline, struct buf *out);

#endif
