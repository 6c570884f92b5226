/* filters/manifests.c and what it stands on (manifest-roots.c, manifest-walk.c, manifest-notify.c):
 * real files, real inotify. */
#include "../../filters/manifests.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../bus/alloc.h"
#include "../../bus/buf.h"
#include "../check.h"

#define WAIT_MS 10000 /* for an event that must come; far more than it takes */

struct watcher {
	struct loop *loop;
	struct manifests *manifests;
	struct buf log; /* "ADDED apps/a.yaml:0 a\n", "ERROR ...\n", "FIRST\n" */
	int pause_after; /* events until the watcher pauses; 0: never */
};

static void
on_object(void *arg, const char *event, const char *object, size_t len,
	  const struct manifest_address *origin)
{
	struct watcher *w = arg;
	const char *name = strstr(object, "\"name\":\"");

	buf_printf(&w->log, "%s %s:%u", event, origin->file, origin->document);
	if (origin->item >= 0)
		buf_printf(&w->log, "[%d]", origin->item);
	buf_printf(&w->log, " %.*s%s\n", name != NULL ? (int)strcspn(name + 8, "\"") : 1,
		   name != NULL ? name + 8 : "?", strlen(object) == len ? "" : " (wrong length)");
	if (w->pause_after > 0 && --w->pause_after == 0)
		manifests_pause(w->manifests, true);
}

static void
on_error(void *arg, const char *file, size_t line, const struct error *err)
{
	struct watcher *w = arg;

	buf_printf(&w->log, "ERROR %s %zu %s\n", file, line, err->text);
}

static void
on_first(void *arg)
{
	struct watcher *w = arg;

	buf_append_string(&w->log, "FIRST\n");
}

static void
open_watcher(struct watcher *w, const char *const *paths, const char *const *excludes, bool follow)
{
	static const struct manifests_callbacks callbacks = { on_object, on_error, on_first };
	struct error err;

	*w = (struct watcher){ .loop = loop_new(), .log = BUF_INIT(1 << 20) };
	w->manifests = manifests_open(w->loop, paths, excludes, &callbacks, w, &err);
	if (w->manifests == NULL || (follow && manifests_follow(w->manifests, &err) < 0))
		abort();
}

static void
close_watcher(struct watcher *w)
{
	manifests_close(w->manifests);
	loop_free(w->loop);
	buf_fini(&w->log);
}

/* Turns the loop until the log is what is wanted, then on for as long as two quiet periods, in
 * which nothing may be added. */
static void
expect(struct watcher *w, const char *want, const char *name)
{
	struct error err;
	int64_t end_ms = loop_now_fresh_ms(w->loop) + WAIT_MS;

	while (strcmp(buf_string(&w->log), want) != 0 && loop_now_fresh_ms(w->loop) < end_ms &&
	       strlen(buf_string(&w->log)) <= strlen(want))
		loop_turn(w->loop, 20, &err);
	end_ms = loop_now_fresh_ms(w->loop) + 20;
	while (loop_now_fresh_ms(w->loop) < end_ms)
		loop_turn(w->loop, 5, &err);
	check_text(buf_string(&w->log), want, name);
	buf_clear(&w->log);
}

static char *
manifest(const char *name, const char *more)
{
	return alloc_format("apiVersion: v1\nkind: A\nmetadata: {name: %s}\n%s", name, more);
}

static void
put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
		abort();
}

static void
put_object(const char *path, const char *name, const char *more)
{
	CLEANUP_FREE char *text = manifest(name, more);

	put(path, text);
}

static void
make_folder(const char *path)
{
	if (mkdir(path, 0700) < 0)
		abort();
}

static void
make_link(const char *target, const char *path)
{
	if (symlink(target, path) < 0)
		abort();
}

static void
move(const char *from, const char *to)
{
	if (rename(from, to) < 0)
		abort();
}

/* Everything below the current folder. */
static void
remove_all(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		CLEANUP_FREE char *inner = alloc_format("%s/%s", path, entry->d_name);

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (entry->d_type == DT_DIR)
			remove_all(inner);
		if (remove(inner) < 0)
			abort();
	}
	if (folder != NULL)
		closedir(folder);
}

