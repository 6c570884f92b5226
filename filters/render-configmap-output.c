/* What render-configmap tells, and when: each ConfigMap once for what changes together, never from
 * a part of a list. Reads no messages. */
#include "render-configmap-priv.h"

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "registries.h"

#define SETTLE_MS 3 /* of quiet: changes that come together are rendered once */
#define SETTLE_MAX_MS 50
#define SOURCES_PER_MS 5 /* rendered again and again at most, after the first time */
#define GAP_MAX_MS 500

static const struct json_slice no_origin = { NULL, 0 };

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

void
render_report(struct render_configmap *self, jv object, struct json_slice origin, struct error *err)
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
	const char *text = message_string(data, CONFIGMAP_KEY);
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
		return error_prepend(err, "what the program gives is no " CONFIGMAP_KEY);
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

/* Run the program with input (taken) and the namespace, tell what it gives. */
static int
render(struct render_configmap *self, struct part *part, jv input, struct error *err)
{
	jv results;
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
		render_report(self, werf_source_reference(source), no_origin, err);
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
	jv input = jv_object_set(jv_object(), jv_string("sources"), usable_sources(self));
	struct error err;

	input = jv_object_set(input, jv_string("kept"), kept_entries(self));
	input = jv_object_set(input, jv_string("brokenRegistries"), kept_registries(self));
	filter_set_trace(self->filter, self->registries.trace);
	if (render(self, &self->registries, input, &err) != 0)
		render_report(self, reference("v1", "ConfigMap", self->namespace, CONFIGMAP_NAME),
			      no_origin, &err);
}

static void
render_settings(struct render_configmap *self)
{
	jv input = jv_object_set(jv_object(), jv_string("settings"), jv_copy(self->module));
	struct error err;

	filter_set_trace(self->filter, self->settings.trace);
	if (render(self, &self->settings, input, &err) == 0)
		return;
	error_prepend(&err, "ModuleConfig delivery");
	render_report(self, reference("deckhouse.io/v1alpha1", "ModuleConfig", NULL, "delivery"),
		      no_origin, &err);
}

static bool
is_due(const struct render_configmap *self, const struct part *part)
{
	return self->is_proven && part->is_known && part->is_dirty;
}

void
render_now(struct render_configmap *self)
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
	render_now(self);
	filter_set_trace(self->filter, "");
}

/* After a moment of quiet, or of waiting. */
void
render_soon(struct render_configmap *self)
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

void
render_mark(struct render_configmap *self, struct part *part)
{
	const char *trace = filter_trace(self->filter);

	part->is_dirty = true;
	if (trace[0] != '\0')
		snprintf(part->trace, sizeof(part->trace), "%s", trace);
}

void
render_restore(struct render_configmap *self)
{
	jv own;

	if (self->told == NULL)
		return;
	own = reference("v1", "ConfigMap", self->namespace, CONFIGMAP_NAME);
	rendered_forget(self->rendered, own, NULL);
	jv_free(own);
	render_mark(self, &self->registries);
}

void
render_stop(struct render_configmap *self)
{
	loop_timer_stop(filter_loop(self->filter), &self->settle);
}
