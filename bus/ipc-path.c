/* Folder checks and the lock beside a socket. */
#include "ipc-path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"

static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return alloc_string(".");
	return slash == path ? alloc_string("/") : alloc_text(path, (size_t)(slash - path));
}

static int
check_folder(const char *folder, struct error *err)
{
	struct stat status;

	if (stat(folder, &status) < 0 && errno != ENOENT && errno != ENOTDIR)
		return error_set_errno(err, "unable to use the folder %s", folder);
	if (stat(folder, &status) < 0 || !S_ISDIR(status.st_mode))
		return error_set(err, ERROR_CONFIG, 0,
				 "there is no folder %s: make it with mkdir -m 700", folder);
	if (status.st_uid != geteuid())
		return error_set(err, ERROR_CONFIG, 0,
				 "the folder %s belongs to another user: use one of your own, of "
				 "mode 0700", folder);
	if ((status.st_mode & 022) != 0)
		return error_set(err, ERROR_CONFIG, 0,
				 "others may write to the folder %s: chmod 700, or use another one",
				 folder);
	return 0;
}

int
ipc_path_check(const char *path, struct error *err)
{
	CLEANUP_FREE char *folder = NULL;

	if (path[0] == '@')
		return error_set(err, ERROR_CONFIG, 0,
				 "abstract sockets have no permissions: name a file");
	if (path[0] == '\0' || path[strlen(path) - 1] == '/' || strcmp(path, "*") == 0)
		return error_set(err, ERROR_CONFIG, 0, "it names no file: ipc://FOLDER/NAME");
	if (strlen(path) > IPC_PATH_MAX)
		return error_set(err, ERROR_CONFIG, 0,
				 "its path has %zu bytes, and a socket's may have at most %u",
				 strlen(path), IPC_PATH_MAX);
	folder = folder_of(path);
	return check_folder(folder, err);
}

/* --- the lock --- */

static char *
lock_path(const char *path)
{
	return alloc_format("%s.lock", path);
}

/* A holder that leaves removes the file: what was locked may no longer be what the name means. */
static bool
is_still(const char *name, int fd)
{
	struct stat here, there;

	return fstat(fd, &here) == 0 && stat(name, &there) == 0 && here.st_ino == there.st_ino &&
	       here.st_dev == there.st_dev;
}

static int
try_lock(const char *name, struct error *err)
{
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return error_set_errno(err, "unable to open %s", name);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (errno == EWOULDBLOCK)
		error_set(err, ERROR_TEMPORARY, errno, "already bound by another process");
	else
		error_set_errno(err, "unable to lock %s", name);
	close(fd);
	return -1;
}

int
ipc_path_lock(const char *path, struct error *err)
{
	CLEANUP_FREE char *name = lock_path(path);
	struct stat status;
	int fd;

	if (lstat(path, &status) == 0 && !S_ISSOCK(status.st_mode))
		return error_set(err, ERROR_CONFIG, 0, "%s is there and is no socket", path);
	while ((fd = try_lock(name, err)) >= 0) {
		if (is_still(name, fd))
			return fd;
		close(fd);
	}
	return -1;
}

void
ipc_path_release(const char *path, int lock_fd)
{
	CLEANUP_FREE char *name = lock_path(path);

	unlink(path);
	unlink(name);
	close(lock_fd);
}
