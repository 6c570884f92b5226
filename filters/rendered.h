/*
 * What a render filter has told: checks that what a jq program gave is a message that `apply`
 * understands, and tells nothing twice. Knows no source and no secret; keeps digests, no texts.
 */
#ifndef WEIR_RENDERED_H
#define WEIR_RENDERED_H

#include <jv.h>

#include "../bus/error.h"
#include "../bus/filter.h"

struct rendered;

struct rendered *rendered_new(struct filter *filter);
void rendered_free(struct rendered *rendered); /* NULL is fine */

/* Emit an APPLY or a PRUNE (taken), unless it is what was emitted last for its key (a trace does
 * not count). INPUT error, and nothing emitted, when it is neither, or lacks apiVersion, kind or
 * metadata.name; the error quotes no value. For filters with FILTER_OWN_KEYS. */
int rendered_emit(struct rendered *rendered, jv message, struct error *err);
/* What was told of the object (a manifest, borrowed) holds no more: nobody is told it again, and
 * the next message about it is emitted whatever it says. subresource: NULL, or "status". */
void rendered_forget(struct rendered *rendered, jv object, const char *subresource);

#endif
