/*
 * YAML documents as jv values. Aliases share what their anchor stands for; how much that is
 * once written out is counted, so that a small text cannot become a large value.
 */
#include "yaml-value.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "table.h"
#include "yaml-scalar.h"

#define DEPTH_MAX 64
#define FREE_NODES 10000 /* this many may be expanded, however small the text is */
#define NODES_RATIO 10

struct anchored {
	jv value;
	size_t nodes;	 /* once expanded */
	unsigned height; /* levels of collections */
};

struct builder {
	struct yaml_reader *reader;
	struct yaml_event event; /* the current one */
	struct table *anchors;	 /* name -> struct anchored */
	size_t read, expanded;	 /* nodes */
	struct error *err;
};

/* A node's value with what it would cost to write it out. */
struct node {
	jv value;
	size_t nodes;
	unsigned height;
};

static int build(struct builder *b, unsigned depth, struct node *node);

static void
free_anchored(void *value)
{
	struct anchored *anchored = value;

	jv_free(anchored->value);
	free(anchored);
}

static int
fail_at(const struct builder *b, size_t line, size_t column, const char *what)
{
	return error_set(b->err, ERROR_INPUT, (int)line, "line %zu, column %zu: %s", line, column,
			 what);
}

static int
fail(const struct builder *b, const char *what)
{
	return fail_at(b, b->event.line, b->event.column, what);
}

static int
next(struct builder *b)
{
	return yaml_next(b->reader, &b->event, b->err);
}

static int
expand(struct builder *b, size_t nodes)
{
	b->expanded += nodes;
	if (b->expanded > FREE_NODES && b->expanded > b->read * NODES_RATIO)
		return fail(b, "aliases make this far larger than the text is");
	return 0;
}

static int
build_alias(struct builder *b, unsigned depth, struct node *node)
{
	const struct anchored *anchored = table_get(b->anchors, b->event.value, b->event.len);

	if (anchored == NULL)
		return fail(b, "an alias of an anchor that does not stand before it");
	if (depth + anchored->height > DEPTH_MAX)
		return fail(b, "nested too deeply");
	node->value = jv_copy(anchored->value);
	node->nodes = anchored->nodes;
	node->height = anchored->height;
	return expand(b, anchored->nodes);
}

static int
build_scalar(struct builder *b, struct node *node)
{
	node->value = yaml_scalar_value(&b->event);
	node->nodes = 1;
	return jv_is_valid(node->value) ? 0 : fail(b, "a tag that is not read, or does not fit");
}

static void
add_child(struct node *node, const struct node *child)
{
	node->nodes += child->nodes;
	if (child->height >= node->height)
		node->height = child->height + 1;
}

static int
build_sequence(struct builder *b, unsigned depth, struct node *node)
{
	struct node item;

	*node = (struct node){ jv_array(), 1, 1 };
	for (;;) {
		if (next(b) < 0)
			return -1;
		if (b->event.kind == YAML_SEQUENCE_END)
			return 0;
		if (build(b, depth + 1, &item) < 0)
			return -1;
		add_child(node, &item);
		node->value = jv_array_append(node->value, item.value);
	}
}

/* --- mappings --- */

static bool
is_merge(const struct yaml_event *event)
{
	return event->kind == YAML_SCALAR && event->style == YAML_PLAIN && event->tag == NULL &&
	       strcmp(event->value, "<<") == 0;
}

/* The current event as a member's name; invalid: none. */
static jv
read_key(struct builder *b)
{
	const struct anchored *anchored;
	struct anchored *copy;
	jv key = jv_invalid();

	if (b->event.kind == YAML_SCALAR) {
		key = jv_string_sized(b->event.value, (int)b->event.len);
	} else if (b->event.kind == YAML_ALIAS) {
		anchored = table_get(b->anchors, b->event.value, b->event.len);
		if (anchored != NULL && jv_get_kind(anchored->value) == JV_KIND_STRING)
			key = jv_copy(anchored->value);
	}
	if (jv_is_valid(key) && b->event.anchor != NULL) {
		copy = alloc_zero(1, sizeof(*copy));
		*copy = (struct anchored){ jv_copy(key), 1, 0 };
		table_put(b->anchors, b->event.anchor, strlen(b->event.anchor), copy);
	}
	return key;
}

/* Members of `from` (borrowed) that `to` (taken) lacks. */
static jv
add_missing(jv to, jv from)
{
	jv_object_foreach(from, key, value) {
		if (jv_object_has(jv_copy(to), jv_copy(key))) {
			jv_free(key);
			jv_free(value);
		} else {
			to = jv_object_set(to, key, value);
		}
	}
	return to;
}

/* What `<<` names (borrowed) joins *merged: a mapping, or a list of them, the first one wins. */
static int
merge(struct builder *b, jv source, jv *merged)
{
	int i, count;
	jv item;

	if (jv_get_kind(source) == JV_KIND_OBJECT) {
		*merged = add_missing(*merged, source);
		return 0;
	}
	if (jv_get_kind(source) != JV_KIND_ARRAY)
		return fail(b, "<< wants a mapping or a list of mappings");
	count = jv_array_length(jv_copy(source));
	for (i = 0; i < count; i++) {
		item = jv_array_get(jv_copy(source), i);
		if (jv_get_kind(item) != JV_KIND_OBJECT) {
			jv_free(item);
			return fail(b, "<< wants a mapping or a list of mappings");
		}
		*merged = add_missing(*merged, item);
		jv_free(item);
	}
	return 0;
}

