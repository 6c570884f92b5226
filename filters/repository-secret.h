/*
 * Secrets that tell Argo CD of a repository: which of them weir owns, whether one is still what it
 * was told to be, and what an OCI registry's lacks when it was made in the web interface. Pure; an
 * error never quotes what is in a Secret.
 */
#ifndef WEIR_REPOSITORY_SECRET_H
#define WEIR_REPOSITORY_SECRET_H

#include <stdbool.h>

#include <jv.h>

#include "../bus/error.h"
#include "../bus/json.h"

#define REPOSITORY_SECRET_PREFIX "repo-" /* then a WerfSource's name */

/* True for a core Secret, of whatever type. As json_check has accepted it. */
bool repository_secret_is_secret(struct json_slice object);
/* Has it the label app.kubernetes.io/managed-by: weir, and is it of Argo CD's type repository? */
bool repository_secret_is_owned(struct json_slice object);

/* Takes a manifest, and gives it with what a Secret has in stringData moved into data, as base64:
 * that is how it is read back, and what server-side apply remembers whose it is. */
jv repository_secret_settle(jv object);
/* Is something in live not as wanted says? What only live has does not count. Borrows both. */
bool repository_secret_differs(jv wanted, jv live);

/*
 * The manifest of a repository (or repo-creds) Secret as it was read from the API server or a file,
 * with enableOCI: "true", and without what only the API server writes: to be applied. Borrows
 * object. INPUT error, and invalid, when it is no such Secret, or when enableOCI alone does not
 * make it work: its type is not helm, its url has a scheme.
 */
jv repository_secret_enable_oci(jv object, struct error *err);

#endif
