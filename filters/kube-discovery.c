/*
 * The requests of discovery: /api, then /apis, then what older servers refer to, until nothing
 * better can be found. Knows the order of requests; what is in the documents is resource.c's.
 */
#include "kube-discovery.h"

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "kube-priv.h"

#define ACCEPT_AGGREGATED                                                                        \
	"application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"                  \
	"application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/" \
	"json"
#define ANSWER_MAX ((size_t)16 * 1024 * 1024)

struct kube_discovery {
	struct kube *kube;
	char *name;
	struct resource_search search;
	struct kube_call *call;
	bool core_asked, groups_asked, is_optional;
	struct error skipped; /* why a document of many could not be had */
	kube_discovery_fn *on_done;
	void *arg;
};

static void
free_discovery(struct kube_discovery *discovery)
{
	resource_search_fini(&discovery->search);
	free(discovery->name);
	free(discovery);
}

static void
finish(struct kube_discovery *discovery, const struct error *err)
{
	struct error why;

	if (!err && !discovery->search.found.api) {
		why = discovery->skipped;
		if (why.kind == ERROR_NONE)
			error_set(
				&why, ERROR_NOT_FOUND, 404,
				"%s has no resource \"%s\" that can be listed and watched; is its "
				"CRD installed? (kubectl api-resources shows what there is)",
				kube_server(discovery->kube), discovery->name);
		err = &why;
	}
	discovery->on_done(discovery->arg, &discovery->search.found, err);
	free_discovery(discovery);
}

/* The next document's path, owned; NULL: there is nothing more to ask for. */
static char *
next_path(struct kube_discovery *discovery)
{
	struct resource_search *search = &discovery->search;
	char *path;

	discovery->is_optional = false;
	if (resource_is_settled(search))
		return NULL;
	if (resource_in_core(search) && !discovery->core_asked) {
		discovery->core_asked = true;
		return alloc_string("/api");
	}
	path = resource_search_next(search);
	if (path) {
		discovery->is_optional = true;
		return path;
	}
	if (resource_in_groups(search) && !discovery->groups_asked) {
		discovery->groups_asked = true;
		return alloc_string("/apis");
	}
	return NULL;
}

static void on_document(void *arg, const struct kube_answer *answer, const struct error *err);

/* False: nothing is left to ask for. */
static bool
ask_next(struct kube_discovery *discovery)
{
	CLEANUP_FREE char *path = next_path(discovery);
	struct kube_request request = {
		.path = path,
		.accept = ACCEPT_AGGREGATED,
		.answer_max = ANSWER_MAX,
		.on_done = on_document,
		.arg = discovery,
	};

	discovery->call = path ? kube_start(discovery->kube, &request) : NULL;
	return path != NULL;
}

static void
on_document(void *arg, const struct kube_answer *answer, const struct error *err)
{
	struct kube_discovery *discovery = arg;
	struct error why;

	if (!err && resource_search_in(&discovery->search, answer->body, answer->body_len, &why))
		err = &why;
	if (err && discovery->is_optional) {
		discovery->skipped = *err;
		err = NULL;
	}
	if (err || !ask_next(discovery))
		finish(discovery, err);
}

struct kube_discovery *
kube_discover(struct kube *kube, const char *name, kube_discovery_fn *on_done, void *arg)
{
	struct kube_discovery *discovery = alloc_zero(1, sizeof(*discovery));

	discovery->kube = kube;
	discovery->name = alloc_string(name);
	discovery->on_done = on_done;
	discovery->arg = arg;
	resource_search_init(&discovery->search, discovery->name);
	ask_next(discovery);
	return discovery;
}

void
kube_discovery_cancel(struct kube_discovery *discovery)
{
	if (!discovery)
		return;
	if (discovery->call)
		kube_cancel(discovery->call);
	free_discovery(discovery);
}
