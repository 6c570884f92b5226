/*
 * Which files below some paths are manifests, in the order of their paths' bytes. Knows folders,
 * links, hidden and excluded names; not what is in the files. One step at a time, so that its
 * caller can stop between any two.
 */
#ifndef WEIR_MANIFEST_WALK_H
#define WEIR_MANIFEST_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../bus/error.h"
#include "manifest-roots.h"

struct manifest_walk;

enum manifest_step_kind {
	MANIFEST_STEP_DONE,   /* nothing is left to visit */
	MANIFEST_STEP_FOLDER, /* a folder that is about to be listed: watch it now */
	MANIFEST_STEP_FILE,   /* a manifest, by its name: fd is open for reading, the caller's */
	MANIFEST_STEP_FAILED, /* path could not be looked at: keep what is known of it and below it
			       */
	MANIFEST_STEP_SWEEP /* a visit is complete: what is known at or below path, and was not met
			     * in this round or a later one, is gone */
};

struct manifest_step {
	enum manifest_step_kind kind;
	const char *path; /* valid until the next step */
	int fd;
	bool is_link;	/* a file reached through a link to a hidden place in the same PATH */
	bool is_root;	/* it may be a link */
	uint64_t round; /* of this step */
};

/* roots must outlive the walk. */
struct manifest_walk *manifest_walk_new(const struct manifest_roots *roots);
void manifest_walk_free(struct manifest_walk *walk); /* NULL is fine */
/* Visit path (a root, or something below one: else nothing happens), before what is left to
 * visit. */
void manifest_walk_visit(struct manifest_walk *walk, const char *path);
/* err is set for FAILED. */
void manifest_walk_next(struct manifest_walk *walk, struct manifest_step *step, struct error *err);

#endif
