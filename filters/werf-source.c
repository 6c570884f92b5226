/* See werf-source.h. */
#include "werf-source.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../bus/alloc.h"
#include "quote.h"
#include "reference.h"
#include "url.h"

#define TEXT_MAX ((size_t)16 * 1024 * 1024)
#define SUBDOMAIN_MAX 253
#define SHOWN_MAX 64 /* of a name that is none */

static const char docker_hub_api[] = "https://registry-1.docker.io";

bool
werf_source_is(struct json_slice object)
{
	struct json_slice version = json_member(object, "apiVersion");

	return json_string_is(json_member(object, "kind"), "WerfSource") &&
	       json_is_string(version) && version.len > 15 &&
	       memcmp(version.text, "\"deckhouse.io/", 14) == 0;
}

/* --- values; where is the field's name, with the dots in front of it --- */

static int
bad(struct error *err, const char *where, const char *what)
{
	return error_set(err, ERROR_INPUT, 0, "%s: %s", where, what);
}

static bool
is_null(struct json_slice value)
{
	return value.text == NULL || (value.len == 4 && memcmp(value.text, "null", 4) == 0);
}

/* The last part of where names the member. NULL in *out when it is absent, null or empty. */
static int
read_text(char **out, struct json_slice object, const char *where, struct error *err)
{
	struct json_slice value = json_member(object, strrchr(where, '.') + 1);
	CLEANUP_BUF struct buf text = BUF_INIT(TEXT_MAX);

	if (is_null(value))
		return 0;
	if (!json_is_string(value))
		return bad(err, where, "is to be a text");
	json_string(value, &text);
	if (strlen(buf_string(&text)) != text.len)
		return bad(err, where, "holds a NUL character");
	if (text.len > 0)
		*out = alloc_string(buf_string(&text));
	return 0;
}

/* A DNS subdomain, as names of objects are. */
static bool
is_subdomain(const char *text, size_t max)
{
	size_t len = strlen(text), i;

	if (len == 0 || len > max ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-.") != len)
		return false;
	for (i = 0; i < len; i++)
		if (strchr("-.", text[i]) != NULL &&
		    (i == 0 || i + 1 == len || text[i - 1] == '.' ||
		     (text[i] == '.' && text[i - 1] == '-')))
			return false;
	return true;
}

static int
read_object_name(char **out, struct json_slice object, const char *where, const char *what,
		 struct error *err)
{
	if (read_text(out, object, where, err) != 0)
		return -1;
	if (*out == NULL || is_subdomain(*out, SUBDOMAIN_MAX))
		return 0;
	return error_set(err, ERROR_INPUT, 0,
			 "%s: is no name of %s (lower-case letters, digits, - and . inside, at "
			 "most %d bytes)",
			 where, what, SUBDOMAIN_MAX);
}

static int
read_bool(bool *out, struct json_slice object, const char *where, struct error *err)
{
	struct json_slice value = json_member(object, strrchr(where, '.') + 1);

	if (is_null(value))
		return 0;
	if (value.text[0] != 't' && value.text[0] != 'f')
		return bad(err, where, "is to be true or false");
	*out = value.text[0] == 't';
	return 0;
}

/* --- metadata --- */

static int
read_name(struct werf_source *source, struct json_slice metadata, struct error *err)
{
	static const char where[] = "metadata.name";
	CLEANUP_BUF struct buf shown = BUF_INIT((size_t)8 * SHOWN_MAX);

	if (read_text(&source->name, metadata, where, err) != 0)
		return -1;
	if (source->name == NULL)
		return bad(err, where, "is missing");
	if (is_subdomain(source->name, WERF_SOURCE_NAME_MAX))
		return 0;
	quote_append(&shown, source->name, strlen(source->name), SHOWN_MAX);
	free(source->name);
	source->name = NULL;
	return error_set(err, ERROR_INPUT, 0,
			 "%s: %s is no name (lower-case letters, digits, - and . inside, at most "
			 "%d bytes)",
			 where, buf_string(&shown), WERF_SOURCE_NAME_MAX);
}

static int
read_generation(struct werf_source *source, struct json_slice metadata, struct error *err)
{
	struct json_slice value = json_member(metadata, "generation");

	if (is_null(value))
		return 0;
	if (value.len > 15 || strspn(value.text, "0123456789") < value.len)
		return bad(err, "metadata.generation", "is to be a whole number");
	source->generation = strtoll(value.text, NULL, 10);
	return 0;
}

/* All of it, whatever is wrong with a part: a status may have to be written. */
static int
read_metadata(struct werf_source *source, struct json_slice metadata, struct error *err)
{
	struct error later;
	int status;

	if (!json_is_object(metadata))
		return bad(err, "metadata", "is missing");
	status = read_name(source, metadata, err);
	if (read_text(&source->uid, metadata, "metadata.uid", status == 0 ? err : &later) != 0)
		status = -1;
	if (read_text(&source->created, metadata, "metadata.creationTimestamp",
		      status == 0 ? err : &later) != 0)
		status = -1;
	if (read_generation(source, metadata, status == 0 ? err : &later) != 0)
		status = -1;
	return status;
}

static void
read_status(struct werf_source *source, struct json_slice status)
{
	if (status.text != NULL && json_is_object(status))
		source->status = alloc_text(status.text, status.len);
}

/* --- spec --- */

static void
lower(char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] >= 'A' && text[i] <= 'Z')
			text[i] = (char)(text[i] - 'A' + 'a');
}

