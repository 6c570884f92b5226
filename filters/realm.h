/*
 * Which token server may be asked, and told a credential: the registry names it, and a
 * registry may be hostile. Pure: decides by names, before any connection; http.h's `foreign`
 * looks at the address too.
 */
#ifndef WEIR_REALM_H
#define WEIR_REALM_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/error.h"

/* The realm that a registry at registry_url names, resolved, in *url (owned by the caller), when
 * it is
 * - not weaker than the registry: https if that is;
 * - on the same host (on this machine: the same port too), or on a host of the same registrable
 *   domain, or one of trusted ("host" or "host:port", the administrator's --realm).
 * *foreign: it is on another host than the registry and not in trusted.
 * Otherwise DENIED, with a text that names the remedy. */
int realm_check(const char *registry_url, const char *realm, const char *const *trusted,
		size_t trusted_count, char **url, bool *foreign, struct error *err);

#endif
