/*
 * The guard adopts orphans, so that nothing which the command starts can leave it. It waits for
 * the command's end or for the end of a pipe that only we hold.
 */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../bus/exit.h"
#include "../bus/loop.h"
#include "spawn.h"

#define FD_MAX 256 /* so early in a process there are few */

struct pipes {
	int life[2], in[2], out[2]; /* read end, write end; -1: none */
};

struct watch {
	struct loop *loop;
	pid_t command;
	int status; /* of the command, as wait(2) tells it */
	bool has_ended;
};

/* --- in the command's process, before it is executed --- */

__attribute__((noreturn)) static void
execute(char *const *argv, const struct pipes *pipes, pid_t parent)
{
	char text[512];
	int len, code;

	setpgid(0, 0);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != parent ||
	    dup2(pipes->in[0], STDIN_FILENO) < 0 || dup2(pipes->out[1], STDOUT_FILENO) < 0)
		_exit(WEIR_EXIT_TEMPORARY);
	close_range(STDERR_FILENO + 1, ~0u, 0);
	loop_child_signals();
	execvp(argv[0], argv);
	code = errno == ENOMEM || errno == EAGAIN ? WEIR_EXIT_TEMPORARY : WEIR_EXIT_USAGE;
	len = snprintf(text, sizeof(text), "weir bridge: error: unable to execute %s: %s\n",
		       argv[0], strerror(errno));
	if (len > 0 && write(STDERR_FILENO, text, strnlen(text, sizeof(text))) < 0)
		_exit(code);
	_exit(code);
}

/* --- in the guard --- */

/* Whoever reads what we wrote, or waits for our end, must not have to wait for the guard's. */
static void
close_others(const struct pipes *pipes)
{
	int fd, null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	long fd_max = sysconf(_SC_OPEN_MAX);

	if (null_fd >= 0) {
		dup2(null_fd, STDIN_FILENO);
		dup2(null_fd, STDOUT_FILENO);
	}
	if (fd_max < 0 || fd_max > FD_MAX)
		fd_max = FD_MAX;
	for (fd = STDERR_FILENO + 1; fd < fd_max; fd++)
		if (fd != pipes->life[0] && fd != pipes->in[0] && fd != pipes->out[1])
			close(fd);
}

static void
on_child(void *arg, int signo)
{
	struct watch *watch = arg;
	int status;
	pid_t pid;

	(void)signo;
	while ((pid = spawn_reap(&status)) > 0)
		if (pid == watch->command) {
			watch->status = status;
			watch->has_ended = true;
			loop_stop(watch->loop);
		}
}

static void
on_life(void *arg, int fd, unsigned events)
{
	struct watch *watch = arg;

	(void)fd;
	(void)events;
	loop_stop(watch->loop);
}

static void
on_terminate(void *arg, int signo)
{
	struct watch *watch = arg;

	spawn_signal_group(watch->command, signo);
}

/* Kill what is left, generation by generation, until nobody is. */
static void
end_all(struct watch *watch)
{
	int status;
	pid_t pid = 0;

	if (!watch->has_ended)
		spawn_signal_group(watch->command, SIGKILL);
	while (pid >= 0) {
		spawn_kill_rest();
		pid = waitpid(-1, &status, 0);
		if (pid < 0 && errno == EINTR)
			pid = 0;
	}
}

/* End as the command did. */
__attribute__((noreturn)) static void
end_alike(const struct watch *watch)
{
	if (watch->has_ended && WIFEXITED(watch->status))
		_exit(WEXITSTATUS(watch->status));
	if (watch->has_ended) {
		loop_child_signals();
		signal(WTERMSIG(watch->status), SIG_DFL);
		kill(getpid(), WTERMSIG(watch->status));
	}
	_exit(WEIR_EXIT_TEMPORARY);
}

__attribute__((noreturn)) static void
stand_guard(char *const *argv, const struct pipes *pipes)
{
	struct watch watch = { .loop = loop_new() };
	pid_t self = getpid();
	struct error err;

	setpgid(0, 0);
	close_others(pipes);
	if (spawn_adopt_orphans(&err) < 0 ||
	    loop_signal(watch.loop, SIGCHLD, on_child, &watch, &err) < 0 ||
	    loop_signal(watch.loop, SIGTERM, on_terminate, &watch, &err) < 0)
		_exit(WEIR_EXIT_TEMPORARY);
	watch.command = fork();
	if (watch.command == 0)
		execute(argv, pipes, self);
	close(pipes->in[0]);
	close(pipes->out[1]);
	if (watch.command < 0)
		_exit(WEIR_EXIT_TEMPORARY);
	loop_watch(watch.loop, pipes->life[0], LOOP_READ, on_life, &watch);
	loop_run(watch.loop, &err);
	end_all(&watch);
	end_alike(&watch);
}

/* --- in the process that wants the command --- */

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int
open_pipes(struct pipes *pipes, struct error *err)
{
	*pipes = (struct pipes){ { -1, -1 }, { -1, -1 }, { -1, -1 } };
	if (pipe2(pipes->life, O_CLOEXEC) == 0 && pipe2(pipes->in, O_CLOEXEC) == 0 &&
	    pipe2(pipes->out, O_CLOEXEC) == 0)
		return 0;
	return error_set_errno(err, "unable to make a pipe");
}

static void
close_pipes(struct pipes *pipes)
{
	int i;

	for (i = 0; i < 2; i++) {
		close_fd(&pipes->life[i]);
		close_fd(&pipes->in[i]);
		close_fd(&pipes->out[i]);
	}
}

/* The ends that are ours stay open in us only. */
static void
close_ours(const struct pipes *pipes)
{
	close(pipes->life[1]);
	close(pipes->in[1]);
	close(pipes->out[0]);
}

int
guard_start(struct guard *guard, char *const *argv, struct error *err)
{
	struct pipes pipes;
	int opened = open_pipes(&pipes, err);

	guard->pid = opened == 0 ? fork() : -1;
	if (guard->pid == 0) {
		close_ours(&pipes);
		stand_guard(argv, &pipes);
	}
	if (guard->pid < 0) {
		if (opened == 0)
			error_set_errno(err, "unable to fork");
		close_pipes(&pipes);
		return -1;
	}
	close(pipes.life[0]);
	close(pipes.in[0]);
	close(pipes.out[1]);
	guard->life_fd = pipes.life[1];
	guard->in_fd = pipes.in[1];
	guard->out_fd = pipes.out[0];
	fcntl(guard->in_fd, F_SETFL, O_NONBLOCK);
	fcntl(guard->out_fd, F_SETFL, O_NONBLOCK);
	return 0;
}

void
guard_terminate(const struct guard *guard)
{
	spawn_signal(guard->pid, SIGTERM);
}

void
guard_end(struct guard *guard)
{
	close_fd(&guard->in_fd);
	close_fd(&guard->out_fd);
	close_fd(&guard->life_fd);
	if (guard->pid > 0)
		waitpid(guard->pid, NULL, 0);
	guard->pid = 0;
}
