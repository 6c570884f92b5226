/*
 * Matching kubectl's names against discovery documents, read as bytes. Knows the documents'
 * shapes and kubectl's order of preference (exact plural, short name, singular or kind; a group
 * given exactly before one given by its beginning; then the server's order). Must not ask a
 * server, and knows no kind of object by name but for one short name.
 */
#include "resource.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../bus/alloc.h"
#include "../bus/json.h"

#define NO_MATCH 100

void
resource_fini(struct resource *resource)
{
	free(resource->api);
	free(resource->plural);
	free(resource->kind);
	memset(resource, 0, sizeof(*resource));
}

void
resource_search_init(struct resource_search *search, const char *name)
{
	memset(search, 0, sizeof(*search));
	search->name = name;
	search->rank = NO_MATCH;
}

void
resource_search_fini(struct resource_search *search)
{
	char *path;

	while ((path = resource_search_next(search)) != NULL)
		free(path);
	free(search->waiting);
	search->waiting = NULL;
	resource_fini(&search->found);
}

/* What stands behind the first dot: a group, or version and group; NULL: neither. */
static const char *
qualifier(const struct resource_search *search)
{
	const char *dot = strchr(search->name, '.');

	return dot ? dot + 1 : NULL;
}

bool
resource_in_core(const struct resource_search *search)
{
	const char *rest = qualifier(search);

	/* pods.v1. names a version of the group without a name. */
	return !rest || (*rest && rest[strlen(rest) - 1] == '.');
}

bool
resource_in_groups(const struct resource_search *search)
{
	return !qualifier(search) || !resource_in_core(search);
}

bool
resource_is_settled(const struct resource_search *search)
{
	return search->rank == 0;
}

/* 0: the group (and version) that the name asks for; 1: only by its beginning. */
static int
rank_of_group(const struct resource_search *search, const char *group, const char *version)
{
	const char *rest = qualifier(search);
	size_t len = strlen(version);

	if (!rest || strcmp(rest, group) == 0)
		return 0;
	if (strncmp(rest, version, len) == 0 && rest[len] == '.' &&
	    strcmp(rest + len + 1, group) == 0)
		return 0;
	return *rest && strncmp(rest, group, strlen(rest)) == 0 ? 1 : NO_MATCH;
}

/* The string member as text of its own; NULL: absent. */
static char *
member_text(struct json_slice object, const char *name)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1024);

	if (!json_string(json_member(object, name), &text) ||
	    memchr(buf_string(&text), 0, text.len))
		return NULL;
	return alloc_string(buf_string(&text));
}

static bool
list_has(struct json_slice list, const char *text)
{
	struct json_slice value;
	size_t cursor = 0;

	if (!json_is_array(list))
		return false;
	while (json_next(list, &cursor, NULL, &value))
		if (json_string_is(value, text))
			return true;
	return false;
}

/* What a document says about one resource; the two kinds of document name it differently. */
struct candidate {
	const char *group, *version;
	struct json_slice object;
	const char *plural, *singular; /* names of the members */
	struct json_slice kind;
};

static int
rank_of_name(const struct resource_search *search, const struct candidate *candidate)
{
	CLEANUP_FREE char *name = alloc_text(search->name, strcspn(search->name, "."));
	CLEANUP_FREE char *singular = member_text(candidate->object, candidate->singular);
	CLEANUP_BUF struct buf kind = BUF_INIT(1024);
	size_t i;

	for (i = 0; name[i]; i++)
		if (name[i] >= 'A' && name[i] <= 'Z')
			name[i] = (char)(name[i] - 'A' + 'a');
	if (json_string_is(json_member(candidate->object, candidate->plural), name))
		return 0;
	if (list_has(json_member(candidate->object, "shortNames"), name))
		return 2;
	if (singular && strcmp(singular, name) == 0)
		return 4;
	if (json_string(candidate->kind, &kind) && strcasecmp(buf_string(&kind), name) == 0)
		return 4;
	return NO_MATCH;
}

static bool
can_be_followed(struct json_slice resource)
{
	struct json_slice verbs = json_member(resource, "verbs");

	return list_has(verbs, "list") && list_has(verbs, "watch");
}

/* Keep the candidate when it is better than what was found. */
static void
consider(struct resource_search *search, const struct candidate *candidate, bool namespaced)
{
	int group = rank_of_group(search, candidate->group, candidate->version);
	int rank = group == NO_MATCH ? NO_MATCH : rank_of_name(search, candidate) + group;
	CLEANUP_BUF struct buf kind = BUF_INIT(1024);

	if (rank >= search->rank || !can_be_followed(candidate->object) ||
	    !json_string(candidate->kind, &kind))
		return;
	resource_fini(&search->found);
	search->rank = rank;
	search->found.api = *candidate->group ?
				    alloc_format("%s/%s", candidate->group, candidate->version) :
				    alloc_string(candidate->version);
	search->found.plural = member_text(candidate->object, candidate->plural);
	search->found.kind = alloc_string(buf_string(&kind));
	search->found.namespaced = namespaced;
}

/* --- aggregated discovery --- */

static void
look_at_version(struct resource_search *search, const char *group, struct json_slice version)
{
	CLEANUP_FREE char *version_name = member_text(version, "version");
	struct json_slice resources = json_member(version, "resources"), resource;
	size_t cursor = 0;

	if (!version_name || !json_is_array(resources))
		return;
	while (json_next(resources, &cursor, NULL, &resource)) {
		struct candidate candidate = {
			.group = group,
			.version = version_name,
			.object = resource,
			.plural = "resource",
			.singular = "singularResource",
			.kind = json_member(json_member(resource, "responseKind"), "kind"),
		};

		consider(search, &candidate,
			 json_string_is(json_member(resource, "scope"), "Namespaced"));
	}
}

