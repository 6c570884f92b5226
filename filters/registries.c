/* See registries.h. */
#include "registries.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jv.h>

#include "../bus/alloc.h"
#include "../bus/options.h"
#include "../bus/yaml-value.h"
#include "credential-source.h"
#include "url.h"

struct registries {
	struct registries_entry *entries;
	size_t count;
};

static int
bad(struct error *err, const char *what)
{
	return error_set(err, ERROR_CONFIG, 0, "%s", what);
}

/* --- values of keys; jv is borrowed --- */

static int
read_text(char **field, jv value, struct error *err)
{
	if (jv_get_kind(value) == JV_KIND_NULL)
		return 0;
	if (jv_get_kind(value) != JV_KIND_STRING)
		return bad(err, "is to be a text");
	if (strlen(jv_string_value(value)) != (size_t)jv_string_length_bytes(jv_copy(value)))
		return bad(err, "holds a NUL byte");
	free(*field);
	*field = NULL;
	if (jv_string_value(value)[0] != '\0')
		*field = alloc_string(jv_string_value(value));
	return 0;
}

/* The words of YAML 1.1 are in the wild. */
static int
read_bool(bool *field, jv value, struct error *err)
{
	static const char *const words[] = { "no", "yes", "off", "on", "n", "y", "false", "true" };
	size_t i;

	switch (jv_get_kind(value)) {
	case JV_KIND_NULL:
		return 0;
	case JV_KIND_TRUE:
	case JV_KIND_FALSE:
		*field = jv_get_kind(value) == JV_KIND_TRUE;
		return 0;
	case JV_KIND_STRING:
		for (i = 0; i < ALLOC_COUNT(words); i++) {
			if (strcasecmp(jv_string_value(value), words[i]) == 0) {
				*field = i % 2 == 1;
				return 0;
			}
		}
		break;
	case JV_KIND_INVALID:
	case JV_KIND_NUMBER:
	case JV_KIND_ARRAY:
	case JV_KIND_OBJECT:
		break;
	}
	return bad(err, "is to be true or false");
}

static int
read_name(struct registries_entry *entry, jv value, struct error *err)
{
	return read_text(&entry->name, value, err);
}

static int
read_prefix(struct registries_entry *entry, jv value, struct error *err)
{
	CLEANUP_FREE char *text = NULL;
	size_t host_len, len;

	if (read_text(&text, value, err) != 0)
		return -1;
	if (text == NULL)
		return 0;
	len = strlen(text);
	while (len > 0 && text[len - 1] == '/')
		text[--len] = '\0';
	host_len = strcspn(text, "/");
	entry->host = reference_host(text, host_len);
	if (entry->host == NULL)
		return bad(err, "is to be host[:port] or host[:port]/path, without a scheme");
	free(entry->path);
	entry->path = alloc_string(host_len < len ? text + host_len + 1 : "");
	return 0;
}

/* Docker Hub's API is at another host than its name says. */
static char *
api_of(const char *text, size_t len, const struct url *url)
{
	if (strcmp(url->host, "docker.io") == 0 || strcmp(url->host, "index.docker.io") == 0)
		return alloc_string("https://registry-1.docker.io");
	return alloc_text(text, len);
}

static int
read_api_url(struct registries_entry *entry, jv value, struct error *err)
{
	CLEANUP_FREE char *text = NULL;
	struct url url;
	size_t len;

	if (read_text(&text, value, err) != 0)
		return -1;
	if (text == NULL)
		return 0;
	if (url_parse(&url, text, err) != 0 || strchr(url.rest, '?') != NULL)
		return bad(err, "is to be an http:// or https:// URL of a host, without a query");
	len = strlen(text);
	while (text[len - 1] == '/')
		len--;
	free(entry->api_url);
	entry->api_url = api_of(text, len, &url);
	return 0;
}

static int
read_credentials(struct registries_entry *entry, jv value, struct error *err)
{
	struct credential_source source;

	if (read_text(&entry->credentials, value, err) != 0)
		return -1;
	if (entry->credentials == NULL)
		return 0;
	if (credential_source_parse(&source, entry->credentials, err) != 0)
		return -1;
	if (source.namespace != NULL && source.namespace[0] == '\0') {
		credential_source_fini(&source);
		return bad(err, "is to name the Secret's namespace too: pullsecret:NAMESPACE/NAME");
	}
	credential_source_fini(&source);
	return 0;
}

static int
read_expiry(struct registries_entry *entry, jv value, struct error *err)
{
	CLEANUP_FREE char *text = NULL;

	if (read_text(&text, value, err) != 0)
		return -1;
	entry->credentials_expire_ms = text != NULL ? options_duration_ms(text) : 0;
	if (entry->credentials_expire_ms < 0)
		return bad(err, "is to be a duration such as 5h or 1h30m");
	return 0;
}

