/* Where a socket may lie, and the lock beside it. */
#include "../../bus/ipc-path.h"

#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../bus/alloc.h"
#include "../check.h"

static char folder[32] = "/tmp/weir-ipc.XXXXXX";

static void
check_path(const char *path, const char *why)
{
	struct error err = { 0 };
	int result = ipc_path_check(path, &err);

	check(why == NULL ? result == 0 : result < 0 && strstr(err.text, why) != NULL, "'%s': %s",
	      path, why != NULL ? why : "fine");
	if (result < 0 && why != NULL && strstr(err.text, why) == NULL)
		printf("# got: %s\n", err.text);
	if (result < 0)
		check(err.kind == ERROR_CONFIG, "which is the configuration's fault");
}

static void
check_paths(void)
{
	char longest[IPC_PATH_MAX + 2];
	char *path = alloc_format("%s/s", folder);
	size_t len = strlen(folder);

	check_path(path, NULL);
	check_path("@abstract", "abstract");
	check_path("", "names no file");
	check_path("/run/", "names no file");
	check_path("*", "names no file");
	check_path("/nowhere/at/all/s", "mkdir -m 700");
	check_path("/etc/passwd/s", "mkdir -m 700");
	memset(longest, 'x', sizeof(longest));
	memcpy(longest, folder, len);
	longest[len] = '/';
	longest[IPC_PATH_MAX] = '\0';
	check_path(longest, NULL);
	longest[IPC_PATH_MAX] = 'x';
	longest[IPC_PATH_MAX + 1] = '\0';
	check_path(longest, "at most 107");
	chmod(folder, 0755);
	check_path(path, NULL);
	chmod(folder, 0770);
	check_path(path, "others may write");
	chmod(folder, 0700);
	check(chdir(folder) == 0, "relative to the current folder:");
	check_path("s", NULL);
	check(chdir("/") == 0, "and back");
	free(path);
}

static void
make_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, path, strlen(path) + 1);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		perror("bind");
	close(fd);
}

/* A process that takes the lock, says so, and is killed. */
static void
lock_and_die(const char *path)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready) < 0 || (pid = fork()) < 0)
		return;
	if (pid == 0) {
		if (ipc_path_lock(path, NULL) >= 0 && write(ready[1], "r", 1) == 1)
			pause();
		_exit(1);
	}
	if (read(ready[0], &byte, 1) == 1)
		check(ipc_path_lock(path, NULL) < 0, "another process has the lock");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(ready[0]);
	close(ready[1]);
}

static void
check_lock(void)
{
	char *path = alloc_format("%s/s", folder), *lock = alloc_format("%s/s.lock", folder);
	struct error err;
	int fd, again;

	lock_and_die(path);
	fd = ipc_path_lock(path, &err);
	check(fd >= 0, "a killed process leaves no lock behind");
	check(ipc_path_lock(path, &err) < 0 && err.kind == ERROR_TEMPORARY &&
		      strstr(err.text, "already bound by another process") != NULL, "%s", err.text);
	make_socket(path);
	ipc_path_release(path, fd);
	check(access(path, F_OK) < 0 && access(lock, F_OK) < 0, "socket and lock are removed");
	make_socket(path);
	again = ipc_path_lock(path, &err);
	check(again >= 0, "a stale socket is no obstacle");
	ipc_path_release(path, again);
	fclose(fopen(path, "w"));
	check(ipc_path_lock(path, &err) < 0 && err.kind == ERROR_CONFIG &&
		      access(path, F_OK) == 0, "a file that is no socket is left alone");
	unlink(path);
	free(path);
	free(lock);
}

int
main(void)
{
	if (mkdtemp(folder) == NULL)
		return 1;
	check_paths();
	check_lock();
	check(rmdir(folder) == 0, "nothing is left behind");
	return check_done();
}
