/*
 * The read side of the OCI distribution API: tags and manifests, with the tokens and waits that
 * they need. Knows how to speak to a registry; not which registries there are, nor where
 * credentials come from (access.h does).
 *
 * No ping: challenges are taken from the real request's 401 and remembered per registry. A
 * registry that is slow or says "later" delays nobody else. No redirect is followed. Nothing that a
 * registry sends becomes part of an error's text.
 */
#ifndef WEIR_REGISTRY_H
#define WEIR_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/error.h"
#include "../bus/loop.h"
#include "dockerconfig.h"
#include "http.h"
#include "reference.h"
#include "tag-list.h"

struct registry;
struct registry_job; /* a list or a manifest that is being fetched */

/* trusted_realms: token servers outside a registry's own domain ("host" or "host:port"). loop, http
 * and the list must outlive it. */
struct registry *registry_new(struct loop *loop, struct http *http,
			      const char *const *trusted_realms, size_t trusted_count);
/* Cancels what is in flight. NULL is fine. */
void registry_free(struct registry *registry);

/* What to ask, and as whom. Everything is copied, but tls is kept by address (http.h). */
struct registry_target {
	const char *api_url; /* "https://host[:port][/prefix]", without a slash at its end */
	const struct http_tls *tls;
	double limit; /* requests per second to this api_url's origin; 0: no limit */
	const struct reference *reference;
	const struct credential *credential;
};

/* err NULL: the whole list, valid during the call. Otherwise there is no list, and err's kind says:
 * NOT_FOUND   no such repository
 * DENIED      401 or 403, also by the token server; a token server that is not trusted; TLS
 * TEMPORARY   tried several times
 * PROTOCOL    not complete, not valid, over a bound
 * The job is freed after the call, which comes at the earliest in the next loop turn. */
typedef void registry_tags_fn(void *arg, const struct tag_list *list, const struct error *err);
struct registry_job *registry_tags(struct registry *registry, const struct registry_target *target,
				   registry_tags_fn *on_done, void *arg);

struct registry_manifest {
	bool exists; /* false: 404, and nothing else is set */
	bool is_chart;
	const char *what;   /* what it is, when no chart: "an index of images, no chart" */
	const char *digest; /* "sha256:...", computed over the bytes that came */
};
/* As above; a 404 is no error here, but exists false. tag is a legal tag. */
typedef void registry_manifest_fn(void *arg, const struct registry_manifest *manifest,
				  const struct error *err);
struct registry_job *registry_manifest(struct registry *registry,
				       const struct registry_target *target, const char *tag,
				       registry_manifest_fn *on_done, void *arg);
/* on_done is not called. */
void registry_cancel(struct registry_job *job);

#endif
