/* filters/manifest-notify.c: which paths are told, when. */
#include "../../filters/manifest-notify.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../bus/alloc.h"
#include "../../bus/buf.h"
#include "../check.h"

#define WAIT_MS 10000

static struct buf told = BUF_INIT(100000);

static void
on_change(void *arg, const char *folder, const char *path)
{
	CLEANUP_FREE char *line = alloc_format("%s>%s ", folder != NULL ? folder : "(all)",
					       path != NULL ? path : "(all)");

	(void)arg;
	if (strstr(buf_string(&told), line) == NULL)
		buf_append_string(&told, line);
}

/* Turns the loop until these were told, each once however often it came. */
static void
expect(struct loop *loop, const char *want, const char *name)
{
	struct error err;
	int64_t end_ms = loop_now_fresh_ms(loop) + WAIT_MS;

	while (told.len < strlen(want) && loop_now_fresh_ms(loop) < end_ms)
		loop_turn(loop, 20, &err);
	loop_turn(loop, 5, &err);
	check_text(buf_string(&told), want, name);
	buf_clear(&told);
}

static void
put(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
		abort();
}

static void
add(struct manifest_notify *notify, const char *folder, bool follow)
{
	struct error err;

	check(manifest_notify_add(notify, folder, follow, &err) == 0, "watch '%s'", folder);
}

static void
test_events(struct loop *loop, struct manifest_notify *notify)
{
	int fd;

	add(notify, "a", false);
	put("a/x", "");
	expect(loop, "a>a/x ", "a new file");
	fd = open("a/x", O_WRONLY | O_CLOEXEC);
	check(write(fd, "x", 1) == 1, "a file is being written");
	expect(loop, "", "it is not told yet");
	close(fd);
	expect(loop, "a>a/x ", "now it is");
	put("y", ""), rename("y", "a/y");
	expect(loop, "a>a/y ", "moved in");
	rename("a/y", "a/z");
	expect(loop, "a>a/y a>a/z ", "another name");
	rename("a/z", "z"), mkdir("a/in", 0700), unlink("a/x");
	expect(loop, "a>a/z a>a/in a>a/x ", "moved out, a new folder, gone");
	if (symlink("in", "a/link") < 0 || link("z", "a/hard") < 0)
		abort();
	expect(loop, "a>a/link a>a/hard ", "links are complete at once");
	unlink("a/link"), unlink("a/hard"), rmdir("a/in");
	expect(loop, "a>a/link a>a/hard a>a/in ", "gone");
}

static void
test_names(struct loop *loop, struct manifest_notify *notify)
{
	add(notify, "./a", false);
	put("a/x", "");
	expect(loop, "a>a/x ./a>./a/x ", "one folder by two names");
	manifest_notify_remove(notify, "a");
	manifest_notify_remove(notify, "never added");
	unlink("a/x");
	expect(loop, "./a>./a/x ", "by the one that is left");
	add(notify, "", true);
	put("here", ""), unlink("here");
	expect(loop, ">here ", "the current folder");
	manifest_notify_remove(notify, "");
	add(notify, "gone", false);
	if (symlink("a", "link") < 0)
		abort();
	add(notify, "link", false);
	put("a/x", "");
	expect(loop, "./a>./a/x ", "a link is not followed");
	add(notify, "link", true);
	unlink("a/x");
	expect(loop, "./a>./a/x link>link/x ", "unless it is asked for");
	manifest_notify_remove(notify, "link");
	unlink("link");
	expect(loop, "", "and no longer");
}

static void
test_replaced(struct loop *loop, struct manifest_notify *notify)
{
	rename("a", "old"), mkdir("a", 0700);
	expect(loop, "./a>./a ", "the folder itself has moved");
	add(notify, "./a", false);
	put("old/x", ""), put("a/y", "");
	expect(loop, "./a>./a/y ", "the new one is watched, the old one is not");
	unlink("old/x"), rmdir("old"), unlink("a/y");
	expect(loop, "./a>./a/y ", "gone");
	rmdir("a");
	expect(loop, "./a>./a ", "the folder is gone");
	mkdir("a", 0700);
	add(notify, "./a", false);
	put("a/x", "");
	expect(loop, "./a>./a/x ", "and there again");
	unlink("a/x"), rmdir("a");
}

int
main(void)
{
	char folder[] = "/tmp/weir-manifest-notify-XXXXXX";
	struct loop *loop = loop_new();
	struct manifest_notify *notify;
	struct error err;

	if (mkdtemp(folder) == NULL || chdir(folder) < 0)
		return 1;
	mkdir("a", 0700);
	notify = manifest_notify_new(loop, on_change, NULL, &err);
	check(notify != NULL, "inotify");
	test_events(loop, notify);
	test_names(loop, notify);
	test_replaced(loop, notify);
	manifest_notify_free(notify);
	loop_free(loop);
	buf_fini(&told);
	unlink("z");
	check(chdir("/") == 0 && rmdir(folder) == 0, "nothing is left");
	return check_done();
}
