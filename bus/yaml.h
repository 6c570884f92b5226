/*
 * libyaml's events with byte offsets, bounded (depth, events, anchors, bytes). The only
 * file that names libyaml is yaml.c. Never builds a tree, never expands an alias.
 * Knows nothing of Kubernetes.
 */
#ifndef WEIR_YAML_H
#define WEIR_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

enum yaml_kind {
	YAML_STREAM_END,
	YAML_DOCUMENT_START,
	YAML_DOCUMENT_END,
	YAML_MAPPING_START,
	YAML_MAPPING_END,
	YAML_SEQUENCE_START,
	YAML_SEQUENCE_END,
	YAML_SCALAR,
	YAML_ALIAS
};
enum yaml_style { YAML_PLAIN, YAML_SINGLE, YAML_DOUBLE, YAML_BLOCK };

struct yaml_event {
	enum yaml_kind kind;
	enum yaml_style style; /* scalars */
	bool flow;	   /* mappings and sequences: written as { } or [ ]; scalars: inside one */
	size_t start, end; /* byte offsets in the input (BOM counted); end behind the last byte.
			    * Scalars and aliases: exactly the token, without anchor and tag (an
			    * empty one has no bytes); a block scalar's end is not exact */
	size_t line, column; /* of start, both counted from 1, as an editor shows them */
	const char *value;   /* scalars: NUL-terminated, len bytes; aliases: the name */
	size_t len;
	const char *anchor, *tag; /* NULL when there is none */
};

struct yaml_reader;

/* text must outlive the reader. INPUT error for UTF-16 or a text above 16 MiB. */
struct yaml_reader *yaml_open(const char *text, size_t len, struct error *err);
/* The next event (valid until the next call). INPUT error: "line L, column C: what", with L in
 * err->code; it never quotes the input. After an error or YAML_STREAM_END only yaml_close. */
int yaml_next(struct yaml_reader *reader, struct yaml_event *event, struct error *err);
void yaml_close(struct yaml_reader *reader);

/* Does a plain scalar with this text mean exactly this string to every YAML reader (1.1 and
 * 1.2)? Otherwise it must be quoted to stay one; in doubt the answer is no. flow: it stands inside
 * [ ] or { }. */
bool yaml_plain_is_string(const char *text, size_t len, bool flow);

#endif
