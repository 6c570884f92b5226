/* See repository-secret.h. */
#include "repository-secret.h"

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/message.h"
#include "base64.h"

#define TYPE_LABEL "argocd.argoproj.io/secret-type"
#define OWNER_LABEL "app.kubernetes.io/managed-by"

bool
repository_secret_is_secret(struct json_slice object)
{
	struct json_slice version = json_member(object, "apiVersion");

	return json_string_is(json_member(object, "kind"), "Secret") &&
	       (version.text == NULL || memchr(version.text, '/', version.len) == NULL);
}

bool
repository_secret_is_owned(struct json_slice object)
{
	struct json_slice labels = json_member(json_member(object, "metadata"), "labels");

	return json_string_is(json_member(labels, OWNER_LABEL), "weir") &&
	       json_string_is(json_member(labels, TYPE_LABEL), "repository");
}

/* --- stringData --- */

static bool
is_text(jv object, const char *name, const char *text)
{
	const char *value = message_string(object, name);

	return value != NULL && strcmp(value, text) == 0;
}

static bool
is_object(jv value)
{
	return jv_get_kind(value) == JV_KIND_OBJECT;
}

/* A member that is an object, else an empty one; owned. */
static jv
object_in(jv object, const char *name)
{
	jv value = is_object(object) ? message_get(object, name) : jv_invalid();

	if (is_object(value))
		return value;
	jv_free(value);
	return jv_object();
}

/* Takes data; borrows text. */
static jv
put_encoded(jv data, jv key, jv text)
{
	char *encoded;

	if (jv_get_kind(text) != JV_KIND_STRING)
		return jv_object_set(data, jv_copy(key), jv_copy(text));
	encoded = base64_encode(jv_string_value(text),
				(size_t)jv_string_length_bytes(jv_copy(text)));
	data = jv_object_set(data, jv_copy(key), jv_string(encoded));
	alloc_free_secret(encoded);
	return data;
}

jv
repository_secret_settle(jv object)
{
	jv plain, data;

	if (!is_object(object) || !is_text(object, "kind", "Secret"))
		return object;
	plain = message_get(object, "stringData");
	if (!is_object(plain)) {
		jv_free(plain);
		return object;
	}
	data = object_in(object, "data");
	jv_object_foreach(plain, key, text) {
		data = put_encoded(data, key, text);
		jv_free(key);
		jv_free(text);
	}
	jv_free(plain);
	object = jv_object_delete(object, jv_string("stringData"));
	return jv_object_set(object, jv_string("data"), data);
}

/* --- drift --- */

/* Depth is bounded by what a message may hold. */
bool
repository_secret_differs(jv wanted, jv live)
{
	bool differs = false;

	if (jv_get_kind(wanted) == JV_KIND_NULL)
		return jv_is_valid(live) && jv_get_kind(live) != JV_KIND_NULL;
	if (!is_object(wanted) || !is_object(live))
		return !jv_equal(jv_copy(wanted), jv_copy(live));
	jv_object_foreach(wanted, key, value) {
		jv other = jv_object_get(jv_copy(live), jv_copy(key));

		differs = differs || repository_secret_differs(value, other);
		jv_free(other);
		jv_free(key);
		jv_free(value);
	}
	return differs;
}

/* --- enableOCI --- */

/* A field of data, decoded; owned by the caller; NULL: absent, or no text. */
static char *
field_of(jv object, const char *name)
{
	jv data = object_in(object, "data");
	const char *encoded = message_string(data, name);
	char *text = NULL;
	size_t len = 0;

	if (encoded != NULL)
		text = base64_decode(encoded, strlen(encoded), &len);
	jv_free(data);
	return text;
}

static int
check_kind(jv object, struct error *err)
{
	jv metadata, labels;
	bool is_repository;

	if (!is_object(object) || !is_text(object, "kind", "Secret") ||
	    !is_text(object, "apiVersion", "v1"))
		return error_set(err, ERROR_INPUT, 0, "it is no Secret of apiVersion v1");
	metadata = object_in(object, "metadata");
	labels = object_in(metadata, "labels");
	is_repository = is_text(labels, TYPE_LABEL, "repository") ||
			is_text(labels, TYPE_LABEL, "repo-creds");
	jv_free(labels);
	jv_free(metadata);
	if (is_repository)
		return 0;
	return error_set(err, ERROR_INPUT, 0,
			 "it is no repository of Argo CD: it has no label " TYPE_LABEL
			 " with repository or repo-creds");
}

static int
check_fields(jv object, struct error *err)
{
	CLEANUP_FREE char *type = field_of(object, "type");
	CLEANUP_FREE char *url = field_of(object, "url");
	const char *scheme = url != NULL ? strstr(url, "://") : NULL;

	if (type == NULL || strcmp(type, "helm") != 0)
		return error_set(err, ERROR_INPUT, 0,
				 "its type is not helm%s: enableOCI is for Helm charts in an OCI "
				 "registry",
				 type == NULL ? " (it has none, which means git)" : "");
	if (url == NULL)
		return error_set(err, ERROR_INPUT, 0, "it has no url");
	if (scheme != NULL && strncmp(url, "oci://", 6) == 0)
		return error_set(err, ERROR_INPUT, 0,
				 "its url begins with oci://, which Argo CD does not take for type "
				 "helm: write it without, here and in repoURL of the Applications "
				 "that use it");
	if (scheme != NULL)
		return error_set(err, ERROR_INPUT, 0,
				 "its url has a scheme: it is a chart repository on a web server, "
				 "or is to be written as host[:port]/path");
	return 0;
}

/* Takes and gives. */
static jv
without_server_fields(jv object)
{
	static const char *const names[] = { "managedFields", "resourceVersion", "uid",
					     "generation", "creationTimestamp", "selfLink" };
	static const char applied[] = "kubectl.kubernetes.io/last-applied-configuration";
	jv metadata = object_in(object, "metadata"), annotations;

	for (size_t i = 0; i < ALLOC_COUNT(names); i++)
		metadata = jv_object_delete(metadata, jv_string(names[i]));
	annotations = jv_object_delete(object_in(metadata, "annotations"), jv_string(applied));
	if (jv_object_length(jv_copy(annotations)) > 0) {
		metadata = jv_object_set(metadata, jv_string("annotations"), annotations);
	} else {
		jv_free(annotations);
		metadata = jv_object_delete(metadata, jv_string("annotations"));
	}
	object = jv_object_delete(object, jv_string("status"));
	return jv_object_set(object, jv_string("metadata"), metadata);
}

jv
repository_secret_enable_oci(jv object, struct error *err)
{
	jv enabled = jv_string("true"), key = jv_string("enableOCI"), data;

	object = repository_secret_settle(jv_copy(object));
	if (check_kind(object, err) != 0 || check_fields(object, err) != 0) {
		jv_free(object);
		object = jv_invalid();
	} else {
		data = put_encoded(object_in(object, "data"), key, enabled);
		object = jv_object_set(without_server_fields(object), jv_string("data"), data);
	}
	jv_free(enabled);
	jv_free(key);
	return object;
}
