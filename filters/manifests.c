/*
 * Files and folders of manifests as a source of objects. A walk says which files there are, a
 * file's last good state says what has changed in it, inotify says where to walk again. Works in
 * slices of a loop turn, and stops between any two events.
 */
#include "manifests.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../bus/alloc.h"
#include "../bus/table.h"
#include "manifest-file.h"
#include "manifest-notify.h"
#include "manifest-roots.h"
#include "manifest-seen.h"
#include "manifest-walk.h"

#define SLICE_MS 10	 /* work in one loop turn */
#define QUIET_MS 10	 /* without an event, before a change is looked at ... */
#define QUIET_MAX_MS 200 /* ... but no longer than this */
#define READ_TRIES 3	 /* of a file that changes while it is read */

struct file {
	struct manifest_seen *seen;
	uint64_t round; /* met last */
};

struct folder {
	uint64_t round;
	bool has_links;
};

struct manifests {
	struct loop *loop;
	struct manifests_callbacks callbacks;
	void *arg;
	struct manifest_roots roots;
	struct manifest_walk *walk;
	struct table *files, *folders; /* by path */
	struct loop_timer work;
	bool is_paused, is_first_done;
	struct {
		char *path; /* of the file that the changes are of */
		struct manifest_changes changes;
		size_t next;
	} out;
	struct {
		char *path; /* NULL: no sweep is going on */
		uint64_t round;
		size_t cursor;
	} sweep;
	struct {
		struct manifest_notify *notify; /* NULL: changes are not followed */
		struct table *paths;		/* where to walk again */
		struct loop_timer quiet;
		int64_t since_ms;
		bool is_settled, has_complained;
	} follow;
};

static char present; /* a value for sets */

static void work(void *arg);

static void
free_file(void *value)
{
	struct file *file = value;

	manifest_seen_free(file->seen);
	free(file);
}

static void
wake(struct manifests *m)
{
	if (!m->is_paused)
		loop_timer_start(m->loop, &m->work, 0, work, m);
}

static void
complain(struct manifests *m, const char *path, const struct error *err)
{
	size_t line = err->kind == ERROR_INPUT ? (size_t)err->code : 0;

	m->callbacks.on_error(m->arg, path, line, err);
}

/* --- files --- */

static struct file *
meet_file(struct manifests *m, const char *path, uint64_t round)
{
	struct file *file = table_get(m->files, path, strlen(path));

	if (file == NULL) {
		file = alloc_zero(1, sizeof(*file));
		file->seen = manifest_seen_new();
		table_put(m->files, path, strlen(path), file);
	}
	file->round = round;
	return file;
}

static bool
is_same_version(const struct stat *one, const struct stat *other)
{
	return one->st_size == other->st_size && one->st_mtim.tv_sec == other->st_mtim.tv_sec &&
	       one->st_mtim.tv_nsec == other->st_mtim.tv_nsec;
}

/* Reads until nobody wrote meanwhile, within reason: its writer's last event comes anyhow. */
static int
read_whole(int fd, struct buf *text, struct error *err)
{
	struct stat before, after;
	int i;

	for (i = 0;; i++) {
		if (manifest_file_read(fd, &before, text, err) < 0)
			return -1;
		if (i + 1 >= READ_TRIES || fstat(fd, &after) < 0 ||
		    is_same_version(&before, &after))
			return 0;
		buf_fini(text);
		if (lseek(fd, 0, SEEK_SET) < 0)
			return error_set_errno(err, "cannot be read");
	}
}

static void
start_changes(struct manifests *m, const char *path)
{
	free(m->out.path);
	m->out.path = alloc_string(path);
	m->out.next = 0;
}

static void
take_file(struct manifests *m, const struct manifest_step *step)
{
	struct file *file = meet_file(m, step->path, step->round);
	size_t len = strlen(step->path);
	bool is_json = len > 5 && strcmp(step->path + len - 5, ".json") == 0;
	struct buf text = BUF_INIT(0);
	struct error err;
	int rc = read_whole(step->fd, &text, &err);

	close(step->fd);
	start_changes(m, step->path);
	if (rc == 0)
		rc = manifest_seen_update(file->seen, buf_string(&text), text.len, is_json,
					  &m->out.changes, &err);
	buf_fini(&text);
	if (rc < 0) {
		error_prepend(&err, "%s", step->path);
		complain(m, step->path, &err);
	}
}

/* The folder of a link shall be looked at again when something hidden in it changes. */
static void
note_link(struct manifests *m, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct folder *folder =
		slash == NULL ? NULL : table_get(m->folders, path, (size_t)(slash - path));

	if (folder != NULL)
		folder->has_links = true;
}

/* --- folders --- */

static void
watch_folder(struct manifests *m, const char *path, bool follow)
{
	struct error err;

	if (m->follow.notify == NULL ||
	    manifest_notify_add(m->follow.notify, path, follow, &err) == 0 ||
	    m->follow.has_complained)
		return;
	m->follow.has_complained = true;
	error_prepend(&err, "%s", *path != '\0' ? path : ".");
	complain(m, path, &err);
}

