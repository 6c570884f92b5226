/* Which files below some paths are manifests. */
#include "manifest-walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../bus/alloc.h"
#include "../bus/json.h"
#include "manifest-file.h"

/* What is left to do, the next thing last. */
struct visit {
	enum { VISIT_PATH, VISIT_LIST, VISIT_SWEEP } kind;
	char *path;
	const struct manifest_root *root;
	uint64_t round; /* sweeps */
};

struct manifest_walk {
	const struct manifest_roots *roots;
	struct visit *stack;
	size_t depth, capacity;
	uint64_t round;
	char *path; /* of the last step */
};

struct manifest_walk *
manifest_walk_new(const struct manifest_roots *roots)
{
	struct manifest_walk *walk = alloc_zero(1, sizeof(*walk));

	walk->roots = roots;
	return walk;
}

void
manifest_walk_free(struct manifest_walk *walk)
{
	size_t i;

	if (walk == NULL)
		return;
	for (i = 0; i < walk->depth; i++)
		free(walk->stack[i].path);
	free(walk->stack);
	free(walk->path);
	free(walk);
}

/* --- what is left to visit --- */

static void
push(struct manifest_walk *walk, const struct visit *visit)
{
	if (walk->depth == walk->capacity) {
		walk->capacity = walk->capacity ? walk->capacity * 2 : 16;
		walk->stack = alloc_grow(walk->stack, walk->capacity, sizeof(*visit));
	}
	walk->stack[walk->depth++] = *visit;
}

void
manifest_walk_visit(struct manifest_walk *walk, const char *path)
{
	const struct manifest_root *root = manifest_roots_find(walk->roots, path);

	if (root == NULL)
		return;
	walk->round++;
	push(walk, &(struct visit){ VISIT_SWEEP, alloc_string(path), root, walk->round });
	push(walk, &(struct visit){ VISIT_PATH, alloc_string(path), root, 0 });
}

/* --- opening, without following a link below the root --- */

static int
fail(struct manifest_step *step, struct error *err)
{
	step->kind = MANIFEST_STEP_FAILED;
	return error_set(err, ERROR_SYSTEM, errno, "%s: %s", step->path, strerror(errno));
}

/* Opens what is below a root; rest "" opens the root itself, as given. */
static int
open_below(const char *base, const char *rest, int flags)
{
	if (*rest == '\0')
		return open(base, flags | O_NONBLOCK | O_CLOEXEC);
	return manifest_file_open_below(base, rest, flags | O_NONBLOCK | O_CLOEXEC);
}

/* A link that leads to a hidden place inside its root, as in a mounted ConfigMap. */
static int
open_link(const struct visit *visit)
{
	CLEANUP_FREE char *real = realpath(visit->path, NULL);
	CLEANUP_FREE char *base = realpath(visit->root->path, NULL);
	const char *rest;

	errno = ENOENT;
	if (real == NULL || base == NULL || !manifest_is_below(real, base))
		return -1;
	rest = real + strlen(base);
	if (strstr(rest, "/.") == NULL)
		return -1;
	return open_below(base, rest + strspn(rest, "/"), O_RDONLY);
}

/* --- listing --- */

/* Names, a folder's with a slash behind it, so that whole paths come in order. */
struct listing {
	char **names;
	size_t count, capacity;
};

