/*
 * What stands in the ConfigMap for sources that are there but broken, and that were so when we
 * started: nobody remembers what they were, so their entries stay as they are. Reads no messages.
 */
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "registries.h"
#include "render-configmap-priv.h"

struct broken {
	char *name, *registry; /* registry NULL: it cannot be read */
};

static void
free_broken(void *value)
{
	struct broken *broken = value;

	free(broken->name);
	free(broken->registry);
	free(broken);
}

void
kept_init(struct render_configmap *self)
{
	self->broken = table_new(free_broken);
}

void
kept_fini(struct render_configmap *self)
{
	table_free(self->broken);
	free(self->live);
}

void
kept_live(struct render_configmap *self, const char *text)
{
	free(self->live);
	self->live = text != NULL ? alloc_string(text) : NULL;
}

static bool
is_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

void
kept_broken(struct render_configmap *self, const struct buf *key, const struct werf_source *source)
{
	struct broken *broken;

	if (key->len == 0)
		return;
	broken = table_get(self->broken, key->data, key->len);
	if (broken != NULL && is_same(broken->name, source->name) &&
	    is_same(broken->registry, source->registry))
		return;
	broken = alloc_zero(1, sizeof(*broken));
	broken->name = alloc_string(source->name);
	broken->registry = source->registry != NULL ? alloc_string(source->registry) : NULL;
	table_put(self->broken, key->data, key->len, broken);
	render_mark(self, &self->registries);
}

void
kept_whole(struct render_configmap *self, const struct buf *key)
{
	if (key->len > 0 && table_get(self->broken, key->data, key->len) != NULL) {
		table_remove(self->broken, key->data, key->len);
		render_mark(self, &self->registries);
	}
}

static bool
is_broken(const struct render_configmap *self, const char *name)
{
	size_t cursor = 0;
	void *value;

	while (table_next(self->broken, &cursor, NULL, NULL, &value))
		if (strcmp(((struct broken *)value)->name, name) == 0)
			return true;
	return false;
}

jv
kept_registries(const struct render_configmap *self)
{
	jv list = jv_array();
	size_t cursor = 0;
	void *value;

	while (table_next(self->broken, &cursor, NULL, NULL, &value)) {
		const struct broken *broken = value;

		if (broken->registry != NULL)
			list = jv_array_append(list, jv_string(broken->registry));
	}
	return list;
}

static jv
kept_entry(const struct registries_entry *entry)
{
	CLEANUP_FREE char *prefix = alloc_format("%s%s%s", entry->host,
						 entry->path[0] != '\0' ? "/" : "", entry->path);
	jv value = jv_object_set(jv_object(), jv_string("name"), jv_string(entry->name));

	value = jv_object_set(value, jv_string("registry"), jv_string(entry->host));
	value = jv_object_set(value, jv_string("prefix"), jv_string(prefix));
	value = jv_object_set(value, jv_string("apiUrl"), jv_string(entry->api_url));
	return jv_object_set(value, jv_string("credentials"),
			     entry->credentials != NULL ? jv_string(entry->credentials) :
							  jv_null());
}

jv
kept_entries(const struct render_configmap *self)
{
	struct registries *registries;
	jv list = jv_array();

	if (self->live == NULL || table_count(self->broken) == 0)
		return list;
	registries = registries_parse(self->live, strlen(self->live), NULL);
	for (size_t i = 0; registries != NULL && i < registries_count(registries); i++) {
		const struct registries_entry *entry = registries_at(registries, i);

		if (entry->host != NULL && is_broken(self, entry->name))
			list = jv_array_append(list, kept_entry(entry));
	}
	registries_free(registries);
	return list;
}
