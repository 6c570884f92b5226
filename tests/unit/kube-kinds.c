/* filters/kube-kinds.c: discovery documents of one group and version. */
#include "../../filters/kube-kinds.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../check.h"

static const char document[] =
	"{\"kind\":\"APIResourceList\",\"groupVersion\":\"v1\",\"resources\":["
	"{\"name\":\"secrets\",\"namespaced\":true,\"kind\":\"Secret\"},"
	"{\"name\":\"namespaces\",\"namespaced\":false,\"kind\":\"Namespace\"},"
	"{\"name\":\"namespaces/status\",\"namespaced\":false,\"kind\":\"Namespace\"},"
	"{\"name\":\"../"
	"x\",\"namespaced\":true,\"kind\":\"Evil\"},{\"name\":7,\"kind\":\"Seven\"},7]}";

static void
check_path(const char *api, const char *want)
{
	CLEANUP_FREE char *path = kube_kinds_path(api);

	check_text(path, want, api);
}

int
main(void)
{
	static const char *const broken[] = { "", "{}", "[]", "{\"resources\":{}}",
					      "{\"resources\":[" };
	struct kube_kinds *kinds = kube_kinds_new();
	const struct kube_kind *kind;
	struct error err;
	size_t i;

	check(!kube_kinds_get(kinds, "v1", "Secret"), "nothing is known at first");
	check_number(kube_kinds_read(kinds, "v1", document, sizeof(document) - 1, &err), 0, "read");
	kind = kube_kinds_get(kinds, "v1", "Secret");
	check(kind && kind->is_namespaced, "a namespaced one");
	check_text(kind ? kind->plural : NULL, "secrets", "its name");
	kind = kube_kinds_get(kinds, "v1", "Namespace");
	check(kind && !kind->is_namespaced, "another");
	check_text(kind ? kind->plural : NULL, "namespaces", "not its subresource");
	check(!kube_kinds_get(kinds, "v1", "Evil") && !kube_kinds_get(kinds, "v1", "Seven"),
	      "names that are none are left out");
	check(!kube_kinds_get(kinds, "v2", "Secret"), "another version is another");
	for (i = 0; i < ALLOC_COUNT(broken); i++)
		check(kube_kinds_read(kinds, "v1", broken[i], strlen(broken[i]), &err) < 0,
		      "no document: %s", err.text);
	check_path("v1", "/api/v1");
	check_path("argoproj.io/v1alpha1", "/apis/argoproj.io/v1alpha1");
	check_path("../v1", NULL);
	check_path("a/b/c", NULL);
	check_path("", NULL);
	kube_kinds_free(kinds);
	return check_done();
}
