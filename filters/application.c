/* See application.h. Works on the bytes: a tree of each object would cost more than all that is
 * done with it. */
#include "application.h"

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"

#define TEXT_MAX ((size_t)16 * 1024 * 1024)

static bool
is_null(struct json_slice value)
{
	return value.text == NULL || (value.len == 4 && memcmp(value.text, "null", 4) == 0);
}

/* A string member; NULL in *out when it is absent or null. */
static int
read_text(char **out, struct json_slice object, const char *name, const char *where,
	  struct error *err)
{
	struct json_slice value = json_member(object, name);
	struct buf text = BUF_INIT(TEXT_MAX);

	*out = NULL;
	if (is_null(value))
		return 0;
	if (!json_is_string(value))
		return error_set(err, ERROR_INPUT, 0, "%s%s is not a string", where, name);
	json_string(value, &text);
	if (strlen(buf_string(&text)) != text.len) {
		buf_fini(&text);
		return error_set(err, ERROR_INPUT, 0, "%s%s holds a NUL character", where, name);
	}
	*out = alloc_string(buf_string(&text));
	buf_fini(&text);
	return 0;
}

/* The same, "" when absent. */
static int
read_text_or_empty(char **out, struct json_slice object, const char *name, const char *where,
		   struct error *err)
{
	int status = read_text(out, object, name, where, err);

	if (*out == NULL)
		*out = alloc_string("");
	return status;
}

bool
application_is(struct json_slice object)
{
	struct json_slice version = json_member(object, "apiVersion");

	return json_string_is(json_member(object, "kind"), "Application") &&
	       json_is_string(version) && version.len > 13 &&
	       memcmp(version.text, "\"argoproj.io/", 13) == 0;
}

/* --- reading --- */

static int
read_annotations(struct application *application, struct json_slice metadata, struct error *err)
{
	static const char where[] = "metadata.annotations.";
	struct json_slice annotations = json_member(metadata, "annotations");
	const struct {
		char **field;
		const char *name;
	} rows[] = {
		{ &application->constraint, APPLICATION_PREFIX "chart-version" },
		{ &application->strategy, APPLICATION_PREFIX "update-strategy" },
		{ &application->allow_tags, APPLICATION_PREFIX "allow-tags" },
		{ &application->ignore_tags, APPLICATION_PREFIX "ignore-tags" },
		{ &application->pull_secret, APPLICATION_PREFIX "pull-secret" },
	};
	size_t i;

	if (is_null(annotations))
		return 0;
	if (!json_is_object(annotations))
		return error_set(err, ERROR_INPUT, 0, "metadata.annotations is not an object");
	if (is_null(json_member(annotations, rows[0].name)))
		return 0; /* not tracked: the others do not matter */
	for (i = 0; i < ALLOC_COUNT(rows); i++)
		if (read_text(rows[i].field, annotations, rows[i].name, where, err) != 0)
			return -1;
	return 0;
}

static int
read_metadata(struct application *application, struct json_slice object, struct error *err)
{
	struct json_slice metadata = json_member(object, "metadata");
	int status = 0;

	if (!json_is_object(metadata)) {
		application->namespace = alloc_string("");
		application->name = alloc_string("");
		application->uid = alloc_string("");
		return error_set(err, ERROR_INPUT, 0, "the Application has no metadata");
	}
	status |= read_text_or_empty(&application->namespace, metadata, "namespace", "metadata.",
				     err);
	status |= read_text_or_empty(&application->uid, metadata, "uid", "metadata.", err);
	status |= read_text_or_empty(&application->name, metadata, "name", "metadata.", err);
	if (status == 0 && application->name[0] == '\0')
		return error_set(err, ERROR_INPUT, 0, "metadata.name is missing");
	return status != 0 ? -1 : read_annotations(application, metadata, err);
}

/* A source counts when it has a chart. where: "spec.source." */
static int
read_source(struct application *application, struct json_slice value, int index,
	    const char *where, struct error *err)
{
	struct application_source source = { .index = index };
	int status = 0;

	if (is_null(value))
		return 0;
	if (!json_is_object(value))
		return error_set(err, ERROR_INPUT, 0, "%.*s is not an object",
				 (int)strlen(where) - 1, where);
	if (read_text(&source.chart, value, "chart", where, err) != 0)
		return -1;
	if (source.chart == NULL || source.chart[0] == '\0') {
		free(source.chart);
		return 0;
	}
	status |= read_text_or_empty(&source.current, value, "targetRevision", where, err);
	status |= read_text_or_empty(&source.repo_url, value, "repoURL", where, err);
	if (status == 0 && source.repo_url[0] == '\0')
		status = error_set(err, ERROR_INPUT, 0, "%srepoURL is missing", where);
	application->sources = alloc_grow(application->sources, application->source_count + 1,
					  sizeof(*application->sources));
	application->sources[application->source_count++] = source;
	return status != 0 ? -1 : 0;
}

