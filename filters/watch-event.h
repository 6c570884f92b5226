/*
 * The messages of watch: an object's bytes without what nobody reads, as an event. Pure; works on
 * bytes that json_check has accepted and builds no tree.
 */
#ifndef WEIR_WATCH_EVENT_H
#define WEIR_WATCH_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/buf.h"
#include "../bus/error.h"
#include "../bus/json.h"
#include "manifest-address.h"

/* Paths to leave out: ".status", ".metadata.annotations.example\.org/x" (a backslash keeps a dot in
 * a name). .metadata.managedFields is always among them. */
struct watch_event_omits;
/* USAGE error for what is no path, and for paths that say which object it is. */
struct watch_event_omits *watch_event_omits_new(const char *const *paths, size_t count,
						struct error *err);
void watch_event_omits_free(struct watch_event_omits *omits);
/* The names of members at the top of an object that are left out whole, ended by NULL; NULL: none.
 */
const char *const *watch_event_omits_top(const struct watch_event_omits *omits);

struct watch_event_identity {
	char namespace[256], name[256], uid[64]; /* "" when absent */
};
/* False: it is no object with a name (or a longer one than Kubernetes allows). */
bool watch_event_identify(struct json_slice object, struct watch_event_identity *identity);

/* Append the object on one line without what is left out; with apiVersion and kind in front when it
 * lacks them (api and kind may be NULL when it cannot). Unlike for the others, what json_split cut
 * out is enough here: its brackets are balanced and its strings closed. The result is to be given
 * to json_check, so that what is left out is never looked at. False: no object, or out is full. */
bool watch_event_object(const struct watch_event_omits *omits, struct json_slice object,
			const char *api, const char *kind, struct buf *out);
/* Append what of such an object says something: resourceVersion and generation change with each
 * write, whatever was written. */
bool watch_event_essence(struct json_slice object, struct buf *out);

/* Append the message; origin NULL: not from a file. */
bool watch_event_message(const char *type, const char *trace, const char *object, size_t len,
			 const struct manifest_address *origin, struct buf *out);
/* Append an object that is only a reference; uid may be "". */
bool watch_event_reference(const char *api, const char *kind, const char *namespace,
			   const char *name, const char *uid, struct buf *out);
/* Append the BOOKMARK that ends the first list. */
bool watch_event_bookmark(const char *api, const char *kind, struct buf *out);

#endif