/* --- the first pass --- */

static void
test_first(void)
{
	static const char *const paths[] = { "apps/", NULL };
	static const char *const excludes[] = { "values*", "charts/*/templates", NULL };
	struct watcher w;

	make_folder("apps"), make_folder("apps/b"), make_folder("apps/.git");
	make_folder("apps/charts"), make_folder("apps/charts/x"), make_folder("apps/charts/x/templates");
	put_object("apps/b/z.yml", "bz", ""), put_object("apps/b-a.yaml", "ba", "");
	put_object("apps/a.yaml", "a1", "---\n"), put_object("apps/.git/x.yaml", "git", "");
	put_object("apps/.x.yaml", "hidden", ""), put_object("apps/x.yaml~", "old", "");
	put_object("apps/charts/x/templates/t.yaml", "t", "{{ x }}"), put_object("apps/values.yaml", "v", "");
	put("apps/c.yaml", "apiVersion: v1\nkind: List\nitems:\n"
	    "- {apiVersion: v1, kind: A, metadata: {name: c0}}\n- {apiVersion: v1, kind: A, metadata: {name: c1}}\n"
	    "---\nimage: x\n---\napiVersion: v1\nkind: A\nmetadata: {name: c2}\n");
	put("apps/d.json", "{\n\t\"apiVersion\": \"v1\", \"kind\": \"A\", \"metadata\": {\"name\": \"d\"}}\n");
	put("apps/e.yaml", "a: b\n\xc3\xa4: c: d\n");
	put("apps/f.yaml", "a: {{ b }}\n");
	put("apps/g\xff.yaml", "");
	make_link("../outside.yaml", "apps/h.yaml"), make_link("b", "apps/i.yaml"), make_link(".", "apps/loop");
	put_object("outside.yaml", "outside", "");
	make_link("a.yaml", "apps/j.yaml");
	mkfifo("apps/k.yaml", 0600);
	open_watcher(&w, paths, excludes, false);
	expect(&w, "ADDED apps/a.yaml:0 a1\n"
	       "ADDED apps/b-a.yaml:0 ba\n"
	       "ADDED apps/b/z.yml:0 bz\n"
	       "ADDED apps/c.yaml:0[0] c0\nADDED apps/c.yaml:0[1] c1\nADDED apps/c.yaml:2 c2\n"
	       "ADDED apps/d.json:0 d\n"
	       "ERROR apps/e.yaml 2 apps/e.yaml: line 2, column 5: mapping values are not allowed in this context\n"
	       "ERROR apps/f.yaml 1 apps/f.yaml: line 1: a template, not a manifest ({{ }}); leave it out with --exclude\n"
	       "ERROR apps/g\xff.yaml 0 apps/g\xff.yaml: the name is no UTF-8\n"
	       "FIRST\n", "the first pass, in order");
	close_watcher(&w);
	remove_all(".");
}

static void
test_paths(void)
{
	static const char *const paths[] = { "b", "a", "a/x.yaml", "./a/in", "b", "a/.h", "a/tmpl", "b/o.yaml", NULL };
	static const char *const excludes[] = { "b/o*", NULL };
	static const char *const none[] = { "b", "nowhere", NULL }, *const empty[] = { "", NULL };
	static const struct manifests_callbacks callbacks = { on_object, on_error, on_first };
	struct loop *loop = loop_new();
	struct watcher w;
	struct error err;

	make_folder("a"), make_folder("a/in"), make_folder("a/.h"), make_folder("b");
	put_object("a/x.yaml", "x", ""), put_object("a/in/y.yaml", "y", ""), put_object("a/.h/z.yaml", "z", "");
	put_object("a/tmpl", "tmpl", ""), put_object("b/b.yaml", "b", ""), put_object("b/o.yaml", "o", "");
	open_watcher(&w, paths, excludes, false);
	expect(&w, "ADDED a/in/y.yaml:0 y\nADDED a/x.yaml:0 x\nADDED a/.h/z.yaml:0 z\nADDED a/tmpl:0 tmpl\n"
	       "ADDED b/b.yaml:0 b\nFIRST\n", "nothing comes twice; what was given counts, hidden or not");
	close_watcher(&w);
	check(manifests_open(loop, none, NULL, &callbacks, NULL, &err) == NULL && err.kind == ERROR_CONFIG,
	      "a path that is not there");
	check_text(err.text, "nowhere: No such file or directory", "is named");
	check(manifests_open(loop, paths, empty, &callbacks, NULL, &err) == NULL && err.kind == ERROR_CONFIG,
	      "an empty pattern");
	loop_free(loop);
	remove_all(".");
}

