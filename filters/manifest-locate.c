/* Where one value of a manifest stands in the bytes of its file. Pure. */
#include "manifest-locate.h"

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "json-file.h"
#include "manifest-path.h"

#define ANCHORS_MAX (MANIFEST_PATH_MAX + 3) /* the document, items, an item, the path */

static const char is_missing[] = "is not there";
static const char stands_twice[] = "is reached by a key that stands there twice";

struct locator {
	struct yaml_reader *reader;
	struct yaml_event event; /* the current one */
	const char *text;
	const char *const *path;
	struct manifest_place *place;
	bool is_found;
	size_t merge_line;	    /* a << in a mapping on the path; 0: none */
	size_t shared_line;	    /* an alias of one of the anchors; 0: none */
	char *anchors[ANCHORS_MAX]; /* on the way to the value, and its own */
	size_t anchor_count;
	struct error *err;
};

static int visit(struct locator *l, size_t depth);

static int
fail(const struct locator *l, size_t line, const char *what)
{
	char path[256];

	manifest_path_print(l->path, path, sizeof(path));
	if (line == 0)
		return error_set(l->err, ERROR_INPUT, 0, "%s %s", path, what);
	return error_set(l->err, ERROR_INPUT, (int)line, "line %zu: %s %s", line, path, what);
}

static int
no_document(unsigned document, struct error *err)
{
	return error_set(err, ERROR_CONFLICT, 0, "document %u is not there any more", document);
}

/* Every event passes here, so that an alias anywhere in the document is seen. */
static int
next(struct locator *l)
{
	size_t i;

	if (yaml_next(l->reader, &l->event, l->err) < 0)
		return -1;
	if (l->event.kind == YAML_ALIAS)
		for (i = 0; i < l->anchor_count; i++)
			if (strcmp(l->anchors[i], l->event.value) == 0 && l->shared_line == 0)
				l->shared_line = l->event.line;
	return 0;
}

/* Past the node at the current event. */
static int
skip(struct locator *l)
{
	size_t depth = 0;

	for (;;) {
		if (l->event.kind == YAML_MAPPING_START || l->event.kind == YAML_SEQUENCE_START)
			depth++;
		else if (l->event.kind == YAML_MAPPING_END || l->event.kind == YAML_SEQUENCE_END)
			depth--;
		if (depth == 0)
			return 0;
		if (next(l) < 0)
			return -1;
	}
}

static int
take_value(struct locator *l)
{
	const struct yaml_event *event = &l->event;

	if (event->kind == YAML_ALIAS)
		return fail(l, event->line,
			    "is a YAML alias; what it stands for is not changed for it");
	if (event->kind != YAML_SCALAR)
		return fail(l, event->line, "is no string");
	if (event->style == YAML_BLOCK)
		return fail(l, event->line, "is a block scalar, which is not edited");
	if (event->start == event->end)
		return fail(l, event->line, "has no value");
	if (memchr(l->text + event->start, '\n', event->end - event->start) != NULL)
		return fail(l, event->line, "goes over several lines, which is not edited");
	*l->place = (struct manifest_place){ event->start, event->end, event->style, event->flow };
	l->is_found = true;
	return 0;
}

static int
visit_sequence(struct locator *l, size_t depth)
{
	size_t i;

	for (i = 0;; i++) {
		if (next(l) < 0)
			return -1;
		if (l->event.kind == YAML_SEQUENCE_END)
			return 0;
		if (manifest_path_is_index(l->path[depth], i) ? visit(l, depth + 1) < 0 :
								skip(l) < 0)
			return -1;
	}
}

static bool
is_merge(const struct yaml_event *event)
{
	return event->kind == YAML_SCALAR && event->style == YAML_PLAIN && event->tag == NULL &&
	       strcmp(event->value, "<<") == 0;
}

/* The current event is a key: is it the one on the path? */
static bool
is_wanted(struct locator *l, size_t depth)
{
	if (is_merge(&l->event) && l->merge_line == 0)
		l->merge_line = l->event.line;
	return l->event.kind == YAML_SCALAR && strlen(l->path[depth]) == l->event.len &&
	       memcmp(l->path[depth], l->event.value, l->event.len) == 0;
}

