/* What the files of credentials.h share. */
#ifndef WEIR_CREDENTIALS_PRIV_H
#define WEIR_CREDENTIALS_PRIV_H

#include <stddef.h>

#include "../bus/error.h"
#include "../bus/loop.h"
#include "child.h"

/* --- credentials-ext.c: programs --- */

/* Without arguments, with PATH and HOME only; 10 s and 8 KiB; as child_start. */
struct child *credentials_run(struct loop *loop, char *path, child_fn *on_done, void *arg,
			      struct error *err);
/* `PROGRAM get` with the server on its stdin and our environment; 60 s and 64 KiB. */
struct child *credentials_run_helper(struct loop *loop, char *program, const char *server,
				     child_fn *on_done, void *arg, struct error *err);

/* --- credentials-docker.c: docker's own files --- */

struct credential;
struct reference;
/* As dockerconfig_find, over the variable and the file. When the file leaves it to a helper: 0, and
 * that is in *helper (owned by the caller; zeroed otherwise). */
struct docker_helper;
int credentials_docker(const struct reference *reference, const char *api_host,
		       struct credential *credential, struct docker_helper *helper,
		       struct error *err);

#endif
