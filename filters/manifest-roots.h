/* The PATHs that watch --files is given, and what is left out below them. Knows names and real
 * paths; opens nothing. */
#ifndef WEIR_MANIFEST_ROOTS_H
#define WEIR_MANIFEST_ROOTS_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/error.h"

struct manifest_root {
	char *path; /* as given, without slashes at the end */
	size_t len;
	char *real; /* as it was at the start */
};

struct manifest_roots {
	struct manifest_root *list; /* in the order of their bytes */
	size_t count;
	char **excludes;
	size_t exclude_count;
};

/* NULL-ended lists, copied; excludes may be NULL. CONFIG error: a path that is not there, an empty
 * pattern. A path that a walk of another one would come to is dropped. Fini in any case. */
int manifest_roots_init(struct manifest_roots *roots, const char *const *paths,
			const char *const *excludes, struct error *err);
void manifest_roots_fini(struct manifest_roots *roots);
/* The root that path is, or is below (the innermost one); NULL: none. */
const struct manifest_root *manifest_roots_find(const struct manifest_roots *roots,
						const char *path);
/* Is path, which is root or below it, left out? */
bool manifest_roots_exclude(const struct manifest_roots *roots, const struct manifest_root *root,
			    const char *path);

/* What of path is below root; "" for the root itself. */
const char *manifest_root_below(const struct manifest_root *root, const char *path);
/* Is path the folder, or below it? */
bool manifest_is_below(const char *path, const char *folder);
/* .yaml, .yml, .json behind something. */
bool manifest_has_suffix(const char *name);

#endif