static int
visit_mapping(struct locator *l, size_t depth)
{
	bool seen = false, wanted;

	for (;;) {
		if (next(l) < 0)
			return -1;
		if (l->event.kind == YAML_MAPPING_END)
			return 0;
		if (l->event.kind == YAML_ALIAS)
			return fail(l, l->event.line,
				    "stands in a mapping with an alias for a key");
		wanted = is_wanted(l, depth);
		if (wanted && seen)
			return fail(l, l->event.line, stands_twice);
		seen = seen || wanted;
		if (skip(l) < 0 || next(l) < 0)
			return -1;
		if (wanted ? visit(l, depth + 1) < 0 : skip(l) < 0)
			return -1;
	}
}

/* The node at the current event, reached by the first depth names of the path. */
static int
visit(struct locator *l, size_t depth)
{
	if (l->event.anchor != NULL && l->anchor_count < ANCHORS_MAX)
		l->anchors[l->anchor_count++] = alloc_string(l->event.anchor);
	if (l->path[depth] == NULL)
		return take_value(l);
	if (l->event.kind == YAML_ALIAS)
		return fail(l, l->event.line, "stands behind a YAML alias");
	if (l->event.kind == YAML_MAPPING_START)
		return visit_mapping(l, depth);
	if (l->event.kind == YAML_SEQUENCE_START)
		return visit_sequence(l, depth);
	return 0;
}

/* To the first event of a document's content. */
static int
find_document(struct locator *l, unsigned document)
{
	unsigned seen = 0;

	while (seen <= document) {
		if (next(l) < 0)
			return -1;
		if (l->event.kind == YAML_STREAM_END)
			return no_document(document, l->err);
		if (l->event.kind == YAML_DOCUMENT_START)
			seen++;
	}
	return next(l);
}

static int
locate(struct locator *l, unsigned document)
{
	if (find_document(l, document) < 0 || visit(l, 0) < 0)
		return -1;
	while (l->event.kind != YAML_DOCUMENT_END)
		if (next(l) < 0)
			return -1;
	if (!l->is_found && l->merge_line != 0)
		return fail(l, l->merge_line, "comes through <<");
	if (!l->is_found)
		return fail(l, 0, is_missing);
	if (l->shared_line != 0)
		return fail(l, l->shared_line, "has, or lies in, an anchor that is used here");
	return 0;
}

int
manifest_locate_yaml(const char *text, size_t len, unsigned document, const char *const *path,
		     struct manifest_place *place, struct error *err)
{
	struct locator l = { .text = text, .path = path, .place = place, .err = err };
	int rc;

	l.reader = yaml_open(text, len, err);
	if (l.reader == NULL)
		return -1;
	rc = locate(&l, document);
	while (l.anchor_count > 0)
		free(l.anchors[--l.anchor_count]);
	yaml_close(l.reader);
	return rc;
}

/* --- JSON --- */

static int
fail_json(const char *const *path, const char *what, struct error *err)
{
	char name[256];

	return error_set(err, ERROR_INPUT, 0, "%s %s",
			 manifest_path_print(path, name, sizeof(name)), what);
}

/* How often the member or element stands there; the last one is in *found. */
static size_t
find_members(struct json_slice container, const char *wanted, struct json_slice *found)
{
	bool is_object = json_is_object(container);
	struct json_slice name = { NULL, 0 }, value;
	size_t cursor = 0, i, count = 0;

	if (!is_object && !json_is_array(container))
		return 0;
	for (i = 0; json_next(container, &cursor, &name, &value); i++) {
		if (is_object) /* with its quotes it is a string value */
			name = (struct json_slice){ name.text - 1, name.len + 2 };
		if (is_object ? json_string_is(name, wanted) : manifest_path_is_index(wanted, i)) {
			*found = value;
			count++;
		}
	}
	return count;
}

int
manifest_locate_json(const char *text, size_t len, unsigned document, const char *const *path,
		     struct manifest_place *place, struct error *err)
{
	struct json_slice value = { NULL, 0 };
	size_t cursor = 0, depth, count;
	unsigned i;
	int rc = 1;

	for (i = 0; i <= document && rc == 1; i++)
		rc = json_file_next(text, len, &cursor, &value, err);
	if (rc <= 0)
		return rc < 0 ? -1 : no_document(document, err);
	for (depth = 0; path[depth] != NULL; depth++) {
		count = find_members(value, path[depth], &value);
		if (count != 1)
			return fail_json(path, count == 0 ? is_missing : stands_twice, err);
	}
	if (!json_is_string(value))
		return fail_json(path, "is no string", err);
	place->start = (size_t)(value.text - text);
	place->end = place->start + value.len;
	place->style = YAML_DOUBLE;
	place->flow = true;
	return 0;
}
