/*
 * The two streams that following a resource is made of: a list in pages, and a watch. Both are
 * cut into objects as the bytes arrive. They know the protocol; when to try again is
 * kube-follow.c's.
 */
#ifndef WEIR_KUBE_STREAMS_H
#define WEIR_KUBE_STREAMS_H

#include "../bus/json.h"
#include "../bus/message.h"
#include "kube.h"

/* Where and what: path is the collection's; the selectors are NULL for all. Borrowed. */
struct kube_collection {
	const char *path;
	const char *labels, *fields; /* selectors, as kubectl spells them */
	const char *const *omit; /* names of members that items need not have; NULL: none */
};

/* Percent-encoded for a query; owned by the caller. */
char *kube_query_escape(const char *text);
/* "&labelSelector=...&fieldSelector=...", of those that there are; owned by the caller. */
char *kube_query_selectors(const struct kube_collection *collection);

/* --- kube-list.c --- */

struct kube_list;
/* Both get `arg`. */
struct kube_list_events {
	/* One value as json_split cut it out, not checked; valid during the call. */
	void (*on_item)(void *arg, struct json_slice object);
	/* A page could not be had (err: as in kube.h; 410 when the place in the list is lost), or
	 * err NULL: the whole list was. */
	void (*on_end)(void *arg, const struct error *err, int64_t retry_after_ms);
};
/* Asks for nothing yet. collection and events must outlive it. */
struct kube_list *kube_list_open(struct kube *kube, const struct kube_collection *collection,
				 const struct kube_list_events *events, void *arg);
/* Ask for the page that is to come next (the same one again after an error). */
void kube_list_go(struct kube_list *list);
/* Begin again at the first page (with the next kube_list_go). */
void kube_list_rewind(struct kube_list *list);
/* Also between pages: the next page is not asked for while paused. */
void kube_list_pause(struct kube_list *list, bool paused);
/* After the whole list: where a watch has to start. */
const char *kube_list_version(const struct kube_list *list);
void kube_list_close(struct kube_list *list); /* not from on_item; NULL is fine */

/* --- kube-watch.c --- */

struct kube_watch;
enum kube_watch_end {
	KUBE_WATCH_OVER,   /* the server ended it, as it does after some minutes */
	KUBE_WATCH_LOST,   /* try again from the last version */
	KUBE_WATCH_TOO_OLD /* the version is not known there (any more): list again */
};
struct kube_watch_events {
	/* ADDED, MODIFIED, DELETED. */
	void (*on_event)(void *arg, enum message_type type, struct json_slice object);
	/* err is NULL for KUBE_WATCH_OVER. The watch is freed after the call. */
	void (*on_end)(void *arg, enum kube_watch_end end, const struct error *err,
		       int64_t retry_after_ms);
};
/* Watches what happens after version (copied). It ends by itself within eleven minutes, or when
 * nothing, not even a bookmark, has come for silence_ms (not while paused). */
struct kube_watch *kube_watch_start(struct kube *kube, const struct kube_collection *collection,
				    const char *version, int64_t silence_ms,
				    const struct kube_watch_events *events, void *arg);
void kube_watch_pause(struct kube_watch *watch, bool paused);
/* The version of the last event or bookmark; valid until the next one. */
const char *kube_watch_version(const struct kube_watch *watch);
/* Has anything arrived? */
bool kube_watch_was_alive(const struct kube_watch *watch);
void kube_watch_cancel(struct kube_watch *watch); /* NULL is fine; not from on_event */

#endif
