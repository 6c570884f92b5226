/* A path into a manifest: names ended by NULL, an index in decimal. Pure. */
#ifndef WEIR_MANIFEST_PATH_H
#define WEIR_MANIFEST_PATH_H

#include "../bus/json.h"

#define MANIFEST_PATH_MAX 30 /* names in a path */

/* What stands at path in a checked JSON text; text NULL: nothing does. Of members that stand there
 * twice the last one counts, as in libjq. */
struct json_slice manifest_path_get(struct json_slice object, const char *const *path);
/* For a person: metadata.annotations["example.org/x"], spec.sources[2].chart. */
const char *manifest_path_print(const char *const *path, char *out, size_t size);
bool manifest_path_equal(const char *const *path, const char *const *other);
/* Is this name the index? */
bool manifest_path_is_index(const char *name, size_t index);

#endif