static void
test_pause(void)
{
	static const char *const paths[] = { ".", NULL };
	struct watcher w;

	put("a.yaml", "apiVersion: v1\nkind: AList\nitems:\n- metadata: {name: a}\n- metadata: {name: b}\n"
	    "- metadata: {name: c}\n");
	put_object("b.yaml", "d", "");
	open_watcher(&w, paths, NULL, false);
	w.pause_after = 2;
	expect(&w, "ADDED ./a.yaml:0[0] a\nADDED ./a.yaml:0[1] b\n", "paused in a file");
	w.pause_after = 1;
	manifests_pause(w.manifests, false);
	expect(&w, "ADDED ./a.yaml:0[2] c\n", "one more");
	manifests_pause(w.manifests, false);
	expect(&w, "ADDED ./b.yaml:0 d\nFIRST\n", "the rest");
	close_watcher(&w);
	remove_all(".");
}

/* --- changes --- */

static void
test_files(struct watcher *w)
{
	put_object("apps/b.yaml", "b", "");
	expect(w, "ADDED apps/b.yaml:0 b\n", "a new file");
	put_object("apps/b.yaml", "b", "# comment\n");
	expect(w, "", "a change that is none");
	put_object("apps/b.yaml", "b", "x: 1\n");
	expect(w, "MODIFIED apps/b.yaml:0 b\n", "written in place");
	put_object("tmp", "b", "x: 2\n"), move("tmp", "apps/b.yaml");
	expect(w, "MODIFIED apps/b.yaml:0 b\n", "renamed over");
	put_object("apps/.b.yaml.swp", "b", "x: 3\n"), move("apps/b.yaml", "apps/b.yaml~");
	move("apps/.b.yaml.swp", "apps/b.yaml"), unlink("apps/b.yaml~");
	expect(w, "MODIFIED apps/b.yaml:0 b\n", "saved by an editor");
	put_object("apps/b.yaml", "c", "");
	expect(w, "DELETED apps/b.yaml:0 b\nADDED apps/b.yaml:0 c\n", "another object");
	move("apps/b.yaml", "apps/c.yaml");
	expect(w, "DELETED apps/b.yaml:0 c\nADDED apps/c.yaml:0 c\n", "another name");
	put("apps/c.yaml", "a: [\n");
	expect(w, "ERROR apps/c.yaml 2 apps/c.yaml: line 2, column 1: did not find expected node content while "
	       "parsing a flow node\n", "broken: what it held stays");
	put_object("apps/c.yaml", "c", "");
	expect(w, "", "repaired, as it was");
	put("apps/c.yaml", "a: [\n"), unlink("apps/c.yaml");
	expect(w, "DELETED apps/c.yaml:0 c\n", "gone");
	put_object("tmp", "l", "");
	check(link("tmp", "apps/l.yaml") == 0, "a second name for a file");
	expect(w, "ADDED apps/l.yaml:0 l\n", "is a file");
	unlink("tmp"), unlink("apps/l.yaml");
	expect(w, "DELETED apps/l.yaml:0 l\n", "gone");
	put_object("apps/x.txt", "x", ""), put_object("apps/.y.yaml", "y", ""), put_object("apps/values.yaml", "v", "");
	expect(w, "", "files that are none of ours");
}

