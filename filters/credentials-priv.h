/* What the files of credentials.h share. */
#ifndef WEIR_CREDENTIALS_PRIV_H
#define WEIR_CREDENTIALS_PRIV_H

#include <stddef.h>

#include "../bus/error.h"
#include "../bus/loop.h"

/* --- credentials-ext.c: a helper program --- */

struct credentials_run;
/* text: what it printed, wiped after the call; NULL with err. */
typedef void credentials_run_fn(void *arg, const char *text, size_t len,
				const struct error *err);
/* Without arguments, without a shell, with PATH and HOME only; 10 s and 8 KiB. on_done is called
 * once from a loop turn. NULL, with err set, when it cannot be started. */
struct credentials_run *credentials_run(struct loop *loop, const char *path,
					credentials_run_fn *on_done, void *arg, struct error *err);
void credentials_run_cancel(struct credentials_run *run); /* kills it; NULL is fine */

/* --- credentials-docker.c: docker's own files --- */

struct credential;
struct reference;
/* As dockerconfig_find, over the variable and the file. */
int credentials_docker(const struct reference *reference, const char *api_host,
		       struct credential *credential, struct error *err);

#endif
