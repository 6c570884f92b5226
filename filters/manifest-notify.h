/* Folders under inotify, by their paths: which names in them have changed. Knows inotify; not what
 * is a manifest. */
#ifndef WEIR_MANIFEST_NOTIFY_H
#define WEIR_MANIFEST_NOTIFY_H

#include <stdbool.h>

#include "../bus/error.h"
#include "../bus/loop.h"

struct manifest_notify;

/*
 * path has come, gone, or is complete in a new version (written and closed, moved, linked); folder
 * is where it lies, as it was added. A file that is being written is not reported before it is
 * closed. Both NULL: anything may have changed (the queue of events was too long).
 */
typedef void manifest_notify_fn(void *arg, const char *folder, const char *path);

/* NULL: SYSTEM error. Events come in loop turns. */
struct manifest_notify *manifest_notify_new(struct loop *loop, manifest_notify_fn *fn, void *arg,
					    struct error *err);
void manifest_notify_free(struct manifest_notify *notify); /* NULL is fine */
/* Watch a folder ("": the current one); again after it was replaced by another of its name. follow:
 * it may be a link. SYSTEM error; a folder that is not there is none (0). */
int manifest_notify_add(struct manifest_notify *notify, const char *folder, bool follow,
			struct error *err);
void manifest_notify_remove(struct manifest_notify *notify, const char *folder);

#endif