/* The folder that path lies in; "" for the current one. */
static char *
parent_of(const char *path, size_t len)
{
	while (len > 0 && path[len - 1] != '/')
		len--;
	while (len > 1 && path[len - 1] == '/')
		len--;
	return alloc_text(path, len);
}

/* A root may be swapped as a whole, and so may a link on the way to it. */
static void
watch_way(struct manifests *m, const char *root)
{
	size_t len = strlen(root), i;
	struct stat st;

	for (i = 1; i <= len; i++) {
		if (i < len && root[i] != '/')
			continue;
		CLEANUP_FREE char *part = alloc_text(root, i);
		CLEANUP_FREE char *parent = parent_of(root, i);
		if (i == len || (lstat(part, &st) == 0 && S_ISLNK(st.st_mode)))
			watch_folder(m, parent, true);
	}
}

static void
take_folder(struct manifests *m, const struct manifest_step *step)
{
	struct folder *folder = table_get(m->folders, step->path, strlen(step->path));

	if (folder == NULL) {
		folder = alloc_zero(1, sizeof(*folder));
		table_put(m->folders, step->path, strlen(step->path), folder);
	}
	folder->round = step->round;
	folder->has_links = false;
	if (step->is_root && m->follow.notify != NULL)
		watch_way(m, step->path);
	watch_folder(m, step->path, step->is_root);
}

/* --- what is gone, and what is kept --- */

/* The next file that the sweep finds gone, with its changes. False: the sweep is complete. */
static bool
sweep_files(struct manifests *m)
{
	const char *path;
	size_t len;
	void *value;

	while (table_next(m->files, &m->sweep.cursor, &path, &len, &value)) {
		struct file *file = value;

		if (file->round >= m->sweep.round || !manifest_is_below(path, m->sweep.path))
			continue;
		start_changes(m, path);
		manifest_seen_vanish(file->seen, &m->out.changes);
		table_remove(m->files, path, len);
		return true;
	}
	return false;
}

static void
sweep_folders(struct manifests *m)
{
	const char *path;
	size_t cursor = 0, len;
	void *value;

	while (table_next(m->folders, &cursor, &path, &len, &value)) {
		const struct folder *folder = value;

		if (folder->round >= m->sweep.round || !manifest_is_below(path, m->sweep.path))
			continue;
		if (m->follow.notify != NULL)
			manifest_notify_remove(m->follow.notify, path);
		table_remove(m->folders, path, len);
	}
}

static void
continue_sweep(struct manifests *m)
{
	if (sweep_files(m))
		return;
	sweep_folders(m);
	free(m->sweep.path);
	m->sweep.path = NULL;
}

/* A file that is no folder and was met needs no search. */
static void
start_sweep(struct manifests *m, const struct manifest_step *step)
{
	size_t len = strlen(step->path);
	const struct file *file = table_get(m->files, step->path, len);

	if (table_get(m->folders, step->path, len) == NULL &&
	    (file == NULL || file->round >= step->round))
		return;
	m->sweep.path = alloc_string(step->path);
	m->sweep.round = step->round;
	m->sweep.cursor = 0;
}

/* What could not be looked at stays as it was. */
static void
keep(struct manifests *m, const struct manifest_step *step, const struct error *err)
{
	const char *path;
	size_t cursor = 0, len;
	void *value;

	while (table_next(m->files, &cursor, &path, &len, &value))
		if (manifest_is_below(path, step->path))
			((struct file *)value)->round = step->round;
	for (cursor = 0; table_next(m->folders, &cursor, &path, &len, &value);)
		if (manifest_is_below(path, step->path))
			((struct folder *)value)->round = step->round;
	complain(m, step->path, err);
}

/* --- following --- */

static void
on_quiet(void *arg)
{
	struct manifests *m = arg;

	m->follow.is_settled = true;
	wake(m);
}

static void
mark(struct manifests *m, const char *path)
{
	int64_t now_ms = loop_now_ms(m->loop), delay_ms;

	if (table_count(m->follow.paths) == 0)
		m->follow.since_ms = now_ms;
	if (table_get(m->follow.paths, path, strlen(path)) == NULL)
		table_put(m->follow.paths, path, strlen(path), &present);
	delay_ms = m->follow.since_ms + QUIET_MAX_MS - now_ms;
	if (delay_ms > QUIET_MS)
		delay_ms = QUIET_MS;
	loop_timer_start(m->loop, &m->follow.quiet, delay_ms, on_quiet, m);
}

