/*
 * One line has four cells: who, what changes, by which rule, and what became of it. Which of a
 * message's members go into which cell is all that differs between the types.
 */
#include "display.h"

#include <stdio.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/frame.h"
#include "application.h"
#include "display-priv.h"

#define OTHER_MAX 200 /* bytes shown of a type that weir does not know */
#define TAG_MIN 8     /* columns for the tags of verdicts */
#define TAG_MAX 40
#define CELL_TEXT_MAX ((size_t)64 * 1024)

/* A member that is text; "" when it is not. */
static const char *
text_of(jv object, const char *name)
{
	const char *text = message_string(object, name);

	return text != NULL ? text : "";
}

/* "namespace/name[2]". */
static void
put_reference(struct buf *cell, const char *namespace, const char *name, const char *source)
{
	display_text(cell, namespace);
	if (namespace[0] != '\0')
		buf_append_char(cell, '/');
	display_text(cell, name);
	if (source[0] == '\0')
		return;
	buf_append_char(cell, '[');
	display_text(cell, source);
	buf_append_char(cell, ']');
}

/* The same of an object with these members; source may be absent. */
static void
put_name(struct buf *cell, jv name, jv source)
{
	char index[32] = "";

	if (jv_get_kind(source) == JV_KIND_NUMBER)
		snprintf(index, sizeof(index), "%.0f", jv_number_value(source));
	put_reference(cell, text_of(name, "namespace"), text_of(name, "name"), index);
}

static void
put_application(struct line *line, jv body)
{
	jv application = message_get(body, "application");
	jv source = message_get(body, "source");

	if (jv_get_kind(application) == JV_KIND_OBJECT)
		put_name(&line->who, application, source);
	jv_free(application);
	jv_free(source);
}

static void
put_origin(struct line *line, jv body)
{
	jv origin = message_get(body, "origin");
	const char *file = jv_get_kind(origin) == JV_KIND_OBJECT ? text_of(origin, "file") : "";

	if (file[0] != '\0') {
		buf_append_string(&line->aside, "  (");
		display_text(&line->aside, file);
		buf_append_string(&line->aside, ")");
	}
	jv_free(origin);
}

/* "1.0.0 → 1.0.3", or what stands there now. */
static void
put_change(struct line *line, jv body)
{
	const char *from = text_of(body, "from"), *to = text_of(body, "to");

	if (to[0] == '\0') {
		display_text(&line->change, from[0] != '\0' ? from : text_of(body, "current"));
		return;
	}
	display_text(&line->change, from[0] != '\0' ? from : "none");
	buf_append_string(&line->change, " → ");
	display_text(&line->change, to);
}

static void
put_reason(struct line *line, const char *reason)
{
	if (reason[0] == '\0')
		return;
	if (line->status.len > 0)
		buf_append_string(&line->rest, ": ");
	display_text(&line->rest, reason);
}

static void
put_note(struct line *line, jv body)
{
	const char *note = text_of(body, "note");

	if (note[0] == '\0')
		return;
	buf_append_string(&line->rest, "; note: ");
	display_text(&line->rest, note);
}

/* --- the types --- */

static void
decision(struct line *line, jv body, const char *status, enum line_colour colour)
{
	put_application(line, body);
	put_change(line, body);
	display_text(&line->constraint, text_of(body, "constraint"));
	display_text(&line->status, status);
	line->colour = colour;
	line->grows = true;
	put_reason(line, text_of(body, "reason"));
	put_note(line, body);
	put_origin(line, body);
}

/* "WerfSource/status". */
static void
put_subresource(struct line *line, jv body)
{
	const char *name = text_of(body, "subresource");

	if (name[0] == '\0')
		return;
	buf_append_char(&line->change, '/');
	display_text(&line->change, name);
}

/* The reference in `object`, of any kind. */
static void
object(struct line *line, jv body, const char *status, enum line_colour colour)
{
	jv thing = message_get(body, "object");
	jv metadata = jv_invalid();

	if (jv_get_kind(thing) == JV_KIND_OBJECT) {
		metadata = message_get(thing, "metadata");
		display_text(&line->change, text_of(thing, "kind"));
		put_subresource(line, body);
	}
	if (jv_get_kind(metadata) == JV_KIND_OBJECT)
		put_name(&line->who, metadata, jv_invalid());
	display_text(&line->status, status);
	line->colour = colour;
	line->grows = true;
	put_reason(line, text_of(body, "reason"));
	put_origin(line, body);
	jv_free(metadata);
	jv_free(thing);
}

static enum line_colour
status_colour(const char *status)
{
	static const struct {
		const char *status;
		enum line_colour colour;
	} colours[] = {
		{ "patched", LINE_GREEN }, { "applied", LINE_GREEN }, { "pruned", LINE_GREEN },
		{ "dry-run", LINE_CYAN },  { "conflict", LINE_RED },  { "failed", LINE_RED },
	};
	size_t i;

	for (i = 0; i < ALLOC_COUNT(colours); i++)
		if (strcmp(colours[i].status, status) == 0)
			return colours[i].colour;
	return LINE_DIM;
}

