/*
 * bridge: lets a command that reads and writes JSON lines take part in a pipeline over any
 * endpoint. Messages go to its stdin, its lines come out as messages. When it dies before its
 * input has ended, so does the bridge: the next one gets all retained input again, and so
 * does the command.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "../bus/alloc.h"
#include "../bus/exit.h"
#include "../bus/filter.h"
#include "../bus/frame.h"
#include "../bus/table.h"
#include "command.h"
#include "farewell.h"
#include "spawn.h"

#define QUEUED_HIGH ((size_t)256 * 1024) /* waiting for the command: then reading stops */
#define SILENCE_MS 200	 /* nothing from the command for so long: it has said what it had to */
#define PATIENCE_MS 2000 /* after SIGTERM: from the end of its input to a signal */
#define BUSY_MAX 2	 /* works: one for the command's life, one while much is queued */

struct bridge {
	struct filter *filter;
	bool is_source;
	const char *name; /* of the command */
	struct command *command;
	struct filter_work *life, *high;
	bool input_complete, input_ended, is_complete, is_stopping;
	struct table *farewells; /* key of each message that it was given -> its farewell */
	struct table *departed;	 /* keys whose farewell was said */
	struct loop_timer silence, patience;
};

/* --- the first list: what the command has said by the time that it falls silent --- */

static void
on_silence(void *arg)
{
	struct bridge *bridge = arg;

	if (!bridge->input_complete || command_queued(bridge->command) > 0)
		return;
	bridge->is_complete = true;
	filter_complete(bridge->filter);
}

static void
stir(struct bridge *bridge)
{
	if (!bridge->is_complete)
		loop_timer_start(filter_loop(bridge->filter), &bridge->silence, SILENCE_MS,
				 on_silence, bridge);
}

/* --- to the command --- */

static void
end_high(struct bridge *bridge)
{
	struct filter_work *high = bridge->high;

	bridge->high = NULL;
	if (high != NULL)
		filter_work_end(high);
}

static void
on_drained(void *arg)
{
	stir(arg);
	end_high(arg);
}

static void
tell_command(struct bridge *bridge, const char *text, size_t len)
{
	struct error err;

	if (!command_tell(bridge->command, text, len)) {
		error_set(&err, ERROR_TEMPORARY, 0, "%s does not read what it is given",
			  bridge->name);
		filter_die(bridge->filter, &err);
		return;
	}
	stir(bridge);
	if (command_queued(bridge->command) == 0)
		end_high(bridge);
	else if (command_queued(bridge->command) > QUEUED_HIGH && bridge->high == NULL)
		bridge->high = filter_work_start(bridge->filter);
}

static void
remember(struct bridge *bridge, const struct message *message)
{
	CLEANUP_BUF struct buf key = BUF_INIT(FRAME_MAX);
	CLEANUP_BUF struct buf text = BUF_INIT(FRAME_MAX);

	if (!message_key(message, &key))
		return;
	table_remove(bridge->departed, key.data, key.len);
	if (farewell_text(message, &text))
		table_put(bridge->farewells, key.data, key.len, alloc_text(text.data, text.len));
	else
		table_remove(bridge->farewells, key.data, key.len);
}

static void
on_message(void *self, struct message *message)
{
	struct bridge *bridge = self;

	remember(bridge, message);
	tell_command(bridge, message->text, message->len);
}

static void
on_gone(void *self, const char *key, size_t len)
{
	struct bridge *bridge = self;
	CLEANUP_FREE char *farewell = table_take(bridge->farewells, key, len);

	filter_gone(bridge->filter, key, len);
	if (farewell == NULL)
		return;
	table_put(bridge->departed, key, len, bridge);
	tell_command(bridge, farewell, strlen(farewell));
}

/* --- from the command --- */

static bool
has_room(void *arg)
{
	const struct bridge *bridge = arg;

	return !filter_is_full(bridge->filter);
}

/* Nobody asks for this key any more: what the command says about it now is not kept. */
static void
drop_departed(struct bridge *bridge, const struct message *message)
{
	CLEANUP_BUF struct buf key = BUF_INIT(FRAME_MAX);

	if (table_count(bridge->departed) > 0 && message_key(message, &key) &&
	    table_get(bridge->departed, key.data, key.len) != NULL)
		filter_gone(bridge->filter, key.data, key.len);
}

static void
on_line(void *arg, const char *text, size_t len)
{
	struct bridge *bridge = arg;
	struct message message;
	struct error err;

	stir(bridge);
	if (len == 0)
		return;
	if (message_open(&message, text, len, &err) < 0) {
		error_prepend(&err, "a line from %s was skipped", bridge->name);
		filter_error(bridge->filter, jv_invalid(), &err);
		return;
	}
	filter_emit_text(bridge->filter, text, len);
	drop_departed(bridge, &message);
	message_close(&message);
}

