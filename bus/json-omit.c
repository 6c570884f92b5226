/* Copying an object without what nobody reads. The rest is copied as bytes, blanks included. */
#include "json.h"

#include <string.h>

#define PATHS_MAX 32

/* The paths that start with this member's name, one step on. all: a path ends here. */
static size_t
narrow(struct json_slice name, const char *const *const *paths, size_t count,
       const char *const **inner, bool *all)
{
	size_t i, n = 0;

	*all = false;
	for (i = 0; i < count; i++) {
		if (strlen(paths[i][0]) != name.len ||
		    memcmp(paths[i][0], name.text, name.len) != 0)
			continue;
		if (paths[i][1] == NULL)
			*all = true;
		else
			inner[n++] = paths[i] + 1;
	}
	return n;
}

static bool
omit(struct json_slice object, const char *const *const *paths, size_t count, struct buf *out)
{
	struct json_slice name, value;
	size_t cursor = 0, n;
	const char *const *inner[PATHS_MAX];
	bool all, first = true, ok = buf_append_char(out, '{');

	while (ok && json_next(object, &cursor, &name, &value)) {
		n = narrow(name, paths, count, inner, &all);
		if (all)
			continue;
		ok = (first || buf_append_char(out, ',')) && buf_append_char(out, '"') &&
		     buf_append(out, name.text, name.len) && buf_append(out, "\":", 2);
		first = false;
		if (!ok)
			break;
		ok = n > 0 && json_is_object(value) ? omit(value, inner, n, out) :
						      buf_append(out, value.text, value.len);
	}
	return ok && buf_append_char(out, '}');
}

bool
json_omit(struct json_slice object, const char *const *const *paths, struct buf *out)
{
	size_t count = 0;

	while (count < PATHS_MAX && paths[count] != NULL)
		count++;
	return omit(object, paths, count, out);
}
