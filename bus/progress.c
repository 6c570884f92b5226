/*
 * The line ends with a carriage return, so that whatever is written next on the terminal, by
 * whichever program of a pipeline, stands over it.
 */
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FIRST_MS 1000
#define NEXT_MS 250
#define WIPE "\033[K"

static void
show(struct progress *progress, const char *text)
{
	/* A terminal that takes nothing more must not stop the work. */
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		progress->is_shown = false;
}

static void
on_time(void *arg)
{
	struct progress *progress = arg;
	size_t done = 0, total = 0;
	char text[160];

	if (progress->count(progress->arg, &done, &total)) {
		if (total > 0)
			snprintf(text, sizeof(text), WIPE "%s: %zu of %zu\r", progress->name, done,
				 total);
		else
			snprintf(text, sizeof(text), WIPE "%s: %zu\r", progress->name, done);
		progress->is_shown = true;
		show(progress, text);
	} else if (progress->is_shown) {
		progress->is_shown = false;
		show(progress, WIPE);
	}
	loop_timer_start(progress->loop, &progress->timer, NEXT_MS, on_time, progress);
}

void
progress_start(struct progress *progress, struct loop *loop, const char *name,
	       progress_count_fn *count, void *arg)
{
	if (!isatty(STDERR_FILENO))
		return;
	progress->loop = loop;
	progress->name = name;
	progress->count = count;
	progress->arg = arg;
	loop_timer_start(loop, &progress->timer, FIRST_MS, on_time, progress);
}

void
progress_stop(struct progress *progress)
{
	if (progress->name == NULL)
		return;
	loop_timer_stop(progress->loop, &progress->timer);
	if (progress->is_shown)
		show(progress, WIPE);
	progress->name = NULL;
}
