/* A helper program of the administrator's (ext:), run from the loop. Must not read what it
 * printed. */
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
#include "credentials-priv.h"

#define OUTPUT_MAX ((size_t)8192)
#define TIMEOUT_MS 10000

struct credentials_run {
	struct loop *loop;
	char *path;
	credentials_run_fn *on_done;
	void *arg;
	pid_t pid;
	int pid_fd, out_fd;
	struct buf output;
	struct loop_timer deadline;
	bool is_late;
	int status; /* as waitpid has it */
};

static void
close_watched(struct loop *loop, int *fd)
{
	if (*fd < 0)
		return;
	loop_forget(loop, *fd);
	close(*fd);
	*fd = -1;
}

static void
free_run(struct credentials_run *run)
{
	loop_timer_stop(run->loop, &run->deadline);
	close_watched(run->loop, &run->pid_fd);
	close_watched(run->loop, &run->out_fd);
	buf_wipe(&run->output);
	buf_fini(&run->output);
	free(run->path);
	free(run);
}

static int
check_end(const struct credentials_run *run, struct error *err)
{
	if (run->is_late)
		return error_set(err, ERROR_TEMPORARY, 0, "it did not end within %d s",
				 TIMEOUT_MS / 1000);
	if (run->output.overflowed)
		return error_set(err, ERROR_CONFIG, 0, "it printed more than %zu bytes",
				 OUTPUT_MAX);
	if (WIFSIGNALED(run->status))
		return error_set(err, ERROR_TEMPORARY, 0, "it was killed by signal %d",
				 WTERMSIG(run->status));
	if (WEXITSTATUS(run->status) != 0)
		return error_set(err, ERROR_TEMPORARY, 0, "it ended with status %d",
				 WEXITSTATUS(run->status));
	return 0;
}

static void
finish(struct credentials_run *run)
{
	struct error err;

	if (check_end(run, &err) == 0)
		run->on_done(run->arg, buf_string(&run->output), run->output.len, NULL);
	else
		run->on_done(run->arg, NULL, 0, &err);
	free_run(run);
}

/* False at the end of the output, or when it is too long. */
static bool
read_output(struct credentials_run *run)
{
	char *room = buf_room(&run->output, 1024);
	ssize_t got = room != NULL ? read(run->out_fd, room, 1024) : 0;

	if (got > 0)
		buf_added(&run->output, (size_t)got);
	return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

static void
on_output(void *arg, int fd, unsigned events)
{
	struct credentials_run *run = arg;

	(void)fd;
	(void)events;
	if (!read_output(run))
		close_watched(run->loop, &run->out_fd);
	if (run->out_fd < 0 && run->pid_fd < 0)
		finish(run);
}

/* It has ended. What it wrote may still be in the pipe; who else keeps that open is not waited for,
 * but killed. */
static void
on_exit_of_program(void *arg, int fd, unsigned events)
{
	struct credentials_run *run = arg;
	size_t before;

	(void)fd;
	(void)events;
	if (waitpid(run->pid, &run->status, WNOHANG) == 0)
		return;
	kill(-run->pid, SIGKILL);
	close_watched(run->loop, &run->pid_fd);
	do
		before = run->output.len;
	while (run->out_fd >= 0 && read_output(run) && run->output.len > before);
	finish(run);
}

static void
on_deadline(void *arg)
{
	struct credentials_run *run = arg;

	run->is_late = true;
	kill(-run->pid, SIGKILL);
}

static char *
variable(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return alloc_format("%s=%s", name, value != NULL ? value : otherwise);
}

static int
spawn(struct credentials_run *run, int out_fd)
{
	char *environment[] = { variable("PATH", "/usr/bin:/bin"), variable("HOME", "/"), NULL };
	char *arguments[] = { run->path, NULL };
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
	code = posix_spawn(&run->pid, run->path, &actions, &attributes, arguments, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	free(environment[0]);
	free(environment[1]);
	return code;
}

/* 0, or an errno. */
static int
start(struct credentials_run *run)
{
	int ends[2], code;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return errno;
	run->out_fd = ends[0];
	fcntl(run->out_fd, F_SETFL, O_NONBLOCK); /* our end alone */
	code = spawn(run, ends[1]);
	close(ends[1]);
	if (code != 0)
		return code;
	run->pid_fd = pidfd_open(run->pid, 0);
	if (run->pid_fd >= 0)
		return 0;
	code = errno;
	kill(-run->pid, SIGKILL);
	waitpid(run->pid, &run->status, 0);
	return code;
}

struct credentials_run *
credentials_run(struct loop *loop, const char *path, credentials_run_fn *on_done, void *arg,
		struct error *err)
{
	struct credentials_run *run = alloc_zero(1, sizeof(*run));
	int code;

	run->loop = loop;
	run->path = alloc_string(path);
	run->on_done = on_done;
	run->arg = arg;
	run->pid_fd = run->out_fd = -1;
	buf_init(&run->output, OUTPUT_MAX);
	code = start(run);
	if (code != 0) {
		free_run(run);
		errno = code;
		error_set_errno(err, "it cannot be started");
		return NULL;
	}
	loop_watch(loop, run->out_fd, LOOP_READ, on_output, run);
	loop_watch(loop, run->pid_fd, LOOP_READ, on_exit_of_program, run);
	loop_timer_start(loop, &run->deadline, TIMEOUT_MS, on_deadline, run);
	return run;
}

void
credentials_run_cancel(struct credentials_run *run)
{
	if (run == NULL)
		return;
	if (run->pid_fd >= 0) {
		kill(-run->pid, SIGKILL);
		waitpid(run->pid, &run->status, 0);
	}
	free_run(run);
}
