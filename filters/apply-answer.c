/* See apply-answer.h. */
#include "apply-answer.h"

#include <stdbool.h>
#include <string.h>

#include <jv.h>

#include "../bus/alloc.h"
#include "../bus/buf.h"
#include "../bus/json.h"
#include "../bus/message.h"

#define FIELDS_MAX 8 /* named in a text */
#define NAME_MAX_BYTES 200

/* A Status; an empty object when the body is something else. */
static jv
read_status(const char *body, size_t len)
{
	jv status;

	if (json_check(body, len, &json_limits_message, NULL))
		return jv_object();
	status = jv_parse_sized(body, (int)len);
	if (jv_get_kind(status) == JV_KIND_OBJECT)
		return status;
	jv_free(status);
	return jv_object();
}

static jv
causes_of(jv status)
{
	jv details = message_get(status, "details");
	jv causes = message_get(details, "causes");

	jv_free(details);
	if (jv_get_kind(causes) == JV_KIND_ARRAY)
		return causes;
	jv_free(causes);
	return jv_array();
}

/* "": it has none. */
static const char *
text_of(jv object, const char *name)
{
	const char *text = message_string(object, name);

	return text ? text : "";
}

/* A field's or a manager's name: printable, and no longer than a name is. */
static void
put_name(struct buf *out, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < len && i < NAME_MAX_BYTES; i++)
		buf_append_char(out, name[i] >= ' ' && name[i] < 0x7f ? name[i] : '?');
	if (i < len)
		buf_append_string(out, "...");
}

/* conflict with "MANAGER" using v1 */
static void
put_manager(struct buf *out, const char *text)
{
	const char *from = strchr(text, '"');
	size_t len = from ? strcspn(from + 1, "\"") : 0;

	if (len == 0)
		return;
	buf_append_string(out, " (");
	put_name(out, from + 1, len);
	buf_append_char(out, ')');
}

/* The fields of the causes with this reason (NULL: any), listed; how many there are. */
static unsigned
put_fields(jv causes, const char *reason, bool with_managers, struct buf *out)
{
	unsigned count = 0;

	jv_array_foreach(causes, i, cause)
	{
		const char *field = text_of(cause, "field");

		if (*field && (!reason || strcmp(text_of(cause, "reason"), reason) == 0)) {
			if (count < FIELDS_MAX) {
				buf_append_string(out, count > 0 ? ", " : "");
				put_name(out, field, strlen(field));
			}
			if (count < FIELDS_MAX && with_managers)
				put_manager(out, text_of(cause, "message"));
			count++;
		}
		jv_free(cause);
	}
	if (count > FIELDS_MAX)
		buf_printf(out, " and %u more", count - FIELDS_MAX);
	return count;
}

static bool
is_about_uid(jv causes)
{
	bool found = false;

	jv_array_foreach(causes, i, cause)
	{
		found |= strcmp(text_of(cause, "field"), "metadata.uid") == 0;
		jv_free(cause);
	}
	return found;
}

static enum apply_answer
read_conflict(jv causes, struct buf *text)
{
	CLEANUP_BUF struct buf fields = BUF_INIT(8192);
	unsigned count = put_fields(causes, "FieldManagerConflict", true, &fields);

	if (count == 0)
		return APPLY_ANSWER_CHANGED;
	buf_printf(text,
		   "%s %s set by others: %s; nothing was written: let them give %s up, or leave %s "
		   "to them",
		   count == 1 ? "a field" : "fields", count == 1 ? "is" : "are",
		   buf_string(&fields), count == 1 ? "it" : "them", count == 1 ? "it" : "them");
	return APPLY_ANSWER_FOREIGN;
}

static enum apply_answer
read_invalid(jv causes, struct buf *text)
{
	CLEANUP_BUF struct buf fields = BUF_INIT(8192);

	if (is_about_uid(causes))
		return APPLY_ANSWER_CHANGED;
	if (put_fields(causes, NULL, false, &fields) > 0)
		buf_printf(text, "the API server finds these fields not valid (422): %s",
			   buf_string(&fields));
	else
		buf_append_string(text, "the API server finds the object not valid (422)");
	return APPLY_ANSWER_NOT_VALID;
}

/* ".spec.x: field not declared in schema", at the end of a message of 500 (really). */
static bool
read_schema(jv status, struct buf *text)
{
	static const char begin[] = "failed to create typed patch object";
	static const char end[] = ": field not declared in schema";
	const char *message = text_of(status, "message"), *field;
	size_t len = strlen(message);

	if (strncmp(message, begin, strlen(begin)) != 0)
		return false;
	buf_append_string(text, "the API server does not take the object for one of its kind");
	field = strstr(message, "): ");
	if (!field || len < strlen(end) || strcmp(message + len - strlen(end), end) != 0)
		return true;
	field += 3;
	len = (size_t)(message + len - strlen(end) - field);
	if (strcspn(field, " \n") < len) /* more than a name: there may be values in it */
		return true;
	buf_append_string(text, ", which has no field ");
	put_name(text, field, len);
	return true;
}

enum apply_answer
apply_answer_read(long status, const char *body, size_t len, char *reason, size_t size)
{
	CLEANUP_BUF struct buf text = BUF_INIT(16384);
	jv answer = read_status(body, len), causes = causes_of(answer);
	enum apply_answer found = APPLY_ANSWER_OTHER;
	size_t kept;

	if (status == 409)
		found = read_conflict(causes, &text);
	else if (status == 422)
		found = read_invalid(causes, &text);
	else if (status == 500 && read_schema(answer, &text))
		found = APPLY_ANSWER_NOT_VALID;
	kept = text.len < size ? text.len : size - 1;
	memcpy(reason, buf_string(&text), kept);
	reason[kept] = '\0';
	jv_free(causes);
	jv_free(answer);
	return found;
}
