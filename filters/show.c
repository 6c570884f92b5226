/*
 * show: messages as lines for a person; the end of a pipeline. Knows how to write them to a
 * terminal, not what the types hold (display.h).
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../bus/alloc.h"
#include "../bus/filter.h"
#include "../bus/frame.h"
#include "../bus/json.h"
#include "../bus/table.h"
#include "display.h"

enum when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER };

struct show {
	struct filter *filter;
	int when; /* enum when: are there colours */
	struct display display;
	struct table *shown; /* key -> hash of what was shown last under it */
	struct buf out;
};

static const char *const when_choices[] = { "auto", "always", "never", NULL };

/* What a message says, as a number that is never 0: its trace says nothing. */
static uintptr_t
meaning(const struct message *message)
{
	static const char *const trace[] = { "trace", NULL };
	static const char *const *const paths[] = { trace, NULL };
	CLEANUP_BUF struct buf text = BUF_INIT(FRAME_MAX);
	struct json_slice object = { message->text, message->len };

	json_omit(object, paths, &text);
	return (uintptr_t)table_hash(buf_string(&text), text.len) | 1;
}

/* After a restart a stage says again what it said before: that is no news. */
static bool
is_news(struct show *show, const struct message *message)
{
	CLEANUP_BUF struct buf key = BUF_INIT(FRAME_MAX);
	void *now = (void *)meaning(message);

	if (!message_key(message, &key))
		return true;
	if (table_get(show->shown, key.data, key.len) == now)
		return false;
	table_put(show->shown, key.data, key.len, now);
	return true;
}

static void
print(struct show *show)
{
	if (show->out.len > 0)
		filter_print(show->filter, buf_string(&show->out), show->out.len - 1);
	buf_clear(&show->out);
}

static bool
says_failure(const struct message *message)
{
	struct json_slice status = message_member(message, "status");

	return message->type == MESSAGE_RESULT &&
	       (json_string_is(status, "failed") || json_string_is(status, "conflict"));
}

static void
on_message(void *self, struct message *message)
{
	struct show *show = self;

	/* The last status of a pipeline in a shell is this program's. */
	if (says_failure(message))
		filter_failed(show->filter);
	if (!is_news(show, message))
		return;
	display_message(&show->display, message, &show->out);
	print(show);
}

static void
on_gone(void *self, const char *key, size_t len)
{
	struct show *show = self;

	if (!table_remove(show->shown, key, len))
		return;
	display_gone(&show->display, key, len, &show->out);
	print(show);
}

static bool
has_colours(int when)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (when != WHEN_AUTO)
		return when == WHEN_ALWAYS;
	return isatty(STDOUT_FILENO) && (no_color == NULL || no_color[0] == '\0') &&
	       (term == NULL || strcmp(term, "dumb") != 0);
}

static void
on_close(void *self)
{
	struct show *show = self;

	table_free(show->shown);
	buf_fini(&show->out);
}

int
main(int argc, char **argv)
{
	static const struct filter_callbacks callbacks = { .on_message = on_message,
							   .on_gone = on_gone,
							   .on_close = on_close };
	struct show show = { .shown = table_new(NULL) };
	const struct option_row options[] = {
		{ .name = "color", .kind = OPTION_CHOICE, .arg = "WHEN", .field = &show.when,
		  .choices = when_choices,
		  .help = "auto (on a terminal, without NO_COLOR), always, never" },
		{ .name = NULL },
	};
	const struct filter_program program = {
		.name = "show",
		.synopsis = "[option ...]",
		.summary = "Prints messages as lines that a person reads at a glance.",
		.flags = FILTER_SINK,
		.options = options,
	};

	show.filter = filter_open(&program, argc, argv);
	show.display.colour = has_colours(show.when);
	buf_init(&show.out, 2 * FRAME_MAX);
	return filter_run(show.filter, &callbacks, &show);
}