static void
result(struct line *line, jv body)
{
	const char *status = text_of(body, "status");
	jv thing = message_get(body, "object");

	if (jv_is_valid(thing))
		object(line, body, status, status_colour(status));
	else if (strcmp(status, "unchanged") == 0 && message_string(body, "to") == NULL)
		decision(line, body, "held", LINE_DIM); /* what became of a HOLD */
	else
		decision(line, body, status, status_colour(status));
	jv_free(thing);
}

static int
length_of(jv body, const char *name)
{
	jv list = message_get(body, name);

	if (jv_get_kind(list) == JV_KIND_ARRAY)
		return jv_array_length(list);
	jv_free(list);
	return 0;
}

static void
tags(struct line *line, jv body)
{
	int count = length_of(body, "tags"), followers = length_of(body, "applications");
	jv complete = message_get(body, "complete");

	display_text(&line->who, text_of(body, "repository"));
	buf_printf(&line->change, "%d tag%s", count, count == 1 ? "" : "s");
	buf_append_string(&line->status,
			  jv_get_kind(complete) == JV_KIND_TRUE ? "listed" : "incomplete");
	line->colour = jv_get_kind(complete) == JV_KIND_TRUE ? LINE_DIM : LINE_RED;
	buf_printf(&line->rest, " for %d application%s", followers, followers == 1 ? "" : "s");
	jv_free(complete);
}

static void
push(struct line *line, jv body)
{
	display_text(&line->who, text_of(body, "repository"));
	display_text(&line->change, text_of(body, "tag"));
	buf_append_string(&line->status, "pushed");
	line->colour = LINE_CYAN;
}

/* What an ERROR is about, as far as it says so. */
static void
put_about(struct line *line, jv about)
{
	jv thing = message_get(about, "object");
	jv number = message_get(about, "line");
	jv metadata = jv_get_kind(thing) == JV_KIND_OBJECT ? message_get(thing, "metadata")
							    : jv_invalid();
	const char *file = text_of(about, "file");

	put_application(line, about);
	if (line->who.len == 0 && jv_get_kind(metadata) == JV_KIND_OBJECT)
		put_name(&line->who, metadata, jv_invalid());
	if (line->who.len == 0)
		display_text(&line->who, text_of(about, "repository"));
	if (line->who.len == 0) {
		display_text(&line->who, file);
		if (jv_get_kind(number) == JV_KIND_NUMBER)
			buf_printf(&line->who, "%s%.0f", file[0] != '\0' ? ":" : "line ",
				   jv_number_value(number));
	}
	put_origin(line, about);
	jv_free(metadata);
	jv_free(number);
	jv_free(thing);
}

/* weir's own, or a Kubernetes watch's with a Status object. */
static void
failure(struct line *line, jv body)
{
	const char *filter = text_of(body, "filter");
	jv about = message_get(body, "about");
	jv status = message_get(body, "object");

	if (jv_get_kind(about) == JV_KIND_OBJECT)
		put_about(line, about);
	buf_append_string(&line->status, "error");
	line->colour = LINE_RED;
	if (line->who.len == 0) {
		display_text(&line->who, filter);
	} else if (filter[0] != '\0') {
		buf_append_string(&line->rest, ": ");
		display_text(&line->rest, filter);
	}
	put_reason(line, jv_get_kind(status) == JV_KIND_OBJECT ? text_of(status, "message")
								: text_of(body, "reason"));
	jv_free(status);
	jv_free(about);
}

/* A type that weir does not know: the type, and the rest as it is, cut. */
static void
other(struct line *line, jv body)
{
	CLEANUP_FREE char *text = NULL;
	jv left = jv_object_delete(jv_copy(body), jv_string("type"));
	size_t len, cut;

	display_text(&line->who, text_of(body, "type"));
	left = jv_dump_string(jv_object_delete(left, jv_string("trace")), 0);
	len = strlen(jv_string_value(left));
	cut = len > OTHER_MAX ? OTHER_MAX : len;
	while ((jv_string_value(left)[cut] & 0xc0) == 0x80)
		cut--; /* no half of a character */
	text = alloc_text(jv_string_value(left), cut);
	display_text(&line->rest, text);
	if (cut < len)
		buf_append_string(&line->rest, "...");
	jv_free(left);
}

/* --- events: an Application says more than that it is there --- */

static void
put_source(struct line *line, const struct application *application,
	   const struct application_source *source)
{
	if (source->index >= 0)
		buf_printf(&line->who, "[%d]", source->index);
	buf_clear(&line->change);
	display_text(&line->change, source->current);
	display_text(&line->constraint, application->constraint);
	buf_append_string(&line->rest, ": ");
	display_text(&line->rest, source->repo_url);
	buf_append_char(&line->rest, '/');
	display_text(&line->rest, source->chart);
}

static void
event_line(struct display *display, jv body, const char *status,
	   const struct application *application, size_t source, struct buf *out)
{
	struct line line;

	line_init(&line);
	object(&line, body, status, LINE_DIM);
	if (application != NULL)
		put_source(&line, application, &application->sources[source]);
	line_put(display, &line, out);
	line_fini(&line);
}