/* Tags of charts are sorted by version: only the spelling is checked. */
static int
read_sort_mode(struct registries_entry *entry, jv value, struct error *err)
{
	CLEANUP_FREE char *text = NULL;

	(void)entry;
	if (read_text(&text, value, err) != 0)
		return -1;
	if (text == NULL || strcasecmp(text, "latest-first") == 0 ||
	    strcasecmp(text, "latest-last") == 0 || strcasecmp(text, "none") == 0)
		return 0;
	return bad(err, "is to be latest-first, latest-last or none");
}

static int
read_ping(struct registries_entry *entry, jv value, struct error *err)
{
	bool ping = false; /* nobody ever used it */

	(void)entry;
	return read_bool(&ping, value, err);
}

static int
read_insecure(struct registries_entry *entry, jv value, struct error *err)
{
	return read_bool(&entry->is_insecure, value, err);
}

static int
read_default(struct registries_entry *entry, jv value, struct error *err)
{
	return read_bool(&entry->is_default, value, err);
}

static int
read_ca_file(struct registries_entry *entry, jv value, struct error *err)
{
	return read_text(&entry->ca_file, value, err);
}

static int
read_ca_data(struct registries_entry *entry, jv value, struct error *err)
{
	return read_text(&entry->ca_data, value, err);
}

static int
read_namespace(struct registries_entry *entry, jv value, struct error *err)
{
	return read_text(&entry->default_namespace, value, err);
}

static int
read_limit(struct registries_entry *entry, jv value, struct error *err)
{
	if (jv_get_kind(value) == JV_KIND_NULL)
		return 0;
	if (jv_get_kind(value) != JV_KIND_NUMBER)
		return bad(err, "is to be a number of requests per second");
	entry->limit = jv_number_value(value) > 0 ? jv_number_value(value) : 0;
	return 0;
}

static const struct {
	const char *key;
	int (*take)(struct registries_entry *entry, jv value, struct error *err);
} keys[] = {
	{ "name", read_name },
	{ "prefix", read_prefix },
	{ "api_url", read_api_url },
	{ "ping", read_ping },
	{ "credentials", read_credentials },
	{ "credsexpire", read_expiry },
	{ "tagsortmode", read_sort_mode },
	{ "insecure", read_insecure },
	{ "ca_file", read_ca_file },
	{ "ca_data", read_ca_data },
	{ "defaultns", read_namespace },
	{ "limit", read_limit },
	{ "default", read_default },
};

/* --- entries --- */

static int
read_key(struct registries_entry *entry, const char *key, jv value, struct error *err)
{
	size_t i;

	for (i = 0; i < ALLOC_COUNT(keys); i++) {
		if (strcmp(key, keys[i].key) != 0)
			continue;
		return keys[i].take(entry, value, err) == 0 ? 0 : error_prepend(err, "%s", key);
	}
	return error_set(err, ERROR_CONFIG, 0,
			 "%s is no key that is known (name prefix api_url ping credentials "
			 "credsexpire tagsortmode insecure ca_file ca_data defaultns limit "
			 "default)",
			 key);
}

static int
check_entry(const struct registries_entry *entry, struct error *err)
{
	if (entry->name == NULL)
		return bad(err, "has no name");
	if (entry->api_url == NULL)
		return bad(err, "has no api_url");
	if (entry->ca_file != NULL && entry->ca_data != NULL)
		return bad(err, "has both ca_file and ca_data");
	return 0;
}

static int
read_entry(struct registries_entry *entry, jv object, struct error *err)
{
	int iter, status = 0;

	if (jv_get_kind(object) != JV_KIND_OBJECT)
		return bad(err, "is to be a mapping");
	for (iter = jv_object_iter(object); status == 0 && jv_object_iter_valid(object, iter);
	     iter = jv_object_iter_next(object, iter)) {
		jv key = jv_object_iter_key(object, iter);
		jv value = jv_object_iter_value(object, iter);

		status = read_key(entry, jv_string_value(key), value, err);
		jv_free(key);
		jv_free(value);
	}
	return status == 0 ? check_entry(entry, err) : -1;
}

static void
fini_entry(struct registries_entry *entry)
{
	free(entry->name);
	free(entry->host);
	free(entry->path);
	free(entry->api_url);
	free(entry->credentials);
	free(entry->default_namespace);
	free(entry->ca_file);
	free(entry->ca_data);
}

static bool
is_same_prefix(const struct registries_entry *a, const struct registries_entry *b)
{
	if (a->host == NULL || b->host == NULL)
		return a->host == b->host;
	return strcmp(a->host, b->host) == 0 && strcmp(a->path, b->path) == 0;
}

/* The last of two entries with one prefix used to win silently, and teams got each other's
 * credentials. */
