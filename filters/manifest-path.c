/* A path into a manifest. Pure. */
#include "manifest-path.h"

#include <stdio.h>
#include <string.h>

bool
manifest_path_is_index(const char *name, size_t index)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", index);
	return strcmp(name, text) == 0;
}

static struct json_slice
get_element(struct json_slice array, const char *name)
{
	struct json_slice value;
	size_t cursor = 0, i;

	for (i = 0; json_next(array, &cursor, NULL, &value); i++)
		if (manifest_path_is_index(name, i))
			return value;
	return (struct json_slice){ NULL, 0 };
}

struct json_slice
manifest_path_get(struct json_slice object, const char *const *path)
{
	for (; *path != NULL && object.text != NULL; path++)
		object = json_is_array(object) ? get_element(object, *path) :
						 json_member(object, *path);
	return object;
}

static bool
is_number(const char *name)
{
	return name[0] != '\0' && name[strspn(name, "0123456789")] == '\0';
}

const char *
manifest_path_print(const char *const *path, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (; *path != NULL && len < size; path++) {
		const char *before = len > 0 ? "." : "", *after = "";

		if (is_number(*path)) {
			before = "[";
			after = "]";
		} else if (strpbrk(*path, ".[]") != NULL) {
			before = "[\"";
			after = "\"]";
		}
		len += (size_t)snprintf(out + len, size - len, "%s%s%s", before, *path, after);
	}
	return out;
}

bool
manifest_path_equal(const char *const *path, const char *const *other)
{
	while (*path != NULL && *other != NULL && strcmp(*path, *other) == 0) {
		path++;
		other++;
	}
	return *path == NULL && *other == NULL;
}
