/*
 * render-configmap: WerfSources in, an APPLY of the ConfigMap with registries.conf out; from the
 * ModuleConfig `delivery` an APPLY of one key of argocd-cm. Knows when all sources are known and
 * which of them count; what is rendered is render-configmap.jq's matter. Reads no Secret, touches
 * no network and no cluster.
 */
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/filter.h"
#include "../bus/frame.h"
#include "../bus/json.h"
#include "../bus/table.h"
#include "credential-source.h"
#include "jq-program.h"
#include "registries.h"
#include "rendered.h"
#include "werf-sources.h"

#define SETTLE_MS 3 /* of quiet: changes that come together are rendered once */
#define SETTLE_MAX_MS 50
#define SOURCES_PER_MS 5 /* rendered again and again at most, after the first time */
#define GAP_MAX_MS 500
#define TRACE_SIZE 64
#define NAME "argocd-image-updater-config"
#define KEY "registries.conf"

JQ_PROGRAM_EMBED(render_configmap_jq, "filters/render-configmap.jq");

/* One of the two things to tell. */
struct part {
	bool is_known; /* whether there are any */
	bool is_dirty; /* to be rendered */
	char trace[TRACE_SIZE]; /* of what changed it last */
};

struct render_configmap {
	struct filter *filter;
	const char *namespace, *program_file;
	struct jq_program *program;
	struct rendered *rendered;
	bool is_proven; /* the first lists are complete */
	bool has_seen_source, has_listed_files;
	struct loop_timer settle;
	int64_t settle_by_ms; /* the timer runs, and goes off by then; 0: it does not run */
	int64_t not_before_ms;

	struct part registries;
	char *told;	    /* registries.conf, the last one; NULL: none yet */
	struct buf own_key; /* of the events of the ConfigMap */
	struct werf_sources *sources;
	struct table *clashes; /* the texts of those that were reported */

	struct part settings;
	jv module; /* spec.settings of the ModuleConfig; null: there is none */
	struct buf module_key;
};

static bool
is_text(struct json_slice value, const char *text)
{
	return json_string_is(value, text);
}

static jv
reference(const char *api_version, const char *kind, const char *namespace, const char *name)
{
	jv metadata = jv_object_set(jv_object(), jv_string("name"), jv_string(name));
	jv object = jv_object_set(jv_object(), jv_string("apiVersion"), jv_string(api_version));

	if (namespace != NULL)
		metadata = jv_object_set(metadata, jv_string("namespace"), jv_string(namespace));
	object = jv_object_set(object, jv_string("kind"), jv_string(kind));
	return jv_object_set(object, jv_string("metadata"), metadata);
}

/* object (a reference, or invalid) is taken; origin is of the message, or absent. */
static void
report(struct render_configmap *self, jv object, struct json_slice origin, struct error *err)
{
	bool is_named = jv_is_valid(object);
	jv about = is_named || origin.text != NULL ? jv_object() : jv_invalid();

	if (is_named)
		about = jv_object_set(about, jv_string("object"), object);
	else
		jv_free(object);
	if (origin.text != NULL)
		about = jv_object_set(about, jv_string("origin"),
				      jv_parse_sized(origin.text, (int)origin.len));
	filter_error(self->filter, about, err);
}

/* --- rendering --- */

/* The text of registries.conf in a message, owned; NULL: none is in it. */
static char *
registries_of(jv message)
{
	jv object = message_get(message, "object"), data = message_get(object, "data");
	const char *text = message_string(data, KEY);
	char *copy = text != NULL ? alloc_string(text) : NULL;

	jv_free(object);
	jv_free(data);
	return copy;
}

/* What no reader of registries.conf would take is not told: the last good one stays. */
static int
check_registries(const char *text, struct error *err)
{
	struct registries *registries = registries_parse(text, strlen(text), err);

	if (registries == NULL)
		return error_prepend(err, "what the program gives is no " KEY);
	registries_free(registries);
	return 0;
}

/* Takes message. */
static int
tell(struct render_configmap *self, jv message, struct error *err)
{
	char *text = registries_of(message);

	if (text != NULL && check_registries(text, err) != 0) {
		free(text);
		jv_free(message);
		return -1;
	}
	if (text != NULL) {
		free(self->told);
		self->told = text;
	}
	return rendered_emit(self->rendered, message, err);
}

/* Run the program with the member beside the namespace (value is taken), tell what it gives. */
static int
render(struct render_configmap *self, struct part *part, const char *member, jv value,
       struct error *err)
{
	jv input = jv_object_set(jv_object(), jv_string(member), value), results;
	int i, count, status = 0;

