/* See kube-kinds.h. */
#include "kube-kinds.h"

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/json.h"
#include "../bus/table.h"
#include "kube.h"

#define NAME_MAX_BYTES ((size_t)1024)

struct kube_kinds {
	struct table *kinds; /* "API KIND" -> struct kube_kind */
};

struct kube_kinds *
kube_kinds_new(void)
{
	struct kube_kinds *kinds = alloc_zero(1, sizeof(*kinds));

	kinds->kinds = table_new(free);
	return kinds;
}

void
kube_kinds_free(struct kube_kinds *kinds)
{
	if (!kinds)
		return;
	table_free(kinds->kinds);
	free(kinds);
}

const struct kube_kind *
kube_kinds_get(const struct kube_kinds *kinds, const char *api, const char *kind)
{
	CLEANUP_FREE char *key = alloc_format("%s %s", api, kind);

	return table_get(kinds->kinds, key, strlen(key));
}

char *
kube_kinds_path(const char *api)
{
	const char *slash = strchr(api, '/');
	CLEANUP_FREE char *group = alloc_text(api, slash ? (size_t)(slash - api) : 0);

	if ((slash && !kube_is_name(group)) || !kube_is_name(slash ? slash + 1 : api))
		return NULL;
	return alloc_format("%s/%s", slash ? "/apis" : "/api", api);
}

static void
remember(struct kube_kinds *kinds, const char *api, struct json_slice resource)
{
	CLEANUP_BUF struct buf plural = BUF_INIT(NAME_MAX_BYTES);
	CLEANUP_BUF struct buf kind = BUF_INIT(NAME_MAX_BYTES);
	CLEANUP_FREE char *key = NULL;
	struct json_slice namespaced = json_member(resource, "namespaced");
	struct kube_kind *found;

	if (!json_string(json_member(resource, "name"), &plural) ||
	    !json_string(json_member(resource, "kind"), &kind) ||
	    !kube_is_name(buf_string(&plural))) /* a subresource has a slash */
		return;
	found = alloc_zero(1, sizeof(*found) + plural.len + 1);
	found->is_namespaced = namespaced.text && namespaced.text[0] == 't';
	memcpy(found->plural, buf_string(&plural), plural.len + 1);
	key = alloc_format("%s %s", api, buf_string(&kind));
	table_put(kinds->kinds, key, strlen(key), found);
}

int
kube_kinds_read(struct kube_kinds *kinds, const char *api, const char *text, size_t len,
		struct error *err)
{
	struct json_slice document = { text, len }, resources, resource;
	size_t cursor = 0;

	if (json_check(text, len, &json_limits_message, err))
		return error_prepend(err, "the API server's list of resources of %s", api);
	resources = json_member(document, "resources");
	if (!json_is_array(resources))
		return error_set(err, ERROR_PROTOCOL, 0,
				 "the API server's list of resources of %s is none", api);
	while (json_next(resources, &cursor, NULL, &resource))
		remember(kinds, api, resource);
	return 0;
}