static void
test_half_written(struct watcher *w)
{
	CLEANUP_FREE char *text = manifest("h", "x: 1\n");
	int fd = open("apps/h.yaml", O_WRONLY | O_CREAT, 0600);
	size_t half = strlen(text) / 2;

	check(write(fd, text, half) == (ssize_t)half, "half a file");
	expect(w, "", "is not looked at");
	check(write(fd, text + half, strlen(text) - half) > 0 && close(fd) == 0, "the other half");
	expect(w, "ADDED apps/h.yaml:0 h\n", "it is, once it is closed");
	unlink("apps/h.yaml");
	expect(w, "DELETED apps/h.yaml:0 h\n", "gone");
}

static void
test_folders(struct watcher *w)
{
	make_folder("apps/d"), make_folder("apps/d/e");
	put_object("apps/d/e/f.yaml", "f", ""), put_object("apps/d/g.yaml", "g", "");
	expect(w, "ADDED apps/d/e/f.yaml:0 f\nADDED apps/d/g.yaml:0 g\n", "new folders");
	put_object("apps/d/e/f.yaml", "f", "x: 1\n");
	expect(w, "MODIFIED apps/d/e/f.yaml:0 f\n", "a change in one");
	move("apps/d", "apps/c");
	expect(w, "ADDED apps/c/e/f.yaml:0 f\nADDED apps/c/g.yaml:0 g\n"
	       "DELETED apps/d/e/f.yaml:0 f\nDELETED apps/d/g.yaml:0 g\n", "another name");
	put_object("apps/c/e/f.yaml", "f", "x: 2\n");
	expect(w, "MODIFIED apps/c/e/f.yaml:0 f\n", "a change under the new name");
	make_folder("new"), put_object("new/g.yaml", "g", "x: 1\n");
	move("apps/c", "old"), move("new", "apps/c");
	expect(w, "MODIFIED apps/c/g.yaml:0 g\nDELETED apps/c/e/f.yaml:0 f\n", "replaced as a whole");
	put_object("old/g.yaml", "g", "x: 5\n"), put_object("old/e/f.yaml", "f", "x: 5\n");
	expect(w, "", "what was moved out is not followed");
	put_object("apps/c/g.yaml", "g", "x: 2\n");
	expect(w, "MODIFIED apps/c/g.yaml:0 g\n", "what came in is");
	remove_all("apps/c"), rmdir("apps/c");
	expect(w, "DELETED apps/c/g.yaml:0 g\n", "a folder gone");
	make_folder("apps/.hidden"), put_object("apps/.hidden/x.yaml", "x", "");
	expect(w, "", "a hidden folder");
}

static void
test_follow(void)
{
	static const char *const paths[] = { "apps", NULL }, *const excludes[] = { "values.yaml", NULL };
	struct watcher w;

	make_folder("apps"), put_object("apps/a.yaml", "a", "");
	open_watcher(&w, paths, excludes, true);
	expect(&w, "ADDED apps/a.yaml:0 a\nFIRST\n", "the first pass");
	test_files(&w);
	test_half_written(&w);
	test_folders(&w);
	move("apps", "away");
	expect(&w, "DELETED apps/a.yaml:0 a\n", "the whole PATH gone");
	make_folder("apps"), put_object("apps/b.yaml", "b", "");
	expect(&w, "ADDED apps/b.yaml:0 b\n", "and another in its place");
	close_watcher(&w);
	remove_all(".");
}

