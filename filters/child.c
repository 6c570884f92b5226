/* A program run from the loop. Must not read what it printed. */
#include "child.h"

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

#define ROOM 4096

struct child {
	struct loop *loop;
	child_fn *on_done;
	void *arg;
	pid_t pid;
	int pid_fd, out_fd; /* -1: it has ended, its output has */
	struct buf output; /* its bound is that of the output and one reading more */
	size_t output_max;
	struct loop_timer deadline;
	int timeout_s;
	bool ends_alone, is_late;
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
free_child(struct child *child)
{
	loop_timer_stop(child->loop, &child->deadline);
	close_watched(child->loop, &child->pid_fd);
	close_watched(child->loop, &child->out_fd);
	buf_wipe(&child->output);
	buf_fini(&child->output);
	free(child);
}

/* --- its end --- */

static int
check_end(const struct child *child, struct error *err)
{
	if (child->is_late)
		return error_set(err, ERROR_TEMPORARY, 0, "it did not end within %d s",
				 child->timeout_s);
	if (child->output.len > child->output_max)
		return error_set(err, ERROR_CONFIG, 0, "it printed more than %zu bytes",
				 child->output_max);
	if (WIFSIGNALED(child->status))
		return error_set(err, ERROR_TEMPORARY, 0, "it was killed by signal %d",
				 WTERMSIG(child->status));
	if (WEXITSTATUS(child->status) != 0)
		return error_set(err, ERROR_TEMPORARY, WEXITSTATUS(child->status),
				 "it ended with status %d", WEXITSTATUS(child->status));
	return 0;
}

static void
finish(struct child *child)
{
	struct error err;
	int status = check_end(child, &err);

	child->on_done(child->arg, buf_string(&child->output), child->output.len,
		       status != 0 ? &err : NULL);
	free_child(child);
}

/* False at the end of the output, or when it is too long. */
static bool
read_output(struct child *child)
{
	ssize_t got = read(child->out_fd, buf_room(&child->output, ROOM), ROOM);

	if (got > 0)
		buf_added(&child->output, (size_t)got);
	if (child->output.len > child->output_max)
		return false;
	return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

static void
on_output(void *arg, int fd, unsigned events)
{
	struct child *child = arg;

	(void)fd;
	(void)events;
	if (!read_output(child))
		close_watched(child->loop, &child->out_fd);
	if (child->out_fd < 0 && child->pid_fd < 0)
		finish(child);
}

/* What it wrote may still be in the pipe; who else keeps that open is not waited for. */
static void
on_exit_of_child(void *arg, int fd, unsigned events)
{
	struct child *child = arg;
	size_t before;

	(void)fd;
	(void)events;
	if (waitpid(child->pid, &child->status, WNOHANG) == 0)
		return;
	if (!child->ends_alone)
		kill(-child->pid, SIGKILL);
	close_watched(child->loop, &child->pid_fd);
	do
		before = child->output.len;
	while (child->out_fd >= 0 && read_output(child) && child->output.len > before);
	finish(child);
}

static void
on_deadline(void *arg)
{
	struct child *child = arg;

	child->is_late = true;
	kill(-child->pid, SIGKILL);
}

/* --- its start --- */

/* 0, or an errno. */
static int
spawn(struct child *child, const struct child_settings *settings, int in_fd, int out_fd)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, defaults;
	int code;

	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in_fd, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
						      POSIX_SPAWN_SETPGROUP);
	code = posix_spawnp(&child->pid, settings->arguments[0], &actions, &attributes,
			    settings->arguments, settings->environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return code;
}

/* A descriptor to read input from, which is in the pipe as a whole; -1 and errno. */
static int
open_input(const char *input)
{
	size_t len = input != NULL ? strlen(input) : 0;
	int ends[2];

	if (len == 0)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (len > CHILD_INPUT_MAX) {
		errno = E2BIG;
		return -1;
	}
	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	if (write(ends[1], input, len) != (ssize_t)len) {
		close(ends[0]);
		ends[0] = -1;
	}
	close(ends[1]);
	return ends[0];
}

/* 0, or an errno. */
static int
start(struct child *child, const struct child_settings *settings)
{
	CLEANUP_CLOSE int in_fd = open_input(settings->input);
	int ends[2], code;

	if (in_fd < 0 || pipe2(ends, O_CLOEXEC) != 0)
		return errno;
	child->out_fd = ends[0];
	fcntl(child->out_fd, F_SETFL, O_NONBLOCK); /* our end alone */
	code = spawn(child, settings, in_fd, ends[1]);
	close(ends[1]);
	if (code != 0)
		return code;
	child->pid_fd = pidfd_open(child->pid, 0);
	if (child->pid_fd >= 0)
		return 0;
	code = errno;
	kill(-child->pid, SIGKILL);
	waitpid(child->pid, &child->status, 0);
	return code;
}

struct child *
child_start(struct loop *loop, const struct child_settings *settings, child_fn *on_done, void *arg,
	    struct error *err)
{
	struct child *child = alloc_zero(1, sizeof(*child));
	int code;

	child->loop = loop;
	child->on_done = on_done;
	child->arg = arg;
	child->pid_fd = child->out_fd = -1;
	child->timeout_s = settings->timeout_s;
	child->ends_alone = settings->ends_alone;
	child->output_max = settings->output_max;
	buf_init(&child->output, settings->output_max + ROOM);
	code = start(child, settings);
	if (code != 0) {
		free_child(child);
		errno = code;
		error_set_errno(err, "it cannot be started");
		return NULL;
	}
	loop_watch(loop, child->out_fd, LOOP_READ, on_output, child);
	loop_watch(loop, child->pid_fd, LOOP_READ, on_exit_of_child, child);
	loop_timer_start(loop, &child->deadline, (int64_t)settings->timeout_s * 1000, on_deadline,
			 child);
	return child;
}

void
child_cancel(struct child *child)
{
	if (child == NULL)
		return;
	if (child->pid_fd >= 0) {
		kill(-child->pid, SIGKILL);
		waitpid(child->pid, &child->status, 0);
	}
	free_child(child);
}
