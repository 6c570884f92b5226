/*
 * render-configmap: WerfSources in, an APPLY of the ConfigMap with registries.conf out; from the
 * ModuleConfig `delivery` an APPLY of one key of argocd-cm. Knows when all sources are known and
 * which of them count; what is rendered is render-configmap.jq's matter. Reads no Secret, touches
 * no network and no cluster.
 */
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/frame.h"
#include "../bus/json.h"
#include "credential-source.h"
#include "render-configmap-priv.h"

JQ_PROGRAM_EMBED(render_configmap_jq, "filters/render-configmap.jq");

/* --- WerfSources --- */

static void
drop_source(struct render_configmap *self, const struct buf *key)
{
	kept_whole(self, key);
	if (key->len > 0 && werf_sources_drop(self->sources, key->data, key->len))
		render_mark(self, &self->registries);
}

/* One that is broken stays what it was before, as far as that is known. */
static void
put_source(struct render_configmap *self, const struct message *message, struct json_slice object,
	   const struct buf *key)
{
	const struct werf_source *before = werf_sources_get(self->sources, key->data, key->len);
	struct werf_source source;
	struct error err;

	if (werf_source_read(&source, object, &err) != 0) {
		render_report(self,
			      source.name[0] != '\0' ? werf_source_reference(&source) :
							jv_invalid(),
			      message_member(message, "origin"), &err);
		if (before == NULL && source.name[0] != '\0')
			kept_broken(self, key, &source);
	} else if (before == NULL || !werf_source_equals(before, &source)) {
		kept_whole(self, key);
		werf_sources_put(self->sources, key->data, key->len, &source);
		render_mark(self, &self->registries);
	}
	werf_source_fini(&source);
}

static void
know(struct render_configmap *self, struct part *part)
{
	if (part->is_known)
		return;
	part->is_known = true;
	render_mark(self, part);
}

/* weir's own sources (their messages have a trace) say when a list is whole; of others' the end of
 * the input is all that can be had, and not that they have been silent for a while. */
static void
see_source(struct render_configmap *self, const struct message *message)
{
	self->has_seen_source = true;
	self->has_others_source |= message->trace.text == NULL;
	if (self->has_listed_files)
		know(self, &self->registries);
}

/* --- the ConfigMap itself --- */

static bool
is_own(const struct render_configmap *self, struct json_slice object)
{
	struct json_slice metadata = json_member(object, "metadata");

	return json_string_is(json_member(object, "kind"), "ConfigMap") &&
	       json_string_is(json_member(object, "apiVersion"), "v1") &&
	       json_string_is(json_member(metadata, "name"), CONFIGMAP_NAME) &&
	       json_string_is(json_member(metadata, "namespace"), self->namespace);
}

static void
take_own(struct render_configmap *self, const struct message *message)
{
	struct json_slice object = message_member(message, "object");
	CLEANUP_BUF struct buf text = BUF_INIT(FRAME_MAX);

	buf_clear(&self->own_key);
	message_key(message, &self->own_key);
	json_string(json_member(json_member(object, "data"), CONFIGMAP_KEY), &text);
	if (message->type != MESSAGE_DELETED)
		kept_live(self, buf_string(&text));
	if (message->type == MESSAGE_DELETED ||
	    (self->told != NULL && strcmp(self->told, buf_string(&text)) != 0))
		render_restore(self);
}

/* --- the ModuleConfig --- */

static bool
is_module(struct json_slice object)
{
	struct json_slice version = json_member(object, "apiVersion");

	return json_string_is(json_member(object, "kind"), "ModuleConfig") &&
	       json_is_string(version) && version.len > 15 &&
	       memcmp(version.text, "\"deckhouse.io/", 14) == 0 &&
	       json_string_is(json_member(json_member(object, "metadata"), "name"), "delivery");
}

/* Takes settings. */
static void
set_module(struct render_configmap *self, const struct buf *key, jv settings)
{
	jv_free(self->module);
	self->module = settings;
	self->settings.is_known = true;
	render_mark(self, &self->settings);
	buf_clear(&self->module_key);
	buf_append(&self->module_key, key->data, key->len);
}

static void
put_module(struct render_configmap *self, struct json_slice object, const struct buf *key)
{
	struct json_slice settings = json_member(json_member(object, "spec"), "settings");

	set_module(self, key,
		   settings.text != NULL ? jv_parse_sized(settings.text, (int)settings.len) :
					   jv_null());
}

static void
drop_module(struct render_configmap *self, const struct buf *key)
{
	if (key->len > 0 && key->len == self->module_key.len &&
	    memcmp(key->data, self->module_key.data, key->len) == 0)
		set_module(self, key, jv_null());
}

/* --- events --- */

/* A place in a file may hold another object than before. */
static void
take_event(struct render_configmap *self, const struct message *message)
{
	struct json_slice object = message_member(message, "object");
	CLEANUP_BUF struct buf key = BUF_INIT(FRAME_MAX);
	bool is_there = message->type != MESSAGE_DELETED, is_source = werf_source_is(object);

	if (!message_key(message, &key))
		buf_clear(&key);
	if (is_source)
		see_source(self, message);
	if (is_source && is_there)
		put_source(self, message, object, &key);
	else
		drop_source(self, &key);
	if (is_module(object) && is_there)
		put_module(self, object, &key);
	else
		drop_module(self, &key);
}

