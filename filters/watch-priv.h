/* What the files of watch share: its settings, its output, its two kinds of source. */
#ifndef WEIR_WATCH_PRIV_H
#define WEIR_WATCH_PRIV_H

#include "../bus/filter.h"
#include "../bus/options.h"
#include "kube.h"
#include "manifest-address.h"
#include "seen.h"
#include "watch-event.h"

struct watch_cluster;
struct watch_files;

struct watch {
	struct filter *filter;
	/* options */
	struct kube_settings kube;
	const char *namespace, *labels, *fields;
	bool all_namespaces, once, ignore_missing;
	struct option_list files, excludes, omit;
	/* resources that were named, and with --files paths; NULL-ended, texts borrowed */
	const char **resources, **paths;
	/* sources: one of the two */
	struct watch_cluster *cluster;
	struct watch_files *manifests;
	/* output */
	struct watch_event_omits *omits;
	struct buf object, essence, message;
};

/* --- watch.c --- */

/* Take in an object as it was read (see watch_event_object); api and kind: what it is, should it
 * not say so. False: it is broken, which has been reported. */
bool watch_take(struct watch *watch, struct json_slice object, const char *api, const char *kind);
/* The object taken in last, as it will be emitted; checked. */
struct json_slice watch_taken(const struct watch *watch);
/* It is the state of the object called key: emitted when it says something new. */
void watch_state(struct watch *watch, struct seen *seen, const struct buf *key, const char *uid,
		 const struct manifest_address *origin);
/* It is the last state of one that has gone, or only a reference: emitted when it was known. */
void watch_gone(struct watch *watch, struct seen *seen, const struct buf *key,
		const struct manifest_address *origin);
void watch_bookmark(struct watch *watch, const char *api, const char *kind);
/* The first list is out, bookmarks included. */
void watch_complete(struct watch *watch);

/* --- watch-cluster.c --- */

/* Starts to follow watch->resources. NULL with err set when there is no configuration. */
struct watch_cluster *watch_cluster_open(struct watch *watch, struct error *err);
void watch_cluster_pause(struct watch_cluster *cluster, bool paused);
void watch_cluster_close(struct watch_cluster *cluster); /* NULL is fine */

/* --- watch-files.c --- */

struct watch_files *watch_files_open(struct watch *watch, struct error *err);
void watch_files_pause(struct watch_files *files, bool paused);
void watch_files_close(struct watch_files *files); /* NULL is fine */

#endif
