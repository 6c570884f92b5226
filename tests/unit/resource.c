/* Names of resources against discovery documents, aggregated and older ones. */
#include "../check.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../../filters/resource.h"

#define VERBS "\"verbs\":[\"create\",\"delete\",\"get\",\"list\",\"patch\",\"watch\"]"

static const char core[] =
	"{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":\"apidiscovery.k8s.io/"
	"v2\",\"metadata\":{},"
	"\"items\":[{\"metadata\":{\"creationTimestamp\":null},\"versions\":[{\"version\":\"v1\","
	"\"resources\":["
	"{\"resource\":\"bindings\",\"responseKind\":{\"group\":\"\",\"version\":\"\",\"kind\":"
	"\"Binding\"},"
	"\"scope\":\"Namespaced\",\"singularResource\":\"binding\",\"verbs\":[\"create\"]},"
	"{\"resource\":\"configmaps\",\"responseKind\":{\"kind\":\"ConfigMap\"},\"scope\":"
	"\"Namespaced\","
	"\"singularResource\":\"configmap\"," VERBS ",\"shortNames\":[\"cm\"]},"
	"{\"resource\":\"namespaces\",\"responseKind\":{\"kind\":\"Namespace\"},\"scope\":"
	"\"Cluster\","
	"\"singularResource\":\"namespace\"," VERBS ",\"shortNames\":[\"ns\"]},"
	"{\"resource\":\"events\",\"responseKind\":{\"kind\":\"Event\"},\"scope\":\"Namespaced\","
	"\"singularResource\":\"event\"," VERBS ",\"shortNames\":[\"ev\"]}]}]}]}";

static const char groups[] =
	"{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":\"apidiscovery.k8s.io/v2\",\"items\":["
	"{\"metadata\":{\"name\":\"events.k8s.io\"},\"versions\":[{\"version\":\"v1\","
	"\"resources\":["
	"{\"resource\":\"events\",\"responseKind\":{\"kind\":\"Event\"},\"scope\":\"Namespaced\","
	"\"singularResource\":\"event\"," VERBS "}]}]},"
	"{\"metadata\":{\"name\":\"argoproj.io\"},\"versions\":[{\"version\":\"v1alpha1\","
	"\"resources\":["
	"{\"resource\":\"applications\",\"responseKind\":{\"kind\":\"Application\"},"
	"\"scope\":\"Namespaced\",\"singularResource\":\"application\"," VERBS
	",\"shortNames\":[\"app\",\"apps\"]}],\"freshness\":\"Current\"}]},"
	"{\"metadata\":{\"name\":\"app.k8s.io\"},\"versions\":[{\"version\":\"v1beta1\","
	"\"resources\":["
	"{\"resource\":\"applications\",\"responseKind\":{\"kind\":\"Application\"},"
	"\"scope\":\"Namespaced\",\"singularResource\":\"application\"," VERBS "}]}]},"
	"{\"metadata\":{\"name\":\"deckhouse.io\"},\"versions\":[{\"version\":\"v1alpha2\","
	"\"resources\":["
	"{\"resource\":\"werfsources\",\"responseKind\":{\"kind\":\"WerfSource\"},\"scope\":"
	"\"Cluster\","
	"\"singularResource\":\"werfsource\"," VERBS "}]},"
	"{\"version\":\"v1alpha1\",\"resources\":["
	"{\"resource\":\"werfsources\",\"responseKind\":{\"kind\":\"WerfSource\"},\"scope\":"
	"\"Cluster\","
	"\"singularResource\":\"werfsource\"," VERBS "},"
	"{\"resource\":\"app\",\"responseKind\":{\"kind\":\"App\"},\"scope\":\"Cluster\","
	"\"singularResource\":\"app\",\"verbs\":[\"get\"]}]}]}]}";

struct row {
	const char *name;
	const char *want; /* api plural kind scope; NULL: nothing */
};

static const struct row rows[] = {
	{ "applications", "argoproj.io/v1alpha1 applications Application namespaced" },
	{ "application", "argoproj.io/v1alpha1 applications Application namespaced" },
	{ "Application", "argoproj.io/v1alpha1 applications Application namespaced" },
	{ "app", "argoproj.io/v1alpha1 applications Application namespaced" },
	{ "apps", "argoproj.io/v1alpha1 applications Application namespaced" },
	{ "applications.argoproj.io", "argoproj.io/v1alpha1 applications Application namespaced" },
	{ "app.argoproj.io", "argoproj.io/v1alpha1 applications Application namespaced" },
	{ "application.argoproj.io", "argoproj.io/v1alpha1 applications Application namespaced" },
	{ "applications.v1alpha1.argoproj.io",
	  "argoproj.io/v1alpha1 applications Application namespaced" },
	{ "applications.argo", "argoproj.io/v1alpha1 applications Application namespaced" },
	{ "applications.app", "app.k8s.io/v1beta1 applications Application namespaced" },
	{ "applications.app.k8s.io", "app.k8s.io/v1beta1 applications Application namespaced" },
	{ "applications.v2.argoproj.io", NULL },
	{ "applications.example.org", NULL },
	{ "werfsources.deckhouse.io", "deckhouse.io/v1alpha2 werfsources WerfSource cluster" },
	{ "werfsource", "deckhouse.io/v1alpha2 werfsources WerfSource cluster" },
	{ "werfsources.v1alpha1.deckhouse.io",
	  "deckhouse.io/v1alpha1 werfsources WerfSource cluster" },
	{ "configmaps", "v1 configmaps ConfigMap namespaced" },
	{ "cm", "v1 configmaps ConfigMap namespaced" },
	{ "ConfigMap", "v1 configmaps ConfigMap namespaced" },
	{ "configmaps.v1.", "v1 configmaps ConfigMap namespaced" },
	{ "ns", "v1 namespaces Namespace cluster" },
	{ "events", "v1 events Event namespaced" },
	{ "events.events.k8s.io", "events.k8s.io/v1 events Event namespaced" },
	{ "bindings", NULL }, /* cannot be listed */
	{ "nothing", NULL },
	{ "", NULL },
	{ ".", NULL },
	{ "applications.", NULL },
};

