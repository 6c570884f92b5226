/* See apply-fields.h. Names of fields: "f:NAME" a member, "k:{...}" the element with these keys,
 * "v:VALUE" an element of a set, "." the thing itself; {} below a name: owned as a whole. */
#include "apply-fields.h"

#include <string.h>

#include "../bus/alloc.h"
#include "../bus/json.h"
#include "../bus/message.h"
#include "apply-owner.h"

struct view {
	jv own, foreign; /* FieldsV1 at this place; invalid: nothing is owned */
};

static jv merge(jv value, jv intent, struct view view, bool *gives_back);

/* --- who owns what --- */

static struct view
view_of(jv object, bool is_status)
{
	struct view view = { jv_invalid(), jv_invalid() };
	jv entries = apply_owner_entries(object);

	jv_array_foreach(entries, i, entry)
	{
		jv fields = message_get(entry, "fieldsV1");

		if (apply_owner_is_own(entry, is_status))
			view.own = apply_owner_unite(view.own, fields);
		else
			view.foreign = apply_owner_unite(view.foreign, fields);
		jv_free(entry);
	}
	jv_free(entries);
	return view;
}

/* One level down; owned by the caller. */
static struct view
view_below(struct view view, const char *name)
{
	return (struct view){ message_get(view.own, name), message_get(view.foreign, name) };
}

static void
view_free(struct view view)
{
	jv_free(view.own);
	jv_free(view.foreign);
}

static struct view
view_of_member(struct view view, jv key)
{
	CLEANUP_FREE char *name = alloc_format("f:%s", jv_string_value(key));

	return view_below(view, name);
}

static bool
is_leaf(jv fields)
{
	return jv_get_kind(fields) != JV_KIND_OBJECT || jv_object_length(jv_copy(fields)) == 0;
}

/* --- lists whose elements have keys --- */

/* The keys or the value behind "k:" or "v:"; invalid: it is another name. */
static jv
selector(const char *name)
{
	if ((name[0] != 'k' && name[0] != 'v') || name[1] != ':' ||
	    json_check(name + 2, strlen(name + 2), &json_limits_message, NULL))
		return jv_invalid();
	return jv_parse(name + 2);
}

/* Do the element and the keys agree? A value is a key of itself. */
static bool
is_selected(jv element, jv keys)
{
	bool agree = true;

	if (jv_get_kind(keys) != JV_KIND_OBJECT || jv_get_kind(element) != JV_KIND_OBJECT)
		return jv_equal(jv_copy(element), jv_copy(keys));
	jv_object_foreach(keys, key, value)
	{
		agree &= jv_equal(message_get(element, jv_string_value(key)), value);
		jv_free(key);
	}
	return agree;
}

/* Index of the element that these keys select, -1: none. */
static int
find(jv list, jv keys)
{
	int i, length = jv_array_length(jv_copy(list));

	for (i = 0; i < length; i++) {
		jv element = jv_array_get(jv_copy(list), i);
		bool is_it = is_selected(element, keys);

		jv_free(element);
		if (is_it)
			return i;
	}
	return -1;
}

/* What of an element selects it, as others of the list are selected. */
static jv
keys_of(jv element, jv pattern)
{
	jv keys = jv_object();

	if (jv_get_kind(pattern) != JV_KIND_OBJECT) {
		jv_free(keys);
		return jv_copy(element);
	}
	jv_object_foreach(pattern, key, value)
	{
		keys = jv_object_set(keys, key, message_get(element, jv_string_value(key)));
		jv_free(value);
	}
	return keys;
}

/* How the elements of a list that weir owns parts of are selected; invalid: they are not. */
static jv
pattern_of(jv own)
{
	jv pattern = jv_invalid();

	if (jv_get_kind(own) != JV_KIND_OBJECT)
		return pattern;
	jv_object_foreach(own, name, below)
	{
		if (!jv_is_valid(pattern)) {
			jv_free(pattern);
			pattern = selector(jv_string_value(name));
		}
		jv_free(name);
		jv_free(below);
	}
	return pattern;
}

/* Takes list. */
static jv
without_element(jv list, int at)
{
	jv kept = jv_array();

	jv_array_foreach(list, i, element)
	{
		if (i != at)
			kept = jv_array_append(kept, element);
		else
			jv_free(element);
	}
	jv_free(list);
	return kept;
}

/* Elements that weir has set and intent leaves out. Takes list. */
static jv
give_back_elements(jv list, jv intent, struct view view, bool *gives_back)
{
	jv_object_foreach(view.own, name, below)
	{
		jv keys = selector(jv_string_value(name));
		jv others = message_get(view.foreign, jv_string_value(name));
		int at = jv_is_valid(keys) && find(intent, keys) < 0 ? find(list, keys) : -1;

		*gives_back |= at >= 0;
		if (at >= 0 && !jv_is_valid(others))
			list = without_element(list, at);
		jv_free(others);
		jv_free(keys);
		jv_free(below);
		jv_free(name);
	}
	return list;
}