/* A list is whole: now "none" is known to be none. A folder without any source is more likely to be
 * the wrong folder. */
static void
take_bookmark(struct render_configmap *self, const struct message *message)
{
	struct json_slice object = message_member(message, "object");
	struct json_slice kind = json_member(object, "kind");
	struct json_slice annotations =
		json_member(json_member(object, "metadata"), "annotations");

	if (!json_string_is(json_member(annotations, "k8s.io/initial-events-end"), "true"))
		return;
	self->has_listed_files |= json_string_is(kind, "List");
	if (werf_source_is(object) || (self->has_listed_files && self->has_seen_source))
		know(self, &self->registries);
	if (json_string_is(kind, "ModuleConfig"))
		know(self, &self->settings);
}

static void
on_message(void *arg, struct message *message)
{
	struct render_configmap *self = arg;

	if (message->type == MESSAGE_BOOKMARK)
		take_bookmark(self, message);
	else
		take_event(self, message);
	if (is_own(self, message_member(message, "object")))
		take_own(self, message);
	else
		filter_pass(self->filter, message);
	render_soon(self);
}

static void
on_gone(void *arg, const char *text, size_t len)
{
	struct render_configmap *self = arg;
	CLEANUP_BUF struct buf key = BUF_INIT(FRAME_MAX);

	buf_append(&key, text, len);
	drop_source(self, &key);
	drop_module(self, &key);
	if (len == self->own_key.len && memcmp(text, self->own_key.data, len) == 0)
		render_restore(self);
	render_soon(self);
}

static void
on_complete(void *arg, bool proven)
{
	struct render_configmap *self = arg;

	self->is_proven = proven;
	render_now(self);
}

static void
on_end(void *arg)
{
	struct render_configmap *self = arg;
	struct error err;

	if (self->has_others_source)
		know(self, &self->registries);
	render_now(self);
	if (self->registries.is_known || werf_sources_count(self->sources) == 0)
		return;
	error_set(&err, ERROR_INPUT, 0,
		  "the input ended before the list of WerfSources was whole (no bookmark came): "
		  "registries.conf is left as it is");
	filter_error(self->filter, jv_invalid(), &err);
}

static void
on_close(void *arg)
{
	struct render_configmap *self = arg;

	render_stop(self);
	rendered_free(self->rendered);
	jq_program_free(self->program);
	werf_sources_free(self->sources);
	table_free(self->clashes);
	jv_free(self->module);
	buf_fini(&self->module_key);
	buf_fini(&self->own_key);
	kept_fini(self);
	free(self->told);
}

/* --- starting --- */

/* The namespace becomes a part of credentials. */
static int
check_namespace(const char *namespace, struct error *err)
{
	CLEANUP_FREE char *text = alloc_format("pullsecret:%s/name", namespace);
	struct credential_source source;

	if (credential_source_parse(&source, text, NULL) != 0)
		return error_set(err, ERROR_USAGE, 0, "--namespace: '%s' is no namespace",
				 namespace);
	credential_source_fini(&source);
	return 0;
}

static int
open_self(struct render_configmap *self, struct error *err)
{
	const struct option_list *operands = filter_operands(self->filter);

	if (operands->count > 0)
		return error_set(err, ERROR_USAGE, 0, "there are no operands ('%s')",
				 operands->items[0]);
	if (filter_is_sharded(self->filter))
		return error_set(err, ERROR_USAGE, 0,
				 "--shard: the ConfigMap is one, of all sources: it cannot be "
				 "shared out");
	if (check_namespace(self->namespace, err) != 0)
		return -1;
	self->program = jq_program_new(self->program_file, render_configmap_jq, err);
	if (self->program == NULL)
		return -1;
	self->rendered = rendered_new(self->filter);
	self->sources = werf_sources_new();
	self->clashes = table_new(NULL);
	kept_init(self);
	self->module = jv_null();
	buf_init(&self->module_key, FRAME_MAX);
	buf_init(&self->own_key, FRAME_MAX);
	return 0;
}

int
main(int argc, char **argv)
{
	static const enum message_type consumes[] = { MESSAGE_ADDED, MESSAGE_MODIFIED,
						      MESSAGE_DELETED, MESSAGE_BOOKMARK,
						      MESSAGE_OTHER };
	static const struct filter_callbacks callbacks = { .on_message = on_message,
							   .on_gone = on_gone,
							   .on_complete = on_complete,
							   .on_end = on_end,
							   .on_close = on_close };
	static struct render_configmap self = { .namespace = "d8-delivery" };
	const struct option_row options[] = {
		{ .name = "namespace", .letter = 'n', .kind = OPTION_STRING, .arg = "NS",
		  .field = &self.namespace,
		  .help = "of the ConfigMaps and the pull secrets (d8-delivery)" },
		{ .name = "program", .kind = OPTION_STRING, .arg = "FILE",
		  .field = &self.program_file, .help = "render with this jq program" },
		{ .name = NULL },
	};
	const struct filter_program program = {
		.name = "render-configmap",
		.synopsis = "[option ...]",
		.summary = "Renders registries.conf from WerfSources.",
		.flags = FILTER_OWN_KEYS,
		.options = options,
		.consumes = consumes,
	};
	struct error err;

	self.filter = filter_open(&program, argc, argv);
	if (open_self(&self, &err) != 0)
		return filter_fail(self.filter, &err);
	return filter_run(self.filter, &callbacks, &self);
}
