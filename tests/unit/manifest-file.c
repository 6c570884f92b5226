/* filters/manifest-file.c: no link is followed, no other writer is overwritten. */
#include "../../filters/manifest-file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "../../bus/alloc.h"
#include "../check.h"

static void
put(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
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

/* Opens a.yaml, lets somebody else change it, and replaces it. */
static int
replace_after(void (*meanwhile)(void), struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(100);
	struct manifest_file file;
	int rc;

	memset(err, 0, sizeof(*err));
	put("a.yaml", "old");
	buf_append_string(&text, "new");
	rc = manifest_file_open(&file, "a.yaml", err);
	if (rc == 0 && strcmp(file.text.data, "old") != 0)
		rc = -1;
	if (rc == 0) {
		meanwhile();
		rc = manifest_file_replace(&file, &text, err);
	}
	manifest_file_close(&file);
	return rc;
}

static void
do_nothing(void)
{
}

static void
rename_over(void)
{
	put("b", "the"), rename("b", "a.yaml");
}

static void
write_into(void)
{
	put("a.yaml", "their");
}

static void
remove_it(void)
{
	unlink("a.yaml");
}

static void
leave_a_stale_one(void)
{
	put(".a.yaml.weir", "half"), chmod(".a.yaml.weir", 0400);
}

static int locked;

static void
lock_a_temporary_one(void)
{
	put(".a.yaml.weir", "half");
	locked = open(".a.yaml.weir", O_RDONLY | O_CLOEXEC);
	flock(locked, LOCK_EX);
}

static void
test_replace(void)
{
	static const struct {
		const char *name;
		void (*meanwhile)(void);
		enum error_kind kind;
		const char *want, *reason;
	} rows[] = {
		{ "alone", do_nothing, ERROR_NONE, "new", "" },
		{ "renamed over", rename_over, ERROR_CONFLICT, "the", "somebody else has written it meanwhile" },
		{ "written into", write_into, ERROR_CONFLICT, "their", "somebody else has written it meanwhile" },
		{ "removed", remove_it, ERROR_CONFLICT, "(none)", "somebody else has written it meanwhile" },
		{ "a stale temporary file", leave_a_stale_one, ERROR_NONE, "new", "" },
	};
	struct error err;
	size_t i;
	int rc;

	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		rc = replace_after(rows[i].meanwhile, &err);
		check((rc == 0) == (rows[i].kind == ERROR_NONE) && err.kind == rows[i].kind, "%s",
		      rows[i].name);
		check_text(get("a.yaml"), rows[i].want, "what stands there");
		check_text(err.text, rows[i].reason, "the reason");
		check(access(".a.yaml.weir", F_OK) < 0, "no temporary file is left");
	}
	check(replace_after(lock_a_temporary_one, &err) < 0 && err.kind == ERROR_CONFLICT,
	      "another writer is at work");
	check_text(get(".a.yaml.weir"), "half", "its file is left alone");
	check_text(get("a.yaml"), "old", "and so is the old one");
	close(locked);
	unlink(".a.yaml.weir");
	unlink("a.yaml");
}

static int
open_below(const char *base, const char *below)
{
	int fd = manifest_file_open_below(base, below, O_RDONLY);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static void
test_open_below(void)
{
	mkdir("real", 0700), mkdir("real/x", 0700), mkdir("real/.git", 0700);
	put("real/x/a", ""), put("real/.git/a", "");
	if (symlink("real", "base") < 0 || symlink("x", "real/folder") < 0 ||
	    symlink("a", "real/x/link") < 0)
		abort();
	check_number(open_below("base", "x/a"), 0, "the base may be a link");
	check_number(open_below("base", "x//a"), 0, "slashes do not count");
	check_number(open_below("base", "folder/a"), ENOTDIR, "a folder below it may not");
	check_number(open_below("base", "x/link"), ELOOP, "the last name may not");
	check_number(open_below("base", ".git/a"), ENOENT, ".git is not there");
	check_number(open_below("base", "x/b"), ENOENT, "nor is what is not");
	check_number(open_below("none", "x/b"), ENOENT, "no base");
	unlink("base"), unlink("real/folder"), unlink("real/x/link"), unlink("real/x/a");
	unlink("real/.git/a"), rmdir("real/.git"), rmdir("real/x"), rmdir("real");
}

static void
test_read(void)
{
	struct stat seen;
	struct error err;
	struct buf text;
	int fd = open("large", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, (off_t)MANIFEST_FILE_MAX) < 0)
		abort();
	check(manifest_file_read(fd, &seen, &text, &err) == 0 && text.len == MANIFEST_FILE_MAX,
	      "16 MiB are read");
	buf_fini(&text);
	if (ftruncate(fd, (off_t)MANIFEST_FILE_MAX + 1) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	check(manifest_file_read(fd, &seen, &text, &err) < 0 && err.kind == ERROR_INPUT,
	      "a byte more is refused");
	check_text(err.text, "larger than 16 MiB", "with the reason");
	buf_fini(&text);
	if (ftruncate(fd, 0) < 0)
		abort();
	check(manifest_file_read(fd, &seen, &text, &err) == 0 && strcmp(text.data, "") == 0,
	      "an empty file is an empty text");
	buf_fini(&text);
	close(fd);
	fd = open(".", O_RDONLY | O_CLOEXEC);
	check(manifest_file_read(fd, &seen, &text, &err) < 0 && err.kind == ERROR_INPUT,
	      "a folder is refused");
	buf_fini(&text);
	close(fd);
	unlink("large");
}

int
main(void)
{
	char folder[] = "/tmp/weir-manifest-file-XXXXXX";

	if (mkdtemp(folder) == NULL || chdir(folder) < 0)
		return 1;
	test_replace();
	test_open_below();
	test_read();
	check_number((long long)count_entries(), 0, "nothing is left");
	check(chdir("/") == 0 && rmdir(folder) == 0, "nor is the folder");
	return check_done();
}