/* Takes the scheme and slashes at the end away; -1: another scheme than oci://. */
static int
trim_repository(char **text)
{
	const char *scheme = strstr(*text, "://");
	size_t len, skip = 0;
	char *trimmed;

	if (strncasecmp(*text, "oci://", 6) == 0)
		skip = 6;
	else if (scheme != NULL)
		return -1;
	len = strlen(*text);
	while (len > skip && (*text)[len - 1] == '/')
		len--;
	trimmed = alloc_text(*text + skip, len - skip);
	free(*text);
	*text = trimmed;
	return 0;
}

static int
read_repository(struct werf_source *source, struct json_slice spec, struct error *err)
{
	static const char where[] = "spec.imageRepo";
	size_t host_len;

	if (read_text(&source->url, spec, where, err) != 0)
		return -1;
	if (source->url == NULL)
		return bad(err, where, "is missing (wanted: host[:port]/path)");
	if (trim_repository(&source->url) != 0)
		return bad(err, where, "has a scheme (wanted: host[:port]/path, without https://)");
	host_len = strcspn(source->url, "/");
	lower(source->url, host_len);
	source->host = alloc_text(source->url, host_len);
	source->path = alloc_string(source->url + host_len + (source->url[host_len] == '/'));
	source->registry = reference_host(source->host, host_len);
	if (source->registry == NULL)
		return bad(err, where, "its registry is no valid host[:port]");
	if (source->path[0] != '\0' && !reference_is_path(source->path))
		return bad(err, where,
			   "its path is no valid repository name (lower-case letters, digits, "
			   "separators . _ - inside, slashes; no tag)");
	if (strlen(source->url) > REFERENCE_MAX)
		return error_set(err, ERROR_INPUT, 0, "%s: is longer than %d bytes", where,
				 REFERENCE_MAX);
	source->repository = alloc_format("%s%s", source->registry, source->url + host_len);
	return 0;
}

static char *
default_api_url(const struct werf_source *source)
{
	if (strcmp(source->registry, "docker.io") == 0)
		return alloc_string(docker_hub_api);
	return alloc_format("https://%s", source->host);
}

/* What the registry's API is called where that is not what the repository says. */
static int
read_api_url(struct werf_source *source, struct json_slice spec, struct error *err)
{
	static const char where[] = "spec.apiUrl";
	CLEANUP_FREE char *text = NULL;
	struct url url;
	size_t len;

	if (read_text(&text, spec, where, err) != 0)
		return -1;
	if (text == NULL) {
		source->api_url = default_api_url(source);
		return 0;
	}
	if (url_parse(&url, text, err) != 0)
		return error_prepend(err, "%s", where);
	if (strchr(url.rest, '?') != NULL)
		return bad(err, where, "the URL has a query");
	if (strcmp(url.host, "docker.io") == 0 || strcmp(url.host, "index.docker.io") == 0) {
		source->api_url = alloc_string(docker_hub_api);
		return 0;
	}
	len = strlen(text);
	while (text[len - 1] == '/')
		len--;
	lower(text, strcspn(text, ":"));
	source->api_url = alloc_text(text, len);
	return 0;
}

