/*
 * Reading APPLY and PRUNE, writing RESULT. Knows the members and what may stand in them; must not
 * write anything itself.
 */
#include "apply-order.h"

#include <string.h>

#include "../bus/alloc.h"

static int
wrong(struct error *err, const char *what)
{
	return error_set(err, ERROR_INPUT, 0, "the member %s", what);
}

/* kind ends in "List" and there are items: more than one object, whatever it is called. */
static bool
is_list(jv object, const char *kind)
{
	jv items = message_get(object, "items");
	size_t len = strlen(kind);
	bool found = jv_is_valid(items) && len >= 4 && strcmp(kind + len - 4, "List") == 0;

	jv_free(items);
	return found;
}

/* Texts that are not empty: what names an object. */
static int
check_names(jv object, jv metadata, struct error *err)
{
	static const char *const optional[] = { "namespace", "uid" };
	const char *api = message_string(object, "apiVersion");
	const char *kind = message_string(object, "kind");
	const char *name = message_string(metadata, "name");

	if (jv_get_kind(object) != JV_KIND_OBJECT)
		return wrong(err, "object is missing, or no object");
	if (!api || !*api || !kind || !*kind)
		return wrong(err, "object has no apiVersion, or no kind");
	if (is_list(object, kind))
		return wrong(err, "object is a list: each of its items needs a message of its own");
	if (!name || !*name)
		return wrong(err, "object has no metadata.name");
	for (size_t i = 0; i < ALLOC_COUNT(optional); i++) {
		jv value = message_get(metadata, optional[i]);
		bool is_fine = !jv_is_valid(value) || message_string(metadata, optional[i]);

		jv_free(value);
		if (!is_fine)
			return error_set(err, ERROR_INPUT, 0,
					 "the member object has a metadata.%s that is no text",
					 optional[i]);
	}
	return 0;
}

/* A text that is there and not empty. */
static const char *
text_or_null(jv object, const char *name)
{
	const char *text = message_string(object, name);

	return text && *text ? text : NULL;
}

/* Texts live in the reference, which holds the objects that they are members of. */
static void
set_reference(struct apply_order *order, jv object, jv metadata)
{
	static const char *const names[] = { "apiVersion", "kind", NULL };
	static const char *const inner[] = { "name", "namespace", "uid", NULL };
	jv kept = message_copy_members(jv_object(), metadata, inner);

	order->reference = message_copy_members(jv_object(), object, names);
	order->reference = jv_object_set(order->reference, jv_string("metadata"), jv_copy(kept));
	order->api = message_string(order->reference, "apiVersion");
	order->kind = message_string(order->reference, "kind");
	order->name = message_string(kept, "name");
	order->namespace = text_or_null(kept, "namespace");
	order->uid = text_or_null(kept, "uid");
	jv_free(kept);
}

static int
read_part(struct apply_order *order, jv body, struct error *err)
{
	jv subresource = message_get(body, "subresource"), shared = message_get(body, "shared");
	const char *text = message_string(body, "subresource");
	int status = 0;

	if (jv_is_valid(subresource) && (!text || strcmp(text, "status") != 0))
		status = wrong(err, "subresource is another than \"status\"");
	else if (jv_is_valid(shared) && jv_get_kind(shared) != JV_KIND_TRUE &&
		 jv_get_kind(shared) != JV_KIND_FALSE)
		status = wrong(err, "shared is neither true nor false");
	else if (text)
		order->part = APPLY_STATUS;
	else if (jv_get_kind(shared) == JV_KIND_TRUE)
		order->part = APPLY_SHARED;
	jv_free(subresource);
	jv_free(shared);
	return status;
}

static int
read_object(struct apply_order *order, jv body, jv object, struct error *err)
{
	jv metadata = message_get(object, "metadata");
	int status = check_names(object, metadata, err);

	if (status == 0)
		set_reference(order, object, metadata);
	jv_free(metadata);
	if (status == 0 && !order->is_prune)
		status = read_part(order, body, err);
	if (status == 0 && !order->is_prune)
		status = apply_intent(object, order->part, &order->intent, err);
	return status;
}

int
apply_order_read(struct apply_order *order, struct message *message, struct error *err)
{
	jv body = message_body(message), object = message_get(body, "object");
	int status;

	memset(order, 0, sizeof(*order));
	order->is_prune = message->type == MESSAGE_PRUNE;
	order->part = APPLY_OBJECT;
	order->reference = jv_invalid();
	order->intent = jv_invalid();
	status = read_object(order, body, object, err);
	jv_free(object);
	return status;
}

void
apply_order_fini(struct apply_order *order)
{
	jv_free(order->reference);
	jv_free(order->intent);
	order->reference = order->intent = jv_invalid();
}

char *
apply_order_target(const struct apply_order *order)
{
	size_t group = strcspn(order->api, "/");

	return alloc_format("%.*s/%s/%s/%s", order->api[group] ? (int)group : 0, order->api,
			    order->kind, order->namespace ? order->namespace : "", order->name);
}

char *
apply_order_describe(const struct apply_order *order)
{
	return alloc_format("%s %s%s%s%s", order->kind, order->namespace ? order->namespace : "",
			    order->namespace ? "/" : "", order->name,
			    order->part == APPLY_STATUS ? " (status)" : "");
}

jv
apply_order_about(const struct apply_order *order)
{
	if (!jv_is_valid(order->reference))
		return jv_invalid();
	return jv_object_set(jv_object(), jv_string("object"), jv_copy(order->reference));
}

jv
apply_order_result(const struct apply_order *order, const char *status, const char *reason, jv diff)
{
	jv result = jv_object_set(message_new(MESSAGE_RESULT), jv_string("object"),
				  jv_copy(order->reference));

	if (order->part == APPLY_STATUS)
		result = jv_object_set(result, jv_string("subresource"), jv_string("status"));
	result = jv_object_set(result, jv_string("status"), jv_string(status));
	if (reason)
		result = jv_object_set(result, jv_string("reason"), jv_string(reason));
	if (jv_get_kind(diff) == JV_KIND_ARRAY && jv_array_length(jv_copy(diff)) > 0)
		return jv_object_set(result, jv_string("diff"), diff);
	jv_free(diff);
	return result;
}