static int
build_merge(struct builder *b, unsigned depth, struct node *node, jv *merged)
{
	struct node source;
	int rc;

	if (jv_is_valid(*merged))
		return fail(b, "<< stands here twice");
	*merged = jv_object();
	if (next(b) < 0 || build(b, depth + 1, &source) < 0)
		return -1;
	add_child(node, &source);
	rc = merge(b, source.value, merged);
	jv_free(source.value);
	return rc;
}

static int
build_member(struct builder *b, unsigned depth, struct node *node)
{
	struct node value;
	jv key = read_key(b);

	b->read++;
	if (!jv_is_valid(key))
		return fail(b, "a key that is no string");
	if (jv_object_has(jv_copy(node->value), jv_copy(key))) {
		jv_free(key);
		return fail(b, "a key that stands here twice");
	}
	if (next(b) < 0 || build(b, depth + 1, &value) < 0) {
		jv_free(key);
		return -1;
	}
	add_child(node, &value);
	node->nodes++;
	node->value = jv_object_set(node->value, key, value.value);
	return 0;
}

static int
build_members(struct builder *b, unsigned depth, struct node *node, jv *merged)
{
	int rc;

	for (;;) {
		if (next(b) < 0)
			return -1;
		if (b->event.kind == YAML_MAPPING_END)
			return 0;
		rc = is_merge(&b->event) ? build_merge(b, depth, node, merged) :
					   build_member(b, depth, node);
		if (rc < 0)
			return -1;
	}
}

static int
build_mapping(struct builder *b, unsigned depth, struct node *node)
{
	jv merged = jv_invalid();
	int rc;

	*node = (struct node){ jv_object(), 1, 1 };
	rc = build_members(b, depth, node, &merged);
	if (rc == 0 && jv_is_valid(merged))
		node->value = add_missing(node->value, merged);
	jv_free(merged);
	return rc;
}

/* --- nodes --- */

static void
remember(struct builder *b, const char *anchor, const struct node *node)
{
	struct anchored *anchored = alloc_zero(1, sizeof(*anchored));

	*anchored = (struct anchored){ jv_copy(node->value), node->nodes, node->height };
	table_put(b->anchors, anchor, strlen(anchor), anchored);
}

/* A mapping or a sequence with a tag that changes what it means. */
static bool
is_strange(const struct yaml_event *event)
{
	static const char core[] = "tag:yaml.org,2002:";
	const char *name;

	if (event->tag == NULL || strncmp(event->tag, core, strlen(core)) != 0)
		return false;
	name = event->tag + strlen(core);
	return strcmp(name, event->kind == YAML_MAPPING_START ? "map" : "seq") != 0;
}

static int
build_collection(struct builder *b, unsigned depth, struct node *node)
{
	if (is_strange(&b->event))
		return fail(b, "a tag that is not read, or does not fit");
	return b->event.kind == YAML_MAPPING_START ? build_mapping(b, depth, node) :
						     build_sequence(b, depth, node);
}

/* The node at the current event into *node; on failure its value is freed and invalid. */
static int
build(struct builder *b, unsigned depth, struct node *node)
{
	CLEANUP_FREE char *anchor = b->event.anchor ? alloc_string(b->event.anchor) : NULL;
	int rc;

	*node = (struct node){ jv_invalid(), 0, 0 };
	b->read++;
	if (b->event.kind == YAML_ALIAS)
		rc = build_alias(b, depth, node);
	else if (b->event.kind == YAML_SCALAR)
		rc = build_scalar(b, node);
	else
		rc = build_collection(b, depth, node);
	if (rc < 0) {
		jv_free(node->value);
		node->value = jv_invalid();
	} else if (anchor != NULL) {
		remember(b, anchor, node);
	}
	return rc;
}

static int
build_document(struct builder *b, jv *value)
{
	struct node node;

	if (next(b) < 0)
		return -1;
	if (b->event.kind == YAML_STREAM_END)
		return 0;
	if (next(b) < 0 || build(b, 0, &node) < 0)
		return -1;
	if (next(b) < 0) {
		jv_free(node.value);
		return -1;
	}
	*value = node.value;
	return 1;
}

int
yaml_value_next(struct yaml_reader *reader, jv *value, struct error *err)
{
	struct builder b = { .reader = reader, .err = err };
	int rc;

	*value = jv_invalid();
	b.anchors = table_new(free_anchored);
	rc = build_document(&b, value);
	table_free(b.anchors);
	return rc;
}

/* After the one document: nothing. */
static int
expect_end(struct yaml_reader *reader, struct error *err)
{
	struct yaml_event event;

	if (yaml_next(reader, &event, err) < 0)
		return -1;
	if (event.kind != YAML_STREAM_END)
		return error_set(err, ERROR_INPUT, (int)event.line,
				 "line %zu, column %zu: a second document, where one is read",
				 event.line, event.column);
	return 0;
}

int
yaml_value_parse(const char *text, size_t len, jv *value, struct error *err)
{
	struct yaml_reader *reader = yaml_open(text, len, err);
	int rc;

	*value = jv_invalid();
	if (reader == NULL)
		return -1;
	rc = yaml_value_next(reader, value, err);
	if (rc == 0)
		error_set(err, ERROR_INPUT, 1, "line 1, column 1: no document here");
	if (rc != 1 || expect_end(reader, err) < 0) {
		jv_free(*value);
		*value = jv_invalid();
		rc = -1;
	}
	yaml_close(reader);
	return rc == 1 ? 0 : -1;
}
