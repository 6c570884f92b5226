/*
 * What weir wants to be set in an object: a manifest without what is the API server's to set, with
 * the owner label, in the spelling that the API server stores, so that the two can be compared.
 * Pure.
 */
#ifndef WEIR_APPLY_INTENT_H
#define WEIR_APPLY_INTENT_H

#include <stdbool.h>

#include <jv.h>

#include "../bus/error.h"

enum apply_part {
	APPLY_OBJECT, /* all but its status, with the owner label */
	APPLY_SHARED, /* the same without the label */
	APPLY_STATUS  /* the status alone */
};

/* From a manifest (borrowed), with apiVersion, kind and metadata.name that were checked. stringData
 * of a Secret becomes data, nulls go. INPUT error that names the member which is of a wrong kind or
 * no base64. *intent is owned by the caller; invalid after an error. */
int apply_intent(jv object, enum apply_part part, jv *intent, struct error *err);
/* Nothing but what names the object. */
bool apply_intent_is_empty(jv intent);

/* Is what is in the object secret (but for its metadata and type)? */
bool apply_is_secret(jv object);
#endif