static void
on_too_long(void *arg)
{
	struct bridge *bridge = arg;
	struct error err;

	error_set(&err, ERROR_INPUT, 0, "a line from %s that is longer than %zu bytes was skipped",
		  bridge->name, FRAME_MAX);
	filter_error(bridge->filter, jv_invalid(), &err);
}

/* --- its end --- */

static void
die(struct bridge *bridge, enum error_kind kind, int status, const char *when)
{
	CLEANUP_BUF struct buf what = BUF_INIT(256);
	struct error err;

	spawn_describe(status, &what);
	error_set(&err, kind, 0, "%s ended%s: %s", bridge->name, when, buf_string(&what));
	filter_die(bridge->filter, &err);
}

/* What the end of the command means for the bridge. */
static void
judge(struct bridge *bridge, int status)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

	if (bridge->is_stopping)
		return;
	if (code == WEIR_EXIT_USAGE)
		die(bridge, ERROR_CONFIG, status, "");
	else if (!bridge->input_ended)
		die(bridge, ERROR_TEMPORARY, status, " before its input did");
	else if (code < 0 || (bridge->is_source && code > WEIR_EXIT_FAILED))
		die(bridge, ERROR_TEMPORARY, status, "");
	else if (code != WEIR_EXIT_DONE)
		filter_failed(bridge->filter);
}

static void
on_command_end(void *arg, int status)
{
	struct bridge *bridge = arg;

	end_high(bridge);
	judge(bridge, status);
	bridge->is_complete = true;
	filter_complete(bridge->filter);
	filter_work_end(bridge->life);
}

/* --- the harness --- */

static void
on_room(void *self)
{
	struct bridge *bridge = self;

	command_go_on(bridge->command);
}

static void
on_complete(void *self, bool proven)
{
	struct bridge *bridge = self;

	(void)proven;
	bridge->input_complete = true;
	stir(bridge);
}

static void
on_end(void *self)
{
	struct bridge *bridge = self;

	bridge->input_complete = bridge->input_ended = true;
	stir(bridge);
	command_end_input(bridge->command);
}

static void
on_patience(void *arg)
{
	struct bridge *bridge = arg;

	command_terminate(bridge->command);
}

/* A filter ends when its input does; what reads no input has to be told by a signal. */
static void
on_stop(void *self)
{
	struct bridge *bridge = self;

	bridge->is_stopping = true;
	command_end_input(bridge->command);
	loop_timer_start(filter_loop(bridge->filter), &bridge->patience,
			 bridge->is_source ? 0 : PATIENCE_MS, on_patience, bridge);
}

static void
on_close(void *self)
{
	struct bridge *bridge = self;

	command_free(bridge->command);
	table_free(bridge->farewells);
	table_free(bridge->departed);
}

static int
start(struct bridge *bridge, struct error *err)
{
	static const struct command_events events = { .line = on_line,
						      .too_long = on_too_long,
						      .drained = on_drained,
						      .has_room = has_room,
						      .end = on_command_end };
	const struct option_list *words = filter_operands(bridge->filter);
	CLEANUP_FREE char **argv = alloc_zero(words->count + 1, sizeof(*argv));
	size_t i;

	if (words->count == 0)
		return error_set(err, ERROR_USAGE, 0, "a command is needed");
	for (i = 0; i < words->count; i++)
		argv[i] = (char *)(uintptr_t)words->items[i];
	bridge->name = strrchr(words->items[0], '/');
	bridge->name = bridge->name != NULL ? bridge->name + 1 : words->items[0];
	bridge->command = command_start(filter_loop(bridge->filter), argv, &events, bridge, err);
	if (bridge->command == NULL)
		return -1;
	bridge->farewells = table_new(free);
	bridge->departed = table_new(NULL);
	bridge->life = filter_work_start(bridge->filter);
	filter_on_room(bridge->filter, on_room);
	if (bridge->is_source)
		filter_no_input(bridge->filter);
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct filter_callbacks callbacks = { .on_message = on_message,
							   .on_gone = on_gone,
							   .on_complete = on_complete,
							   .on_end = on_end,
							   .on_stop = on_stop,
							   .on_close = on_close };
	struct bridge bridge = { .command = NULL };
	const struct option_row options[] = {
		{ .name = "source", .kind = OPTION_FLAG, .field = &bridge.is_source,
		  .help = "the command is a source: there is no input for it" },
		{ .name = NULL },
	};
	const struct filter_program program = {
		.name = "bridge",
		.synopsis = "[option ...] -- COMMAND [argument ...]",
		.summary = "Lets a command that reads and writes JSON lines take part in a "
			   "pipeline.",
		.flags = FILTER_EVERY_TYPE | FILTER_OWN_KEYS,
		.options = options,
		.busy_max = BUSY_MAX,
	};
	struct error err;

	bridge.filter = filter_open(&program, argc, argv);
	if (start(&bridge, &err) < 0)
		return filter_fail(bridge.filter, &err);
	return filter_run(bridge.filter, &callbacks, &bridge);
}
