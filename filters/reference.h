/*
 * Names of OCI repositories: registry host and path, checked and brought into the one
 * spelling that compares; tags and digests. Host, path and tag stay apart from the object to the
 * request: never joined and parsed again, and a host that is not understood is an error, not
 * Docker Hub. Pure.
 */
#ifndef WEIR_REFERENCE_H
#define WEIR_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/error.h"

#define REFERENCE_MAX 255 /* host, slash and path */
#define REFERENCE_TAG_MAX 128

struct reference {
	char *host; /* lower case, without :443; docker.io for all of Docker Hub's names */
	char *path; /* "team/charts/app" */
	char *text; /* "host/path": the repository of messages */
};

/* "[oci://]host[:port]/path", a slash at the end is dropped. INPUT error that says what is wrong
 * with it. reference_fini it after 0. */
int reference_parse(struct reference *reference, const char *text, struct error *err);
/* The repository of an Application's source: chart below repoURL. */
int reference_of_source(struct reference *reference, const char *repo_url, const char *chart,
			struct error *err);
void reference_fini(struct reference *reference);

/* One spelling of "host[:port]" (len bytes) as struct reference has it; NULL when it is none.
 * Owned by the caller. */
char *reference_host(const char *text, size_t len);
/* Lower-case words joined by . _ __ and -, divided by slashes. */
bool reference_is_path(const char *path);
/* Path is prefix, or lies below it by whole segments; "" is a prefix of all. */
bool reference_is_below(const char *path, const char *prefix);

/* [A-Za-z0-9_][A-Za-z0-9._-]{0,127} */
bool reference_is_tag(const char *text, size_t len);
/* The tag of a version: each + is written _. Owned by the caller. */
char *reference_tag_of(const char *version);
/* sha256: and 64 lower-case hexadecimal digits. */
bool reference_is_digest(const char *text);

#endif
