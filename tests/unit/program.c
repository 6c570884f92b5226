/* Names of programs, and where they are found. */
#include "../../bin/program.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../bus/alloc.h"
#include "../check.h"

static const char *const verbs[] = { "watch", "tag-scan", "show", "run", "check" };

static void
check_valid(const char *name, bool want)
{
	check(program_name_is_valid(name) == want, "'%s' is %sa name", name, want ? "" : "not ");
}

static void
check_nearest(const char *mistyped, const char *want)
{
	check_text(program_nearest(mistyped, verbs, ALLOC_COUNT(verbs)), want, mistyped);
}

static void
make(const char *path, mode_t mode)
{
	FILE *file = fopen(path, "w");

	if (file != NULL)
		fclose(file);
	chmod(path, mode);
}

static void
check_found(char *got, const char *want, const char *name)
{
	check_text(got, want, name);
	free(got);
}

static void
check_folders(const char *folder)
{
	CLEANUP_FREE char *tool = alloc_format("%s/tool", folder);
	CLEANUP_FREE char *plain = alloc_format("%s/plain", folder);
	CLEANUP_FREE char *sub = alloc_format("%s/sub", folder);
	CLEANUP_FREE char *from_here = alloc_format("%s/./tool", folder);
	CLEANUP_FREE char *search = alloc_format("/nowhere:%s", folder);

	make(tool, 0755);
	make(plain, 0644);
	mkdir(sub, 0755);
	setenv("WEIR_LIBEXEC", folder, 1);
	check_found(program_find("tool"), tool, "a program in WEIR_LIBEXEC");
	check_found(program_find("plain"), NULL, "not executable");
	check_found(program_find("sub"), NULL, "a folder");
	check_found(program_find("../tool"), NULL, "no name");
	setenv("WEIR_LIBEXEC", "", 1);
	check_found(program_find("no-such-program"), NULL, "nowhere");
	check_found(program_find_command("tool", search), tool, "a command on PATH");
	check_found(program_find_command("plain", search), NULL, "not executable on PATH");
	check_found(program_find_command("tool", NULL), NULL, "no PATH");
	check_found(program_find_command("", search), NULL, "an empty command");
	check_found(program_find_command(tool, NULL), tool, "a whole path");
	check_found(program_find_command(sub, search), NULL, "the path of a folder");
	check(chdir(folder) == 0, "in the folder");
	check_found(program_find_command("./tool", search), from_here, "from here");
	check_found(program_find_command("tool", ":/nowhere"), from_here, "an empty part means here");
	unlink(plain);
	unlink("tool");
	rmdir(sub);
}

static void
check_pipelines(void)
{
	check_found(program_pipeline("no-such-pipeline.yaml"), NULL, "a pipeline that is not there");
	check_found(program_pipeline(""), NULL, "a folder is none");
}

int
main(void)
{
	char folder[] = "/tmp/weir-unit-program-XXXXXX";

	check_valid("tag-scan", true);
	check_valid("", false);
	check_valid("-x", false);
	check_valid("Watch", false);
	check_valid("a/b", false);
	check_valid("..", false);
	check_valid("a1", false);
	check_valid("abcdefghijklmnopqrstuvwxyzabcde", true);
	check_valid("abcdefghijklmnopqrstuvwxyzabcdef", false);
	check_nearest("wacth", "watch");
	check_nearest("tagscan", "tag-scan");
	check_nearest("shw", "show");
	check_nearest("chekc", "check");
	check_nearest("frobnicate", NULL);
	check_nearest("", NULL);
	check(mkdtemp(folder) != NULL, "a folder");
	check_folders(folder);
	check_pipelines();
	rmdir(folder);
	return check_done();
}
