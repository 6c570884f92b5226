/*
 * Building watch's messages from bytes. Knows the shape of an event and of metadata; must not
 * know where an object comes from.
 */
#include "watch-event.h"

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"

#define OMITS_MAX 24

struct watch_event_omits {
	char ***paths; /* NULL-ended list of NULL-ended lists of names */
	size_t count;
	const char *top[OMITS_MAX + 2]; /* those of one name */
	size_t top_count;
};

/* --- paths --- */

/* The next name of a path, unescaped; *at moves behind it. Owned by the caller; NULL: none. */
static char *
next_name(const char **at)
{
	CLEANUP_BUF struct buf name = BUF_INIT(1024);
	const char *p = *at;

	if (*p++ != '.')
		return NULL;
	for (; *p && *p != '.'; p++) {
		if (*p == '\\' && p[1])
			p++;
		if (!buf_append_char(&name, *p))
			return NULL;
	}
	if (name.len == 0)
		return NULL;
	*at = p;
	return alloc_string(name.data);
}

static void
free_path(char **path)
{
	size_t i;

	for (i = 0; path[i]; i++)
		free(path[i]);
	free(path);
}

static char **
parse_path(const char *text)
{
	char **path = alloc_zero(1, sizeof(*path));
	const char *at = text;
	size_t n = 0;
	char *name;

	while (*at && (name = next_name(&at)) != NULL) {
		path = alloc_grow(path, n + 2, sizeof(*path));
		path[n++] = name;
		path[n] = NULL;
	}
	if (n > 0 && !*at)
		return path;
	free_path(path);
	return NULL;
}

/* What an event cannot do without. */
static bool
is_needed(char **path)
{
	static const char *const top[] = { "apiVersion", "kind", "metadata" };
	static const char *const inner[] = { "name", "namespace", "uid" };
	size_t i;

	for (i = 0; i < ALLOC_COUNT(top); i++)
		if (!path[1] && strcmp(path[0], top[i]) == 0)
			return true;
	for (i = 0; i < ALLOC_COUNT(inner); i++)
		if (path[1] && !path[2] && strcmp(path[0], "metadata") == 0 &&
		    strcmp(path[1], inner[i]) == 0)
			return true;
	return false;
}

static int
add_path(struct watch_event_omits *omits, const char *text, struct error *err)
{
	char **path = parse_path(text);

	if (!path)
		return error_set(err, ERROR_USAGE, 0,
				 "--omit %s: this is no path; write it like .status or "
				 ".metadata.labels",
				 text);
	omits->paths = alloc_grow(omits->paths, omits->count + 2, sizeof(*omits->paths));
	omits->paths[omits->count++] = path;
	omits->paths[omits->count] = NULL;
	if (!path[1] && omits->top_count <= OMITS_MAX)
		omits->top[omits->top_count++] = path[0];
	if (is_needed(path))
		return error_set(err, ERROR_USAGE, 0,
				 "--omit %s: this says which object it is and cannot be left out",
				 text);
	return 0;
}

struct watch_event_omits *
watch_event_omits_new(const char *const *paths, size_t count, struct error *err)
{
	struct watch_event_omits *omits = alloc_zero(1, sizeof(*omits));
	size_t i;
	int status = add_path(omits, ".metadata.managedFields", err);

	if (count > OMITS_MAX)
		status = error_set(err, ERROR_USAGE, 0, "--omit was given more than %d times",
				   OMITS_MAX);
	for (i = 0; i < count && status == 0; i++)
		status = add_path(omits, paths[i], err);
	if (status == 0)
		return omits;
	watch_event_omits_free(omits);
	return NULL;
}

const char *const *
watch_event_omits_top(const struct watch_event_omits *omits)
{
	return omits->top_count > 0 ? omits->top : NULL;
}

void
watch_event_omits_free(struct watch_event_omits *omits)
{
	size_t i;

	if (!omits)
		return;
	for (i = 0; i < omits->count; i++)
		free_path(omits->paths[i]);
	free(omits->paths);
	free(omits);
}

/* --- objects --- */

/* A string member into out; absent leaves it empty. False: no string, or too long. */
static bool
copy_text(struct json_slice value, char *out, size_t size)
{
	CLEANUP_BUF struct buf text = BUF_INIT(size - 1);

	out[0] = '\0';
	if (!value.text)
		return true;
	if (!json_string(value, &text) || memchr(buf_string(&text), '\0', text.len))
		return false;
	memcpy(out, buf_string(&text), text.len + 1);
	return true;
}

bool
watch_event_identify(struct json_slice object, struct watch_event_identity *identity)
{
	struct json_slice metadata = json_member(object, "metadata"), name, value;
	struct json_slice space = { 0 }, own_name = { 0 }, uid = { 0 };
	size_t cursor = 0;

	if (!json_is_object(metadata))
		return false;
	while (json_next(metadata, &cursor, &name, &value)) {
		if (name.len == 4 && memcmp(name.text, "name", 4) == 0)
			own_name = value;
		else if (name.len == 9 && memcmp(name.text, "namespace", 9) == 0)
			space = value;
		else if (name.len == 3 && memcmp(name.text, "uid", 3) == 0)
			uid = value;
	}
	return copy_text(own_name, identity->name, sizeof(identity->name)) && identity->name[0] &&
	       copy_text(space, identity->namespace, sizeof(identity->namespace)) &&
	       copy_text(uid, identity->uid, sizeof(identity->uid));
}