static int
check_beside(const struct registries *registries, size_t at, struct error *err)
{
	const struct registries_entry *entry = &registries->entries[at], *other;
	size_t i;

	for (i = 0; i < at; i++) {
		other = &registries->entries[i];
		if (is_same_prefix(other, entry) && entry->host == NULL)
			return error_set(err, ERROR_CONFIG, 0,
					 "has no prefix, nor has %s: one may omit it", other->name);
		if (is_same_prefix(other, entry))
			return error_set(err, ERROR_CONFIG, 0,
					 "has the prefix of %s: give each its path (prefix: "
					 "host/path)",
					 other->name);
		if (other->is_default && entry->is_default)
			return error_set(err, ERROR_CONFIG, 0, "is a default beside %s",
					 other->name);
	}
	return 0;
}

static int
read_list(struct registries *registries, jv list, struct error *err)
{
	int count, i, status = 0;

	if (jv_get_kind(list) == JV_KIND_NULL)
		return 0;
	if (jv_get_kind(list) != JV_KIND_ARRAY)
		return bad(err, "registries is to be a list");
	count = jv_array_length(jv_copy(list));
	registries->entries = alloc_zero((size_t)count, sizeof(*registries->entries));
	for (i = 0; status == 0 && i < count; i++) {
		jv object = jv_array_get(jv_copy(list), i);
		struct registries_entry *entry = &registries->entries[registries->count++];

		status = read_entry(entry, object, err);
		if (status == 0)
			status = check_beside(registries, (size_t)i, err);
		if (status != 0)
			error_prepend(err, "registries[%d]%s%s%s", i, entry->name ? " (" : "",
				      entry->name ? entry->name : "", entry->name ? ")" : "");
		jv_free(object);
	}
	return status;
}

static int
read_file(struct registries *registries, jv file, struct error *err)
{
	jv list;
	int status;

	if (jv_get_kind(file) == JV_KIND_NULL)
		return 0;
	if (jv_get_kind(file) != JV_KIND_OBJECT || jv_object_length(jv_copy(file)) != 1 ||
	    !jv_object_has(jv_copy(file), jv_string("registries")))
		return bad(err, "the one key at the top is to be registries, a list");
	list = jv_object_get(jv_copy(file), jv_string("registries"));
	status = read_list(registries, list, err);
	jv_free(list);
	return status;
}

/* One document, or none. */
static int
read_document(struct registries *registries, struct yaml_reader *reader, struct error *err)
{
	jv file;
	int found = yaml_value_next(reader, &file, err), status;

	if (found <= 0)
		return found;
	status = read_file(registries, file, err);
	jv_free(file);
	if (status != 0)
		return -1;
	found = yaml_value_next(reader, &file, err);
	if (found > 0) {
		jv_free(file);
		return bad(err, "a second document is in it");
	}
	return found;
}

/* --- what others call --- */

struct registries *
registries_parse(const char *text, size_t len, struct error *err)
{
	struct registries *registries = alloc_zero(1, sizeof(*registries));
	struct yaml_reader *reader = yaml_open(text, len, err);
	int status = reader != NULL ? read_document(registries, reader, err) : -1;

	yaml_close(reader);
	if (status == 0)
		return registries;
	if (err != NULL)
		err->kind = ERROR_CONFIG;
	registries_free(registries);
	return NULL;
}

void
registries_free(struct registries *registries)
{
	size_t i;

	if (registries == NULL)
		return;
	for (i = 0; i < registries->count; i++)
		fini_entry(&registries->entries[i]);
	free(registries->entries);
	free(registries);
}

size_t
registries_count(const struct registries *registries)
{
	return registries->count;
}

const struct registries_entry *
registries_at(const struct registries *registries, size_t i)
{
	return &registries->entries[i];
}

static bool
is_same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool
registries_is_same(const struct registries_entry *a, const struct registries_entry *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a->api_url, b->api_url) == 0 &&
	       is_same_text(a->credentials, b->credentials) &&
	       is_same_text(a->default_namespace, b->default_namespace) &&
	       is_same_text(a->ca_file, b->ca_file) && is_same_text(a->ca_data, b->ca_data) &&
	       a->is_insecure == b->is_insecure;
}

const struct registries_entry *
registries_find(const struct registries *registries, const struct reference *reference)
{
	const struct registries_entry *best = NULL;
	size_t i;

	for (i = 0; i < registries->count; i++) {
		const struct registries_entry *entry = &registries->entries[i];

		if (entry->host != NULL && strcmp(entry->host, reference->host) == 0 &&
		    reference_is_below(reference->path, entry->path) &&
		    (best == NULL || strlen(entry->path) > strlen(best->path)))
			best = entry;
	}
	return best;
}
