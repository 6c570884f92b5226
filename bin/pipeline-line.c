/* One pass over the events of a YAML text, as far as the place that was asked for. */
#include "pipeline-line.h"

#include <stdbool.h>
#include <string.h>

#include "../bus/yaml.h"

struct walk {
	struct yaml_reader *reader;
	struct yaml_event event; /* the current one */
};

static bool
advance(struct walk *walk)
{
	return yaml_next(walk->reader, &walk->event, NULL) == 0 &&
	       walk->event.kind != YAML_STREAM_END;
}

static int
depth_change(enum yaml_kind kind)
{
	switch (kind) {
	case YAML_MAPPING_START:
	case YAML_SEQUENCE_START:
		return 1;
	case YAML_MAPPING_END:
	case YAML_SEQUENCE_END:
		return -1;
	case YAML_STREAM_END:
	case YAML_DOCUMENT_START:
	case YAML_DOCUMENT_END:
	case YAML_SCALAR:
	case YAML_ALIAS:
		return 0;
	}
	return 0;
}

/* From the first event of a node to the one behind it. */
static bool
skip_node(struct walk *walk)
{
	int depth = 0;

	do {
		depth += depth_change(walk->event.kind);
		if (!advance(walk))
			return false;
	} while (depth > 0);
	return true;
}

/* At a mapping's start: to the named key (then true), or behind the mapping. */
static bool
find_key(struct walk *walk, const char *name)
{
	if (walk->event.kind != YAML_MAPPING_START || !advance(walk))
		return false;
	while (walk->event.kind != YAML_MAPPING_END) {
		if (walk->event.kind == YAML_SCALAR && strcmp(walk->event.value, name) == 0)
			return true;
		if (!skip_node(walk) || !skip_node(walk))
			return false;
	}
	return false;
}

/* At a sequence's start: to the first event of an item. */
static bool
find_item(struct walk *walk, int item)
{
	if (walk->event.kind != YAML_SEQUENCE_START || !advance(walk))
		return false;
	while (item-- > 0 && walk->event.kind != YAML_SEQUENCE_END)
		if (!skip_node(walk))
			return false;
	return walk->event.kind != YAML_SEQUENCE_END;
}

static size_t
line_in(struct walk *walk, int stage, const char *key)
{
	size_t line;

	if (!advance(walk) || walk->event.kind != YAML_DOCUMENT_START || !advance(walk))
		return 1;
	if (stage < 0)
		return key != NULL && find_key(walk, key) ? walk->event.line : 1;
	if (!find_key(walk, "stages"))
		return 1;
	line = walk->event.line;
	if (!advance(walk) || !find_item(walk, stage))
		return line;
	line = walk->event.line;
	return key != NULL && find_key(walk, key) ? walk->event.line : line;
}

size_t
pipeline_line(const char *text, size_t len, int stage, const char *key)
{
	struct walk walk = { .reader = yaml_open(text, len, NULL) };
	size_t line;

	if (walk.reader == NULL)
		return 1;
	line = line_in(&walk, stage, key);
	yaml_close(walk.reader);
	return line;
}
