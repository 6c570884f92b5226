/* See apply-intent.h. */
#include "apply-intent.h"

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/message.h"
#include "apply-owner.h"
#include "base64.h"

static bool
is_text(jv object, const char *name, const char *want)
{
	const char *text = message_string(object, name);

	return text && strcmp(text, want) == 0;
}

bool
apply_is_secret(jv object)
{
	return is_text(object, "kind", "Secret") && is_text(object, "apiVersion", "v1");
}

/* --- Secrets --- */

/* A member that is an object, {} when it is absent. -1: it is something else. */
static int
get_object(jv of, const char *name, jv *found, struct error *err)
{
	*found = message_get(of, name);
	if (jv_get_kind(*found) == JV_KIND_OBJECT)
		return 0;
	if (jv_is_valid(*found) && jv_get_kind(*found) != JV_KIND_NULL) {
		jv_free(*found);
		*found = jv_invalid();
		return error_set(err, ERROR_INPUT, 0, "its %s is no object", name);
	}
	jv_free(*found);
	*found = jv_object();
	return 0;
}

static jv
encode(const char *bytes, size_t len)
{
	char *spelled = base64_encode(bytes, len);
	jv encoded = jv_string(spelled);

	alloc_free_secret(spelled);
	return encoded;
}

/* base64 of a text, or of base64 that is spelled in some other way; invalid: it is none. */
static jv
spell(jv value, bool is_encoded)
{
	const char *text = jv_string_value(value);
	size_t len = (size_t)jv_string_length_bytes(jv_copy(value)), size;
	char *bytes;
	jv encoded;

	if (!is_encoded)
		return encode(text, len);
	bytes = base64_decode(text, len, &size);
	if (!bytes)
		return jv_invalid();
	encoded = encode(bytes, size);
	explicit_bzero(bytes, size);
	free(bytes);
	return encoded;
}

/* Adds the values of one member to *data. */
static int
add_data(jv object, const char *name, bool is_encoded, jv *data, struct error *err)
{
	jv values;

	if (get_object(object, name, &values, err))
		return -1;
	jv_object_foreach(values, key, value)
	{
		bool is_string = jv_get_kind(value) == JV_KIND_STRING;
		jv encoded = is_string ? spell(value, is_encoded) : jv_invalid();

		jv_free(value);
		if (!jv_is_valid(encoded)) {
			error_set(err, ERROR_INPUT, 0, "its %s[\"%.200s\"] is no %s", name,
				  jv_string_value(key), is_string ? "base64" : "text");
			jv_free(encoded);
			jv_free(key);
			jv_free(values);
			return -1;
		}
		*data = jv_object_set(*data, key, encoded);
	}
	jv_free(values);
	return 0;
}

/* Takes intent. */
static int
spell_secret(jv *intent, struct error *err)
{
	jv data = jv_object();

	if (add_data(*intent, "data", true, &data, err) ||
	    add_data(*intent, "stringData", false, &data, err)) {
		jv_free(data);
		return -1;
	}
	*intent = jv_object_delete(*intent, jv_string("stringData"));
	*intent = jv_object_delete(*intent, jv_string("data"));
	if (jv_object_length(jv_copy(data)) > 0)
		*intent = jv_object_set(*intent, jv_string("data"), data);
	else
		jv_free(data);
	return 0;
}

/* --- the manifest --- */

/* Takes value. A null says that nothing is there. */
static jv
without_nulls(jv value)
{
	jv kept;

	if (jv_get_kind(value) == JV_KIND_ARRAY) {
		kept = jv_array();
		jv_array_foreach(value, i, element) kept =
			jv_array_append(kept, without_nulls(element));
	} else if (jv_get_kind(value) == JV_KIND_OBJECT) {
		kept = jv_object();
		jv_object_foreach(value, key, member)
		{
			if (jv_get_kind(member) != JV_KIND_NULL)
				kept = jv_object_set(kept, key, without_nulls(member));
			else
				jv_free(key);
		}
	} else {
		return value;
	}
	jv_free(value);
	return kept;
}

static int
make_metadata(jv object, enum apply_part part, jv *metadata, struct error *err)
{
	static const char *const name[] = { "name", "namespace", NULL };
	static const char *const kept[] = { "name",	   "namespace",	      "labels",
					    "annotations", "ownerReferences", "finalizers",
					    NULL };
	jv from = message_get(object, "metadata");
	jv labels = jv_invalid();
	int status = get_object(from, "labels", &labels, err);

	*metadata = message_copy_members(jv_object(), from, part == APPLY_STATUS ? name : kept);
	if (status == 0 && part == APPLY_OBJECT) {
		labels =
			jv_object_set(labels, jv_string(APPLY_OWNER_LABEL), jv_string(APPLY_OWNER));
		*metadata = jv_object_set(*metadata, jv_string("labels"), jv_copy(labels));
	}
	jv_free(labels);
	jv_free(from);
	return status;
}

int
apply_intent(jv object, enum apply_part part, jv *intent, struct error *err)
{
	static const char *const status_members[] = { "apiVersion", "kind", "status", NULL };
	jv metadata;

	if (make_metadata(object, part, &metadata, err)) {
		jv_free(metadata);
		*intent = jv_invalid();
		return -1;
	}
	*intent = part == APPLY_STATUS ? message_copy_members(jv_object(), object, status_members) :
					 jv_object_delete(jv_copy(object), jv_string("status"));
	*intent = without_nulls(jv_object_set(*intent, jv_string("metadata"), metadata));
	if (part == APPLY_STATUS || !apply_is_secret(object) || spell_secret(intent, err) == 0)
		return 0;
	jv_free(*intent);
	*intent = jv_invalid();
	return -1;
}

bool
apply_intent_is_empty(jv intent)
{
	jv metadata = message_get(intent, "metadata");
	jv namespace = message_get(metadata, "namespace");
	int names = jv_is_valid(namespace) ? 2 : 1;
	bool is_empty = jv_object_length(jv_copy(intent)) == 3 &&
			jv_object_length(jv_copy(metadata)) == names;

	jv_free(namespace);
	jv_free(metadata);
	return is_empty;
}
