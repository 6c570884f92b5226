/* The objects in the text of one manifest file. Knows YAML, JSON and Lists; no files. Pure. */
#ifndef WEIR_MANIFEST_READ_H
#define WEIR_MANIFEST_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/error.h"
#include "../bus/json.h"

struct manifest_object {
	unsigned document; /* as in manifest-address.h */
	int item;
	struct json_slice text;	     /* compact, within json_limits_message */
	struct json_slice reference; /* {apiVersion, kind, metadata {namespace, name}} of it */
};
/* Borrows object. */
typedef void manifest_object_fn(void *arg, const struct manifest_object *object);

/*
 * Call fn for each object, in the order of the text. Documents without apiVersion and kind are
 * left out; a List is taken apart, and items of a typed one (ApplicationList) that say no
 * apiVersion and kind get theirs from it. INPUT error "line L, column C: what", L in err->code (0:
 * it has no line): forget what fn was called with before.
 */
int manifest_read(const char *text, size_t len, bool is_json, manifest_object_fn *fn, void *arg,
		  struct error *err);

#endif