static void
event(struct display *display, jv body, const char *status, struct buf *out)
{
	struct application application = { .constraint = NULL };
	jv thing = message_get(body, "object");
	struct buf text = BUF_INIT(FRAME_MAX);
	struct json_slice bytes;
	bool is_tracked;
	size_t i;

	message_dump(thing, &text);
	bytes = (struct json_slice){ buf_string(&text), text.len };
	is_tracked = application_is(bytes) && application_read(&application, bytes, NULL) == 0 &&
		     application.constraint != NULL && application.source_count > 0;

	for (i = 0; is_tracked && i < application.source_count; i++)
		event_line(display, body, status, &application, i, out);
	if (!is_tracked)
		event_line(display, body, status, NULL, 0, out);
	application_fini(&application);
	buf_fini(&text);
	jv_free(thing);
}

/* --- the verdicts of --explain --- */

static size_t
tag_width(jv list)
{
	size_t width = TAG_MIN, tag;

	jv_array_foreach(list, i, verdict) {
		tag = jv_get_kind(verdict) == JV_KIND_OBJECT
			      ? display_width(text_of(verdict, "tag"))
			      : 0;
		if (tag > width && tag <= TAG_MAX)
			width = tag;
		jv_free(verdict);
	}
	return width;
}

static void
put_verdict(const struct display *display, jv verdict, size_t width, struct buf *out)
{
	CLEANUP_BUF struct buf tag = BUF_INIT(CELL_TEXT_MAX);
	jv taken = message_get(verdict, "taken");
	bool is_taken = jv_get_kind(taken) == JV_KIND_TRUE;

	display_text(&tag, text_of(verdict, "tag"));
	buf_append_string(out, "    ");
	line_colour(display, is_taken ? LINE_GREEN : LINE_DIM, is_taken ? "+" : "-", out);
	buf_append_char(out, ' ');
	buf_append_string(out, buf_string(&tag));
	line_pad(buf_string(&tag), width, out);
	buf_append_string(out, "  ");
	display_text(out, text_of(verdict, "reason"));
	buf_append_char(out, '\n');
	jv_free(taken);
}

static void
put_considered(const struct display *display, jv body, struct buf *out)
{
	jv list = message_get(body, "considered");
	size_t width = jv_get_kind(list) == JV_KIND_ARRAY ? tag_width(list) : 0;

	if (width > 0)
		jv_array_foreach(list, i, verdict) {
			if (jv_get_kind(verdict) == JV_KIND_OBJECT)
				put_verdict(display, verdict, width, out);
			jv_free(verdict);
		}
	jv_free(list);
}

/* --- */

static void
fill(struct line *line, enum message_type type, jv body)
{
	switch (type) {
	case MESSAGE_PUSH:
		push(line, body);
		break;
	case MESSAGE_TAGS:
		tags(line, body);
		break;
	case MESSAGE_UPDATE:
		decision(line, body, "update", LINE_CYAN);
		break;
	case MESSAGE_HOLD:
		decision(line, body, "held", LINE_DIM);
		break;
	case MESSAGE_APPLY:
		object(line, body, "apply", LINE_CYAN);
		break;
	case MESSAGE_PRUNE:
		object(line, body, "prune", LINE_CYAN);
		break;
	case MESSAGE_RESULT:
		result(line, body);
		break;
	case MESSAGE_ERROR:
		failure(line, body);
		break;
	case MESSAGE_OTHER:
		other(line, body);
		break;
	case MESSAGE_ADDED:
	case MESSAGE_MODIFIED:
	case MESSAGE_DELETED:
	case MESSAGE_BOOKMARK:
		break;
	}
}

void
display_message(struct display *display, struct message *message, struct buf *out)
{
	jv body = message_body(message);
	struct line line;

	if (message->type == MESSAGE_BOOKMARK)
		return;
	if (message_is_event(message->type)) {
		event(display, body,
		      message->type == MESSAGE_ADDED	  ? "added" :
		      message->type == MESSAGE_MODIFIED ? "modified" : "deleted", out);
		return;
	}
	line_init(&line);
	fill(&line, message->type, body);
	line_put(display, &line, out);
	line_fini(&line);
	put_considered(display, body, out);
	display_diff(display, body, out);
}

void
display_gone(struct display *display, const char *key, size_t len, struct buf *out)
{
	const char *parts[6];
	size_t count = message_key_parts(key, len, parts, ALLOC_COUNT(parts));
	struct line line;

	line_init(&line);
	line.grows = true;
	line.colour = LINE_DIM;
	buf_append_string(&line.status, "gone");
	if ((count == 5 && parts[0][0] == 'o') || (count == 6 && parts[0][0] == 'a')) {
		put_reference(&line.who, parts[3], parts[4], "");
		display_text(&line.change, parts[2]);
		line_put(display, &line, out);
	} else if (count == 4 && parts[0][0] == 'u') {
		put_reference(&line.who, parts[1], parts[2], parts[3]);
		line_put(display, &line, out);
	}
	line_fini(&line);
}
