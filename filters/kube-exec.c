/*
 * Exec credential plugins: with which arguments and environment they run. Must
 * not keep a credential (the keeper does) nor read one (kube-plugin.c does).
 */
#include "kube-priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../bus/alloc.h"
#include "child.h"
#include "kube-plugin.h"

#define OUTPUT_MAX ((size_t)1024 * 1024)
#define TIMEOUT_S 60

struct kube_exec {
	char *command, *api_version;
	kube_exec_fn *on_done;
	void *arg;
	struct child *child;
};

static bool
same_name(const char *a, const char *b)
{
	size_t len = strcspn(a, "=");

	return strncmp(a, b, len + 1) == 0;
}

/* Ours, without what is set anew, then the entry's, then the info. Pointers are borrowed. */
static char **
make_environment(char **added, char *info)
{
	size_t ours = 0, n = 0, more = 0, i, j;
	char **list;

	while (environ[ours])
		ours++;
	while (added && added[more])
		more++;
	list = alloc_zero(ours + more + 2, sizeof(*list));
	for (i = 0; i < ours; i++) {
		bool is_set = same_name(info, environ[i]);

		for (j = 0; j < more && !is_set; j++)
			is_set = same_name(added[j], environ[i]);
		if (!is_set)
			list[n++] = environ[i];
	}
	for (j = 0; j < more; j++)
		list[n++] = added[j];
	list[n] = info;
	return list;
}

static char **
make_arguments(const struct kubeconfig_exec *exec)
{
	size_t n = 0, i;
	char **list;

	while (exec->args && exec->args[n])
		n++;
	list = alloc_zero(n + 2, sizeof(*list));
	list[0] = exec->command;
	for (i = 0; i < n; i++)
		list[i + 1] = exec->args[i];
	return list;
}

/* --- running it --- */

static void
free_run(struct kube_exec *run)
{
	free(run->command);
	free(run->api_version);
	free(run);
}

static void
on_end(void *arg, const char *output, size_t len, const struct error *failure)
{
	struct kube_exec *run = arg;
	struct kube_plugin_result result = { 0 };
	kube_exec_fn *on_done = run->on_done;
	struct error err;
	int status = -1;

	if (failure != NULL)
		err = *failure;
	else
		status = kube_plugin_parse(output, len, run->api_version, &result, &err);
	if (status)
		error_prepend(&err, "the credential plugin %s", run->command);
	arg = run->arg;
	free_run(run);
	on_done(arg, &result, status ? &err : NULL);
	kube_plugin_result_fini(&result);
}

static int
start_error(const struct kubeconfig_exec *exec, struct error *err)
{
	int code = err->code;

	error_prepend(err, "the credential plugin %s", exec->command);
	if (code == ENOENT && exec->install_hint)
		error_set(err, ERROR_CONFIG, code,
			  "the credential plugin %s is not installed; the kubeconfig says: %s",
			  exec->command, exec->install_hint);
	err->kind = ERROR_CONFIG;
	return -1;
}

static int
start(struct kube_exec *run, struct loop *loop, const struct kubeconfig_choice *choice,
      const char *ca, struct error *err)
{
	CLEANUP_FREE char *info = kube_plugin_info(choice, ca);
	CLEANUP_FREE char **environment = make_environment(choice->exec->env, info);
	CLEANUP_FREE char **arguments = make_arguments(choice->exec);
	/* What a plugin leaves running (an agent) serves the next one too. */
	const struct child_settings settings = { .arguments = arguments,
						 .environment = environment,
						 .output_max = OUTPUT_MAX,
						 .timeout_s = TIMEOUT_S,
						 .ends_alone = true };

	run->child = child_start(loop, &settings, on_end, run, err);
	return run->child ? 0 : start_error(choice->exec, err);
}

struct kube_exec *
kube_exec_start(struct loop *loop, const struct kubeconfig_choice *choice, const char *ca,
		kube_exec_fn *on_done, void *arg, struct error *err)
{
	struct kube_exec *run = alloc_zero(1, sizeof(*run));

	run->on_done = on_done;
	run->arg = arg;
	run->command = alloc_string(choice->exec->command);
	run->api_version = alloc_string(choice->exec->api_version);
	if (start(run, loop, choice, ca, err) == 0)
		return run;
	free_run(run);
	return NULL;
}

void
kube_exec_cancel(struct kube_exec *run)
{
	if (!run)
		return;
	child_cancel(run->child);
	free_run(run);
}