	part->is_dirty = false;
	input = jv_object_set(input, jv_string("namespace"), jv_string(self->namespace));
	part->trace[0] = '\0';
	if (jq_program_run(self->program, input, &results, err) != 0)
		return -1;
	count = jv_array_length(jv_copy(results));
	for (i = 0; i < count && status == 0; i++)
		status = tell(self, jv_array_get(jv_copy(results), i), err);
	jv_free(results);
	return status;
}

/* Each clash is told once, as long as it lasts. */
static void
report_clash(struct render_configmap *self, struct table *clashes,
	     const struct werf_source *source, struct error *err)
{
	size_t len = strlen(err->text);

	if (table_get(self->clashes, err->text, len) == NULL)
		report(self, werf_source_reference(source), (struct json_slice){ NULL, 0 }, err);
	table_put(clashes, err->text, len, self);
}

static jv
usable_sources(struct render_configmap *self)
{
	struct table *clashes = table_new(NULL);
	size_t count = werf_sources_count(self->sources), i;
	jv list = jv_array();
	struct error err;

	for (i = 0; i < count; i++) {
		const struct werf_source *source = werf_sources_at(self->sources, i);

		if (werf_sources_check(self->sources, source, &err) != 0)
			report_clash(self, clashes, source, &err);
		else
			list = jv_array_append(list, werf_source_value(source));
	}
	table_free(self->clashes);
	self->clashes = clashes;
	return list;
}

static void
render_registries(struct render_configmap *self)
{
	struct error err;

	filter_set_trace(self->filter, self->registries.trace);
	if (render(self, &self->registries, "sources", usable_sources(self), &err) != 0)
		report(self, reference("v1", "ConfigMap", self->namespace, NAME),
		       (struct json_slice){ NULL, 0 }, &err);
}

static void
render_settings(struct render_configmap *self)
{
	struct error err;

	filter_set_trace(self->filter, self->settings.trace);
	if (render(self, &self->settings, "settings", jv_copy(self->module), &err) == 0)
		return;
	error_prepend(&err, "ModuleConfig delivery");
	report(self, reference("deckhouse.io/v1alpha1", "ModuleConfig", NULL, "delivery"),
	       (struct json_slice){ NULL, 0 }, &err);
}

static bool
is_due(const struct render_configmap *self, const struct part *part)
{
	return self->is_proven && part->is_known && part->is_dirty;
}

static void
render_due(struct render_configmap *self)
{
	int64_t gap_ms = (int64_t)werf_sources_count(self->sources) / SOURCES_PER_MS;

	if (is_due(self, &self->settings))
		render_settings(self);
	if (!is_due(self, &self->registries))
		return;
	render_registries(self);
	self->not_before_ms = loop_now_ms(filter_loop(self->filter)) +
			      (gap_ms < GAP_MAX_MS ? gap_ms : GAP_MAX_MS);
}

static void
on_settle(void *arg)
{
	struct render_configmap *self = arg;

	self->settle_by_ms = 0;
	render_due(self);
	filter_set_trace(self->filter, "");
}

/* Something has changed: render it after a moment of quiet, or of waiting. */
static void
settle(struct render_configmap *self)
{
	struct loop *loop = filter_loop(self->filter);
	int64_t now_ms = loop_now_ms(loop), wait_ms;

	if (!is_due(self, &self->settings) && !is_due(self, &self->registries))
		return;
	if (self->settle_by_ms == 0)
		self->settle_by_ms = now_ms + SETTLE_MAX_MS;
	wait_ms = self->settle_by_ms - now_ms;
	if (wait_ms > SETTLE_MS)
		wait_ms = SETTLE_MS;
	if (wait_ms < self->not_before_ms - now_ms)
		wait_ms = self->not_before_ms - now_ms;
	loop_timer_start(loop, &self->settle, wait_ms, on_settle, self);
}

static void
mark_dirty(struct render_configmap *self, struct part *part)
{
	const char *trace = filter_trace(self->filter);

	part->is_dirty = true;
	if (trace[0] != '\0')
		snprintf(part->trace, sizeof(part->trace), "%s", trace);
}

/* --- WerfSources --- */

static void
drop_source(struct render_configmap *self, const struct buf *key)
{
	if (key->len > 0 && werf_sources_drop(self->sources, key->data, key->len))
		mark_dirty(self, &self->registries);
}

