/*
 * What differs between two states of an object, for a person: the member `diff` of a RESULT
 * (weir-message(7)). What is in a Secret is never a part of it. Pure.
 */
#ifndef WEIR_APPLY_DIFF_H
#define WEIR_APPLY_DIFF_H

#include <jv.h>

/* An array of {path, from, to}; both are borrowed. object may be jv_null(): it is not there. Long
 * texts are cut, and so is the list. What the API server counts and notes by itself (uid,
 * resourceVersion, managedFields, ...) is left out. Owned by the caller. */
jv apply_diff(jv object, jv to);

#endif
