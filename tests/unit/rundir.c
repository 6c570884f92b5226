/* The runtime folder: its rights, its lock, and what stays of it. */
#include "../../bin/rundir.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../bus/alloc.h"
#include "../check.h"

static bool
is_there(const char *format, const char *folder)
{
	CLEANUP_FREE char *path = alloc_format("%s%s", folder, format);

	return access(path, F_OK) == 0;
}

static void
make(const char *folder, const char *name)
{
	CLEANUP_FREE char *path = alloc_format("%s%s", folder, name);
	CLEANUP_CLOSE int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0)
		printf("# unable to make %s\n", path);
}

/* Another process tries to take the folder: its error's kind. */
static int
kind_elsewhere(const char *path, char *text, size_t size)
{
	int ends[2], status = -1;
	struct error err = { .kind = ERROR_NONE };
	pid_t pid;
	ssize_t len;

	if (pipe(ends) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		rundir_open(path, "/dev/null", &err);
		if (write(ends[1], err.text, strlen(err.text)) < 0)
			_exit(99);
		_exit((int)err.kind);
	}
	waitpid(pid, &status, 0);
	close(ends[1]);
	len = read(ends[0], text, size - 1);
	text[len > 0 ? len : 0] = '\0';
	close(ends[0]);
	return WEXITSTATUS(status);
}

static void
check_refused(const char *path, enum error_kind kind, const char *want)
{
	struct error err = { .kind = ERROR_NONE };

	check(rundir_open(path, "/dev/null", &err) == NULL && err.kind == kind &&
		      strstr(err.text, want) != NULL,
	      "refused: %s", want);
	if (strstr(err.text, want) == NULL)
		printf("# got: %s\n", err.text);
}

static void
check_lock(const char *path)
{
	struct error err = { .kind = ERROR_NONE };
	struct rundir *rundir = rundir_open(path, "/dev/null", &err);
	CLEANUP_FREE char *pid = alloc_format("(process %ld)", (long)getpid());
	char text[1024];
	struct stat status;

	if (!check(rundir != NULL, "a new folder"))
		return;
	check(stat(path, &status) == 0 && (status.st_mode & 07777) == 0700, "of mode 0700");
	check_text(rundir_path(rundir), path, "its path");
	check_number(kind_elsewhere(path, text, sizeof(text)), ERROR_TEMPORARY,
		     "nobody else can have it");
	check(strstr(text, pid) != NULL, "and the text names who has it: %s", text);
	make(path, "/a.sock");
	make(path, "/a.sock.lock");
	rundir_close(rundir);
	check(!is_there("", path), "and it is gone at the end, with sockets in it");
}

static void
check_leftovers(const char *path)
{
	struct error err = { .kind = ERROR_NONE };
	struct rundir *rundir;

	mkdir(path, 0700);
	make(path, "/lock");
	make(path, "/old.sock");
	make(path, "/old.sock.lock");
	make(path, "/mine.txt");
	rundir = rundir_open(path, "/dev/null", &err);
	if (!check(rundir != NULL, "what a killed one left can be taken"))
		return;
	check(!is_there("/old.sock", path) && !is_there("/old.sock.lock", path),
	      "its sockets are removed");
	check(is_there("/mine.txt", path), "other files are not touched");
	rundir_close(rundir);
	check(is_there("/mine.txt", path) && !is_there("/lock", path),
	      "a folder that was there stays, without the lock");
	chmod(path, 0750);
	check_refused(path, ERROR_CONFIG, "open to others");
}

/* A supervisor that is killed while a child of its is between fork and exec: the child lives on for
 * a moment, with all descriptors. */
static void
check_killed(const char *path)
{
	struct error err = { .kind = ERROR_NONE };
	struct rundir *rundir;
	int ends[2];
	pid_t pid, child = 0;

	if (!check(pipe(ends) == 0, "a pipe"))
		return;
	pid = fork();
	if (pid == 0) {
		rundir_open(path, "/dev/null", &err);
		child = fork();
		if (child == 0)
			pause();
		if (write(ends[1], &child, sizeof(child)) < 0)
			_exit(99);
		pause();
	}
	check(read(ends[0], &child, sizeof(child)) == sizeof(child) && child > 0, "a child");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	rundir = rundir_open(path, "/dev/null", &err);
	check(rundir != NULL, "the folder of a killed one is free while its child lives: %s",
	      err.text);
	rundir_close(rundir);
	if (child > 0)
		kill(child, SIGKILL);
	close(ends[0]);
	close(ends[1]);
}

static void
check_default(const char *base)
{
	CLEANUP_FREE char *parent = alloc_format("%s/weir-%lu", base, (unsigned long)geteuid());
	struct error err = { .kind = ERROR_NONE };
	struct rundir *one, *other;

	setenv("XDG_RUNTIME_DIR", base, 1);
	one = rundir_open(NULL, "/dev/null", &err);
	other = rundir_open(NULL, "/dev/zero", &err);
	if (!check(one != NULL && other != NULL, "two pipelines have a folder each"))
		return;
	check(strncmp(rundir_path(one), parent, strlen(parent)) == 0, "below XDG_RUNTIME_DIR");
	rundir_close(one);
	check(is_there("", rundir_path(other)), "the other's stays");
	rundir_close(other);
	check(!is_there("", parent), "nothing is left");
	setenv("WEIR_RUNTIME_DIR", base, 1);
	one = rundir_open(NULL, "/dev/null", &err);
	check_text(one != NULL ? rundir_path(one) : NULL, base, "WEIR_RUNTIME_DIR is taken");
	rundir_close(one);
	check(is_there("", base), "and stays, since it was there");
}

int
main(void)
{
	char base[] = "/tmp/weir-unit-rundir-XXXXXX";
	CLEANUP_FREE char *path = NULL;
	CLEANUP_FREE char *file = NULL;

	check(mkdtemp(base) != NULL, "a folder");
	path = alloc_format("%s/run", base);
	check_lock(path);
	check_killed(path);
	check_leftovers(path);
	check_default(base);
	file = alloc_format("%s/run/mine.txt", base);
	check_refused(file, ERROR_CONFIG, "is no folder");
	check_refused("/tmp/weir-no-such-folder/run", ERROR_SYSTEM, "/tmp/weir-no-such-folder/run");
	unlink(file);
	rmdir(path);
	check(rmdir(base) == 0, "all is removed");
	return check_done();
}
