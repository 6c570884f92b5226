/* A command under guard: its pipes, its end, and that nothing of it survives. */
#include "../../bin/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../bus/alloc.h"
#include "../check.h"

static char shell[] = "/bin/sh", option[] = "-c";

static bool
start(struct guard *guard, const char *script)
{
	CLEANUP_FREE char *copy = alloc_string(script);
	char *argv[] = { shell, option, copy, NULL };
	struct error err = { .kind = ERROR_NONE };

	return check(guard_start(guard, argv, &err) == 0, "started: %s", script);
}

/* All that it says, until its end. */
static char *
read_all(const struct guard *guard)
{
	char text[4096];
	size_t len = 0;
	ssize_t got;

	fcntl(guard->out_fd, F_SETFL, 0);
	while (len < sizeof(text) &&
	       (got = read(guard->out_fd, text + len, sizeof(text) - len)) > 0)
		len += (size_t)got;
	return alloc_text(text, len);
}

static int
status_of(struct guard *guard)
{
	int status = -1;

	waitpid(guard->pid, &status, 0);
	guard->pid = 0;
	return status;
}

static void
check_end(const char *script, int want)
{
	struct guard guard;
	int status;

	if (!start(&guard, script))
		return;
	status = status_of(&guard);
	check_number(WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), want,
		     "  it ends as the command did");
	guard_end(&guard);
}

static void
check_pipes(void)
{
	struct guard guard;
	CLEANUP_FREE char *said = NULL;

	if (!start(&guard, "cat; ls /proc/self/fd | tr '\\n' ' '"))
		return;
	check(write(guard.in_fd, "one\n", 4) == 4, "it is told something");
	close(guard.in_fd);
	guard.in_fd = -1;
	said = read_all(&guard);
	check_text(said, "one\n0 1 2 3 ", "it says it, and has no other descriptor (3 is ls's)");
	guard_end(&guard);
}

/* The numbers of processes, one a line, are all of none. */
static void
check_none_left(const char *pids, int want)
{
	const char *at = pids;
	char *end;
	long pid;
	int count = 0, alive = 0;

	for (; (pid = strtol(at, &end, 10)) > 1; at = end) {
		count++;
		alive += kill((pid_t)pid, 0) == 0;
	}
	check_number(count, want, "  so many processes were there");
	check_number(alive, 0, "  and none is left");
}

#define FAMILY                                                                                     \
	"sleep 1000 >&- & echo $!; setsid sleep 1000 >&- & echo $!; "                              \
	"setsid sh -c 'echo $$; sleep 1000 >&- & echo $!; exec >&-; wait' & wait $!"

/* Read lines until there are count of them. */
static char *
read_lines(const struct guard *guard, int count)
{
	char text[4096];
	size_t len = 0;

	fcntl(guard->out_fd, F_SETFL, 0);
	while (count > 0 && len < sizeof(text) && read(guard->out_fd, text + len, 1) == 1)
		count -= text[len++] == '\n';
	return alloc_text(text, len);
}

static void
check_family(void)
{
	struct guard guard;
	CLEANUP_FREE char *pids = NULL;

	if (!start(&guard, FAMILY))
		return;
	pids = read_lines(&guard, 4);
	guard_end(&guard);
	check_none_left(pids, 4);
}

static void
check_left_behind(void)
{
	struct guard guard;
	CLEANUP_FREE char *pids = NULL;

	if (!start(&guard, "sleep 1000 >&- & echo $!; setsid sleep 1000 >&- & echo $!; exit 3"))
		return;
	pids = read_all(&guard);
	check_number(WEXITSTATUS(status_of(&guard)), 3, "a command that leaves others behind");
	check_none_left(pids, 2);
	guard_end(&guard);
}

/* Whoever has the guard is killed: all the same. */
static void
check_killed(void)
{
	int ends[2];
	char pids[256] = "";
	struct guard guard;
	pid_t owner;
	ssize_t len;

	check(pipe(ends) == 0, "a pipe");
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	owner = fork();
	if (owner == 0) {
		static char script[] = FAMILY;
		char *argv[] = { shell, option, script, NULL };
		CLEANUP_FREE char *said = NULL;

		if (guard_start(&guard, argv, NULL) < 0)
			_exit(1);
		said = read_lines(&guard, 4);
		if (write(ends[1], said, strlen(said)) < 0)
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	close(ends[1]);
	len = read(ends[0], pids, sizeof(pids) - 1);
	close(ends[0]);
	check(len > 0, "whoever holds it is killed");
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	check_none_left(pids, 4);
}

static void
check_terminate(void)
{
	struct guard guard;
	CLEANUP_FREE char *ready = NULL;
	CLEANUP_FREE char *said = NULL;

	if (!start(&guard, "trap 'echo bye; exit 5' TERM; echo ready; sleep 1000 & wait"))
		return;
	ready = read_lines(&guard, 1);
	guard_terminate(&guard);
	said = read_all(&guard);
	check_text(ready, "ready\n", "a command that hears signals");
	check_text(said, "bye\n", "SIGTERM reaches it");
	check_number(WEXITSTATUS(status_of(&guard)), 5, "and it ends as it likes");
	guard_end(&guard);
}

static void
check_not_there(void)
{
	static char name[] = "/no/such/command";
	char *argv[] = { name, NULL };
	struct guard guard;

	check(guard_start(&guard, argv, NULL) == 0, "a command that is not there");
	check_number(WEXITSTATUS(status_of(&guard)), 100, "shows as exit status 100");
	guard_end(&guard);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	check_end("exit 0", 0);
	check_end("exit 42", 42);
	check_end("kill -TERM $$", -SIGTERM);
	check_end("kill -KILL $$", -SIGKILL);
	check_pipes();
	check_family();
	check_left_behind();
	check_killed();
	check_terminate();
	check_not_there();
	return check_done();
}
