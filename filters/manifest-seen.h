/* What a manifest file held when it was last good, and what has changed since. Pure. */
#ifndef WEIR_MANIFEST_SEEN_H
#define WEIR_MANIFEST_SEEN_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/error.h"

struct manifest_change {
	const char *event; /* "ADDED", "MODIFIED", "DELETED" */
	char *object;	   /* compact JSON */
	size_t len;
	unsigned document; /* as in manifest-address.h */
	int item;
};

struct manifest_changes {
	struct manifest_change *list;
	size_t count, capacity;
};

void manifest_changes_fini(struct manifest_changes *changes);

struct manifest_seen;
struct manifest_seen *manifest_seen_new(void);
void manifest_seen_free(struct manifest_seen *seen); /* NULL is fine */
/* The file's text is this now. Appends to changes: what is gone first, then what is new or not the
 * same, in the order of the text. Keeps 16 bytes and a reference per object, no texts. On an error
 * (of manifest_read) nothing has happened. */
int manifest_seen_update(struct manifest_seen *seen, const char *text, size_t len, bool is_json,
			 struct manifest_changes *changes, struct error *err);
/* The file is gone: all of it is DELETED. */
void manifest_seen_vanish(struct manifest_seen *seen, struct manifest_changes *changes);

#endif