static int
read_sources(struct application *application, struct json_slice list, struct error *err)
{
	struct json_slice source;
	size_t cursor = 0;
	char where[48];
	int index;

	for (index = 0; json_next(list, &cursor, NULL, &source); index++) {
		snprintf(where, sizeof(where), "spec.sources[%d].", index);
		if (read_source(application, source, index, where, err) != 0)
			return -1;
	}
	return 0;
}

/* A list of sources wins over the one source, as in Argo CD; a hydrator over both, and it knows no
 * charts. */
static int
read_spec(struct application *application, struct json_slice object, struct error *err)
{
	struct json_slice spec = json_member(object, "spec");
	struct json_slice sources = json_member(spec, "sources");
	size_t cursor = 0;
	struct json_slice first;
	int status;

	if (!json_is_object(spec))
		return error_set(err, ERROR_INPUT, 0, "the Application has no spec");
	if (!is_null(sources) && !json_is_array(sources))
		return error_set(err, ERROR_INPUT, 0, "spec.sources is not a list");
	if (!is_null(json_member(spec, "sourceHydrator")))
		return error_set(err, ERROR_INPUT, 0,
				 "a rule for a chart's version, but spec.sourceHydrator has no "
				 "chart");
	if (json_is_array(sources) && json_next(sources, &cursor, NULL, &first))
		status = read_sources(application, sources, err);
	else
		status = read_source(application, json_member(spec, "source"), -1, "spec.source.",
				     err);
	if (status == 0 && application->source_count == 0)
		return error_set(err, ERROR_INPUT, 0,
				 "a rule for a chart's version, but no source has a chart");
	return status;
}

int
application_read(struct application *application, struct json_slice object, struct error *err)
{
	*application = (struct application){ .constraint = NULL };
	if (read_metadata(application, object, err) != 0)
		return -1;
	return application->constraint != NULL ? read_spec(application, object, err) : 0;
}

void
application_fini(struct application *application)
{
	size_t i;

	for (i = 0; i < application->source_count; i++) {
		free(application->sources[i].repo_url);
		free(application->sources[i].chart);
		free(application->sources[i].current);
	}
	free(application->sources);
	free(application->namespace);
	free(application->name);
	free(application->uid);
	free(application->constraint);
	free(application->strategy);
	free(application->allow_tags);
	free(application->ignore_tags);
	free(application->pull_secret);
	*application = (struct application){ .constraint = NULL };
}

/* --- writing --- */

/* "name":"value" with a comma in front; nothing for NULL. */
static bool
add_member(struct buf *out, const char *name, const char *value)
{
	return value == NULL || (buf_append_string(out, ",\"") && buf_append_string(out, name) &&
				 buf_append_string(out, "\":") &&
				 json_quote(out, value, strlen(value)));
}

bool
application_reference(const struct application *application, struct buf *out)
{
	const char *uid = application->uid[0] != '\0' ? application->uid : NULL;

	return buf_append_string(out, "{\"namespace\":") &&
	       json_quote(out, application->namespace, strlen(application->namespace)) &&
	       add_member(out, "name", application->name) && add_member(out, "uid", uid) &&
	       buf_append_char(out, '}');
}

bool
application_follower(const struct application *application,
		     const struct application_source *source, struct json_slice origin,
		     struct buf *out)
{
	bool ok = buf_append_string(out, "{\"application\":") &&
		  application_reference(application, out);

	if (source->index >= 0)
		ok = ok && buf_printf(out, ",\"source\":%d", source->index);
	ok = ok && add_member(out, "repoURL", source->repo_url) &&
	     add_member(out, "chart", source->chart) &&
	     add_member(out, "constraint", application->constraint) &&
	     add_member(out, "current", source->current) &&
	     add_member(out, "strategy", application->strategy) &&
	     add_member(out, "allowTags", application->allow_tags) &&
	     add_member(out, "ignoreTags", application->ignore_tags);
	if (origin.text != NULL)
		ok = ok && buf_append_string(out, ",\"origin\":") &&
		     buf_append(out, origin.text, origin.len);
	return ok && buf_append_char(out, '}');
}
