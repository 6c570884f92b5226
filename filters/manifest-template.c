/* Telling templates from manifests. Pure. */
#include "manifest-template.h"

#include <string.h>

#include "../bus/alloc.h"
#include "../bus/yaml.h"

struct watcher {
	char previous[32];   /* the scalar before this one: in a block mapping, the key */
	bool is_application; /* `kind: Application` stands somewhere in this document */
	size_t line;	     /* of the first value with braces in it; 0: none */
};

bool
manifest_has_braces(const char *text, size_t len)
{
	return len >= 2 && memmem(text, len, "{{", 2) != NULL;
}

static bool
names_something(const char *key)
{
	static const char *const keys[] = { "apiVersion", "kind",	    "name", "namespace",
					    "repoURL",	  "targetRevision", "chart" };
	size_t i;

	for (i = 0; i < ALLOC_COUNT(keys); i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return false;
}

static void
look_at_scalar(struct watcher *w, const struct yaml_event *event)
{
	if (strcmp(w->previous, "kind") == 0 && strcmp(event->value, "Application") == 0)
		w->is_application = true;
	if (w->line == 0 && strstr(event->value, "{{") != NULL && event->style != YAML_BLOCK &&
	    (event->style == YAML_PLAIN || names_something(w->previous)))
		w->line = event->line;
	w->previous[0] = '\0';
	if (event->len < sizeof(w->previous))
		memcpy(w->previous, event->value, event->len + 1);
}

/* Two braces that open two flow mappings. */
static bool
is_double_brace(const struct yaml_event *event, const char *text, size_t len)
{
	return event->kind == YAML_MAPPING_START && event->flow && event->start + 1 < len &&
	       text[event->start] == '{' && text[event->start + 1] == '{';
}

static size_t
find_line(struct yaml_reader *reader, const char *text, size_t len)
{
	struct watcher w = { .line = 0 };
	struct yaml_event event;
	struct error err;

	while (yaml_next(reader, &event, &err) == 0 && event.kind != YAML_STREAM_END) {
		if (is_double_brace(&event, text, len))
			return event.line;
		if (event.kind == YAML_DOCUMENT_START)
			w = (struct watcher){ .line = 0 };
		else if (event.kind == YAML_SCALAR)
			look_at_scalar(&w, &event);
		else if (event.kind != YAML_DOCUMENT_END)
			w.previous[0] = '\0';
		else if (w.is_application && w.line != 0)
			return w.line;
	}
	return 0;
}

size_t
manifest_template_line(const char *text, size_t len)
{
	struct yaml_reader *reader;
	struct error err;
	size_t line = 0;

	if (!manifest_has_braces(text, len))
		return 0;
	reader = yaml_open(text, len, &err);
	if (reader != NULL)
		line = find_line(reader, text, len);
	yaml_close(reader);
	return line;
}
