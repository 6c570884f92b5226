/*
 * Where the credential for a repository is had: pull secrets and secrets of the cluster, a
 * variable, a helper program, docker's config.json. Fetches each source once however many
 * repositories wait for it, and keeps it for a minute. Knows no registry protocol; a secret
 * leaves it only as the credential of the repository that was asked for.
 */
#ifndef WEIR_CREDENTIALS_H
#define WEIR_CREDENTIALS_H

#include <stdint.h>

#include "../bus/error.h"
#include "../bus/loop.h"
#include "dockerconfig.h"
#include "http.h"
#include "kube.h"
#include "reference.h"

struct credentials;
struct credentials_wait; /* somebody who waits for a source */

/* The cluster is looked for when a source in it is first asked for. settings, loop and http must
 * outlive it. */
struct credentials *credentials_new(struct loop *loop, struct http *http,
				    const struct kube_settings *settings);
void credentials_free(struct credentials *credentials); /* nobody is told; NULL is fine */
/* Our own namespace: the context's, "" when there is no cluster to be found. */
const char *credentials_namespace(struct credentials *credentials);

/* err NULL: the credential, perhaps anonymous, valid during the call. Else what is wrong with the
 * source, which the text names (never what is in it): CONFIG, INPUT, DENIED, NOT_FOUND,
 * TEMPORARY. */
typedef void credentials_fn(void *arg, const struct credential *credential,
			    const struct error *err);
/*
 * source: as credential_source_text spells it; NULL: docker's config ($DOCKER_AUTH_CONFIG, then
 * $DOCKER_CONFIG/config.json or ~/.docker/config.json, and the credential helper that it names),
 * where no entry is anonymous. A pull secret without an entry for the repository's host is
 * anonymous too. api_host: as in dockerconfig.h.
 * keep_ms: how long what a program printed stays good; 0: for ever.
 * NULL: on_done has been called already. Else it will be, once.
 */
struct credentials_wait *credentials_get(struct credentials *credentials, const char *source,
					 int64_t keep_ms, const struct reference *reference,
					 const char *api_host, credentials_fn *on_done, void *arg);
void credentials_cancel(struct credentials_wait *wait); /* on_done is not called */
/* A registry did not accept what came from here: look anew next time. */
void credentials_forget(struct credentials *credentials, const char *source);

#endif
