/* bus/progress.c on a terminal of its own, and where there is none. */
#include "../../bus/progress.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../check.h"

static struct loop *loop;
static int calls;

/* 3 of 8, then a count alone, then nothing to show. */
static bool
count(void *arg, size_t *done, size_t *total)
{
	(void)arg;
	*done = 3;
	*total = ++calls == 1 ? 8 : 0;
	if (calls == 3)
		loop_stop(loop);
	return calls < 3;
}

static int
open_terminal(int *other)
{
	int ours = posix_openpt(O_RDWR | O_NOCTTY);

	if (ours < 0 || grantpt(ours) < 0 || unlockpt(ours) < 0)
		return -1;
	*other = open(ptsname(ours), O_RDWR | O_NOCTTY);
	return *other < 0 ? -1 : ours;
}

static void
test_terminal(void)
{
	struct progress progress = { .name = NULL };
	char text[500] = "";
	int other = -1, ours = open_terminal(&other), saved = dup(STDERR_FILENO);
	struct error err;

	if (!check(ours >= 0 && saved >= 0, "a terminal"))
		return;
	dup2(other, STDERR_FILENO);
	progress_start(&progress, loop, "tag-scan", count, NULL);
	loop_run(loop, &err);
	progress_stop(&progress);
	progress_stop(&progress);
	dup2(saved, STDERR_FILENO);
	close(other);
	/* a terminal hands its output on in pieces; EIO is its end */
	while (read(ours, text + strlen(text), sizeof(text) - 1 - strlen(text)) > 0)
		;
	check_text(text, "\033[Ktag-scan: 3 of 8\r\033[Ktag-scan: 3\r\033[K", "and wiped in the end");
	close(saved);
	close(ours);
}

static void
test_pipe(void)
{
	struct progress progress = { .name = NULL };
	int ends[2], saved = dup(STDERR_FILENO);

	if (pipe(ends) < 0 || saved < 0)
		return;
	dup2(ends[1], STDERR_FILENO);
	progress_start(&progress, loop, "tag-scan", count, NULL);
	check(progress.name == NULL, "no terminal, no progress");
	progress_stop(&progress);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[0]);
	close(ends[1]);
}

int
main(void)
{
	loop = loop_new();
	test_pipe();
	test_terminal();
	loop_free(loop);
	return check_done();
}
