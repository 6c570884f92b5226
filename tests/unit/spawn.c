/* What a child finds when it is started, and how its end is seen. */
#include "../../bin/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../bus/alloc.h"
#include "../../bus/loop.h"
#include "../check.h"

static char shell[] = "/bin/sh", option[] = "-c", variable[] = "ONLY=this";
static char *env[] = { variable, NULL };

static char *
read_all(int fd)
{
	char text[4096];
	size_t len = 0;
	ssize_t got;

	fcntl(fd, F_SETFL, 0);
	while (len < sizeof(text) && (got = read(fd, text + len, sizeof(text) - len)) > 0)
		len += (size_t)got;
	close(fd);
	return alloc_text(text, len);
}

/* Runs a script; what it writes to its ready descriptor, and its status as text. */
static char *
run(const char *script, const char *directory, struct buf *status_text)
{
	CLEANUP_FREE char *copy = alloc_string(script);
	char *argv[] = { shell, option, copy, NULL };
	struct spawn spawn = { argv, env, directory, true };
	struct error err;
	int fd = -1, status = 0;
	pid_t pid = spawn_start(&spawn, &fd, &err), reaped;
	char *said;

	if (!check(pid > 0, "started: %s", script))
		return alloc_string("");
	said = read_all(fd);
	while ((reaped = spawn_reap(&status)) == 0)
		;
	check_number(reaped, pid, "reaped");
	spawn_describe(status, status_text);
	return said;
}

static void
check_run(const char *script, const char *directory, const char *want, const char *status)
{
	CLEANUP_BUF struct buf status_text = BUF_INIT(256);
	CLEANUP_FREE char *said = run(script, directory, &status_text);

	check_text(said, want, "  what it said");
	check_text(buf_string(&status_text), status, "  how it ended");
}

static void
check_environment(void)
{
	check_run("env >&3", NULL, "ONLY=this\nPWD=/tmp\n", "exit status 0");
	check_run("pwd >&3", "/", "/\n", "exit status 0");
	check_run("ls /proc/self/fd | tr '\\n' ' ' >&3", NULL, "0 1 2 3 4 ",
		  "exit status 0"); /* 4: the folder that ls reads */
	check_run("readlink /proc/$$/fd/0 >&3", NULL, "/dev/null\n", "exit status 0");
	check_run("test $(ps -o pgid= -p $$) = $$ && echo own >&3", NULL, "own\n", "exit status 0");
	check_run("grep -c '^SigBlk:.*[1-9a-f]' /proc/self/status >&3; true", NULL, "0\n",
		  "exit status 0");
	check_run("exit 7", NULL, "", "exit status 7");
	check_run("kill -TERM $$", NULL, "", "signal 15 (Terminated)");
	check_run("true", "/no/such/folder", "", "exit status 111");
}

static void
check_group(void)
{
	CLEANUP_BUF struct buf status_text = BUF_INIT(256);
	CLEANUP_FREE char *said = run("sleep 1000 3>&- & echo $! >&3; exit 0", NULL, &status_text);
	pid_t helper = (pid_t)strtol(said, NULL, 10);
	int status;
	pid_t reaped;

	while ((reaped = spawn_reap(&status)) == 0)
		;
	check_number(reaped, helper, "what was left of its group is killed, and comes to us");
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "by SIGKILL");
	check_number(spawn_reap(&status), -1, "no child is left");
}

static void
check_kill_rest(void)
{
	CLEANUP_BUF struct buf status_text = BUF_INIT(256);
	CLEANUP_FREE char *said =
		run("setsid sleep 1000 3>&- & setsid sleep 1000 3>&- & echo ok >&3", NULL,
		    &status_text);
	int status, count = 0;
	pid_t reaped;

	check_text(said, "ok\n", "two that leave the group");
	spawn_kill_rest();
	while ((reaped = spawn_reap(&status)) >= 0)
		count += reaped > 0;
	check_number(count, 2, "are killed with all that is left");
}

/* A child of a process that is killed dies with it. */
static void
check_death_with_parent(void)
{
	char *argv[] = { shell, option, NULL, NULL };
	static char script[] = "echo $$ >&3; while :; do sleep 1000; done";
	struct spawn spawn = { argv, env, NULL, true };
	int ends[2], fd = -1, status;
	char pid[32] = "";
	pid_t middle, reaped;

	argv[2] = script;
	check(pipe(ends) == 0, "a pipe");
	middle = fork();
	if (middle == 0) {
		struct error err;
		ssize_t len;

		spawn_start(&spawn, &fd, &err);
		fcntl(fd, F_SETFL, 0);
		len = read(fd, pid, sizeof(pid));
		if (len < 0 || write(ends[1], pid, (size_t)len) < 0)
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	close(ends[1]);
	check(read(ends[0], pid, sizeof(pid) - 1) > 0, "it says its number");
	while ((reaped = spawn_reap(&status)) == 0 || reaped == middle)
		;
	check_number(reaped, strtol(pid, NULL, 10), "it is dead and comes to us");
	close(ends[0]);
	spawn_kill_rest();
	while (spawn_reap(&status) >= 0)
		;
}

static void
on_signal(void *arg, int signo)
{
	(void)arg;
	(void)signo;
}

int
main(void)
{
	struct loop *loop = loop_new();
	struct error err;

	check(chdir("/tmp") == 0 && spawn_adopt_orphans(&err) == 0 &&
		      loop_signal(loop, SIGCHLD, on_signal, NULL, &err) == 0 &&
		      loop_signal(loop, SIGTERM, on_signal, NULL, &err) == 0,
	      "signals are blocked here, and must not be in children");
	check_environment();
	check_group();
	check_kill_rest();
	check_death_with_parent();
	loop_free(loop);
	return check_done();
}