/* Blanks between tokens go, from `start` on; also in text that proves to be no JSON later. */
static void
compact(struct buf *out, size_t start)
{
	bool in_string = false;
	size_t from, to = start;

	for (from = start; from < out->len; from++) {
		char c = out->data[from];

		if (!in_string && (c == ' ' || c == '\n' || c == '\r' || c == '\t'))
			continue;
		out->data[to++] = c;
		if (in_string && c == '\\' && from + 1 < out->len)
			out->data[to++] = out->data[++from];
		else if (c == '"')
			in_string = !in_string;
	}
	out->len = to;
	out->data[to] = '\0';
}

static bool
add_member(struct buf *out, const char *name, const char *value)
{
	return json_quote(out, name, strlen(name)) && buf_append_char(out, ':') &&
	       json_quote(out, value, strlen(value)) && buf_append_char(out, ',');
}

/* The members that the object lacks, as `"apiVersion":"v1","kind":"Secret",`. */
static bool
missing_members(struct json_slice object, const char *api, const char *kind, struct buf *out)
{
	return (!api || json_member(object, "apiVersion").text ||
		add_member(out, "apiVersion", api)) &&
	       (!kind || json_member(object, "kind").text || add_member(out, "kind", kind));
}

/* Put text behind the brace at `at`; other members always follow. */
static bool
insert(struct buf *out, size_t at, const struct buf *text)
{
	if (!buf_append(out, text->data, text->len))
		return false;
	memmove(out->data + at + 1 + text->len, out->data + at + 1, out->len - text->len - at - 1);
	memcpy(out->data + at + 1, text->data, text->len);
	return true;
}

bool
watch_event_object(const struct watch_event_omits *omits, struct json_slice object, const char *api,
		   const char *kind, struct buf *out)
{
	CLEANUP_BUF struct buf missing = BUF_INIT(2048);
	size_t start = out->len;

	if (!json_is_object(object) ||
	    !json_omit(object, (const char *const *const *)omits->paths, out))
		return false;
	object = (struct json_slice){ out->data + start, out->len - start };
	if (object.len > 2 && missing_members(object, api, kind, &missing) && missing.len > 0 &&
	    !insert(out, start, &missing))
		return false;
	if (memchr(out->data + start, '\n', out->len - start) ||
	    memchr(out->data + start, '\r', out->len - start))
		compact(out, start);
	return true;
}

bool
watch_event_essence(struct json_slice object, struct buf *out)
{
	static const char *const version[] = { "metadata", "resourceVersion", NULL };
	static const char *const generation[] = { "metadata", "generation", NULL };
	static const char *const *const paths[] = { version, generation, NULL };

	return json_omit(object, paths, out);
}

/* --- messages --- */

static bool
add_origin(const struct manifest_address *origin, struct buf *out)
{
	return buf_append_string(out, ",\"origin\":{\"file\":") &&
	       json_quote(out, origin->file, strlen(origin->file)) &&
	       buf_printf(out, ",\"document\":%u", origin->document) &&
	       (origin->item < 0 || buf_printf(out, ",\"item\":%d", origin->item)) &&
	       buf_append_char(out, '}');
}

bool
watch_event_message(const char *type, const char *trace, const char *object, size_t len,
		    const struct manifest_address *origin, struct buf *out)
{
	return buf_append_string(out, "{\"type\":\"") && buf_append_string(out, type) &&
	       buf_append_string(out, "\",\"trace\":\"") && buf_append_string(out, trace) &&
	       buf_append_string(out, "\",\"object\":") && buf_append(out, object, len) &&
	       (!origin || add_origin(origin, out)) && buf_append_char(out, '}');
}

bool
watch_event_reference(const char *api, const char *kind, const char *namespace, const char *name,
		      const char *uid, struct buf *out)
{
	return buf_append_char(out, '{') && add_member(out, "apiVersion", api) &&
	       add_member(out, "kind", kind) && buf_append_string(out, "\"metadata\":{") &&
	       (!*namespace || add_member(out, "namespace", namespace)) &&
	       (!*uid || add_member(out, "uid", uid)) && buf_append_string(out, "\"name\":") &&
	       json_quote(out, name, strlen(name)) && buf_append_string(out, "}}");
}

bool
watch_event_bookmark(const char *api, const char *kind, struct buf *out)
{
	return buf_append_string(out, "{\"type\":\"BOOKMARK\",\"object\":{") &&
	       add_member(out, "apiVersion", api) && add_member(out, "kind", kind) &&
	       buf_append_string(out, "\"metadata\":{\"annotations\":{"
				      "\"k8s.io/initial-events-end\":\"true\"}}}}");
}
