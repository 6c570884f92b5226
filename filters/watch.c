/*
 * watch: the objects of a cluster or of a folder of manifests, as watch events. It knows where
 * objects come from and what nobody downstream reads; it must not know what they mean.
 */
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/frame.h"
#include "watch-priv.h"

/* --- output --- */

static void
emit(struct watch *watch, const char *type, const struct manifest_address *origin)
{
	char trace[17];

	message_new_trace(trace);
	buf_clear(&watch->message);
	watch_event_message(type, trace, watch->object.data, watch->object.len, origin,
			    &watch->message);
	filter_emit_text(watch->filter, watch->message.data, watch->message.len);
	if (!filter_is_full(watch->filter))
		return;
	if (watch->cluster)
		watch_cluster_pause(watch->cluster, true);
	if (watch->manifests)
		watch_files_pause(watch->manifests, true);
}

bool
watch_take(struct watch *watch, struct json_slice object, const char *api, const char *kind)
{
	struct error err = { ERROR_NONE, 0, "" };

	buf_clear(&watch->object);
	if (watch_event_object(watch->omits, object, api, kind, &watch->object) &&
	    json_check(watch->object.data, watch->object.len, &json_limits_message, &err) == 0)
		return true;
	if (err.kind == ERROR_NONE)
		error_set(&err, ERROR_INPUT, 0, "no object, or a larger one than %zu bytes",
			  FRAME_MAX);
	error_prepend(&err, "an object was left out");
	filter_error(watch->filter, jv_invalid(), &err);
	return false;
}

struct json_slice
watch_taken(const struct watch *watch)
{
	return (struct json_slice){ buf_string(&watch->object), watch->object.len };
}

void
watch_state(struct watch *watch, struct seen *seen, const struct buf *key, const char *uid,
	    const struct manifest_address *origin)
{
	buf_clear(&watch->essence);
	watch_event_essence(watch_taken(watch), &watch->essence);
	switch (seen_note(seen, key->data, key->len, uid, watch->essence.data,
			  watch->essence.len)) {
	case SEEN_NEW:
		emit(watch, "ADDED", origin);
		break;
	case SEEN_CHANGED:
		emit(watch, "MODIFIED", origin);
		break;
	case SEEN_SAME:
		break;
	}
}

void
watch_gone(struct watch *watch, struct seen *seen, const struct buf *key,
	   const struct manifest_address *origin)
{
	if (!seen || seen_forget(seen, key->data, key->len))
		emit(watch, "DELETED", origin);
}

void
watch_bookmark(struct watch *watch, const char *api, const char *kind)
{
	buf_clear(&watch->message);
	watch_event_bookmark(api, kind, &watch->message);
	filter_emit_text(watch->filter, watch->message.data, watch->message.len);
}

void
watch_complete(struct watch *watch)
{
	filter_complete(watch->filter);
	filter_ready(watch->filter);
	if (watch->once)
		filter_finish(watch->filter);
}

/* --- callbacks of the harness --- */

static void
on_room(void *self)
{
	struct watch *watch = self;

	if (watch->cluster)
		watch_cluster_pause(watch->cluster, false);
	if (watch->manifests)
		watch_files_pause(watch->manifests, false);
}

static void
on_close(void *self)
{
	struct watch *watch = self;

	watch_cluster_close(watch->cluster);
	watch_files_close(watch->manifests);
	watch->cluster = NULL;
	watch->manifests = NULL;
}

/* --- operands and options --- */

static bool
ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len > end_len && strcmp(text + len - end_len, end) == 0;
}

/* Behind --files a shell's `apps/ *.yaml` may leave more paths; no resource looks like one. */
static bool
is_path(const char *operand)
{
	return strchr(operand, '/') || strcmp(operand, ".") == 0 || strcmp(operand, "..") == 0 ||
	       ends_with(operand, ".yaml") || ends_with(operand, ".yml") ||
	       ends_with(operand, ".json");
}

static void
sort_operands(struct watch *watch)
{
	const struct option_list *operands = filter_operands(watch->filter);
	size_t i, paths = 0, resources = 0;

	watch->paths = alloc_zero(watch->files.count + operands->count + 1, sizeof(char *));
	watch->resources = alloc_zero(operands->count + 1, sizeof(char *));
	for (i = 0; i < watch->files.count; i++)
		watch->paths[paths++] = watch->files.items[i];
	for (i = 0; i < operands->count; i++) {
		if (watch->files.count > 0 && is_path(operands->items[i]))
			watch->paths[paths++] = operands->items[i];
		else
			watch->resources[resources++] = operands->items[i];
	}
}

