/* Programs that print credentials: the administrator's own (ext:), with little around it, and
 * docker's helpers, which find what they need by variables. Must not read what they printed. */
#include <stdlib.h>
#include <unistd.h>

#include "../bus/alloc.h"
#include "credentials-priv.h"

#define OUTPUT_MAX ((size_t)8192)
#define HELPER_OUTPUT_MAX ((size_t)64 * 1024) /* tokens of clouds are long */
#define TIMEOUT_S 10
#define HELPER_TIMEOUT_S 60 /* it may ask a cloud */

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

struct child *
credentials_run_helper(struct loop *loop, char *program, const char *server, child_fn *on_done,
		       void *arg, struct error *err)
{
	char verb[] = "get";
	char *arguments[] = { program, verb, NULL };
	const struct child_settings settings = { .arguments = arguments,
						 .environment = environ,
						 .output_max = HELPER_OUTPUT_MAX,
						 .timeout_s = HELPER_TIMEOUT_S,
						 .input = server,
						 .ends_alone = true };

	return child_start(loop, &settings, on_done, arg, err);
}
