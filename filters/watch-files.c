/*
 * watch's objects from a folder of manifests, told apart by where they stand. Knows nothing of
 * clusters.
 */
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "manifests.h"
#include "resource.h"
#include "watch-priv.h"

struct watch_files {
	struct watch *watch;
	struct manifests *manifests;
	struct seen *seen;
};

static bool
is_wanted(const struct watch_files *files, struct json_slice object)
{
	CLEANUP_BUF struct buf api = BUF_INIT(1024);
	CLEANUP_BUF struct buf kind = BUF_INIT(1024);
	const char *const *resource = files->watch->resources;

	if (!*resource)
		return true;
	if (!json_string(json_member(object, "apiVersion"), &api) ||
	    !json_string(json_member(object, "kind"), &kind))
		return false;
	for (; *resource; resource++)
		if (resource_names_kind(*resource, buf_string(&api), buf_string(&kind)))
			return true;
	return false;
}

static void
make_key(const struct manifest_address *origin, struct buf *key)
{
	buf_append(key, origin->file, strlen(origin->file) + 1);
	buf_printf(key, "%u %d", origin->document, origin->item);
}

static void
on_object(void *arg, const char *event, const char *text, size_t len,
	  const struct manifest_address *origin)
{
	struct watch_files *files = arg;
	struct json_slice object = { text, len };
	CLEANUP_BUF struct buf key = BUF_INIT(16384);

	if (!is_wanted(files, object) || !watch_take(files->watch, object, NULL, NULL))
		return;
	make_key(origin, &key);
	if (strcmp(event, "DELETED") == 0)
		watch_gone(files->watch, files->seen, &key, origin);
	else
		watch_state(files->watch, files->seen, &key, "", origin);
}

static void
on_error(void *arg, const char *file, size_t line, const struct error *err)
{
	struct watch_files *files = arg;
	jv about = jv_object_set(jv_object(), jv_string("file"), jv_string(file));

	if (line > 0)
		about = jv_object_set(about, jv_string("line"), jv_number((double)line));
	filter_error(files->watch->filter, about, err);
}

static void
on_first(void *arg)
{
	struct watch_files *files = arg;

	/* Of everything there is, of whatever kind. */
	watch_bookmark(files->watch, "v1", "List");
	watch_complete(files->watch);
}

struct watch_files *
watch_files_open(struct watch *watch, struct error *err)
{
	static const struct manifests_callbacks callbacks = { .on_object = on_object,
							      .on_error = on_error,
							      .on_first = on_first };
	struct watch_files *files = alloc_zero(1, sizeof(*files));

	files->watch = watch;
	files->seen = seen_new();
	files->manifests = manifests_open(filter_loop(watch->filter), watch->paths,
					  watch->excludes.items, &callbacks, files, err);
	if (files->manifests && (watch->once || manifests_follow(files->manifests, err) == 0))
		return files;
	watch_files_close(files);
	return NULL;
}

void
watch_files_pause(struct watch_files *files, bool paused)
{
	manifests_pause(files->manifests, paused);
}

void
watch_files_close(struct watch_files *files)
{
	if (!files)
		return;
	manifests_close(files->manifests);
	seen_free(files->seen);
	free(files);
}
