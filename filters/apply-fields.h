/*
 * Who owns which fields of an object, as metadata.managedFields has it (FieldsV1): what would
 * become of the object if an intent were applied to it. Pure.
 */
#ifndef WEIR_APPLY_FIELDS_H
#define WEIR_APPLY_FIELDS_H

#include <stdbool.h>

#include <jv.h>

/* The object (borrowed) as it would be with intent (borrowed) applied: what intent sets, without
 * what weir has set before and intent leaves out, unless others set it too. *gives_back: there is
 * something of the last kind, whether it would be seen or not. is_status: of the subresource. Lists
 * whose elements have keys are known as such only once weir owns an element; until then the whole
 * list counts. Owned by the caller. */
jv apply_fields_expect(jv object, jv intent, bool is_status, bool *gives_back);

#endif
