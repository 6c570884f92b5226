/*
 * Docker's credential helpers: which program config.json names for a registry, and what it
 * answers. Pure: runs nothing, never quotes what it reads.
 */
#ifndef WEIR_DOCKER_HELPER_H
#define WEIR_DOCKER_HELPER_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/error.h"
#include "dockerconfig.h"
#include "reference.h"

struct docker_helper {
	char *program; /* "docker-credential-NAME"; NULL: none */
	char *server;  /* what it is asked for, as config.json or docker spells it */
};
void docker_helper_fini(struct docker_helper *helper); /* zeroed afterwards */

/* The one that credHelpers names for the registry: docker asks it whatever auths says. api_host as
 * in dockerconfig.h. 1: found; 0: none; -1: INPUT error. text is what dockerconfig_find takes. */
int docker_helper_of_registry(const char *text, size_t len, const struct reference *reference,
			      const char *api_host, struct docker_helper *helper,
			      struct error *err);
/* The one that credsStore names for all that auths has no secret of. */
int docker_helper_of_store(const char *text, size_t len, const struct reference *reference,
			   struct docker_helper *helper, struct error *err);

/* What a helper printed: {"Username", "Secret"}. INPUT error when it is something else; an empty
 * text is anonymous. */
int docker_helper_read(const char *text, size_t len, struct credential *credential,
		       struct error *err);
/* The text with which a helper that fails says that it has nothing for this registry. */
bool docker_helper_has_none(const char *text, size_t len);

#endif
