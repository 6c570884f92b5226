/*
 * Files and folders of manifests as a source of objects, with changes as they happen. Knows
 * folders, inotify and which files are manifests; not what the objects mean, nor messages.
 *
 * Folders are read recursively, in the order of their paths' bytes: names ending in .yaml, .yml and
 * .json; hidden names (.git) and excluded ones are skipped, symbolic links to folders are not
 * followed, and links to files only where they stay inside the PATH that was given. A file that was
 * given by itself is read whatever its name is. Every document with apiVersion and kind is an
 * object; a List is taken apart; other documents are left out silently.
 *
 * A file that does not parse, or is a template ({{ }} outside strings), is one error. Nothing of it
 * is reported; what it held when it was last good stays, unchanged and not DELETED.
 */
#ifndef WEIR_MANIFESTS_H
#define WEIR_MANIFESTS_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/error.h"
#include "../bus/loop.h"
#include "manifest-address.h"

struct manifests;

/* All are called from loop turns, never from inside the functions below. */
struct manifests_callbacks {
	/* event: "ADDED", "MODIFIED" or "DELETED". object: one compact JSON object on one line
	 * (valid, within json_limits_message), borrowed, NUL-terminated; for DELETED only
	 * apiVersion, kind and metadata's namespace and name. MODIFIED only when something in the
	 * object has changed (order of keys does not count); when another object takes the place of
	 * one, that is DELETED and ADDED. */
	void (*on_object)(void *arg, const char *event, const char *object, size_t len,
			  const struct manifest_address *origin);
	/* file: as in origin. line: counted from 1, 0 when it is about the whole file. The text
	 * of err starts with the file's name. */
	void (*on_error)(void *arg, const char *file, size_t line, const struct error *err);
	/* Once: the first pass is complete. */
	void (*on_first)(void *arg);
};

/* paths and excludes end with NULL (excludes may be NULL) and are copied, as is *callbacks.
 * A pattern of excludes is matched against the path as shown, the path below the PATH given,
 * and the name alone, of files and of folders: ? and [a-z] match one character, * any but /,
 * ** also /. NULL, with err CONFIG: a path that cannot be read; a pattern that is none.
 * The first pass starts with the next loop turn. */
struct manifests *manifests_open(struct loop *loop, const char *const *paths,
				 const char *const *excludes,
				 const struct manifests_callbacks *callbacks, void *arg,
				 struct error *err);
/* Go on after the first pass: report what changes from then on. Right after manifests_open, so that
 * nothing falls between. SYSTEM error when there is no inotify. */
int manifests_follow(struct manifests *manifests, struct error *err);
/* While paused no callback is called. May be called inside a callback: then that one was the
 * last. */
void manifests_pause(struct manifests *manifests, bool paused);
void manifests_close(struct manifests *manifests); /* NULL is fine; not inside a callback */

#endif
