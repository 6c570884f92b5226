/*
 * Finds executables: weir's own in its folders, others along PATH. The only place that knows
 * how a tree after make and an installed weir differ.
 */
#include "program.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../bus/alloc.h"

#ifndef WEIR_LIBEXEC_DIR
#define WEIR_LIBEXEC_DIR "/usr/local/libexec/weir"
#endif
#ifndef WEIR_SHARE_DIR
#define WEIR_SHARE_DIR "/usr/local/share/weir"
#endif

/* A program of this name lies in a folder of weir's and hardly in anybody else's. */
#define LANDMARK "constraint-match"

bool
program_name_is_valid(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= PROGRAM_NAME_MAX && name[0] != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz-") == len;
}

static bool
is_executable(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

/* folder/name when it can be executed, else NULL. */
static char *
find_in(const char *folder, const char *name)
{
	char *path = alloc_format("%s/%s", folder, name);

	if (is_executable(path))
		return path;
	free(path);
	return NULL;
}

/* The folder of the running program, without a slash behind it. */
static char *
own_folder(void)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (len <= 0)
		return NULL;
	path[len] = '\0';
	slash = strrchr(path, '/');
	if (slash == NULL)
		return NULL;
	*slash = '\0';
	return alloc_string(path);
}

static bool
is_ours(const char *folder)
{
	CLEANUP_FREE char *landmark = find_in(folder, LANDMARK);

	return landmark != NULL;
}

char *
program_find(const char *name)
{
	const char *given = getenv("WEIR_LIBEXEC");
	CLEANUP_FREE char *own = NULL;
	CLEANUP_FREE char *beside = NULL;

	if (!program_name_is_valid(name))
		return NULL;
	if (given != NULL && given[0] != '\0')
		return find_in(given, name);
	own = own_folder();
	if (own != NULL && is_ours(own))
		return find_in(own, name);
	beside = alloc_format("%s/../libexec/weir", own != NULL ? own : "");
	if (own != NULL && is_ours(beside))
		return find_in(beside, name);
	return find_in(WEIR_LIBEXEC_DIR, name);
}

/* folder/name as one path without detours, when that is a file; else NULL. */
static char *
find_file(const char *folder, const char *name)
{
	CLEANUP_FREE char *path = alloc_format("%s/%s", folder, name);
	char real[PATH_MAX];
	struct stat status;

	if (realpath(path, real) == NULL || stat(real, &status) != 0 || !S_ISREG(status.st_mode))
		return NULL;
	return alloc_string(real);
}

char *
program_pipeline(const char *name)
{
	CLEANUP_FREE char *own = own_folder();
	CLEANUP_FREE char *installed =
		alloc_format("%s/../../share/weir/pipelines", own != NULL ? own : "");
	CLEANUP_FREE char *tree = alloc_format("%s/../../../pipelines", own != NULL ? own : "");
	char *path = own != NULL ? find_file(installed, name) : NULL;

	if (path == NULL && own != NULL)
		path = find_file(tree, name);
	return path != NULL ? path : find_file(WEIR_SHARE_DIR "/pipelines", name);
}

static char *
find_from_here(const char *name)
{
	CLEANUP_FREE char *here = NULL;

	if (!is_executable(name))
		return NULL;
	if (name[0] == '/')
		return alloc_string(name);
	here = getcwd(NULL, 0);
	return here != NULL ? alloc_format("%s/%s", here, name) : NULL;
}

char *
program_find_command(const char *name, const char *search)
{
	const char *end;

	if (strchr(name, '/') != NULL)
		return find_from_here(name);
	while (name[0] != '\0' && search != NULL && search[0] != '\0') {
		CLEANUP_FREE char *folder = NULL;
		CLEANUP_FREE char *path = NULL;

		end = strchrnul(search, ':');
		folder = end == search ? alloc_string(".")
				       : alloc_text(search, (size_t)(end - search));
		path = alloc_format("%s/%s", folder, name);
		if (is_executable(path))
			return find_from_here(path);
		search = *end == ':' ? end + 1 : end;
	}
	return NULL;
}

/* Levenshtein's distance of two names that are valid. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[PROGRAM_NAME_MAX + 1];
	size_t i, j, diagonal, above, cost, width = strlen(b);

	for (j = 0; j <= width; j++)
		row[j] = j;
	for (i = 1; a[i - 1] != '\0'; i++) {
		diagonal = row[0];
		row[0] = i;
		for (j = 1; j <= width; j++) {
			above = row[j];
			cost = diagonal + (a[i - 1] != b[j - 1]);
			if (above + 1 < cost)
				cost = above + 1;
			if (row[j - 1] + 1 < cost)
				cost = row[j - 1] + 1;
			row[j] = cost;
			diagonal = above;
		}
	}
	return row[width];
}

const char *
program_nearest(const char *mistyped, const char *const *names, size_t count)
{
	const char *nearest = NULL;
	size_t i, d, best = strlen(mistyped) < 6 ? 3 : 4;

	for (i = 0; i < count && strlen(mistyped) <= (size_t)2 * PROGRAM_NAME_MAX; i++) {
		d = distance(mistyped, names[i]);
		if (d < best) {
			best = d;
			nearest = names[i];
		}
	}
	return nearest;
}
