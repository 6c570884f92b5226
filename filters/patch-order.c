/*
 * Reading UPDATE and HOLD, writing RESULT. Knows the members and what may stand in them, for this
 * is the last look at a message before something is written; must not write anything itself.
 */
#include "patch-order.h"

#include <limits.h>
#include <string.h>

#include "../bus/alloc.h"

#define INDEX_MAX 100000

static int
read_text(jv object, const char *name, const char **out, struct error *err)
{
	*out = message_string(object, name);
	if (*out)
		return 0;
	return error_set(err, ERROR_INPUT, 0, "the member %s is missing or is no text", name);
}

/* A whole number from 0 to max, or absent: *out keeps what it was. */
static int
read_index(jv object, const char *name, double max, int *out, struct error *err)
{
	jv value = message_get(object, name);
	double number = jv_get_kind(value) == JV_KIND_NUMBER ? jv_number_value(value) : -1;
	bool is_absent = !jv_is_valid(value);

	jv_free(value);
	if (is_absent)
		return 0;
	if (number >= 0 && number <= max && number == (int)number) {
		*out = (int)number;
		return 0;
	}
	return error_set(err, ERROR_INPUT, 0, "the member %s is no index", name);
}

/* A text that may be absent: *out (may be NULL) is NULL then. */
static int
read_optional_text(jv object, const char *name, const char **out, struct error *err)
{
	jv value = message_get(object, name);
	const char *text = message_string(object, name);
	bool is_absent = !jv_is_valid(value);

	jv_free(value);
	if (out)
		*out = text;
	if (text || is_absent)
		return 0;
	return error_set(err, ERROR_INPUT, 0, "the member %s is no text", name);
}

/* application's texts live in the body, which holds another reference to it. */
static int
read_application(struct patch_order *order, struct error *err)
{
	jv application = message_get(order->body, "application");
	int status = -1;

	if (jv_get_kind(application) != JV_KIND_OBJECT)
		error_set(err, ERROR_INPUT, 0, "the member application is missing or is no object");
	else if (read_text(application, "name", &order->name, err) == 0 &&
		 read_text(application, "namespace", &order->namespace, err) == 0)
		status = read_optional_text(application, "uid", &order->change.uid, err);
	if (status == 0 && !*order->name)
		status = error_set(err, ERROR_INPUT, 0, "the member name is empty");
	if (status == 0 && order->change.uid && !*order->change.uid)
		status = error_set(err, ERROR_INPUT, 0, "the member uid is empty");
	jv_free(application);
	return status;
}

static int
read_origin(struct patch_order *order, struct error *err)
{
	jv origin = message_get(order->body, "origin");
	int document = -1, status = 0;

	order->address.item = -1;
	if (jv_is_valid(origin)) {
		order->is_in_file = true;
		status = read_text(origin, "file", &order->address.file, err);
		if (status == 0)
			status = read_index(origin, "document", INT_MAX, &document, err);
		if (status == 0)
			status = read_index(origin, "item", INT_MAX, &order->address.item, err);
		if (status == 0 && document < 0)
			status = error_set(err, ERROR_INPUT, 0, "the member document is missing");
		order->address.document = (unsigned)document;
		if (status)
			error_prepend(err, "origin");
	}
	jv_free(origin);
	return status;
}

static int
check_change(const struct patch_change *change, struct error *err)
{
	if (!*change->repo_url || !*change->chart)
		return error_set(err, ERROR_INPUT, 0, "the member %s is empty",
				 *change->chart ? "repoURL" : "chart");
	if (!patch_is_revision(change->to))
		return error_set(err, ERROR_INPUT, 0, "the member to is no version or tag");
	return 0;
}

static int
read_change(struct patch_order *order, struct error *err)
{
	struct patch_change *change = &order->change;

	if (read_text(order->body, "constraint", &change->constraint, err) ||
	    read_text(order->body, "repoURL", &change->repo_url, err) ||
	    read_text(order->body, "chart", &change->chart, err) ||
	    read_text(order->body, "from", &change->from, err) ||
	    read_text(order->body, "to", &change->to, err))
		return -1;
	return check_change(change, err);
}

/* What is only handed on to the RESULT. */
static int
check_rest(jv body, struct error *err)
{
	static const char *const names[] = { "repository", "repoURL", "chart",	"constraint",
					     "current",	   "note",    "digest", NULL };
	jv considered = message_get(body, "considered");
	jv_kind kind = jv_get_kind(considered);
	size_t i;

	jv_free(considered);
	for (i = 0; names[i]; i++)
		if (read_optional_text(body, names[i], NULL, err))
			return -1;
	if (kind != JV_KIND_INVALID && kind != JV_KIND_ARRAY)
		return error_set(err, ERROR_INPUT, 0, "the member considered is no array");
	return 0;
}

int
patch_order_read(struct patch_order *order, enum message_type type, jv body, struct error *err)
{
	const char *reason;

	memset(order, 0, sizeof(*order));
	order->body = jv_copy(body);
	order->is_update = type == MESSAGE_UPDATE;
	order->change.source = -1;
	if (read_application(order, err) || read_origin(order, err) ||
	    read_index(body, "source", INDEX_MAX, &order->change.source, err) ||
	    check_rest(body, err))
		return -1;
	if (order->is_update)
		return read_change(order, err);
	return read_text(body, "reason", &reason, err);
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

static jv
set_text(jv to, jv from, const char *name)
{
	const char *text = message_string(from, name);

	return text ? jv_object_set(to, jv_string(name), jv_string(text)) : to;
}

jv
patch_order_about(jv body)
{
	jv application = message_get(body, "application"), origin = message_get(body, "origin");
	jv about = jv_object(), who = set_text(jv_object(), application, "namespace");
	const char *file = message_string(origin, "file");

	who = set_text(set_text(who, application, "name"), application, "uid");
	if (jv_object_length(jv_copy(who)) > 0)
		about = jv_object_set(about, jv_string("application"), jv_copy(who));
	if (file)
		about = jv_object_set(about, jv_string("file"), jv_string(file));
	jv_free(who);
	jv_free(application);
	jv_free(origin);
	if (jv_object_length(jv_copy(about)) > 0)
		return about;
	jv_free(about);
	return jv_invalid();
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