/* A checkout behind a link that is swapped, at the end of the PATH or on the way. */
static void
test_swap(const char *path)
{
	const char *paths[] = { path, NULL };
	struct watcher w;

	make_folder("1"), make_folder("2"), make_folder("1/apps"), make_folder("2/apps");
	put_object("1/apps/a.yaml", "a", ""), put_object("2/apps/a.yaml", "a", "x: 1\n");
	put_object("1/apps/b.yaml", "b", "");
	make_link(strcmp(path, "now") == 0 ? "1/apps" : "1", "now");
	open_watcher(&w, paths, NULL, true);
	CLEANUP_FREE char *first = alloc_format("ADDED %s/a.yaml:0 a\nADDED %s/b.yaml:0 b\nFIRST\n", path, path);
	expect(&w, first, "before the swap");
	make_link(strcmp(path, "now") == 0 ? "2/apps" : "2", "next"), move("next", "now");
	CLEANUP_FREE char *swapped = alloc_format("MODIFIED %s/a.yaml:0 a\nDELETED %s/b.yaml:0 b\n", path, path);
	expect(&w, swapped, "after the swap");
	put_object("1/apps/a.yaml", "a", "x: 2\n"), put_object("2/apps/a.yaml", "a", "x: 3\n");
	CLEANUP_FREE char *changed = alloc_format("MODIFIED %s/a.yaml:0 a\n", path);
	expect(&w, changed, "the new one is followed");
	close_watcher(&w);
	remove_all(".");
}

/* As kubelet lays out a ConfigMap: links to a hidden folder, which is swapped. */
static void
test_config_map(void)
{
	static const char *const paths[] = { "apps", NULL };
	struct watcher w;

	make_folder("apps"), make_folder("apps/..1"), make_folder("apps/..2");
	put_object("apps/..1/a.yaml", "a", ""), put_object("apps/..2/a.yaml", "a", "x: 1\n");
	make_link("..1", "apps/..data"), make_link("..data/a.yaml", "apps/a.yaml");
	open_watcher(&w, paths, NULL, true);
	expect(&w, "ADDED apps/a.yaml:0 a\nFIRST\n", "through two links");
	make_link("..2", "apps/..tmp"), move("apps/..tmp", "apps/..data");
	expect(&w, "MODIFIED apps/a.yaml:0 a\n", "after the swap");
	close_watcher(&w);
	remove_all(".");
}

static void
test_single_file(void)
{
	static const char *const paths[] = { "a.txt", NULL };
	struct watcher w;

	put_object("a.txt", "a", ""), put_object("b.yaml", "b", "");
	open_watcher(&w, paths, NULL, true);
	expect(&w, "ADDED a.txt:0 a\nFIRST\n", "one file, whatever its name");
	put_object("b.yaml", "b", "x: 1\n"), put_object("tmp", "a", "x: 1\n"), move("tmp", "a.txt");
	expect(&w, "MODIFIED a.txt:0 a\n", "renamed over");
	unlink("a.txt");
	expect(&w, "DELETED a.txt:0 a\n", "gone");
	close_watcher(&w);
	remove_all(".");
}

/* More events than the kernel keeps: everything is looked at again. */
static void
test_overflow(void)
{
	static const char *const paths[] = { "apps", NULL };
	struct watcher w;
	int i;

	make_folder("apps"), put_object("apps/a.yaml", "a", ""), put_object("apps/b.yaml", "b", "");
	open_watcher(&w, paths, NULL, true);
	expect(&w, "ADDED apps/a.yaml:0 a\nADDED apps/b.yaml:0 b\nFIRST\n", "the first pass");
	put("apps/x", "");
	for (i = 0; i < 10000; i++)
		move(i % 2 ? "apps/y" : "apps/x", i % 2 ? "apps/x" : "apps/y");
	put_object("apps/a.yaml", "a", "x: 1\n"), unlink("apps/b.yaml");
	make_folder("apps/c"), put_object("apps/c/c.yaml", "c", "");
	expect(&w, "MODIFIED apps/a.yaml:0 a\nADDED apps/c/c.yaml:0 c\nDELETED apps/b.yaml:0 b\n",
	       "nothing is missed");
	close_watcher(&w);
	remove_all(".");
}

int
main(void)
{
	char folder[] = "/tmp/weir-manifests-XXXXXX";

	if (mkdtemp(folder) == NULL || chdir(folder) < 0)
		return 1;
	test_first();
	test_paths();
	test_pause();
	test_follow();
	test_swap("now");
	test_swap("now/apps");
	test_config_map();
	test_single_file();
	test_overflow();
	check(chdir("/") == 0 && rmdir(folder) == 0, "the folder is empty in the end");
	return check_done();
}
