/*
 * The pull secrets that are there (kubernetes.io/dockerconfigjson, all in one namespace), and which
 * user name and password in them is for a WerfSource. What is wrong with one matters only to those
 * who name it. Pure; an error never quotes what is in a Secret.
 */
#ifndef WEIR_PULL_SECRETS_H
#define WEIR_PULL_SECRETS_H

#include <stdbool.h>

#include "../bus/error.h"
#include "../bus/json.h"
#include "dockerconfig.h"
#include "werf-source.h"

struct pull_secrets;

struct pull_secrets *pull_secrets_new(const char *namespace); /* borrowed: for texts */
void pull_secrets_free(struct pull_secrets *secrets);	      /* wipes; NULL is fine */

/* A Secret (of any type, as json_check has accepted it) is there. True: that changes what is known
 * of it. */
bool pull_secrets_put(struct pull_secrets *secrets, const char *name, struct json_slice object);
/* False: it was not there. */
bool pull_secrets_drop(struct pull_secrets *secrets, const char *name);

/* What Argo CD is to use for the source, which names a pull secret: user and password, both UTF-8
 * (credential_fini them after 0). NOT_FOUND when its Secret is not there, INPUT for all else:
 * "spec.pullSecretName: Secret NAMESPACE/NAME: what is wrong". */
int pull_secrets_find(const struct pull_secrets *secrets, const struct werf_source *source,
		      struct credential *credential, struct error *err);

#endif
