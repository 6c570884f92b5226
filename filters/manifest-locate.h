/* Where one value of a manifest stands in the bytes of its file, if it may be changed
 * there. Pure. */
#ifndef WEIR_MANIFEST_LOCATE_H
#define WEIR_MANIFEST_LOCATE_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/error.h"
#include "../bus/yaml.h"

struct manifest_place {
	size_t start, end;     /* the token, in bytes */
	enum yaml_style style; /* PLAIN, SINGLE or DOUBLE */
	bool flow;	       /* inside [ ] or { } */
};

/*
 * path starts at the document (a List's items included). CONFLICT: there is no such document.
 * INPUT, with the reason: nothing stands at path, or it is no quoted or plain scalar on one line,
 * or is reached through an alias, or it or what holds it carries an anchor that is used in this
 * document, or a key on the path stands there twice.
 */
int manifest_locate_yaml(const char *text, size_t len, unsigned document, const char *const *path,
			 struct manifest_place *place, struct error *err);
int manifest_locate_json(const char *text, size_t len, unsigned document, const char *const *path,
			 struct manifest_place *place, struct error *err);

#endif