static char *
describe(const struct resource *found)
{
	if (!found->api)
		return NULL;
	return alloc_format("%s %s %s %s", found->api, found->plural, found->kind,
			    found->namespaced ? "namespaced" : "cluster");
}

static void
test_names(void)
{
	size_t i;

	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		struct resource_search search;
		char *got;

		resource_search_init(&search, rows[i].name);
		if (resource_in_core(&search))
			resource_search_in(&search, core, sizeof(core) - 1, NULL);
		if (!resource_is_settled(&search) && resource_in_groups(&search))
			resource_search_in(&search, groups, sizeof(groups) - 1, NULL);
		got = describe(&search.found);
		check_text(got, rows[i].want, rows[i].name);
		free(got);
		resource_search_fini(&search);
	}
}

/* A server that does not aggregate: which documents are asked for, and what is found there. */
static void
test_older(void)
{
	static const char versions[] = "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}";
	static const char list[] =
		"{\"kind\":\"APIGroupList\",\"groups\":[{\"name\":\"argoproj.io\",\"versions\":["
		"{\"groupVersion\":\"argoproj.io/v1alpha1\",\"version\":\"v1alpha1\"}]},"
		"{\"name\":\"apps\",\"versions\":[{\"groupVersion\":\"apps/"
		"v1\",\"version\":\"v1\"}]}]}";
	static const char resources[] =
		"{\"kind\":\"APIResourceList\",\"groupVersion\":\"argoproj.io/"
		"v1alpha1\",\"resources\":["
		"{\"name\":\"applications\",\"singularName\":\"application\",\"namespaced\":true,"
		"\"kind\":\"Application\"," VERBS ",\"shortNames\":[\"app\"]},"
		"{\"name\":\"applications/status\",\"singularName\":\"\",\"namespaced\":true,"
		"\"kind\":\"Application\",\"verbs\":[\"get\"]}]}";
	struct resource_search search;
	char *path, *got;

	resource_search_init(&search, "app.argoproj.io");
	check_number(resource_search_in(&search, versions, sizeof(versions) - 1, NULL), 0,
		     "APIVersions is read");
	path = resource_search_next(&search);
	check_text(path, "/api/v1", "it leads to the core group");
	free(path);
	check_number(resource_search_in(&search, list, sizeof(list) - 1, NULL), 0,
		     "APIGroupList is read");
	path = resource_search_next(&search);
	check_text(path, "/apis/argoproj.io/v1alpha1", "it leads to the group that is asked for");
	free(path);
	check(resource_search_next(&search) == NULL, "and to no other");
	resource_search_in(&search, resources, sizeof(resources) - 1, NULL);
	got = describe(&search.found);
	check_text(got, "argoproj.io/v1alpha1 applications Application namespaced",
		   "APIResourceList is searched");
	free(got);
	resource_search_fini(&search);
}

static void
test_broken(void)
{
	static const char *const texts[] = { "",
					     "{",
					     "[]",
					     "{}",
					     "<html>",
					     "{\"kind\":\"Status\"}",
					     "{\"kind\":\"APIGroupDiscoveryList\",\"items\":7} x" };
	static const char *const odd[] = {
		"{\"kind\":\"APIGroupDiscoveryList\"}",
		"{\"kind\":\"APIGroupDiscoveryList\",\"items\":{}}",
		"{\"kind\":\"APIGroupDiscoveryList\",\"items\":[1,{},{\"versions\":[1,{}]}]}",
		"{\"kind\":\"APIResourceList\",\"groupVersion\":\"v1\",\"resources\":[1,{}]}",
		"{\"kind\":\"APIGroupList\",\"groups\":[1,{\"name\":\"a\",\"versions\":[1]}]}",
	};
	struct resource_search search;
	struct error err;
	size_t i;

	resource_search_init(&search, "cm");
	for (i = 0; i < ALLOC_COUNT(texts); i++)
		check_number(resource_search_in(&search, texts[i], strlen(texts[i]), &err), -1,
			     "no discovery document is an error");
	for (i = 0; i < ALLOC_COUNT(odd); i++)
		check_number(resource_search_in(&search, odd[i], strlen(odd[i]), &err), 0,
			     "odd members hold nothing");
	check(!search.found.api, "and nothing was found in all that");
	resource_search_fini(&search);
}

int
main(void)
{
	test_names();
	test_older();
	test_broken();
	return check_done();
}