static int
compare_names(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

static bool
is_folder(int fd, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

static void
add_entry(struct listing *listing, const char *name, const char *behind)
{
	if (listing->count == listing->capacity) {
		listing->capacity = listing->capacity ? listing->capacity * 2 : 16;
		listing->names =
			alloc_grow(listing->names, listing->capacity, sizeof(*listing->names));
	}
	listing->names[listing->count++] = alloc_format("%s%s", name, behind);
}

/* -1, with errno: the listing broke off. */
static int
read_entries(DIR *folder, struct listing *listing)
{
	struct dirent *entry;

	while (errno = 0, (entry = readdir(folder)) != NULL) {
		bool nested = is_folder(dirfd(folder), entry);

		if (entry->d_name[0] != '.' && (nested || manifest_has_suffix(entry->d_name)))
			add_entry(listing, entry->d_name, nested ? "/" : "");
	}
	return errno == 0 ? 0 : -1;
}

static void
fini_listing(struct listing *listing)
{
	while (listing->count > 0)
		free(listing->names[--listing->count]);
	free(listing->names);
}

/* Entries become visits, the first one on top of the stack. */
static void
push_entries(struct manifest_walk *walk, const struct visit *visit, struct listing *listing)
{
	const char *between = visit->path[strlen(visit->path) - 1] == '/' ? "" : "/";
	size_t i;

	if (listing->count > 1)
		qsort(listing->names, listing->count, sizeof(*listing->names), compare_names);
	for (i = listing->count; i > 0; i--) {
		char *name = listing->names[i - 1];

		name[strcspn(name, "/")] = '\0';
		push(walk, &(struct visit){ VISIT_PATH,
					    alloc_format("%s%s%s", visit->path, between, name),
					    visit->root, 0 });
	}
}

/* 0: nothing to tell; 1: failed. */
static int
list_folder(struct manifest_walk *walk, const struct visit *visit, struct manifest_step *step,
	    struct error *err)
{
	struct listing listing = { NULL, 0, 0 };
	const char *rest = manifest_root_below(visit->root, visit->path);
	int fd = open_below(visit->root->path, rest, O_RDONLY | O_DIRECTORY), rc = 0;
	DIR *folder;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return 0;
	folder = fd < 0 ? NULL : fdopendir(fd);
	if (folder == NULL || read_entries(folder, &listing) < 0) {
		fail(step, err);
		rc = 1;
	} else {
		push_entries(walk, visit, &listing);
	}
	if (folder != NULL)
		closedir(folder);
	fini_listing(&listing);
	return rc;
}

/* --- steps --- */

static bool
is_utf8(const char *text)
{
	size_t left = strlen(text), n;

	for (; left > 0; text += n, left -= n) {
		n = (unsigned char)*text < 0x80 ? 1 : json_utf8_length(text, left);
		if (n == 0)
			return false;
	}
	return true;
}

static int
open_regular(struct manifest_step *step, int fd, struct error *err)
{
	struct stat st;

	if (fd < 0 && errno != ENOENT && errno != ENOTDIR && errno != ELOOP) {
		fail(step, err);
		return 1;
	}
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		step->kind = MANIFEST_STEP_FILE;
		step->fd = fd;
		return 1;
	}
	if (fd >= 0)
		close(fd);
	return 0;
}

static int
visit_file(const struct visit *visit, const struct stat *st, struct manifest_step *step,
	   struct error *err)
{
	const char *rest = manifest_root_below(visit->root, visit->path);

	if (*rest != '\0' && !manifest_has_suffix(visit->path))
		return 0;
	if (!is_utf8(visit->path)) {
		step->kind = MANIFEST_STEP_FAILED;
		error_set(err, ERROR_INPUT, 0, "%s: the name is no UTF-8", visit->path);
		return 1;
	}
	step->is_link = S_ISLNK(st->st_mode);
	return open_regular(step,
			    step->is_link ? open_link(visit) :
					    open_below(visit->root->path, rest, O_RDONLY),
			    err);
}

static int
visit_path(struct manifest_walk *walk, const struct visit *visit, struct manifest_step *step,
	   struct error *err)
{
	struct stat st;

	step->is_root = *manifest_root_below(visit->root, visit->path) == '\0';
	if (manifest_roots_exclude(walk->roots, visit->root, visit->path))
		return 0;
	if ((step->is_root ? stat(visit->path, &st) : lstat(visit->path, &st)) < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		fail(step, err);
		return 1;
	}
	if (S_ISDIR(st.st_mode)) {
		step->kind = MANIFEST_STEP_FOLDER;
		push(walk,
		     &(struct visit){ VISIT_LIST, alloc_string(visit->path), visit->root, 0 });
		return 1;
	}
	if (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode))
		return visit_file(visit, &st, step, err);
	return 0;
}

static int
take_visit(struct manifest_walk *walk, const struct visit *visit, struct manifest_step *step,
	   struct error *err)
{
	switch (visit->kind) {
	case VISIT_PATH:
		return visit_path(walk, visit, step, err);
	case VISIT_LIST:
		return list_folder(walk, visit, step, err);
	case VISIT_SWEEP:
		step->kind = MANIFEST_STEP_SWEEP;
		step->round = visit->round;
		return 1;
	}
	return 0;
}

void
manifest_walk_next(struct manifest_walk *walk, struct manifest_step *step, struct error *err)
{
	while (walk->depth > 0) {
		struct visit visit = walk->stack[--walk->depth];

		free(walk->path);
		walk->path = visit.path;
		*step = (struct manifest_step){ .path = visit.path,
						.fd = -1,
						.round = walk->round };
		if (take_visit(walk, &visit, step, err) != 0)
			return;
	}
	*step = (struct manifest_step){ .kind = MANIFEST_STEP_DONE, .fd = -1 };
}
