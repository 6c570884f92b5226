/* Folders under inotify, by their paths. */
#include "manifest-notify.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../bus/alloc.h"
#include "../bus/table.h"

#define EVENTS                                                                              \
	(IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | \
	 IN_DELETE_SELF | IN_MOVE_SELF)

/* One kernel watch: a folder (an inode), under each path that it was added by. */
struct watch {
	int wd;
	char **folders;
	size_t count;
};

struct manifest_notify {
	struct loop *loop;
	manifest_notify_fn *fn;
	void *arg;
	int fd;
	struct table *by_wd;	 /* int -> struct watch */
	struct table *by_folder; /* path -> the same struct watch */
};

static void
free_watch(void *value)
{
	struct watch *watch = value;

	while (watch->count > 0)
		free(watch->folders[--watch->count]);
	free(watch->folders);
	free(watch);
}

/* --- events --- */

static char *
join(const char *folder, const char *name)
{
	size_t len = strlen(folder);

	return alloc_format("%s%s%s", folder, len == 0 || folder[len - 1] == '/' ? "" : "/", name);
}

/* A file that somebody is writing: its end will be reported too. A link or a file that appeared
 * with a second name is complete. */
static bool
is_being_written(const struct inotify_event *event, const char *path)
{
	struct stat st;

	return (event->mask & IN_CREATE) != 0 && (event->mask & IN_ISDIR) == 0 &&
	       lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1;
}

static void
report(struct manifest_notify *notify, const struct inotify_event *event, const char *folder)
{
	CLEANUP_FREE char *path = event->len > 0 ? join(folder, event->name) : alloc_string(folder);

	if (!is_being_written(event, path))
		notify->fn(notify->arg, folder, path);
}

/* The kernel has dropped the watch. */
static void
forget(struct manifest_notify *notify, struct watch *watch)
{
	size_t i;

	for (i = 0; i < watch->count; i++)
		table_remove(notify->by_folder, watch->folders[i], strlen(watch->folders[i]));
	table_remove(notify->by_wd, (const char *)&watch->wd, sizeof(watch->wd));
}

static void
take_event(struct manifest_notify *notify, const struct inotify_event *event)
{
	struct watch *watch;
	size_t i;

	if (event->mask & IN_Q_OVERFLOW) {
		notify->fn(notify->arg, NULL, NULL);
		return;
	}
	watch = table_get(notify->by_wd, (const char *)&event->wd, sizeof(event->wd));
	if (watch == NULL)
		return;
	if (event->mask & IN_IGNORED) {
		forget(notify, watch);
		return;
	}
	for (i = 0; i < watch->count; i++)
		report(notify, event, watch->folders[i]);
}

static void
on_events(void *arg, int fd, unsigned events)
{
	struct manifest_notify *notify = arg;
	_Alignas(struct inotify_event) char buffer[16384];
	const struct inotify_event *event;
	ssize_t n = read(fd, buffer, sizeof(buffer)), at;

	(void)events;
	for (at = 0; at < n; at += (ssize_t)(sizeof(*event) + event->len)) {
		event = (const struct inotify_event *)(const void *)(buffer + at);
		take_event(notify, event);
	}
}

/* --- watches --- */

struct manifest_notify *
manifest_notify_new(struct loop *loop, manifest_notify_fn *fn, void *arg, struct error *err)
{
	struct manifest_notify *notify;
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0) {
		error_set_errno(err, "changes cannot be followed (fs.inotify.max_user_instances?)");
		return NULL;
	}
	notify = alloc_zero(1, sizeof(*notify));
	*notify = (struct manifest_notify){ .loop = loop, .fn = fn, .arg = arg, .fd = fd };
	notify->by_wd = table_new(free_watch);
	notify->by_folder = table_new(NULL);
	loop_watch(loop, fd, LOOP_READ, on_events, notify);
	return notify;
}

void
manifest_notify_free(struct manifest_notify *notify)
{
	if (notify == NULL)
		return;
	loop_forget(notify->loop, notify->fd);
	close(notify->fd);
	table_free(notify->by_folder);
	table_free(notify->by_wd);
	free(notify);
}

void
manifest_notify_remove(struct manifest_notify *notify, const char *folder)
{
	struct watch *watch = table_take(notify->by_folder, folder, strlen(folder));
	size_t i;

	if (watch == NULL)
		return;
	for (i = 0; strcmp(watch->folders[i], folder) != 0; i++)
		;
	free(watch->folders[i]);
	watch->folders[i] = watch->folders[--watch->count];
	if (watch->count > 0)
		return;
	inotify_rm_watch(notify->fd, watch->wd);
	table_remove(notify->by_wd, (const char *)&watch->wd, sizeof(watch->wd));
}

static void
name_watch(struct manifest_notify *notify, int wd, const char *folder)
{
	struct watch *watch = table_get(notify->by_wd, (const char *)&wd, sizeof(wd));

	if (watch == NULL) {
		watch = alloc_zero(1, sizeof(*watch));
		watch->wd = wd;
		table_put(notify->by_wd, (const char *)&wd, sizeof(wd), watch);
	}
	watch->folders = alloc_grow(watch->folders, watch->count + 1, sizeof(char *));
	watch->folders[watch->count++] = alloc_string(folder);
	table_put(notify->by_folder, folder, strlen(folder), watch);
}

int
manifest_notify_add(struct manifest_notify *notify, const char *folder, bool follow,
		    struct error *err)
{
	const struct watch *known = table_get(notify->by_folder, folder, strlen(folder));
	uint32_t mask = EVENTS | IN_ONLYDIR | IN_EXCL_UNLINK | (follow ? 0 : IN_DONT_FOLLOW);
	int wd = inotify_add_watch(notify->fd, *folder != '\0' ? folder : ".", mask);

	if (known != NULL && known->wd == wd)
		return 0;
	manifest_notify_remove(notify, folder);
	if (wd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return 0;
	if (wd < 0 && errno == ENOSPC)
		return error_set(err, ERROR_SYSTEM, ENOSPC,
				 "changes cannot be followed: more folders than "
				 "fs.inotify.max_user_watches");
	if (wd < 0)
		return error_set_errno(err, "changes cannot be followed");
	name_watch(notify, wd, folder);
	return 0;
}
