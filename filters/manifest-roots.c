/* The PATHs that watch --files is given. */
#include "manifest-roots.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../bus/alloc.h"
#include "glob.h"

bool
manifest_has_suffix(const char *name)
{
	static const char *const suffixes[] = { ".yaml", ".yml", ".json" };
	size_t len = strlen(name), i, n;

	for (i = 0; i < ALLOC_COUNT(suffixes); i++) {
		n = strlen(suffixes[i]);
		if (len > n && strcmp(name + len - n, suffixes[i]) == 0)
			return true;
	}
	return false;
}

static const char *
name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

const char *
manifest_root_below(const struct manifest_root *root, const char *path)
{
	const char *rest = path + root->len;

	return *rest == '/' ? rest + 1 : rest;
}

bool
manifest_is_below(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return strncmp(path, folder, len) == 0 &&
	       (path[len] == '\0' || path[len] == '/' || (len == 1 && *folder == '/'));
}

const struct manifest_root *
manifest_roots_find(const struct manifest_roots *roots, const char *path)
{
	const struct manifest_root *found = NULL, *root;
	size_t i;

	for (i = 0; i < roots->count; i++) {
		root = &roots->list[i];
		if (manifest_is_below(path, root->path) &&
		    (found == NULL || root->len > found->len))
			found = root;
	}
	return found;
}

bool
manifest_roots_exclude(const struct manifest_roots *roots, const struct manifest_root *root,
		       const char *path)
{
	const char *rest = manifest_root_below(root, path);
	size_t i;

	for (i = 0; i < roots->exclude_count; i++)
		if (glob_match(roots->excludes[i], path) ||
		    glob_match(roots->excludes[i], name_of(path)) ||
		    (*rest != '\0' && glob_match(roots->excludes[i], rest)))
			return true;
	return false;
}

/* Would a walk of folder come to what lies at path, both real paths? */
static bool
covers(const char *folder, const char *path)
{
	struct stat st;

	if (!manifest_is_below(path, folder) || strstr(path + strlen(folder), "/.") != NULL)
		return false;
	return stat(path, &st) == 0 && (S_ISDIR(st.st_mode) || manifest_has_suffix(path));
}

static bool
is_covered(const struct manifest_roots *roots, size_t i)
{
	const char *real = roots->list[i].real;
	size_t j;

	for (j = 0; j < roots->count; j++) {
		bool same = strcmp(roots->list[j].real, real) == 0;

		if (same ? j < i : covers(roots->list[j].real, real))
			return true;
	}
	return false;
}

static void
free_root(struct manifest_root *root)
{
	free(root->path);
	free(root->real);
}

static void
drop_covered(struct manifest_roots *roots)
{
	size_t i, kept = 0;
	bool *covered = alloc_zero(roots->count + 1, sizeof(*covered));

	for (i = 0; i < roots->count; i++)
		covered[i] = is_covered(roots, i);
	for (i = 0; i < roots->count; i++) {
		if (covered[i])
			free_root(&roots->list[i]);
		else
			roots->list[kept++] = roots->list[i];
	}
	roots->count = kept;
	free(covered);
}

static int
add_root(struct manifest_roots *roots, const char *given, struct error *err)
{
	struct manifest_root root = { NULL, strlen(given), NULL };

	while (root.len > 1 && given[root.len - 1] == '/')
		root.len--;
	root.real = realpath(given, NULL);
	if (root.real == NULL)
		return error_set(err, ERROR_CONFIG, errno, "%s: %s", given, strerror(errno));
	root.path = alloc_text(given, root.len);
	roots->list = alloc_grow(roots->list, roots->count + 1, sizeof(root));
	roots->list[roots->count++] = root;
	return 0;
}

static int
add_exclude(struct manifest_roots *roots, const char *pattern, struct error *err)
{
	if (*pattern == '\0')
		return error_set(err, ERROR_CONFIG, 0, "a pattern to exclude is empty");
	roots->excludes = alloc_grow(roots->excludes, roots->exclude_count + 1, sizeof(char *));
	roots->excludes[roots->exclude_count++] = alloc_string(pattern);
	return 0;
}

static int
compare_roots(const void *one, const void *other)
{
	const struct manifest_root *a = one, *b = other;

	return strcmp(a->path, b->path);
}

int
manifest_roots_init(struct manifest_roots *roots, const char *const *paths,
		    const char *const *excludes, struct error *err)
{
	memset(roots, 0, sizeof(*roots));
	for (; excludes != NULL && *excludes != NULL; excludes++)
		if (add_exclude(roots, *excludes, err) < 0)
			return -1;
	for (; *paths != NULL; paths++)
		if (add_root(roots, *paths, err) < 0)
			return -1;
	drop_covered(roots);
	if (roots->count > 1)
		qsort(roots->list, roots->count, sizeof(*roots->list), compare_roots);
	return 0;
}

void
manifest_roots_fini(struct manifest_roots *roots)
{
	while (roots->count > 0)
		free_root(&roots->list[--roots->count]);
	while (roots->exclude_count > 0)
		free(roots->excludes[--roots->exclude_count]);
	free(roots->list);
	free(roots->excludes);
}
