/* What the files of credentials.h share. */
#ifndef WEIR_CREDENTIALS_PRIV_H
#define WEIR_CREDENTIALS_PRIV_H

#include <stddef.h>

#include "../bus/error.h"
#include "../bus/loop.h"
#include "child.h"

/* --- credentials-ext.c: a helper program --- */

/* Without arguments, with PATH and HOME only; 10 s and 8 KiB; as child_start. */
struct child *credentials_run(struct loop *loop, char *path, child_fn *on_done, void *arg,
			      struct error *err);

/* --- credentials-docker.c: docker's own files --- */

struct credential;
struct reference;
/* As dockerconfig_find, over the variable and the file. */
int credentials_docker(const struct reference *reference, const char *api_host,
		       struct credential *credential, struct error *err);

#endif
