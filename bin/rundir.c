/*
 * A folder of mode 0700 under a lock file. A killed supervisor leaves files behind, never a
 * lock: the kernel drops that with the process, so whoever holds it may clean up. It is a lock of
 * the process (fcntl) and not of the open file (flock): a child between fork and exec has the
 * latter too, and outlives a supervisor that is killed just then.
 */
#include "rundir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../bus/alloc.h"
#include "../bus/table.h"

#define LOCK_NAME "lock"
#define TRIES 100

struct rundir {
	char *path;
	char *parent;	 /* of ours too, to be removed when it is empty; NULL: none */
	int fd;		 /* the folder */
	int lock_fd;
	bool is_kept;	 /* the folder was there before, under a name that was given */
};

/* A folder of ours that nobody else may look into; made when it is missing. */
static int
make_private(const char *path, bool *was_there, struct error *err)
{
	struct stat status;

	*was_there = mkdir(path, 0700) < 0;
	if (*was_there && errno != EEXIST)
		return error_set_errno(err, "unable to make the runtime folder %s", path);
	if (lstat(path, &status) < 0)
		return error_set_errno(err, "unable to use the runtime folder %s", path);
	if (!S_ISDIR(status.st_mode))
		return error_set(err, ERROR_CONFIG, 0, "the runtime folder %s is no folder", path);
	if (status.st_uid != geteuid())
		return error_set(err, ERROR_CONFIG, 0,
				 "the runtime folder %s belongs to another user: name one with "
				 "--dir",
				 path);
	if ((status.st_mode & 077) != 0)
		return error_set(err, ERROR_CONFIG, 0,
				 "the runtime folder %s is open to others: chmod 700 %s", path,
				 path);
	return 0;
}

/* --- its name --- */

static char *
absolute(const char *path)
{
	CLEANUP_FREE char *here = NULL;

	if (path[0] == '/')
		return alloc_string(path);
	here = getcwd(NULL, 0);
	return alloc_format("%s/%s", here != NULL ? here : "", path);
}

static void
name_given(struct rundir *rundir, const char *given)
{
	size_t len;

	rundir->path = absolute(given);
	len = strlen(rundir->path);
	while (len > 1 && rundir->path[len - 1] == '/')
		rundir->path[--len] = '\0';
	rundir->is_kept = true;
}

static int
name_default(struct rundir *rundir, const char *pipeline_path, struct error *err)
{
	const char *base = getenv("XDG_RUNTIME_DIR");
	char real[PATH_MAX];

	if (realpath(pipeline_path, real) == NULL)
		return error_set_errno(err, "unable to find %s", pipeline_path);
	if (base == NULL || base[0] != '/')
		base = "/tmp";
	rundir->parent = alloc_format("%s/weir-%lu", base, (unsigned long)geteuid());
	rundir->path = alloc_format("%s/%016llx", rundir->parent,
				    (unsigned long long)table_hash(real, strlen(real)));
	return 0;
}

/* --- the lock --- */

static struct flock
whole_file(void)
{
	return (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET };
}

/* 1: it has gone meanwhile. */
static int
is_held(struct rundir *rundir, struct error *err)
{
	struct flock lock = whole_file();

	if (fcntl(rundir->lock_fd, F_GETLK, &lock) == 0 && lock.l_type == F_UNLCK)
		return 1;
	/* Of another PID namespace: 0. */
	return error_set(err, ERROR_TEMPORARY, 0,
			 "another weir run (process %ld) has the runtime folder %s: stop it, or "
			 "name another folder with --dir",
			 (long)lock.l_pid, rundir->path);
}

/* 0: locked. */
static int
lock_file(struct rundir *rundir, struct error *err)
{
	struct flock lock = whole_file();
	int held = 1;

	while (fcntl(rundir->lock_fd, F_SETLK, &lock) < 0 && held > 0) {
		if (errno != EACCES && errno != EAGAIN)
			return error_set_errno(err, "unable to lock %s/" LOCK_NAME, rundir->path);
		held = is_held(rundir, err);
	}
	return held > 0 ? 0 : -1;
}

