/* filters/manifest-walk.c: each step, and what a second visit finds gone. */
#include "../../filters/manifest-walk.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../bus/alloc.h"
#include "../../bus/buf.h"
#include "../check.h"

#define NOBODY 65534 /* root may do everything */

static void
put(const char *name)
{
	FILE *file = fopen(name, "w");

	if (file == NULL || fclose(file) != 0)
		abort();
}

/* The next step on one line: its kind's letter and its path. */
static bool
next(struct manifest_walk *walk, struct buf *out, uint64_t *round)
{
	static const char letters[] = { [MANIFEST_STEP_DONE] = '.',   [MANIFEST_STEP_FOLDER] = 'd',
					[MANIFEST_STEP_FILE] = 'f',   [MANIFEST_STEP_FAILED] = '!',
					[MANIFEST_STEP_SWEEP] = 's' };
	struct manifest_step step;
	struct error err;

	manifest_walk_next(walk, &step, &err);
	buf_printf(out, "%c%s%s%s ", letters[step.kind], step.is_root ? "^" : "",
		   step.is_link ? "@" : "", step.path != NULL ? step.path : "");
	if (step.kind == MANIFEST_STEP_FILE)
		close(step.fd);
	if (round != NULL)
		*round = step.round;
	return step.kind != MANIFEST_STEP_DONE;
}

static void
expect(struct manifest_walk *walk, const char *want, const char *name)
{
	CLEANUP_BUF struct buf got = BUF_INIT(10000);

	while (next(walk, &got, NULL))
		;
	check_text(buf_string(&got), want, name);
}

static void
test_rounds(struct manifest_walk *walk)
{
	CLEANUP_BUF struct buf steps = BUF_INIT(10000);
	uint64_t file, sweep, later;

	manifest_walk_visit(walk, "r/a.yaml");
	next(walk, &steps, &file);
	next(walk, &steps, &sweep);
	check(file >= sweep, "a file that was met is not swept away");
	manifest_walk_visit(walk, "r/b.yml");
	next(walk, &steps, NULL);
	next(walk, &steps, &later);
	check(later > file, "by a later visit that does not meet it, it would be");
	check_text(buf_string(&steps), "fr/a.yaml sr/a.yaml fr/b.yml sr/b.yml ", "visits of two files");
}

static void
test_walk(void)
{
	static const char *const paths[] = { "r", "given", NULL }, *const excludes[] = { "x", NULL };
	struct manifest_roots roots;
	struct manifest_walk *walk;
	struct error err;

	if (manifest_roots_init(&roots, paths, excludes, &err) < 0)
		abort();
	walk = manifest_walk_new(&roots);
	expect(walk, ". ", "nothing to visit");
	manifest_walk_visit(walk, "r");
	expect(walk, "d^r fr/a.yaml fr/b.yml dr/c.d dr/c fr/c/c.json f@r/hidden.yaml sr . ", "a folder");
	manifest_walk_visit(walk, "given");
	expect(walk, "f^given sgiven . ", "a file that was given");
	manifest_walk_visit(walk, "r/c");
	manifest_walk_visit(walk, "r/a.yaml");
	expect(walk, "fr/a.yaml sr/a.yaml dr/c fr/c/c.json sr/c . ", "the last one comes first");
	manifest_walk_visit(walk, "r/gone"), manifest_walk_visit(walk, "r/x"), manifest_walk_visit(walk, "r/n.txt");
	expect(walk, "sr/n.txt sr/x sr/gone . ", "nothing is met there");
	manifest_walk_visit(walk, "elsewhere");
	expect(walk, ". ", "no root of ours");
	test_rounds(walk);
	manifest_walk_visit(walk, "r");
	manifest_walk_free(walk);
	manifest_roots_fini(&roots);
}

static void
test_no_access(void)
{
	static const char *const paths[] = { "r", NULL };
	struct manifest_roots roots;
	struct manifest_walk *walk;
	bool is_root = geteuid() == 0;
	struct error err;

	if (manifest_roots_init(&roots, paths, NULL, &err) < 0)
		abort();
	chmod("r/c", 0), chmod("r/a.yaml", 0), chmod(".", 0755), chmod("r", 0755);
	if (is_root && seteuid(NOBODY) < 0)
		abort();
	walk = manifest_walk_new(&roots);
	manifest_walk_visit(walk, "r");
	expect(walk, "d^r !r/a.yaml fr/b.yml dr/c.d dr/c !r/c f@r/hidden.yaml dr/x sr . ",
	       "what may not be read");
	if (is_root && seteuid(0) < 0)
		abort();
	chmod("r/c", 0700), chmod("r/a.yaml", 0600);
	manifest_walk_free(walk);
	manifest_roots_fini(&roots);
}

int
main(void)
{
	char folder[] = "/tmp/weir-manifest-walk-XXXXXX";

	if (mkdtemp(folder) == NULL || chdir(folder) < 0)
		return 1;
	mkdir("r", 0700), mkdir("r/c", 0700), mkdir("r/c.d", 0755), mkdir("r/.h", 0755), mkdir("r/x", 0755);
	put("r/a.yaml"), put("r/b.yml"), put("r/c/c.json"), put("r/n.txt"), put("r/.h/z.yaml");
	put("given"), put("outside.yaml");
	if (symlink("a.yaml", "r/e.yaml") < 0 || symlink("c", "r/g.yaml") < 0 ||
	    symlink("../outside.yaml", "r/f.yaml") < 0 || symlink(".h/z.yaml", "r/hidden.yaml") < 0 ||
	    symlink("nowhere", "r/i.yaml") < 0 || mkfifo("r/p.yaml", 0600) < 0)
		return 1;
	test_walk();
	test_no_access();
	unlink("r/a.yaml"), unlink("r/b.yml"), unlink("r/c/c.json"), unlink("r/n.txt"), unlink("r/.h/z.yaml");
	unlink("r/e.yaml"), unlink("r/g.yaml"), unlink("r/f.yaml"), unlink("r/hidden.yaml"), unlink("r/i.yaml");
	unlink("r/p.yaml"), unlink("given"), unlink("outside.yaml");
	rmdir("r/c"), rmdir("r/c.d"), rmdir("r/.h"), rmdir("r/x"), rmdir("r");
	check(chdir("/") == 0 && rmdir(folder) == 0, "nothing is left");
	return check_done();
}
