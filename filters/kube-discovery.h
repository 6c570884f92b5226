/*
 * Asking the API server which resource a name means (see resource.h for the names). Two
 * requests at most from servers that aggregate their discovery documents.
 */
#ifndef WEIR_KUBE_DISCOVERY_H
#define WEIR_KUBE_DISCOVERY_H

#include "kube.h"
#include "resource.h"

struct kube_discovery;
/* Called once, never before the loop's next turn. err NULL: resource is what was found, its texts
 * are the receiver's to take (zero what was taken). NOT_FOUND when no resource of this name can be
 * listed and watched. */
typedef void kube_discovery_fn(void *arg, struct resource *resource, const struct error *err);

/* Freed after on_done. name is copied. */
struct kube_discovery *kube_discover(struct kube *kube, const char *name,
				     kube_discovery_fn *on_done, void *arg);
void kube_discovery_cancel(struct kube_discovery *discovery); /* NULL is fine */

#endif
