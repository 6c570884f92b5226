/*
 * Under which name the API server serves the objects of a kind: what its discovery document of one
 * group and version says, remembered. Pure: who asks the server is somebody else.
 */
#ifndef WEIR_KUBE_KINDS_H
#define WEIR_KUBE_KINDS_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/error.h"

struct kube_kind {
	bool is_namespaced;
	char plural[];
};

struct kube_kinds;
struct kube_kinds *kube_kinds_new(void);
void kube_kinds_free(struct kube_kinds *kinds); /* NULL is fine */
/* Borrowed, as long as kinds lives; NULL: not known (yet). api: "v1", "argoproj.io/v1alpha1". */
const struct kube_kind *kube_kinds_get(const struct kube_kinds *kinds, const char *api,
				       const char *kind);
/* The path of the document to ask for, owned by the caller; NULL: api is no legal one. */
char *kube_kinds_path(const char *api);
/* Remember what the document (an APIResourceList) says. PROTOCOL error when it is none. */
int kube_kinds_read(struct kube_kinds *kinds, const char *api, const char *text, size_t len,
		    struct error *err);

#endif