/* One that is broken stays what it was before. */
static void
put_source(struct render_configmap *self, const struct message *message, struct json_slice object,
	   const struct buf *key)
{
	const struct werf_source *before = werf_sources_get(self->sources, key->data, key->len);
	struct werf_source source;
	struct error err;

	if (werf_source_read(&source, object, &err) != 0) {
		report(self,
		       source.name[0] != '\0' ? werf_source_reference(&source) : jv_invalid(),
		       message_member(message, "origin"), &err);
	} else if (before == NULL || !werf_source_equals(before, &source)) {
		werf_sources_put(self->sources, key->data, key->len, &source);
		mark_dirty(self, &self->registries);
	}
	werf_source_fini(&source);
}

static void
know(struct render_configmap *self, struct part *part)
{
	if (part->is_known)
		return;
	part->is_known = true;
	mark_dirty(self, part);
}

/* weir's own sources (their messages have a trace) say when a list is whole; of others' the end of
 * the input is all that can be had. */
static void
see_source(struct render_configmap *self, const struct message *message)
{
	self->has_seen_source = true;
	if (message->trace.text == NULL || self->has_listed_files)
		know(self, &self->registries);
}

/* --- the ConfigMap itself --- */

static bool
is_own(const struct render_configmap *self, struct json_slice object)
{
	struct json_slice metadata = json_member(object, "metadata");

	return is_text(json_member(object, "kind"), "ConfigMap") &&
	       is_text(json_member(object, "apiVersion"), "v1") &&
	       is_text(json_member(metadata, "name"), NAME) &&
	       is_text(json_member(metadata, "namespace"), self->namespace);
}

/* Somebody else has changed or deleted it: it is told again. */
static void
restore(struct render_configmap *self)
{
	jv own;

	if (self->told == NULL)
		return;
	own = reference("v1", "ConfigMap", self->namespace, NAME);
	rendered_forget(self->rendered, own, NULL);
	jv_free(own);
	mark_dirty(self, &self->registries);
}

static void
take_own(struct render_configmap *self, const struct message *message)
{
	struct json_slice object = message_member(message, "object");
	CLEANUP_BUF struct buf text = BUF_INIT(FRAME_MAX);

	buf_clear(&self->own_key);
	message_key(message, &self->own_key);
	json_string(json_member(json_member(object, "data"), KEY), &text);
	if (message->type == MESSAGE_DELETED ||
	    (self->told != NULL && strcmp(self->told, buf_string(&text)) != 0))
		restore(self);
}

/* --- the ModuleConfig --- */

static bool
is_module(struct json_slice object)
{
	struct json_slice version = json_member(object, "apiVersion");

	return is_text(json_member(object, "kind"), "ModuleConfig") && json_is_string(version) &&
	       version.len > 15 && memcmp(version.text, "\"deckhouse.io/", 14) == 0 &&
	       is_text(json_member(json_member(object, "metadata"), "name"), "delivery");
}

/* Takes settings. */
static void
set_module(struct render_configmap *self, const struct buf *key, jv settings)
{
	jv_free(self->module);
	self->module = settings;
	self->settings.is_known = true;
	mark_dirty(self, &self->settings);
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

	if (!is_text(json_member(annotations, "k8s.io/initial-events-end"), "true"))
		return;
	self->has_listed_files |= is_text(kind, "List");
	if (werf_source_is(object) || (self->has_listed_files && self->has_seen_source))
		know(self, &self->registries);
	if (is_text(kind, "ModuleConfig"))
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
	settle(self);
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
		restore(self);
	settle(self);
}

static void
on_complete(void *arg, bool proven)
{
	struct render_configmap *self = arg;

	self->is_proven = proven;
	render_due(self);
}

static void
on_end(void *arg)
{
	struct render_configmap *self = arg;
	struct error err;

	render_due(self);
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

	loop_timer_stop(filter_loop(self->filter), &self->settle);
	rendered_free(self->rendered);
	jq_program_free(self->program);
	werf_sources_free(self->sources);
	table_free(self->clashes);
	jv_free(self->module);
	buf_fini(&self->module_key);
	buf_fini(&self->own_key);
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
	if (check_namespace(self->namespace, err) != 0)
		return -1;
	self->program = jq_program_new(self->program_file, render_configmap_jq, err);
	if (self->program == NULL)
		return -1;
	self->rendered = rendered_new(self->filter);
	self->sources = werf_sources_new();
	self->clashes = table_new(NULL);
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
