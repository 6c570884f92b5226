/*
 * The shape of a WerfSource (deckhouse.io): which repository it names, by which credential, and
 * what Argo CD is to be told. Judges every value as if nobody had done so before (a file has no
 * API server in front of it). Pure: JSON bytes in, a struct out.
 */
#ifndef WEIR_WERF_SOURCE_H
#define WEIR_WERF_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jv.h>

#include "../bus/buf.h"
#include "../bus/error.h"
#include "../bus/json.h"

#define WERF_SOURCE_NAME_MAX 248 /* "repo-" and it are the name of a Secret */

struct werf_source {
	char *name, *uid;   /* "" when the object has none */
	char *created;	    /* creationTimestamp as it stands (sorts as text); "" when none */
	int64_t generation; /* 0 when the object has none */
	char *status;	    /* its status as JSON; NULL: it has none */
	char *url;	    /* "host[:port]/path", as Applications spell repoURL: without a scheme
			     * and a slash at its end, the host in lower case */
	char *host, *path;  /* of url; path "" when the repository is a whole registry */
	char *registry;	    /* host in the one spelling that compares: without :443, docker.io
			     * for all of Docker Hub's names */
	char *repository;   /* url with that spelling of the host */
	char *api_url;	    /* spec.apiUrl without a slash at its end, else https://HOST; the host
			     * of Docker Hub's API for Docker Hub */
	char *pull_secret;  /* name of a Secret; NULL: none */
	char *project;	    /* AppProject; NULL: none */
	bool has_repository; /* argocdRepoEnabled */
};

/* True when the object is a WerfSource of deckhouse.io (any version). Like the functions below it
 * takes what json_check has accepted. */
bool werf_source_is(struct json_slice object);
/* 0, or an INPUT error "WerfSource NAME: FIELD: what is wrong". In any case free with
 * werf_source_fini. After an error name, uid, generation, created and status are filled as far as
 * they could be read (never NULL, except status): a status can be written from them when name is
 * not "" (as it is too when it is no name that Kubernetes would have). */
int werf_source_read(struct werf_source *source, struct json_slice object, struct error *err);
void werf_source_fini(struct werf_source *source); /* zeroed afterwards */

/* Are they the same but for their status? Both have been read without an error. */
bool werf_source_equals(const struct werf_source *a, const struct werf_source *b);

/* A reference to it, as PRUNE, RESULT and ERROR's `about` carry one: apiVersion, kind and in
 * metadata name and uid; owned by the caller. */
jv werf_source_reference(const struct werf_source *source);
/* The struct as input for a jq program, owned by the caller: name, uid, created, generation, url,
 * host, path, registry, repository, apiUrl, pullSecret, project, argocdRepoEnabled; null where
 * there is none. */
jv werf_source_value(const struct werf_source *source);

#endif
