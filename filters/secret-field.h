/* One field of a Secret (v1), from its JSON as bytes, so that no tree keeps copies of what is in
 * it. Pure; never quotes a field. */
#ifndef WEIR_SECRET_FIELD_H
#define WEIR_SECRET_FIELD_H

#include <stddef.h>

#include "../bus/error.h"
#include "../bus/json.h"

#define PULL_SECRET_TYPE "kubernetes.io/dockerconfigjson"
#define PULL_SECRET_FIELD ".dockerconfigjson"

/* The bytes of a field of an object that json_check has accepted, NUL-terminated, owned by the
 * caller, who wipes all *text_len. Manifests may have it in stringData, which wins, as it does for
 * the API server. INPUT error and NULL: no such field, or (type not NULL) another type. */
char *secret_field(struct json_slice object, const char *type, const char *field, size_t *text_len,
		   struct error *err);

#endif