static int
read_argo(struct werf_source *source, struct json_slice spec, struct error *err)
{
	struct json_slice repository = json_member(spec, "argocdRepo");

	source->has_repository = true;
	if (read_bool(&source->has_repository, spec, "spec.argocdRepoEnabled", err) != 0)
		return -1;
	if (is_null(repository))
		return 0;
	if (!json_is_object(repository))
		return bad(err, "spec.argocdRepo", "is to be a mapping");
	return read_object_name(&source->project, repository, "spec.argocdRepo.project",
				"an AppProject", err);
}

static int
read_spec(struct werf_source *source, struct json_slice spec, struct error *err)
{
	if (!json_is_object(spec))
		return bad(err, "spec", spec.text == NULL ? "is missing" : "is to be a mapping");
	if (read_repository(source, spec, err) != 0 || read_api_url(source, spec, err) != 0)
		return -1;
	if (read_object_name(&source->pull_secret, spec, "spec.pullSecretName", "a Secret",
			     err) != 0)
		return -1;
	return read_argo(source, spec, err);
}

/* --- the whole --- */

static void
fill_empty(char **text)
{
	if (*text == NULL)
		*text = alloc_string("");
}

int
werf_source_read(struct werf_source *source, struct json_slice object, struct error *err)
{
	int status;

	*source = (struct werf_source){ .name = NULL };
	status = read_metadata(source, json_member(object, "metadata"), err);
	fill_empty(&source->name);
	fill_empty(&source->uid);
	fill_empty(&source->created);
	read_status(source, json_member(object, "status"));
	if (status == 0)
		status = read_spec(source, json_member(object, "spec"), err);
	if (status == 0)
		return 0;
	return error_prepend(err, source->name[0] != '\0' ? "WerfSource %s" : "a WerfSource%s",
			     source->name);
}

void
werf_source_fini(struct werf_source *source)
{
	free(source->name);
	free(source->uid);
	free(source->created);
	free(source->status);
	free(source->url);
	free(source->host);
	free(source->path);
	free(source->registry);
	free(source->repository);
	free(source->api_url);
	free(source->pull_secret);
	free(source->project);
	*source = (struct werf_source){ .name = NULL };
}

static bool
is_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* host, path, registry and repository follow from url. */
bool
werf_source_equals(const struct werf_source *a, const struct werf_source *b)
{
	return is_same(a->name, b->name) && is_same(a->uid, b->uid) &&
	       is_same(a->created, b->created) && a->generation == b->generation &&
	       is_same(a->url, b->url) && is_same(a->api_url, b->api_url) &&
	       is_same(a->pull_secret, b->pull_secret) && is_same(a->project, b->project) &&
	       a->has_repository == b->has_repository;
}

/* --- as jv --- */

static jv
add_text(jv object, const char *name, const char *text)
{
	return jv_object_set(object, jv_string(name), text != NULL ? jv_string(text) : jv_null());
}

static const char *
or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

jv
werf_source_reference(const struct werf_source *source)
{
	jv metadata = add_text(jv_object(), "name", source->name);
	jv object = add_text(jv_object(), "apiVersion", "deckhouse.io/v1alpha1");

	if (source->uid[0] != '\0')
		metadata = add_text(metadata, "uid", source->uid);
	object = add_text(object, "kind", "WerfSource");
	return jv_object_set(object, jv_string("metadata"), metadata);
}

jv
werf_source_value(const struct werf_source *source)
{
	jv value = add_text(jv_object(), "name", source->name);

	value = add_text(value, "uid", or_null(source->uid));
	value = add_text(value, "created", or_null(source->created));
	value = jv_object_set(value, jv_string("generation"),
			      source->generation > 0 ? jv_number((double)source->generation) :
						       jv_null());
	value = add_text(value, "url", source->url);
	value = add_text(value, "host", source->host);
	value = add_text(value, "path", source->path);
	value = add_text(value, "registry", source->registry);
	value = add_text(value, "repository", source->repository);
	value = add_text(value, "apiUrl", source->api_url);
	value = add_text(value, "pullSecret", source->pull_secret);
	value = add_text(value, "project", source->project);
	return jv_object_set(value, jv_string("argocdRepoEnabled"),
			     source->has_repository ? jv_true() : jv_false());
}
