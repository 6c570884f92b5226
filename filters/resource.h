/*
 * Which resource a name means, as kubectl takes names: `applications`, `application`, `app`,
 * `applications.argoproj.io`, `applications.v1alpha1.argoproj.io`. Pure: it is given the API
 * server's discovery documents.
 */
#ifndef WEIR_RESOURCE_H
#define WEIR_RESOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/error.h"

struct resource {
	char *api;    /* "v1", "argoproj.io/v1alpha1" */
	char *plural; /* "applications" */
	char *kind;   /* "Application" */
	bool namespaced;
};
void resource_fini(struct resource *resource); /* zeroed afterwards */

/* A search for one name over several documents: the best match so far. */
struct resource_search {
	const char *name; /* as given; borrowed */
	struct resource found;
	int rank;	/* of found: 0 is the best; meaningless while found.api is NULL */
	char **waiting; /* NULL-ended: documents still to be asked for ("/api/v1"), by servers
			 * that do not aggregate */
};
void resource_search_init(struct resource_search *search, const char *name);
void resource_search_fini(struct resource_search *search);

/* Could the name be found in /api (the core group), in /apis? */
bool resource_in_core(const struct resource_search *search);
bool resource_in_groups(const struct resource_search *search);
/* Nothing in another document can be better than what was found. */
bool resource_is_settled(const struct resource_search *search);
/* Look through a document: APIGroupDiscoveryList (v2, v2beta1), or the older APIVersions,
 * APIGroupList and APIResourceList. Only resources that can be listed and watched count.
 * PROTOCOL error when it is none of them. */
int resource_search_in(struct resource_search *search, const char *text, size_t len,
		       struct error *err);
/* Takes the next waiting document's path; NULL: none. Owned by the caller. */
char *resource_search_next(struct resource_search *search);

/* Where there is no API server to ask: does the name mean objects of this kind? By the kind, its
 * usual plural, and the group where the name has one; and Argo CD's own short names. */
bool resource_names_kind(const char *name, const char *api_version, const char *kind);

#endif
