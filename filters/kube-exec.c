/*
 * Exec credential plugins: run without a shell, bounded in time and output, from the loop. Must
 * not keep a credential (the keeper does) nor read one (kube-plugin.c does).
 */
#include "kube-priv.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../bus/alloc.h"
#include "../bus/buf.h"
#include "kube-plugin.h"

#define OUTPUT_MAX ((size_t)1024 * 1024)
#define TIMEOUT_MS 60000

struct kube_exec {
	struct loop *loop;
	char *command, *api_version;
	kube_exec_fn *on_done;
	void *arg;
	pid_t pid;
	int pid_fd, out_fd;
	struct buf output;
	struct loop_timer deadline;
	bool has_exited, is_late;
	int exit_status; /* as waitpid has it */
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
	loop_timer_stop(run->loop, &run->deadline);
	if (run->pid_fd >= 0) {
		loop_forget(run->loop, run->pid_fd);
		close(run->pid_fd);
	}
	if (run->out_fd >= 0) {
		loop_forget(run->loop, run->out_fd);
		close(run->out_fd);
	}
	buf_wipe(&run->output);
	buf_fini(&run->output);
	free(run->command);
	free(run->api_version);
	free(run);
}

/* Why the run is of no use; 0: it went well. */
static int
check_end(const struct kube_exec *run, struct error *err)
{
	if (run->is_late)
		return error_set(err, ERROR_TEMPORARY, 0, "it did not end within %d s",
				 TIMEOUT_MS / 1000);
	if (run->output.overflowed)
		return error_set(err, ERROR_CONFIG, 0, "it printed more than %zu bytes",
				 OUTPUT_MAX);
	if (WIFSIGNALED(run->exit_status))
		return error_set(err, ERROR_TEMPORARY, 0, "it was killed by signal %d",
				 WTERMSIG(run->exit_status));
	if (WEXITSTATUS(run->exit_status) != 0)
		return error_set(err, ERROR_TEMPORARY, 0, "it ended with status %d",
				 WEXITSTATUS(run->exit_status));
	return 0;
}

static void
finish(struct kube_exec *run)
{
	struct kube_plugin_result result = { 0 };
	struct error err;
	kube_exec_fn *on_done = run->on_done;
	void *arg = run->arg;
	int status = check_end(run, &err);

	if (status == 0)
		status = kube_plugin_parse(buf_string(&run->output), run->output.len,
					   run->api_version, &result, &err);
	if (status)
		error_prepend(&err, "the credential plugin %s", run->command);
	free_run(run);
	on_done(arg, &result, status ? &err : NULL);
	kube_plugin_result_fini(&result);
}

/* False at the end of the output (or when it is too long to be read on). */
static bool
read_output(struct kube_exec *run)
{
	char *room = buf_room(&run->output, 4096);
	ssize_t got = room ? read(run->out_fd, room, 4096) : 0;

	if (got > 0)
		buf_added(&run->output, (size_t)got);
	return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

static void
on_output(void *arg, int fd, unsigned events)
{
	struct kube_exec *run = arg;

	(void)events;
	if (read_output(run))
		return;
	loop_forget(run->loop, fd);
	close(fd);
	run->out_fd = -1;
	if (run->has_exited)
		finish(run);
}

/* It has ended; what it wrote may still be in the pipe, but a grandchild that keeps the pipe
 * open is not waited for. */
static void
on_exit_of_plugin(void *arg, int fd, unsigned events)
{
	struct kube_exec *run = arg;
	size_t before;

	(void)events;
	if (waitpid(run->pid, &run->exit_status, WNOHANG) == 0)
		return;
	run->has_exited = true;
	loop_forget(run->loop, fd);
	close(fd);
	run->pid_fd = -1;
	do
		before = run->output.len;
	while (run->out_fd >= 0 && read_output(run) && run->output.len > before);
	finish(run);
}

static void
on_deadline(void *arg)
{
	struct kube_exec *run = arg;

	run->is_late = true;
	kill(-run->pid, SIGKILL);
}

static int
spawn(struct kube_exec *run, const struct kubeconfig_exec *exec, char **arguments,
      char **environment, int out_fd)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, defaults;
	int code;

	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
						      POSIX_SPAWN_SETPGROUP);
	code = posix_spawnp(&run->pid, exec->command, &actions, &attributes, arguments,
			    environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return code;
}

static int
spawn_error(const struct kubeconfig_exec *exec, int code, struct error *err)
{
	errno = code;
	error_set_errno(err, "the credential plugin %s cannot be started", exec->command);
	if (code == ENOENT && exec->install_hint && err)
		error_set(err, ERROR_CONFIG, code,
			  "the credential plugin %s is not installed; the kubeconfig says: %s",
			  exec->command, exec->install_hint);
	if (err)
		err->kind = ERROR_CONFIG;
	return -1;
}

static int
start(struct kube_exec *run, const struct kubeconfig_choice *choice, const char *ca,
      struct error *err)
{
	char *info = kube_plugin_info(choice, ca);
	char **environment = make_environment(choice->exec->env, info);
	char **arguments = make_arguments(choice->exec);
	int ends[2] = { -1, -1 }, code;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
		code = errno;
	} else {
		/* The plugin's end blocks: it is not ready for anything else. */
		fcntl(ends[1], F_SETFL, 0);
		code = spawn(run, choice->exec, arguments, environment, ends[1]);
		close(ends[1]);
	}
	free(arguments);
	free(environment);
	free(info);
	run->out_fd = ends[0];
	return code ? spawn_error(choice->exec, code, err) : 0;
}

struct kube_exec *
kube_exec_start(struct loop *loop, const struct kubeconfig_choice *choice, const char *ca,
		kube_exec_fn *on_done, void *arg, struct error *err)
{
	struct kube_exec *run = alloc_zero(1, sizeof(*run));

	run->loop = loop;
	run->on_done = on_done;
	run->arg = arg;
	run->pid_fd = run->out_fd = -1;
	run->command = alloc_string(choice->exec->command);
	run->api_version = alloc_string(choice->exec->api_version);
	buf_init(&run->output, OUTPUT_MAX);
	if (start(run, choice, ca, err)) {
		free_run(run);
		return NULL;
	}
	run->pid_fd = pidfd_open(run->pid, 0);
	if (run->pid_fd < 0) {
		error_set_errno(err, "the credential plugin %s cannot be waited for", run->command);
		kube_exec_cancel(run);
		return NULL;
	}
	loop_watch(loop, run->out_fd, LOOP_READ, on_output, run);
	loop_watch(loop, run->pid_fd, LOOP_READ, on_exit_of_plugin, run);
	loop_timer_start(loop, &run->deadline, TIMEOUT_MS, on_deadline, run);
	return run;
}

void
kube_exec_cancel(struct kube_exec *run)
{
	if (!run)
		return;
	if (!run->has_exited) {
		kill(-run->pid, SIGKILL);
		waitpid(run->pid, NULL, 0);
	}
	free_run(run);
}
