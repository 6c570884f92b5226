/*
 * Reading UPDATE and HOLD, writing RESULT. Knows the members and what may stand in them, for this
 * is the last look at a message before something is written; must not write anything itself.
 */
#include "patch-order.h"

#include <string.h>

#include "../bus/alloc.h"
#include "decision.h"

/* An index that was checked, or fallback when it is absent. */
static int
index_of(jv object, const char *name, int fallback)
{
	jv value = message_get(object, name);
	int number = jv_get_kind(value) == JV_KIND_NUMBER ? (int)jv_number_value(value) : fallback;

	jv_free(value);
	return number;
}

/* Texts live in the body, which holds the objects that they are members of. */
static void
read_application(struct patch_order *order)
{
	jv application = message_get(order->body, "application");

	order->namespace = message_string(application, "namespace");
	order->name = message_string(application, "name");
	order->change.uid = message_string(application, "uid");
	jv_free(application);
}

static void
read_origin(struct patch_order *order)
{
	jv origin = message_get(order->body, "origin");

	order->is_in_file = jv_is_valid(origin);
	order->address.file = message_string(origin, "file");
	order->address.document = (unsigned)index_of(origin, "document", 0);
	order->address.item = index_of(origin, "item", -1);
	jv_free(origin);
}

static int
read_change(struct patch_order *order, struct error *err)
{
	struct patch_change *change = &order->change;

	change->constraint = message_string(order->body, "constraint");
	change->repo_url = message_string(order->body, "repoURL");
	change->chart = message_string(order->body, "chart");
	change->from = message_string(order->body, "from");
	change->to = message_string(order->body, "to");
	if (!patch_is_revision(change->to))
		return error_set(err, ERROR_INPUT, 0, "the member to is no version or tag");
	return 0;
}

int
patch_order_read(struct patch_order *order, struct message *message, struct error *err)
{
	memset(order, 0, sizeof(*order));
	if (decision_check(message, err))
		return -1;
	order->body = jv_copy(message_body(message));
	order->is_update = message->type == MESSAGE_UPDATE;
	order->change.source = index_of(order->body, "source", -1);
	read_application(order);
	read_origin(order);
	return order->is_update ? read_change(order, err) : 0;
}

void
patch_order_fini(struct patch_order *order)
{
	jv_free(order->body);
	order->body = jv_invalid();
}

char *
patch_order_target(const struct patch_order *order)
{
	if (order->is_in_file)
		return alloc_format("file %s", order->address.file);
	return alloc_format("%s/%s", order->namespace, order->name);
}

char *
patch_order_describe(const struct patch_order *order)
{
	CLEANUP_FREE char *index = order->change.source < 0 ?
					   alloc_string("") :
					   alloc_format("[%d]", order->change.source);

	return alloc_format("%s%s%s%s", order->namespace, *order->namespace ? "/" : "", order->name,
			    index);
}

jv
patch_order_result(const struct patch_order *order, const char *status, const char *reason)
{
	static const char *const names[] = { "application", "source",	  "repository", "repoURL",
					     "chart",	    "constraint", "from",	"to",
					     "current",	    "digest",	  "note",	"origin",
					     "considered",  NULL };
	jv result = message_copy_members(message_new(MESSAGE_RESULT), order->body, names);

	result = jv_object_set(result, jv_string("status"), jv_string(status));
	if (reason)
		result = jv_object_set(result, jv_string("reason"), jv_string(reason));
	return result;
}
