/* See apply-owner.h. */
#include "apply-owner.h"

#include <string.h>

#include "../bus/alloc.h"
#include "../bus/message.h"
#include "kube.h"

static bool
is_text(jv object, const char *name, const char *want)
{
	const char *text = message_string(object, name);

	return strcmp(text ? text : "", want) == 0;
}

static bool
has_label(jv object, const char *name, const char *value)
{
	jv metadata = message_get(object, "metadata");
	jv labels = message_get(metadata, "labels");
	bool found = is_text(labels, name, value);

	jv_free(labels);
	jv_free(metadata);
	return found;
}

bool
apply_is_owned(jv object)
{
	return has_label(object, APPLY_OWNER_LABEL, APPLY_OWNER);
}

bool
apply_is_predecessors(jv object)
{
	return has_label(object, "heritage", "deckhouse") &&
	       has_label(object, "module", "delivery");
}

/* --- fields --- */

jv
apply_owner_entries(jv object)
{
	jv metadata = message_get(object, "metadata");
	jv entries = message_get(metadata, "managedFields");

	jv_free(metadata);
	if (jv_get_kind(entries) == JV_KIND_ARRAY)
		return entries;
	jv_free(entries);
	return jv_array();
}

bool
apply_owner_is_own(jv entry, bool is_status)
{
	return is_text(entry, "manager", KUBE_MANAGER) && is_text(entry, "operation", "Apply") &&
	       is_text(entry, "subresource", is_status ? "status" : "");
}

jv
apply_owner_unite(jv fields, jv more)
{
	if (jv_get_kind(more) != JV_KIND_OBJECT) {
		jv_free(more);
		return fields;
	}
	if (jv_is_valid(fields))
		return jv_object_merge_recursive(fields, more);
	jv_free(fields);
	return more;
}

static bool
owns_heritage(jv entry)
{
	static const char *const path[] = { "fieldsV1", "f:metadata", "f:labels", "f:heritage" };
	jv at = jv_copy(entry);
	bool found;

	for (size_t i = 0; i < ALLOC_COUNT(path); i++) {
		jv below = message_get(at, path[i]);

		jv_free(at);
		at = below;
	}
	found = jv_is_valid(at);
	jv_free(at);
	return found;
}

jv
apply_owner_take_over(jv object)
{
	jv entries = apply_owner_entries(object), kept = jv_array(), fields = jv_invalid();
	jv entry_of_weir = jv_invalid();

	jv_array_foreach(entries, i, entry)
	{
		bool is_own = apply_owner_is_own(entry, false);
		bool is_predecessors = !is_own && owns_heritage(entry);

		if (!is_predecessors && !is_own) {
			kept = jv_array_append(kept, entry);
			continue;
		}
		fields = apply_owner_unite(fields, message_get(entry, "fieldsV1"));
		if (is_predecessors) {
			jv_free(entry_of_weir);
			entry_of_weir = entry;
		} else {
			jv_free(entry);
		}
	}
	jv_free(entries);
	if (!jv_is_valid(entry_of_weir) || !jv_is_valid(fields)) {
		jv_free(kept);
		jv_free(fields);
		jv_free(entry_of_weir);
		return jv_invalid();
	}
	entry_of_weir = jv_object_set(entry_of_weir, jv_string("manager"), jv_string(KUBE_MANAGER));
	entry_of_weir = jv_object_set(entry_of_weir, jv_string("operation"), jv_string("Apply"));
	entry_of_weir = jv_object_set(entry_of_weir, jv_string("fieldsV1"), fields);
	return jv_array_append(kept, entry_of_weir);
}
