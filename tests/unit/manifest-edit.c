/* filters/manifest-edit.c: the file changes whole, or not at all. */
#include "../../filters/manifest-edit.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../bus/alloc.h"
#include "../check.h"

static const char *const path[] = { "spec", "source", "targetRevision", NULL };
static const struct manifest_test test = { path, "1.0.0" };

#define NOBODY 65534 /* root may do everything */

#define OLD "spec:\n  source:\n    targetRevision: 1.0.0 # here\n"
#define NEW "spec:\n  source:\n    targetRevision: 1.0.3 # here\n"

static void
put(const char *name, const char *text, mode_t mode)
{
	FILE *file = fopen(name, "w");

	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0 || chmod(name, mode) < 0)
		abort();
}

/* The text of a file, as long as the next call is not made. */
static const char *
get(const char *name)
{
	static char text[4096];
	FILE *file = fopen(name, "r");
	size_t n = file != NULL ? fread(text, 1, sizeof(text) - 1, file) : 0;

	if (file == NULL)
		return "(none)";
	fclose(file);
	text[n] = '\0';
	return text;
}

static size_t
count_entries(void)
{
	DIR *folder = opendir(".");
	size_t n = 0;

	if (folder == NULL)
		abort();
	while (readdir(folder) != NULL)
		n++;
	closedir(folder);
	return n - 2;
}

static int
edit(const char *file, bool dry_run, struct error *err)
{
	struct manifest_address at = { file, 0, -1 };

	memset(err, 0, sizeof(*err));
	return manifest_edit(&at, &test, 1, path, "1.0.3", dry_run, err);
}

static void
test_change(void)
{
	struct stat before, after;
	struct error err;

	put("a.yaml", OLD, 0640);
	stat("a.yaml", &before);
	check_number(edit("a.yaml", true, &err), 0, "a dry run says that it would be changed");
	check_text(get("a.yaml"), OLD, "and changes nothing");
	check_number(edit("a.yaml", false, &err), 0, "an edit");
	check_text(get("a.yaml"), NEW, "the value has changed, the rest has not");
	stat("a.yaml", &after);
	check(after.st_mode == before.st_mode && after.st_uid == before.st_uid &&
	      after.st_gid == before.st_gid, "mode and owner are kept");
	check(after.st_ino != before.st_ino, "it is a new file");
	check_number(edit("a.yaml", false, &err), 1, "once more: nothing to do");
	check_number((long long)count_entries(), 1, "no temporary file is left");
	put("b.json", "{\"spec\":{\"source\":{\"targetRevision\":\"1.0.0\"}}}", 0600);
	check_number(edit("./b.json", false, &err), 0, "JSON, by a path");
	check_text(get("b.json"), "{\"spec\":{\"source\":{\"targetRevision\":\"1.0.3\"}}}", "changed");
	unlink("b.json");
}

static void
test_owner(void)
{
	struct stat after;
	struct error err;

	if (geteuid() != 0) /* only root can make such a file */
		return;
	put("o.yaml", OLD, 04755);
	if (chown("o.yaml", 1234, 5678) < 0 || chmod("o.yaml", 0604) < 0)
		abort();
	check_number(edit("o.yaml", false, &err), 0, "a file of somebody else");
	stat("o.yaml", &after);
	check(after.st_uid == 1234 && after.st_gid == 5678 && (after.st_mode & 07777) == 0604,
	      "stays theirs");
	unlink("o.yaml");
}

/* name is refused with this kind and text, and nothing is written anywhere. */
static void
refused(const char *name, enum error_kind kind, const char *text)
{
	size_t entries = count_entries();
	struct error err;

	check(edit(name, false, &err) < 0 && err.kind == kind, "%.40s is refused", name);
	check_text(err.text, text, "with the reason");
	check(count_entries() == entries, "nothing was left behind");
}