/* Something below a root: a folder that is or was there, or a manifest by its name. */
static bool
is_interesting(const struct manifests *m, const char *path, const char *name)
{
	struct stat st;

	return manifest_has_suffix(name) || table_get(m->folders, path, strlen(path)) != NULL ||
	       (lstat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

static void
on_change(void *arg, const char *where, const char *path)
{
	struct manifests *m = arg;
	const struct folder *folder;
	const char *name;
	size_t i;

	for (i = 0; i < m->roots.count; i++)
		if (path == NULL || manifest_is_below(m->roots.list[i].path, path))
			mark(m, m->roots.list[i].path);
	if (path == NULL || manifest_roots_find(&m->roots, path) == NULL)
		return;
	name = strrchr(path, '/');
	name = name != NULL ? name + 1 : path;
	folder = table_get(m->folders, where, strlen(where));
	if (*name != '.' && is_interesting(m, path, name))
		mark(m, path);
	else if (*name == '.' && folder != NULL && folder->has_links)
		mark(m, where);
}

static int
compare_paths(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

/* The paths that have changed become visits, the first one on top. */
static void
visit_changed(struct manifests *m)
{
	size_t count = 0, cursor = 0, len;
	char **paths = alloc_zero(table_count(m->follow.paths), sizeof(*paths));
	const char *path;
	void *value;

	while (table_next(m->follow.paths, &cursor, &path, &len, &value))
		paths[count++] = alloc_string(path);
	table_clear(m->follow.paths);
	m->follow.is_settled = false;
	qsort(paths, count, sizeof(*paths), compare_paths);
	while (count > 0) {
		manifest_walk_visit(m->walk, paths[--count]);
		free(paths[count]);
	}
	free(paths);
}

/* --- the work --- */

static void
emit(struct manifests *m)
{
	const struct manifest_change *change = &m->out.changes.list[m->out.next++];
	struct manifest_address origin = { m->out.path, change->document, change->item };

	m->callbacks.on_object(m->arg, change->event, change->object, change->len, &origin);
	if (m->out.next == m->out.changes.count)
		manifest_changes_fini(&m->out.changes);
}

/* The walk has come to its end. False: there is nothing to do. */
static bool
rest(struct manifests *m)
{
	if (!m->is_first_done) {
		m->is_first_done = true;
		m->callbacks.on_first(m->arg);
		return true;
	}
	if (!m->follow.is_settled || table_count(m->follow.paths) == 0)
		return false;
	visit_changed(m);
	return true;
}

static bool
walk_on(struct manifests *m)
{
	struct manifest_step step;
	struct error err;

	manifest_walk_next(m->walk, &step, &err);
	switch (step.kind) {
	case MANIFEST_STEP_DONE:
		return rest(m);
	case MANIFEST_STEP_FOLDER:
		take_folder(m, &step);
		return true;
	case MANIFEST_STEP_FILE:
		if (step.is_link)
			note_link(m, step.path);
		take_file(m, &step);
		return true;
	case MANIFEST_STEP_FAILED:
		keep(m, &step, &err);
		return true;
	case MANIFEST_STEP_SWEEP:
		start_sweep(m, &step);
		return true;
	}
	return false;
}

/* One step: an event, a file, a folder. False: nothing is left to do for now. */
static bool
step_on(struct manifests *m)
{
	if (m->out.changes.count > 0)
		emit(m);
	else if (m->sweep.path != NULL)
		continue_sweep(m);
	else
		return walk_on(m);
	return true;
}

static void
work(void *arg)
{
	struct manifests *m = arg;
	int64_t end_ms = loop_now_fresh_ms(m->loop) + SLICE_MS;

	while (!m->is_paused && step_on(m))
		if (loop_now_fresh_ms(m->loop) >= end_ms) {
			wake(m);
			return;
		}
}

/* --- */

struct manifests *
manifests_open(struct loop *loop, const char *const *paths, const char *const *excludes,
	       const struct manifests_callbacks *callbacks, void *arg, struct error *err)
{
	struct manifests *m = alloc_zero(1, sizeof(*m));
	size_t i;

	m->loop = loop;
	m->callbacks = *callbacks;
	m->arg = arg;
	m->files = table_new(free_file);
	m->folders = table_new(free);
	m->follow.paths = table_new(NULL);
	if (manifest_roots_init(&m->roots, paths, excludes, err) < 0) {
		manifests_close(m);
		return NULL;
	}
	m->walk = manifest_walk_new(&m->roots);
	for (i = m->roots.count; i > 0; i--)
		manifest_walk_visit(m->walk, m->roots.list[i - 1].path);
	wake(m);
	return m;
}

int
manifests_follow(struct manifests *m, struct error *err)
{
	size_t i;

	m->follow.notify = manifest_notify_new(m->loop, on_change, m, err);
	if (m->follow.notify == NULL)
		return -1;
	for (i = 0; i < m->roots.count; i++)
		watch_way(m, m->roots.list[i].path);
	return 0;
}

void
manifests_pause(struct manifests *m, bool paused)
{
	m->is_paused = paused;
	wake(m);
}

void
manifests_close(struct manifests *m)
{
	if (m == NULL)
		return;
	loop_timer_stop(m->loop, &m->work);
	loop_timer_stop(m->loop, &m->follow.quiet);
	manifest_notify_free(m->follow.notify);
	manifest_changes_fini(&m->out.changes);
	free(m->out.path);
	free(m->sweep.path);
	table_free(m->files);
	table_free(m->folders);
	table_free(m->follow.paths);
	manifest_walk_free(m->walk);
	manifest_roots_fini(&m->roots);
	free(m);
}