/* The fields of the element that these keys select, at this list. */
static struct view
view_of_element(struct view view, jv keys)
{
	struct view below = { jv_invalid(), jv_invalid() };

	jv_object_foreach(view.own, name, fields)
	{
		jv own = selector(jv_string_value(name));

		if (jv_is_valid(own) && jv_equal(jv_copy(own), jv_copy(keys))) {
			view_free(below);
			below = view_below(view, jv_string_value(name));
		}
		jv_free(own);
		jv_free(fields);
		jv_free(name);
	}
	return below;
}

static jv
merge_list(jv list, jv intent, jv pattern, struct view view, bool *gives_back)
{
	jv merged = give_back_elements(jv_copy(list), intent, view, gives_back);

	jv_array_foreach(intent, i, element)
	{
		jv keys = keys_of(element, pattern);
		int at = find(merged, keys);
		struct view below = view_of_element(view, keys);

		if (at < 0) {
			merged = jv_array_append(merged, jv_copy(element));
		} else {
			jv old = jv_array_get(jv_copy(merged), at);

			merged = jv_array_set(merged, at, merge(old, element, below, gives_back));
			jv_free(old);
		}
		view_free(below);
		jv_free(keys);
		jv_free(element);
	}
	return merged;
}

/* --- objects --- */

static jv give_back_member(jv object, const char *name, struct view below);

/* What is left of a value (taken) when weir gives back what it owns of it; invalid: nothing. */
static jv
give_back(jv value, struct view view)
{
	bool is_whole = is_leaf(view.own) || jv_get_kind(value) != JV_KIND_OBJECT;

	if (!is_whole) {
		jv_object_foreach(view.own, name, fields)
		{
			struct view below = view_below(view, jv_string_value(name));

			value = give_back_member(value, jv_string_value(name), below);
			view_free(below);
			jv_free(fields);
			jv_free(name);
		}
		is_whole = jv_object_length(jv_copy(value)) == 0;
	}
	if (!is_whole || jv_is_valid(view.foreign))
		return value;
	jv_free(value);
	return jv_invalid();
}

/* The object (taken) without what weir owns of its member "f:NAME"; other names are none. */
static jv
give_back_member(jv object, const char *name, struct view below)
{
	jv old = strncmp(name, "f:", 2) == 0 ? message_get(object, name + 2) : jv_invalid(), left;

	if (!jv_is_valid(old)) {
		jv_free(old);
		return object;
	}
	left = give_back(old, below);
	object = jv_object_delete(object, jv_string(name + 2));
	if (jv_is_valid(left))
		return jv_object_set(object, jv_string(name + 2), left);
	jv_free(left);
	return object;
}

/* Members that weir has set and intent leaves out. Takes object. */
static jv
give_back_members(jv object, jv intent, struct view view, bool *gives_back)
{
	if (jv_get_kind(view.own) != JV_KIND_OBJECT)
		return object;
	jv_object_foreach(view.own, name, fields)
	{
		const char *text = jv_string_value(name);

		if (strncmp(text, "f:", 2) == 0 &&
		    !jv_object_has(jv_copy(intent), jv_string(text + 2))) {
			struct view below = view_below(view, text);

			*gives_back = true;
			object = give_back_member(object, text, below);
			view_free(below);
		}
		jv_free(fields);
		jv_free(name);
	}
	return object;
}

static jv
merge_object(jv object, jv intent, struct view view, bool *gives_back)
{
	jv merged = give_back_members(jv_copy(object), intent, view, gives_back);

	jv_object_foreach(intent, key, wanted)
	{
		struct view below = view_of_member(view, key);
		jv old = jv_object_get(jv_copy(object), jv_copy(key));

		merged = jv_object_set(merged, key, merge(old, wanted, below, gives_back));
		jv_free(old);
		jv_free(wanted);
		view_free(below);
	}
	return merged;
}

/* All are borrowed. */
static jv
merge(jv value, jv intent, struct view view, bool *gives_back)
{
	jv_kind kind = jv_get_kind(intent);
	jv pattern, merged;

	if (jv_get_kind(value) != kind || (kind != JV_KIND_OBJECT && kind != JV_KIND_ARRAY))
		return jv_copy(intent);
	if (kind == JV_KIND_OBJECT)
		return merge_object(value, intent, view, gives_back);
	pattern = pattern_of(view.own);
	merged = jv_is_valid(pattern) ? merge_list(value, intent, pattern, view, gives_back) :
					jv_copy(intent);
	jv_free(pattern);
	return merged;
}

jv
apply_fields_expect(jv object, jv intent, bool is_status, bool *gives_back)
{
	struct view view = view_of(object, is_status);
	jv expected;

	*gives_back = false;
	expected = merge(object, intent, view, gives_back);
	view_free(view);
	return expected;
}