static void
test_refused(void)
{
	char *long_path = alloc_zero(1, 5000);
	char *long_error;

	put("a.yaml", OLD, 0600);
	mkdir("folder", 0700);
	mkdir(".GIT", 0700);
	put("folder/x.yaml", OLD, 0600);
	put(".GIT/x.yaml", OLD, 0600);
	if (symlink("a.yaml", "link.yaml") < 0 || symlink("folder", "linked") < 0 ||
	    mkfifo("fifo.yaml", 0600) < 0)
		abort();
	refused("link.yaml", ERROR_INPUT,
		"link.yaml: link.yaml is a symbolic link, which is not followed for an edit: give the path "
		"that it leads to");
	refused("linked/x.yaml", ERROR_INPUT,
		"linked/x.yaml: linked is a symbolic link, which is not followed for an edit: give the path "
		"that it leads to");
	refused("fifo.yaml", ERROR_INPUT, "fifo.yaml: is no regular file");
	refused("folder", ERROR_INPUT, "folder: is no regular file");
	refused("folder/", ERROR_INPUT, "folder/: is no regular file");
	refused("", ERROR_INPUT, ": is no regular file");
	refused("folder/..", ERROR_INPUT, "folder/..: is no regular file");
	refused(".GIT/x.yaml", ERROR_INPUT, ".GIT/x.yaml: lies in a .git folder");
	refused("folder/../.git/config", ERROR_INPUT, "folder/../.git/config: lies in a .git folder");
	refused("gone.yaml", ERROR_CONFLICT, "gone.yaml: cannot be opened: No such file or directory");
	refused("a.yaml/x", ERROR_CONFLICT, "a.yaml/x: cannot be opened: Not a directory");
	refused("/dev/null", ERROR_INPUT, "/dev/null: is no regular file");
	memset(long_path, 'a', 4999);
	long_error = alloc_format("%.1020s...", long_path);
	refused(long_path, ERROR_INPUT, long_error);
	check_text(get("a.yaml"), OLD, "what the link leads to is untouched");
	check_text(get(".GIT/x.yaml"), OLD, "so is .git");
	unlink("folder/x.yaml"), rmdir("folder"), unlink(".GIT/x.yaml"), rmdir(".GIT");
	unlink("link.yaml"), unlink("linked"), unlink("fifo.yaml");
	free(long_path);
	free(long_error);
}

/* A limit on the size of files stands for a full disk. */
static void
test_no_space(void)
{
	struct rlimit before, limit;
	struct error err;
	int rc;

	put("a.yaml", OLD, 0600);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	limit = before;
	limit.rlim_cur = 10;
	setrlimit(RLIMIT_FSIZE, &limit);
	rc = edit("a.yaml", false, &err);
	setrlimit(RLIMIT_FSIZE, &before);
	check(rc < 0 && err.kind == ERROR_SYSTEM, "no space");
	check_text(err.text, "a.yaml: the new text cannot be written: File too large", "it says so");
	check_text(get("a.yaml"), OLD, "the old file is whole");
	check_number((long long)count_entries(), 1, "no temporary file is left");
}

static void
test_not_allowed(void)
{
	bool is_root = geteuid() == 0;
	struct error err;

	unlink("a.yaml");
	if (is_root && (chown(".", NOBODY, (gid_t)-1) < 0 || seteuid(NOBODY) < 0))
		abort();
	put("a.yaml", OLD, 0400);
	check(edit("a.yaml", false, &err) < 0 && err.kind == ERROR_DENIED,
	      "a file without write permission");
	chmod("a.yaml", 0600);
	chmod(".", 0500);
	check(edit("a.yaml", false, &err) < 0 && err.kind == ERROR_DENIED,
	      "a folder without write permission");
	chmod(".", 0700);
	check_text(get("a.yaml"), OLD, "the old file is whole");
	unlink("a.yaml");
	if (is_root && (seteuid(0) < 0 || chown(".", 0, (gid_t)-1) < 0))
		abort();
}

static void
test_names(void)
{
	char name[256];
	struct error err;

	memset(name, 'n', 250);
	memcpy(name + 250, ".yaml", 6);
	put(name, OLD, 0600);
	check_number(edit(name, false, &err), 0, "the longest name");
	check_text(get(name), NEW, "is changed");
	unlink(name);
	check_number((long long)count_entries(), 0, "no temporary file is left");
}

int
main(void)
{
	char folder[] = "/tmp/weir-manifest-edit-XXXXXX";

	if (mkdtemp(folder) == NULL || chdir(folder) < 0)
		return 1;
	test_change();
	test_owner();
	test_refused();
	test_no_space();
	test_not_allowed();
	test_names();
	check(chdir("/") == 0 && rmdir(folder) == 0, "the folder is empty in the end");
	return check_done();
}
