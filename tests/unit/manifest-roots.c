/* filters/manifest-roots.c: which paths count, and what is left out below them. */
#include "../../filters/manifest-roots.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../bus/alloc.h"
#include "../../bus/buf.h"
#include "../check.h"

static void
put(const char *name)
{
	FILE *file = fopen(name, "w");

	if (file == NULL || fclose(file) != 0)
		abort();
}

static const struct {
	const char *name, *paths[5], *want;
} rows[] = {
	{ "one", { "a" }, "a " },
	{ "slashes at the end", { "a//" }, "a " },
	{ "in order", { "b", "a" }, "a b " },
	{ "twice", { "a", "./a", "a/" }, "a " },
	{ "one below another", { "a/in", "a", "a/x.yaml" }, "a " },
	{ "hidden below another", { "a", "a/.h", "a/.h/z.yaml" }, "a a/.h " },
	{ "no manifest by its name", { "a", "a/x.txt" }, "a a/x.txt " },
	{ "through a link", { "a", "link" }, "a " },
	{ "a link first", { "link/in", "b", "link" }, "b link " },
	{ "the current folder", { ".", "a", "b" }, ". " },
	{ "names that begin alike", { "a", "ab" }, "a ab " },
};

static void
test_init(void)
{
	struct manifest_roots roots;
	struct error err;
	size_t i, j;

	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		CLEANUP_BUF struct buf got = BUF_INIT(1000);

		check(manifest_roots_init(&roots, rows[i].paths, NULL, &err) == 0, "%s", rows[i].name);
		for (j = 0; j < roots.count; j++)
			buf_printf(&got, "%s ", roots.list[j].path);
		check_text(buf_string(&got), rows[i].want, "the roots");
		manifest_roots_fini(&roots);
	}
}

static void
test_errors(void)
{
	static const char *const gone[] = { "a", "gone", NULL }, *const empty[] = { "x", "", NULL };
	struct manifest_roots roots;
	struct error err;

	check(manifest_roots_init(&roots, gone, NULL, &err) < 0 && err.kind == ERROR_CONFIG,
	      "a path that is not there");
	check_text(err.text, "gone: No such file or directory", "is named");
	manifest_roots_fini(&roots);
	check(manifest_roots_init(&roots, gone, empty, &err) < 0 && err.kind == ERROR_CONFIG,
	      "an empty pattern");
	manifest_roots_fini(&roots);
}

static void
test_find(void)
{
	static const char *const paths[] = { "a", "a/.h", "b", NULL };
	static const char *const excludes[] = { "*.json", "a/in/*", "in/deep", "b", NULL };
	struct manifest_roots roots;
	struct error err;
	const struct manifest_root *a, *b;

	check(manifest_roots_init(&roots, paths, excludes, &err) == 0, "roots");
	a = manifest_roots_find(&roots, "a/x.yaml");
	b = manifest_roots_find(&roots, "b");
	check_text(a->path, "a", "what is below a root");
	check_text(b->path, "b", "the root itself");
	check_text(manifest_roots_find(&roots, "a/.h/x")->path, "a/.h", "the innermost one");
	check(manifest_roots_find(&roots, "ab") == NULL && manifest_roots_find(&roots, "x/a") == NULL,
	      "what is below none");
	check_text(manifest_root_below(a, "a/in/x"), "in/x", "what is below");
	check_text(manifest_root_below(a, "a"), "", "nothing is");
	check(manifest_roots_exclude(&roots, a, "a/in/deep/x.json"), "by its name");
	check(manifest_roots_exclude(&roots, a, "a/in/x.yaml"), "by its path as shown");
	check(manifest_roots_exclude(&roots, a, "a/in/deep"), "by its path below the root");
	check(manifest_roots_exclude(&roots, b, "b"), "a root");
	check(!manifest_roots_exclude(&roots, a, "a/x.yaml") && !manifest_roots_exclude(&roots, a, "a"),
	      "not excluded");
	manifest_roots_fini(&roots);
}

int
main(void)
{
	char folder[] = "/tmp/weir-manifest-roots-XXXXXX";

	if (mkdtemp(folder) == NULL || chdir(folder) < 0)
		return 1;
	mkdir("a", 0700), mkdir("a/in", 0700), mkdir("a/.h", 0700), mkdir("b", 0700), mkdir("ab", 0700);
	put("a/x.yaml"), put("a/x.txt"), put("a/.h/z.yaml");
	if (symlink("a", "link") < 0)
		return 1;
	test_init();
	test_errors();
	test_find();
	check(manifest_has_suffix("a.yaml") && manifest_has_suffix("x/a.yml") &&
	      manifest_has_suffix("a.json") && !manifest_has_suffix(".yaml") &&
	      !manifest_has_suffix("a.yaml~") && !manifest_has_suffix("yaml"), "suffixes");
	check(manifest_is_below("/x", "/") && manifest_is_below("a/b", "a") &&
	      !manifest_is_below("ab", "a") && !manifest_is_below("a", "a/b"), "below");
	unlink("a/x.yaml"), unlink("a/x.txt"), unlink("a/.h/z.yaml"), unlink("link");
	rmdir("a/in"), rmdir("a/.h"), rmdir("a"), rmdir("b"), rmdir("ab");
	check(chdir("/") == 0 && rmdir(folder) == 0, "nothing is left");
	return check_done();
}
