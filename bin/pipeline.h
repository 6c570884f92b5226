/*
 * A pipeline file (weir-pipeline(5)) as stages and wires, validated. Knows the syntax; nothing of
 * processes, sockets or what a command does.
 */
#ifndef WEIR_PIPELINE_H
#define WEIR_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../bus/error.h"

#define PIPELINE_STAGES_MAX 64
#define PIPELINE_NAME_MAX 40
#define PIPELINE_DRAIN_MS 6000 /* a filter gives itself 5 s */

struct pipeline_stage {
	char *name;
	char **command; /* one word or more, ends with NULL */
	size_t *from;	/* places in stages of those that it reads from, each once */
	size_t from_count;
	bool is_read;	 /* some stage reads from it */
	char **env;	 /* NAME=VALUE, ends with NULL; never NULL itself */
	char *directory; /* NULL: that of weir run */
	int64_t drain_ms;
	size_t line; /* where it begins in the file, from 1 */
};

struct pipeline {
	char *path; /* as given: for messages */
	struct pipeline_stage *stages;
	size_t count;
};

/* Read and check the file at path. CONFIG error "FILE:LINE: stage NAME: what is wrong",
 * SYSTEM error when it cannot be read. The pipeline is to be freed with pipeline_fini in any
 * case. */
int pipeline_read(struct pipeline *pipeline, const char *path, struct error *err);
/* The same for a text that is at hand; path is only a name for messages. */
int pipeline_parse(struct pipeline *pipeline, const char *path, const char *text, size_t len,
		   struct error *err);
void pipeline_fini(struct pipeline *pipeline);

#endif
