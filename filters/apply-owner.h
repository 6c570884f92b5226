/*
 * Whose an object is: weir's by its label, its predecessor's by two others, and each field by
 * metadata.managedFields. Pure; objects are borrowed.
 */
#ifndef WEIR_APPLY_OWNER_H
#define WEIR_APPLY_OWNER_H

#include <stdbool.h>

#include <jv.h>

#define APPLY_OWNER_LABEL "app.kubernetes.io/managed-by"
#define APPLY_OWNER "weir"

bool apply_is_owned(jv object);
bool apply_is_predecessors(jv object);

/* The entries of managedFields, an array; owned by the caller. */
jv apply_owner_entries(jv object);
/* Is it what weir has applied to the object, or to its status? */
bool apply_owner_is_own(jv entry, bool is_status);
/* Two trees of fields (FieldsV1) in one; takes both, either may be invalid. */
jv apply_owner_unite(jv fields, jv more);

/* managedFields for taking the object over from the predecessor: what those own who own its label
 * `heritage` becomes weir's, as if it had been applied; so what weir leaves out goes, and what
 * weir changes later is in nobody's way. Invalid: there is nothing of that kind. Owned. */
jv apply_owner_take_over(jv object);

#endif
