/* See werf-status.h. */
#include "werf-status.h"

#include <ctype.h>
#include <string.h>

#include "../bus/buf.h"
#include "../bus/message.h"

/* 2026-11-25T10:00:00Z: what conditions have, and a CRD may insist on. */
static bool
is_time(const char *text)
{
	static const char form[] = "0000-00-00T00:00:00Z";
	size_t i;

	for (i = 0; form[i] != '\0'; i++)
		if (form[i] == '0' ? !isdigit((unsigned char)text[i]) : text[i] != form[i])
			return false;
	return text[i] == '\0';
}

static struct json_slice
ready_condition(struct json_slice status)
{
	struct json_slice conditions = json_member(status, "conditions"), condition;
	size_t cursor = 0;

	if (json_is_array(conditions))
		while (json_next(conditions, &cursor, NULL, &condition))
			if (json_string_is(json_member(condition, "type"), "Ready"))
				return condition;
	return (struct json_slice){ .text = NULL };
}

bool
werf_status_since(const struct werf_source *source, bool is_ready,
		  char since[WERF_STATUS_TIME_SIZE])
{
	struct json_slice status = { source->status, 0 }, condition, time;
	CLEANUP_BUF struct buf text = BUF_INIT(WERF_STATUS_TIME_SIZE - 1);

	if (source->status == NULL)
		return false;
	status.len = strlen(source->status);
	condition = ready_condition(status);
	time = json_member(condition, "lastTransitionTime");
	if (!json_string_is(json_member(condition, "status"), is_ready ? "True" : "False") ||
	    time.text == NULL || !json_string(time, &text) || !is_time(buf_string(&text)))
		return false;
	memcpy(since, buf_string(&text), text.len + 1);
	return true;
}

static jv
add_text(jv object, const char *name, const char *text)
{
	return jv_object_set(object, jv_string(name), jv_string(text));
}

jv
werf_status_apply(const struct werf_source *source, const struct werf_status *status)
{
	jv condition = add_text(jv_object(), "type", "Ready");
	jv value, object, message;

	condition = add_text(condition, "status", status->is_ready ? "True" : "False");
	condition = add_text(condition, "reason", status->reason);
	condition = add_text(condition, "message", status->message);
	condition = add_text(condition, "lastTransitionTime", status->since);
	condition = jv_object_set(condition, jv_string("observedGeneration"),
				  jv_number((double)source->generation));
	value = jv_object_set(jv_object(), jv_string("conditions"), JV_ARRAY(condition));
	if (status->secret_name != NULL)
		value = jv_object_set(value, jv_string("repository"),
				      add_text(jv_object(), "secretName", status->secret_name));
	object = jv_object_set(werf_source_reference(source), jv_string("status"), value);
	message = jv_object_set(message_new(MESSAGE_APPLY), jv_string("object"), object);
	return add_text(message, "subresource", "status");
}