/* 1: locked. 0: the file was removed in between by one that ended; try again. */
static int
try_lock(struct rundir *rundir, struct error *err)
{
	struct stat there, ours;

	rundir->lock_fd = openat(rundir->fd, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
				 0600);
	if (rundir->lock_fd < 0)
		return error_set_errno(err, "unable to make the lock file %s/" LOCK_NAME,
				       rundir->path);
	if (lock_file(rundir, err) < 0)
		return -1;
	if (fstat(rundir->lock_fd, &ours) == 0 &&
	    fstatat(rundir->fd, LOCK_NAME, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	    ours.st_ino == there.st_ino && ours.st_dev == there.st_dev)
		return 1;
	close(rundir->lock_fd);
	rundir->lock_fd = -1;
	return 0;
}

/* --- what is in it --- */

static bool
is_leftover(const char *name)
{
	size_t len = strlen(name);
	static const char *const ends[] = { ".sock", ".sock.lock" };
	size_t i, end;

	for (i = 0; i < ALLOC_COUNT(ends); i++) {
		end = strlen(ends[i]);
		if (len > end && strcmp(name + len - end, ends[i]) == 0)
			return true;
	}
	return false;
}

static void
clean(struct rundir *rundir)
{
	int fd = openat(rundir->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (folder == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(folder)) != NULL)
		if (is_leftover(entry->d_name))
			unlinkat(rundir->fd, entry->d_name, 0);
	closedir(folder);
}

/* Make it, open it, lock it. 1: done; 0: one that ended removed it under our hands; -1: error. */
static int
try_folder(struct rundir *rundir, struct error *err)
{
	bool was_there;

	if (make_private(rundir->path, &was_there, err) < 0)
		return -1;
	if (!was_there)
		rundir->is_kept = false;
	rundir->fd = open(rundir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (rundir->fd < 0)
		return error_set_errno(err, "unable to open the runtime folder %s", rundir->path);
	return try_lock(rundir, err);
}

static void
close_folder(struct rundir *rundir)
{
	if (rundir->lock_fd >= 0)
		close(rundir->lock_fd);
	if (rundir->fd >= 0)
		close(rundir->fd);
	rundir->lock_fd = rundir->fd = -1;
}

static int
try_open(struct rundir *rundir, struct error *err)
{
	struct error cause = { .kind = ERROR_NONE };
	bool was_there;
	int result;

	if (rundir->parent != NULL && make_private(rundir->parent, &was_there, err) < 0)
		return -1;
	result = try_folder(rundir, &cause);
	if (result == 1)
		return 1;
	close_folder(rundir);
	if (result == 0 || (cause.code == ENOENT && rundir->parent != NULL))
		return 0;
	if (err != NULL)
		*err = cause;
	return -1;
}

static void
free_rundir(struct rundir *rundir)
{
	close_folder(rundir);
	free(rundir->path);
	free(rundir->parent);
	free(rundir);
}

struct rundir *
rundir_open(const char *given, const char *pipeline_path, struct error *err)
{
	struct rundir *rundir = alloc_zero(1, sizeof(*rundir));
	int result = 0, tries;

	rundir->fd = rundir->lock_fd = -1;
	if (given == NULL || given[0] == '\0')
		given = getenv("WEIR_RUNTIME_DIR");
	if (given != NULL && given[0] != '\0')
		name_given(rundir, given);
	else
		result = name_default(rundir, pipeline_path, err);
	for (tries = 0; result == 0 && tries < TRIES; tries++)
		result = try_open(rundir, err);
	if (result == 1) {
		clean(rundir);
		return rundir;
	}
	if (result == 0)
		error_set(err, ERROR_TEMPORARY, 0, "the runtime folder %s does not stay",
			  rundir->path);
	free_rundir(rundir);
	return NULL;
}

const char *
rundir_path(const struct rundir *rundir)
{
	return rundir->path;
}

void
rundir_close(struct rundir *rundir)
{
	if (rundir == NULL)
		return;
	clean(rundir);
	unlinkat(rundir->fd, LOCK_NAME, 0);
	if (!rundir->is_kept)
		rmdir(rundir->path);
	if (rundir->parent != NULL)
		rmdir(rundir->parent); /* another group may be in it: then it stays */
	free_rundir(rundir);
}
