/*
 * The runtime folder of a group: where its sockets lie, and the lock that keeps two
 * supervisors of one pipeline apart. Knows folders and files, nothing of stages.
 */
#ifndef WEIR_RUNDIR_H
#define WEIR_RUNDIR_H

#include "../bus/error.h"

struct rundir;

/* Make the folder (or take the one that is there), lock it, and remove what a killed
 * predecessor left. given: the folder's name, or NULL for $WEIR_RUNTIME_DIR, else a folder of
 * its own for this pipeline file in ${XDG_RUNTIME_DIR:-/tmp}/weir-UID. CONFIG error when it
 * is not ours alone (mode 0700), TEMPORARY when another supervisor holds it. The lock ends
 * with the process. */
struct rundir *rundir_open(const char *given, const char *pipeline_path, struct error *err);
/* Absolute; valid until closed. */
const char *rundir_path(const struct rundir *rundir);
/* Remove what is in it, and the folder itself unless it was there before and has a name that was
 * given. Frees; NULL is fine. */
void rundir_close(struct rundir *rundir);

#endif
