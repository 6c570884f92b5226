/*
 * Docker's config.json, which is also what a kubernetes.io/dockerconfigjson Secret holds:
 * which of its credentials is for a repository. Hosts compare exactly (no prefix, no wildcard),
 * paths by whole segments, the most specific wins, whatever the order in the file. Pure; never
 * quotes what it reads.
 */
#ifndef WEIR_DOCKERCONFIG_H
#define WEIR_DOCKERCONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/error.h"
#include "reference.h"

/* What proves who we are to one registry. All NULL: anonymous. */
struct credential {
	char *user, *password;
	char *identity_token; /* an OAuth2 refresh token */
	char *registry_token; /* a Bearer token, used as it is */
};

void credential_fini(struct credential *credential); /* wipes */
bool credential_is_anonymous(const struct credential *credential);
/* Copies; to is taken as uninitialised. */
void credential_copy(struct credential *to, const struct credential *from);
/* "user:password", divided at the first colon; both halves must be there. INPUT error. */
int credential_parse(struct credential *credential, const char *text, size_t len,
		     struct error *err);

/* 1: found; 0: the file has none for this repository; -1: INPUT error, no such file at all, or the
 * entry that is meant for it is broken. api_host: where the registry's API is, as reference_host
 * gives it, when that is another host (keys name either); NULL: the same. */
int dockerconfig_find(const char *text, size_t len, const struct reference *reference,
		      const char *api_host, struct credential *credential, struct error *err);

#endif
