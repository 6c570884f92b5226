/* Processes. Between fork and exec only what is safe there: no allocation, no log. */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../bus/alloc.h"
#include "../bus/exit.h"
#include "../bus/loop.h"

int
spawn_adopt_orphans(struct error *err)
{
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return error_set_errno(err, "unable to adopt orphans");
	return 0;
}

__attribute__((noreturn)) static void
child_fail(const char *name, const char *what)
{
	const char *reason = strerror(errno);
	char text[512];
	int len = snprintf(text, sizeof(text), "weir run: error: unable to %s %s: %s\n", what, name,
			   reason);

	if (len > 0 && write(STDERR_FILENO, text, strnlen(text, sizeof(text))) < 0)
		_exit(WEIR_EXIT_TEMPORARY);
	_exit(WEIR_EXIT_TEMPORARY);
}

/* Put the child's descriptors where they belong; nothing else stays open. */
static void
child_descriptors(const struct spawn *spawn, int ready_fd)
{
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0)
		child_fail("/dev/null", "open");
	if (!spawn->to_stdout && dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		child_fail(spawn->argv[0], "give standard output to");
	if (ready_fd == SPAWN_READY_FD)
		fcntl(ready_fd, F_SETFD, 0);
	else if (dup2(ready_fd, SPAWN_READY_FD) < 0)
		child_fail(spawn->argv[0], "give a descriptor to");
	close_range(SPAWN_READY_FD + 1, ~0u, 0);
}

__attribute__((noreturn)) static void
child(const struct spawn *spawn, int ready_fd, pid_t parent)
{
	setpgid(0, 0);
	/* The parent may have died before the request was made: then nobody would tell. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		child_fail(spawn->argv[0], "guard");
	if (getppid() != parent)
		_exit(WEIR_EXIT_TEMPORARY);
	child_descriptors(spawn, ready_fd);
	if (spawn->directory != NULL && chdir(spawn->directory) < 0)
		child_fail(spawn->directory, "change to");
	loop_child_signals();
	execve(spawn->argv[0], spawn->argv, spawn->env);
	child_fail(spawn->argv[0], "execute");
}

pid_t
spawn_start(const struct spawn *spawn, int *ready_fd, struct error *err)
{
	int ends[2];
	pid_t pid, parent = getpid();

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set_errno(err, "unable to make a pipe");
	pid = fork();
	if (pid == 0)
		child(spawn, ends[1], parent);
	close(ends[1]);
	if (pid < 0) {
		error_set_errno(err, "unable to fork");
		close(ends[0]);
		return -1;
	}
	/* The child does the same: whoever comes first, a signal to the group finds it. */
	setpgid(pid, pid);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	*ready_fd = ends[0];
	return pid;
}

void
spawn_signal(pid_t pid, int signo)
{
	if (pid > 0)
		kill(pid, signo);
}

void
spawn_signal_group(pid_t pid, int signo)
{
	if (pid > 1)
		kill(-pid, signo);
}

pid_t
spawn_reap(int *status)
{
	siginfo_t info = { .si_pid = 0 };

	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return errno == ECHILD ? -1 : 0;
	if (info.si_pid == 0)
		return 0;
	/* Before it is reaped nobody else can have its number, nor that of its group. */
	if (getpgid(info.si_pid) == info.si_pid)
		spawn_signal_group(info.si_pid, SIGKILL);
	return waitpid(info.si_pid, status, WNOHANG);
}

void
spawn_kill_rest(void)
{
	CLEANUP_FREE char *path = alloc_format("/proc/self/task/%ld/children", (long)getpid());
	CLEANUP_FCLOSE FILE *file = fopen(path, "re");
	CLEANUP_FREE char *line = NULL;
	size_t size = 0;
	char *at, *end;
	long pid;

	if (file == NULL || getline(&line, &size, file) < 0)
		return;
	for (at = line; (pid = strtol(at, &end, 10)) > 1; at = end)
		kill((pid_t)pid, SIGKILL);
}

void
spawn_describe(int status, struct buf *out)
{
	const char *name;

	if (WIFEXITED(status)) {
		buf_printf(out, "exit status %d", WEXITSTATUS(status));
	} else {
		name = strsignal(WTERMSIG(status));
		buf_printf(out, "signal %d (%s)", WTERMSIG(status), name != NULL ? name : "?");
	}
}