static void
look_at_group(struct resource_search *search, struct json_slice group)
{
	CLEANUP_FREE char *name = member_text(json_member(group, "metadata"), "name");
	struct json_slice versions = json_member(group, "versions"), version;
	size_t cursor = 0;

	if (!json_is_array(versions))
		return;
	while (json_next(versions, &cursor, NULL, &version))
		look_at_version(search, name ? name : "", version);
}

static void
look_at_groups(struct resource_search *search, struct json_slice document)
{
	struct json_slice items = json_member(document, "items"), group;
	size_t cursor = 0;

	if (!json_is_array(items))
		return;
	while (json_next(items, &cursor, NULL, &group))
		look_at_group(search, group);
}

/* --- documents of servers that do not aggregate --- */

static void
wait_for(struct resource_search *search, char *take)
{
	size_t n = 0;

	while (search->waiting && search->waiting[n])
		n++;
	search->waiting = alloc_grow(search->waiting, n + 2, sizeof(*search->waiting));
	search->waiting[n] = take;
	search->waiting[n + 1] = NULL;
}

char *
resource_search_next(struct resource_search *search)
{
	char *first = search->waiting ? search->waiting[0] : NULL;
	size_t n;

	for (n = 0; first && search->waiting[n]; n++)
		search->waiting[n] = search->waiting[n + 1];
	return first;
}

/* One group of an APIGroupList: the version that the server prefers, or all of them when the
 * name asks for a version. */
static void
wait_for_group(struct resource_search *search, struct json_slice group)
{
	CLEANUP_FREE char *name = member_text(group, "name");
	struct json_slice versions = json_member(group, "versions"), version;
	size_t cursor = 0;

	if (!name || !json_is_array(versions))
		return;
	while (json_next(versions, &cursor, NULL, &version)) {
		CLEANUP_FREE char *text = member_text(version, "version");

		if (text && rank_of_group(search, name, text) != NO_MATCH)
			wait_for(search, alloc_format("/apis/%s/%s", name, text));
	}
}

static void
wait_for_groups(struct resource_search *search, struct json_slice document)
{
	struct json_slice groups = json_member(document, "groups"), group;
	size_t cursor = 0;

	if (!json_is_array(groups))
		return;
	while (json_next(groups, &cursor, NULL, &group))
		wait_for_group(search, group);
}

static void
look_at_list(struct resource_search *search, struct json_slice document)
{
	CLEANUP_FREE char *api = member_text(document, "groupVersion");
	struct json_slice resources = json_member(document, "resources"), resource;
	char *slash = api ? strchr(api, '/') : NULL;
	size_t cursor = 0;

	if (!api || !json_is_array(resources))
		return;
	if (slash)
		*slash = '\0';
	while (json_next(resources, &cursor, NULL, &resource)) {
		struct candidate candidate = {
			.group = slash ? api : "",
			.version = slash ? slash + 1 : api,
			.object = resource,
			.plural = "name",
			.singular = "singularName",
			.kind = json_member(resource, "kind"),
		};
		struct json_slice namespaced = json_member(resource, "namespaced");

		consider(search, &candidate, namespaced.text && *namespaced.text == 't');
	}
}

int
resource_search_in(struct resource_search *search, const char *text, size_t len, struct error *err)
{
	struct json_slice document = { text, len }, kind;

	if (json_check(text, len, &json_limits_message, err))
		return error_prepend(err, "the API server's discovery document");
	kind = json_member(document, "kind");
	if (json_string_is(kind, "APIGroupDiscoveryList"))
		look_at_groups(search, document);
	else if (json_string_is(kind, "APIGroupList"))
		wait_for_groups(search, document);
	else if (json_string_is(kind, "APIVersions"))
		wait_for(search, alloc_string("/api/v1"));
	else if (json_string_is(kind, "APIResourceList"))
		look_at_list(search, document);
	else
		return error_set(err, ERROR_PROTOCOL, 0,
				 "the API server's discovery document is of no known kind");
	return 0;
}

/* --- without a server --- */

/* English as the API's authors use it: policies, ingresses, applications. */
static bool
is_plural(const char *name, const char *kind, size_t len)
{
	const char *end = name + len;

	if (len > 1 && kind[len - 1] == 'y' && strncasecmp(name, kind, len - 1) == 0 &&
	    strcasecmp(name + len - 1, "ies") == 0)
		return true;
	if (strncasecmp(name, kind, len) != 0)
		return false;
	return strcasecmp(end, "s") == 0 || strcasecmp(end, "es") == 0;
}

bool
resource_names_kind(const char *name, const char *api_version, const char *kind)
{
	struct resource_search search = { .name = name };
	const char *slash = strchr(api_version, '/');
	CLEANUP_FREE char *group =
		alloc_text(api_version, slash ? (size_t)(slash - api_version) : 0);
	CLEANUP_FREE char *plain = alloc_text(name, strcspn(name, "."));

	if (rank_of_group(&search, group, slash ? slash + 1 : api_version) != 0)
		return false;
	if (strcasecmp(plain, kind) == 0 || is_plural(plain, kind, strlen(kind)))
		return true;
	return strcmp(kind, "Application") == 0 &&
	       (strcmp(plain, "app") == 0 || strcmp(plain, "apps") == 0);
}
