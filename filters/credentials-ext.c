/* A helper program of the administrator's (ext:), with little around it. Must not read what it
 * printed. */
#include <stdlib.h>

#include "../bus/alloc.h"
#include "credentials-priv.h"

#define OUTPUT_MAX ((size_t)8192)
#define TIMEOUT_S 10

static char *
variable(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return alloc_format("%s=%s", name, value != NULL ? value : otherwise);
}

struct child *
credentials_run(struct loop *loop, char *path, child_fn *on_done, void *arg, struct error *err)
{
	CLEANUP_FREE char *search = variable("PATH", "/usr/bin:/bin");
	CLEANUP_FREE char *home = variable("HOME", "/");
	char *arguments[] = { path, NULL }, *environment[] = { search, home, NULL };
	const struct child_settings settings = { .arguments = arguments,
						 .environment = environment,
						 .output_max = OUTPUT_MAX,
						 .timeout_s = TIMEOUT_S };

	return child_start(loop, &settings, on_done, arg, err);
}
