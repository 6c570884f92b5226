/* One manifest file, replaced whole or not at all. */
#include "manifest-file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <unistd.h>

#include "../bus/alloc.h"
#include "../bus/table.h"

#define TAKEOVERS_MAX 3
#define TEMPORARY_MAX (NAME_MAX + 1)
#define PIECE 65536 /* bytes per read */

/* The kind of error that errno stands for, when a file is opened or changed. */
static int
fail_errno(struct error *err, const char *what)
{
	int code = errno;
	enum error_kind kind = ERROR_SYSTEM;

	if (code == EACCES || code == EPERM || code == EROFS)
		kind = ERROR_DENIED;
	if (code == ENOENT || code == ENOTDIR)
		kind = ERROR_CONFLICT;
	return error_set(err, kind, code, "%s: %s", what, strerror(code));
}

/* --- reading --- */

static int
read_bytes(int fd, struct buf *out, struct error *err)
{
	ssize_t n;
	char *room;

	for (;;) {
		room = buf_room(out, PIECE);
		if (room == NULL)
			return error_set(err, ERROR_INPUT, 0, "larger than 16 MiB");
		n = read(fd, room, PIECE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(err, "cannot be read");
		if (n == 0)
			break;
		buf_added(out, (size_t)n);
	}
	buf_added(out, 0);
	if (out->len > MANIFEST_FILE_MAX)
		return error_set(err, ERROR_INPUT, 0, "larger than 16 MiB");
	return 0;
}

int
manifest_file_read(int fd, struct stat *seen, struct buf *out, struct error *err)
{
	buf_init(out, MANIFEST_FILE_MAX + PIECE);
	if (fstat(fd, seen) < 0)
		return fail_errno(err, "cannot be read");
	if (!S_ISREG(seen->st_mode))
		return error_set(err, ERROR_INPUT, 0, "is no regular file");
	if (seen->st_size > (off_t)MANIFEST_FILE_MAX)
		return error_set(err, ERROR_INPUT, 0, "larger than 16 MiB");
	return read_bytes(fd, out, err);
}

/* --- the way to it: name by name, so that no link is followed --- */

static int
fail_step(int folder, const char *name, struct error *err)
{
	struct stat st;
	int code = errno;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
		return error_set(err, ERROR_INPUT, 0,
				 "%s is a symbolic link, which is not followed for an edit: "
				 "give the path that it leads to", name);
	errno = code;
	return fail_errno(err, "cannot be opened");
}

static int
step_into(int *folder, const char *name, struct error *err)
{
	int next;

	if (strcasecmp(name, ".git") == 0) {
		errno = ENOENT;
		return error_set(err, ERROR_INPUT, 0, "lies in a .git folder");
	}
	next = openat(*folder, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (next < 0)
		return fail_step(*folder, name, err);
	close(*folder);
	*folder = next;
	return 0;
}

/* Steps into each folder that *path names, and leaves the last name there. */
static int
step_to_last(int *folder, const char **path, struct error *err)
{
	const char *slash;

	for (;;) {
		*path += strspn(*path, "/");
		slash = strchr(*path, '/');
		if (slash == NULL)
			return 0;
		CLEANUP_FREE char *step = alloc_text(*path, (size_t)(slash - *path));
		if (step_into(folder, step, err) < 0)
			return -1;
		*path = slash;
	}
}

int
manifest_file_open_below(const char *base, const char *below, int flags)
{
	int folder = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -1, code;

	if (folder < 0)
		return -1;
	if (step_to_last(&folder, &below, NULL) == 0)
		fd = openat(folder, below, flags | O_NOFOLLOW);
	code = errno;
	close(folder);
	errno = code;
	return fd;
}

/* Opens the folder of path; *name (owned by the caller) is the rest. */
static int
open_folder(const char *path, int *folder, char **name, struct error *err)
{
	*folder = open(*path == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*folder < 0)
		return fail_errno(err, "cannot be opened");
	if (step_to_last(folder, &path, err) < 0)
		return -1;
	if (*path == '\0' || strcmp(path, ".") == 0 || strcmp(path, "..") == 0 ||
	    strcasecmp(path, ".git") == 0)
		return error_set(err, ERROR_INPUT, 0, "is no regular file");
	*name = alloc_string(path);
	return 0;
}

static int
open_file(struct manifest_file *file, struct error *err)
{
	CLEANUP_CLOSE int fd =
		openat(file->folder, file->name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && errno == EISDIR)
		return error_set(err, ERROR_INPUT, 0, "is no regular file");
	if (fd < 0)
		return fail_step(file->folder, file->name, err);
	return manifest_file_read(fd, &file->seen, &file->text, err);
}

int
manifest_file_open(struct manifest_file *file, const char *path, struct error *err)
{
	int part;

	memset(file, 0, sizeof(*file));
	file->folder = -1;
	if (strlen(path) >= PATH_MAX)
		return error_set(err, ERROR_INPUT, 0, "the path is too long");
	if (open_folder(path, &part, &file->name, err) < 0) {
		if (part >= 0)
			close(part);
		return -1;
	}
	file->folder = openat(part, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* for fsync */
	if (file->folder < 0)
		fail_errno(err, "its folder cannot be opened");
	close(part);
	return file->folder < 0 ? -1 : open_file(file, err);
}

int
manifest_file_open_or_none(struct manifest_file *file, const char *path, struct error *err)
{
	struct stat st;

	if (manifest_file_open(file, path, err) == 0)
		return 0;
	if (file->folder < 0 || fstatat(file->folder, file->name, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	    errno != ENOENT)
		return -1;
	return 0;
}

void
manifest_file_close(struct manifest_file *file)
{
	if (file->folder >= 0)
		close(file->folder);
	file->folder = -1;
	free(file->name);
	file->name = NULL;
	buf_fini(&file->text);
}

/* --- replacing --- */

static void
temporary_name(const struct manifest_file *file, char *out)
{
	if (strlen(file->name) + 7 <= NAME_MAX)
		snprintf(out, TEMPORARY_MAX, ".%s.weir", file->name);
	else
		snprintf(out, TEMPORARY_MAX, ".%016llx.weir",
			 (unsigned long long)table_hash(file->name, strlen(file->name)));
}

/* The temporary file is there already. Nobody holds its lock: its writer was killed, so it goes. */
static int
remove_stale(int folder, const char *name, struct error *err)
{
	CLEANUP_CLOSE int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return fail_step(folder, name, err);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return error_set(err, ERROR_CONFLICT, 0, "another process is writing it");
	if (unlinkat(folder, name, 0) < 0 && errno != ENOENT)
		return fail_errno(err, "a stale temporary file cannot be removed");
	return 0;
}

/* A new file under the lock of this process; -1: error. */
static int
open_temporary(int folder, const char *name, struct error *err)
{
	struct stat st;
	int fd, i;

	for (i = 0; i < TAKEOVERS_MAX; i++) {
		fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			    0600);
		if (fd < 0 && errno != EEXIST)
			return fail_errno(err, "a temporary file cannot be made beside it");
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 &&
		    st.st_nlink > 0)
			return fd;
		if (fd >= 0)
			close(fd); /* taken for stale before it was locked */
		else if (remove_stale(folder, name, err) < 0)
			return -1;
	}
	return error_set(err, ERROR_CONFLICT, 0, "another process is writing it");
}

static int
write_all(int fd, const struct buf *text, struct error *err)
{
	size_t done = 0;
	ssize_t n;

	while (done < text->len) {
		n = write(fd, text->data + done, text->len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(err, "the new text cannot be written");
		done += (size_t)n;
	}
	return 0;
}

static int
fill_temporary(int fd, const struct manifest_file *file, const struct buf *text, struct error *err)
{
	struct stat st;

	if (write_all(fd, text, err) < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return fail_errno(err, "the new text cannot be written");
	if (file->seen.st_nlink > 0 &&
	    (st.st_uid != file->seen.st_uid || st.st_gid != file->seen.st_gid) &&
	    fchown(fd, file->seen.st_uid, file->seen.st_gid) < 0)
		return fail_errno(err, "its owner cannot be kept");
	if (fchmod(fd, file->mode ? file->mode : file->seen.st_mode & 07777) < 0)
		return fail_errno(err, "its mode cannot be kept");
	if (fsync(fd) < 0)
		return fail_errno(err, "the new text cannot be written");
	return 0;
}

static bool
is_unchanged(const struct manifest_file *file)
{
	const struct stat *was = &file->seen;
	struct stat is;

	if (was->st_nlink == 0)
		return fstatat(file->folder, file->name, &is, AT_SYMLINK_NOFOLLOW) < 0;
	return fstatat(file->folder, file->name, &is, AT_SYMLINK_NOFOLLOW) == 0 &&
	       is.st_dev == was->st_dev && is.st_ino == was->st_ino && is.st_size == was->st_size &&
	       is.st_mtim.tv_sec == was->st_mtim.tv_sec &&
	       is.st_mtim.tv_nsec == was->st_mtim.tv_nsec;
}

static int
put_in_place(const struct manifest_file *file, const char *temporary, struct error *err)
{
	if (!is_unchanged(file))
		return error_set(err, ERROR_CONFLICT, 0, "somebody else has written it meanwhile");
	if (renameat(file->folder, temporary, file->folder, file->name) < 0)
		return fail_errno(err, "the new text cannot take its place");
	return 0;
}

static int
sync_folder(const struct manifest_file *file, struct error *err)
{
	if (fsync(file->folder) < 0 && errno != EINVAL) /* a file system without it */
		return fail_errno(err, "it is changed, but the disk may not know yet");
	return 0;
}

int
manifest_file_replace(const struct manifest_file *file, const struct buf *text, struct error *err)
{
	char temporary[TEMPORARY_MAX];
	CLEANUP_CLOSE int fd = -1;

	temporary_name(file, temporary);
	fd = open_temporary(file->folder, temporary, err);
	if (fd < 0)
		return -1;
	if (fill_temporary(fd, file, text, err) < 0 || put_in_place(file, temporary, err) < 0) {
		unlinkat(file->folder, temporary, 0);
		return -1;
	}
	return sync_folder(file, err);
}

int
manifest_file_remove(const struct manifest_file *file, struct error *err)
{
	if (!is_unchanged(file))
		return error_set(err, ERROR_CONFLICT, 0, "somebody else has written it meanwhile");
	if (unlinkat(file->folder, file->name, 0) < 0)
		return fail_errno(err, "it cannot be removed");
	return sync_folder(file, err);
}
