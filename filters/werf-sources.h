/*
 * The WerfSources that are there, in the order of their names, and which of them are in each
 * other's way. Pure: knows no message, emits nothing.
 */
#ifndef WEIR_WERF_SOURCES_H
#define WEIR_WERF_SOURCES_H

#include <stddef.h>

#include "../bus/error.h"
#include "werf-source.h"

struct werf_sources;

struct werf_sources *werf_sources_new(void);
void werf_sources_free(struct werf_sources *sources); /* NULL is fine */

/* key: the event's (message_key), so that two files with one name are two sources. Replaces an
 * earlier one of this key. Takes what source holds (it is zeroed); it must have been read without
 * an error. Gives the kept one: valid until the next put or drop of its key. */
const struct werf_source *werf_sources_put(struct werf_sources *sources, const char *key,
					   size_t len, struct werf_source *source);
/* False: there was none. */
bool werf_sources_drop(struct werf_sources *sources, const char *key, size_t len);
/* NULL: there is none. */
const struct werf_source *werf_sources_get(const struct werf_sources *sources, const char *key,
					   size_t len);
/* By metadata.name; of two with one name that which wins. NULL: there is none. */
const struct werf_source *werf_sources_named(const struct werf_sources *sources,
					     const char *name);

size_t werf_sources_count(const struct werf_sources *sources);
/* In the order of names (bytes), then of keys. */
const struct werf_source *werf_sources_at(const struct werf_sources *sources, size_t i);
/* Walk those that have this repository (source->repository) without looking at all: start with
 * *cursor = 0; NULL at the end. No put or drop meanwhile. */
const struct werf_source *werf_sources_sharing(const struct werf_sources *sources,
					       const char *repository, size_t *cursor);

/* May a source of the set be rendered? INPUT error "WerfSource NAME: spec.imageRepo: ..." when
 * another one has its repository that is older (creationTimestamp, an empty one last; then name,
 * then key), or "metadata.name: ..." when one that is older has its name. When a source is put or
 * dropped, the answer may change for those that share its repository (the old and the new one) or
 * its name, and for no others. */
int werf_sources_check(const struct werf_sources *sources, const struct werf_source *source,
		       struct error *err);

#endif
