/* A command on the loop: lines out, lines in, rests when there is no room, its end comes last. */
#include "../../bin/command.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "../../bus/alloc.h"
#include "../../bus/buf.h"
#include "../../bus/frame.h"
#include "../check.h"

#define HANG_MS 20000

struct talk {
	struct loop *loop;
	struct command *command;
	struct buf said; /* each line in [ ] */
	size_t lines, room;
	int too_long, drained, status;
	bool has_ended;
	struct loop_timer hang;
};

static void
on_line(void *arg, const char *text, size_t len)
{
	struct talk *talk = arg;

	talk->lines++;
	if (talk->said.len < 256)
		buf_printf(&talk->said, "[%.*s]", (int)(len < 64 ? len : 64), text);
	talk->room -= talk->room > 0;
}

static void
on_too_long(void *arg)
{
	((struct talk *)arg)->too_long++;
}

static void
on_drained(void *arg)
{
	((struct talk *)arg)->drained++;
}

static bool
has_room(void *arg)
{
	return ((struct talk *)arg)->room > 0;
}

static void
on_end(void *arg, int status)
{
	struct talk *talk = arg;

	talk->has_ended = true;
	talk->status = status;
	loop_stop(talk->loop);
}

static void
on_hang(void *arg)
{
	loop_stop(((struct talk *)arg)->loop);
}

static const struct command_events events = { on_line, on_too_long, on_drained, has_room, on_end };

static void
begin(struct talk *talk, const char *script)
{
	static char shell[] = "/bin/sh", option[] = "-c";
	CLEANUP_FREE char *copy = alloc_string(script);
	char *argv[] = { shell, option, copy, NULL };
	struct error err;

	memset(talk, 0, sizeof(*talk));
	talk->loop = loop_new();
	talk->room = (size_t)-1;
	buf_init(&talk->said, 65536);
	loop_timer_start(talk->loop, &talk->hang, HANG_MS, on_hang, talk);
	talk->command = command_start(talk->loop, argv, &events, talk, &err);
	check(talk->command != NULL, "%s", script);
}

static void
finish(struct talk *talk, const char *said, int code)
{
	struct error err;

	loop_run(talk->loop, &err);
	check(talk->has_ended, "  it ends");
	check_text(buf_string(&talk->said), said, "  what it said");
	check_number(WIFEXITED(talk->status) ? WEXITSTATUS(talk->status) : -1, code,
		     "  its status");
	loop_timer_stop(talk->loop, &talk->hang);
	command_free(talk->command);
	loop_free(talk->loop);
	buf_fini(&talk->said);
}

static void
check_talk(void)
{
	struct talk talk;

	begin(&talk, "cat; printf 'no newline'; exit 3");
	command_tell(talk.command, "one", 3);
	command_tell(talk.command, "two", 3);
	command_end_input(talk.command);
	finish(&talk, "[one][two][no newline]", 3);
}

static void
check_source(void)
{
	struct talk talk;

	begin(&talk, "echo a; echo; echo b");
	finish(&talk, "[a][][b]", 0);
}

/* It reads nothing for a while: what it is told is kept, and it is said when all is written. */
static void
check_queue(void)
{
	static char line[1000];
	struct talk talk;
	int i;

	memset(line, 'x', sizeof(line));
	begin(&talk, "read first; echo \"$first\"; cat | wc -c");
	command_tell(talk.command, "first", 5);
	for (i = 0; i < 1000; i++)
		command_tell(talk.command, line, sizeof(line));
	check(command_queued(talk.command) > 500000, "  much of it is queued");
	command_end_input(talk.command);
	finish(&talk, "[first][1001000]", 0);
	check(talk.drained >= 1, "  and it was said when it was written");
}

static void
check_queue_bound(void)
{
	static char line[1024 * 1024];
	struct talk talk;
	int i, taken = 0;

	begin(&talk, "sleep 1000");
	for (i = 0; i < 100; i++)
		taken += command_tell(talk.command, line, sizeof(line));
	check(taken >= 60 && taken <= 65, "  64 MiB are kept, not more: %d", taken);
	command_terminate(talk.command);
	finish(&talk, "", -1);
}

static void
check_closed_input(void)
{
	struct talk talk;
	int i;

	begin(&talk, "exec <&-; echo closed; sleep 0.05; echo done");
	for (i = 0; i < 1000; i++)
		command_tell(talk.command, "something that nobody reads", 27);
	finish(&talk, "[closed][done]", 0);
}

static void
on_soon(void *arg)
{
	struct talk *talk = arg;

	talk->room = (size_t)-1;
	command_go_on(talk->command);
}

/* No room: nothing comes, and nothing is lost; its end comes behind its last line. */
static void
check_room(void)
{
	struct talk talk;
	struct loop_timer soon = { .place = 0 };

	begin(&talk, "seq 1 5");
	talk.room = 2;
	while (talk.lines < 2)
		loop_turn(talk.loop, 10, NULL);
	loop_turn(talk.loop, 10, NULL);
	check_number((long long)talk.lines, 2, "  it rests when there is no room");
	check(!talk.has_ended, "  and has not ended for us");
	loop_timer_start(talk.loop, &soon, 1, on_soon, &talk);
	finish(&talk, "[1][2][3][4][5]", 0);
}

static void
check_long_line(void)
{
	struct talk talk;

	begin(&talk, "echo a; head -c 17000000 /dev/zero | tr '\\0' x; echo; echo b");
	finish(&talk, "[a][b]", 0);
	check_number(talk.too_long, 1, "  a line that is too long is told");
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	check_talk();
	check_source();
	check_queue();
	check_queue_bound();
	check_closed_input();
	check_room();
	check_long_line();
	return check_done();
}