static int
check_options(const struct watch *watch, struct error *err)
{
	bool has_files = watch->files.count > 0;
	bool of_cluster = watch->namespace || watch->labels || watch->fields ||
			  watch->all_namespaces || watch->ignore_missing ||
			  watch->kube.kubeconfig || watch->kube.context;

	if (!has_files && !watch->resources[0])
		return error_set(err, ERROR_USAGE, 0,
				 "nothing to watch: name a resource (weir watch "
				 "applications) or --files PATH");
	if (has_files && of_cluster)
		return error_set(err, ERROR_USAGE, 0,
				 "--files reads no cluster: leave out -n, -A, -l, "
				 "--field-selector, --ignore-not-found, --kubeconfig and "
				 "--context");
	if (!has_files && watch->excludes.count > 0)
		return error_set(err, ERROR_USAGE, 0, "--exclude is for --files");
	if (watch->namespace && watch->all_namespaces)
		return error_set(err, ERROR_USAGE, 0, "-n and -A exclude each other");
	return 0;
}

static int
open_source(struct watch *watch, struct error *err)
{
	sort_operands(watch);
	if (check_options(watch, err))
		return -1;
	watch->omits = watch_event_omits_new(watch->omit.items, watch->omit.count, err);
	if (!watch->omits)
		return -1;
	if (watch->files.count > 0) {
		/* manifests_open takes a NULL-ended list. */
		watch->excludes.items = alloc_grow(watch->excludes.items, watch->excludes.count + 1,
						   sizeof(char *));
		watch->excludes.items[watch->excludes.count] = NULL;
		watch->manifests = watch_files_open(watch, err);
		return watch->manifests ? 0 : -1;
	}
	watch->cluster = watch_cluster_open(watch, err);
	return watch->cluster ? 0 : -1;
}

static void
free_watch(struct watch *watch)
{
	watch_event_omits_free(watch->omits);
	options_list_fini(&watch->files);
	options_list_fini(&watch->excludes);
	options_list_fini(&watch->omit);
	free(watch->paths);
	free(watch->resources);
	buf_fini(&watch->object);
	buf_fini(&watch->essence);
	buf_fini(&watch->message);
}

int
main(int argc, char **argv)
{
	struct watch watch = { .object = BUF_INIT(FRAME_MAX),
			       .essence = BUF_INIT(FRAME_MAX),
			       .message = BUF_INIT(2 * FRAME_MAX) };
	const struct option_row options[] = {
		{ "namespace", 'n', OPTION_STRING, "NS", &watch.namespace,
		  "only this namespace (default: the context's)", 0, 0, NULL },
		{ "all-namespaces", 'A', OPTION_FLAG, NULL, &watch.all_namespaces, "all namespaces",
		  0, 0, NULL },
		{ "selector", 'l', OPTION_STRING, "LABELS", &watch.labels,
		  "only objects with these labels (a=b,c!=d)", 0, 0, NULL },
		{ "field-selector", 0, OPTION_STRING, "FIELDS", &watch.fields,
		  "only objects with these fields (metadata.name=x)", 0, 0, NULL },
		{ "ignore-not-found", 0, OPTION_FLAG, NULL, &watch.ignore_missing,
		  "a resource that the server lacks has no objects, yet", 0, 0, NULL },
		{ "once", 0, OPTION_FLAG, NULL, &watch.once, "what is there now, then end", 0, 0,
		  NULL },
		{ "omit", 0, OPTION_STRINGS, "PATH", &watch.omit,
		  "leave this out (.status); may be repeated", 0, 0, NULL },
		{ "files", 0, OPTION_STRINGS, "PATH", &watch.files,
		  "manifests in this file or folder; may be repeated", 0, 0, NULL },
		{ "exclude", 0, OPTION_STRINGS, "GLOB", &watch.excludes,
		  "no manifests (with --files); may be repeated", 0, 0, NULL },
		{ "kubeconfig", 0, OPTION_STRING, "FILE", &watch.kube.kubeconfig,
		  "instead of $KUBECONFIG or ~/.kube/config", 0, 0, NULL },
		{ "context", 0, OPTION_STRING, "NAME", &watch.kube.context,
		  "of the kubeconfig (default: the current one)", 0, 0, NULL },
		{ .name = NULL },
	};
	const struct filter_program program = {
		.name = "watch",
		.synopsis = "[option ...] RESOURCE ... | --files PATH ... [RESOURCE ...]",
		.summary = "Writes an event for each object that is there, and for each change.",
		.flags = FILTER_SOURCE | FILTER_READY_LATER,
		.options = options,
	};
	const struct filter_callbacks callbacks = { .on_close = on_close };
	struct error err;
	int status;

	watch.filter = filter_open(&program, argc, argv);
	filter_on_room(watch.filter, on_room);
	if (open_source(&watch, &err))
		status = filter_fail(watch.filter, &err);
	else
		status = filter_run(watch.filter, &callbacks, &watch);
	free_watch(&watch);
	return status;
}
