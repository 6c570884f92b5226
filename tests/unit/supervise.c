/*
 * A group of small shell scripts under supervision: each row is a group, and what becomes of it. The
 * scripts write letters to a common log, so that order and number of starts can be seen.
 */
#include "../../bin/supervise.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../bin/supervise-priv.h"
#include "../../bus/alloc.h"
#include "../../bus/log.h"
#include "../check.h"

#define STAGES 3
#define HANG_MS 20000
#define READY "printf '\\n' >&3; "
#define END "printf 'end\\n' >&3; "
#define SLEEP "sleep 1000 & wait $!; "
#define FIRST "if test -e once; then first=; else first=1; : > once; fi; "

struct group {
	const char *name;
	const char *scripts[STAGES]; /* each stage reads from the one before */
	int64_t drain_ms;	     /* of each stage; 0: long */
	/* Called in each turn: does what has to be done from outside. */
	void (*step)(struct supervise *supervise);
	int status;
	const char *log; /* what was written to it */
};

static char shell[] = "/bin/sh", option[] = "-c", search[] = "PATH=/usr/bin:/bin";
static char *env[] = { search, NULL };
static char folder[] = "/tmp/weir-unit-supervise-XXXXXX";
static int stops;
static bool hung;

static bool
has_state(struct supervise *supervise, size_t stage, enum state state)
{
	return supervise->stages[stage].state == state;
}

static void
stop_when_ready(struct supervise *supervise)
{
	if (stops == 0 && supervise_is_ready(supervise)) {
		stops++;
		supervise_stop(supervise);
	}
}

static void
stop_twice(struct supervise *supervise)
{
	if (stops < 2 && (stops == 1 || supervise_is_ready(supervise))) {
		stops++;
		supervise_stop(supervise);
	}
}

static void
stop_when_waiting(struct supervise *supervise)
{
	if (stops == 0 && has_state(supervise, 0, STATE_WAITING)) {
		stops++;
		supervise_stop(supervise);
	}
}

static void
kill_first(struct supervise *supervise)
{
	if (stops == 0 && has_state(supervise, 0, STATE_READY)) {
		stops++;
		kill(supervise->stages[0].pid, SIGKILL);
	}
}

/* Let the reader go on, and die, once its source's end is known. */
static void
go_on_when_ended(struct supervise *supervise)
{
	int fd;

	if (stops > 0 || !has_state(supervise, 0, STATE_ENDED))
		return;
	fd = open("fifo", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	stops++;
	close(fd);
}

static const struct group groups[] = {
	{ .name = "it does its work and ends", .scripts = { READY "echo a >> log; " END }, .log = "a" },
	{ .name = "some message failed", .scripts = { READY END "exit 1" }, .status = 1 },
	{ .name = "ended before it was ready", .scripts = { END "exit 0" } },
	{ .name = "a chain, the worst status counts",
	  .scripts = { READY END, READY END "exit 1", READY END }, .status = 1 },
	{ .name = "exit 0 without an end: it was stopped by hand, and starts again",
	  .scripts = { FIRST READY "echo a >> log; test $first && exit 0; " END }, .log = "aa" },
	{ .name = "a failure: it starts again",
	  .scripts = { FIRST READY "echo a >> log; test $first && exit 111; " END }, .log = "aa" },
	{ .name = "a crash: it starts again",
	  .scripts = { FIRST READY "echo a >> log; test $first && kill -SEGV $$; " END },
	  .log = "aa" },
	{ .name = "said end and then failed: it starts again",
	  .scripts = { FIRST READY "echo a >> log; " END "test $first && exit 111; exit 0" },
	  .log = "aa" },
	{ .name = "died before it was ready: it starts again",
	  .scripts = { FIRST "echo a >> log; test $first && exit 111; " READY END }, .log = "aa" },
	{ .name = "killed: it starts again",
	  .scripts = { FIRST "echo a >> log; " READY "test $first && { " SLEEP "}; " END },
	  .step = kill_first, .log = "aa" },
	{ .name = "a reader that dies needs its source again, though that had ended",
	  .scripts = { "echo s >> log; " READY END,
		       FIRST READY "test $first && { read x < fifo; exit 111; }; " END },
	  .step = go_on_when_ended, .log = "ss" },
	{ .name = "exit 100: the group stops with 100",
	  .scripts = { "trap 'exit 0' TERM; " READY SLEEP, "exit 100" }, .status = 100 },
	{ .name = "sources stop first",
	  .scripts = { "trap 'echo a >> log; exit 0' TERM; " READY SLEEP,
		       "trap 'echo b >> log; exit 0' TERM; " READY SLEEP,
		       "trap 'echo c >> log; exit 0' TERM; " READY SLEEP },
	  .step = stop_when_ready, .log = "abc" },
	{ .name = "status 1 after an ordered stop is no failure of the stop",
	  .scripts = { "trap 'exit 1' TERM; " READY SLEEP }, .step = stop_when_ready },
	{ .name = "one does not stop in time: it is killed, the others stop",
	  .scripts = { "trap '' TERM; " READY "while :; do sleep 1000; done",
		       "trap 'echo b >> log; exit 0' TERM; " READY SLEEP },
	  .drain_ms = 50, .step = stop_when_ready, .status = 1, .log = "b" },
	{ .name = "told twice: all are killed",
	  .scripts = { "trap '' TERM; " READY "while :; do sleep 1000; done", READY SLEEP },
	  .step = stop_twice, .status = 1 },
	{ .name = "stopped while it waits to start again",
	  .scripts = { "exit 111" }, .step = stop_when_waiting },
	{ .name = "what a stage left behind is gone",
	  .scripts = { "setsid sh -c 'echo $$ > orphan; exec sleep 1000' & "
		       "until test -s orphan; do :; done; " READY END } },
};

static void
on_over(void *arg)
{
	loop_stop(arg);
}

static void
on_hang(void *arg)
{
	hung = true;
	loop_stop(arg);
}

static char *
read_word(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[64], all[256] = "";

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%.*s",
			 (int)strcspn(line, "\n"), line);
	if (file != NULL)
		fclose(file);
	return alloc_string(all);
}

static void
run_loop(struct loop *loop, struct supervise *supervise, const struct group *group)
{
	struct loop_timer hang = { .place = 0 };
	struct error err;

	hung = false;
	stops = 0;
	loop_timer_start(loop, &hang, HANG_MS, on_hang, loop);
	if (supervise_start(supervise, &err) < 0)
		printf("# %s\n", err.text);
	while (!hung && !supervise->is_over) {
		loop_turn(loop, 10, &err);
		if (group->step != NULL)
			group->step(supervise);
	}
	loop_timer_stop(loop, &hang);
}

static void
check_group(const struct group *group)
{
	char *argv[STAGES][4];
	struct supervise_stage stages[STAGES];
	static const size_t from[STAGES] = { 0, 0, 1 };
	struct loop *loop = loop_new();
	struct supervise *supervise;
	CLEANUP_FREE char *log = NULL;
	size_t i;

	memset(stages, 0, sizeof(stages));
	for (i = 0; i < STAGES && group->scripts[i] != NULL; i++) {
		argv[i][0] = shell;
		argv[i][1] = option;
		argv[i][2] = alloc_string(group->scripts[i]);
		argv[i][3] = NULL;
		stages[i] = (struct supervise_stage){
			.name = "s", .spawn = { argv[i], env, folder, false },
			.from = &from[i], .from_count = i > 0,
			.drain_ms = group->drain_ms ? group->drain_ms : HANG_MS };
	}
	supervise = supervise_new(loop, stages, i, HANG_MS, on_over, loop);
	run_loop(loop, supervise, group);
	check(!hung, "%s", group->name);
	check_number(supervise_status(supervise), group->status, "  its status");
	log = read_word("log");
	check_text(log, group->log != NULL ? group->log : "", "  its log");
	supervise_free(supervise);
	loop_free(loop);
	while (i-- > 0)
		free(argv[i][2]);
	unlink("log");
	unlink("once");
}

static void
check_orphan(void)
{
	CLEANUP_FREE char *word = read_word("orphan");
	pid_t pid = (pid_t)strtol(word, NULL, 10);

	check(pid > 1 && kill(pid, 0) < 0, "process %s is not there any more", word);
	unlink("orphan");
}

static void
check_no_program(void)
{
	static char path[] = "/nowhere/at/all";
	char *argv[] = { path, NULL };
	struct supervise_stage stage = { .name = "s", .spawn = { argv, env, NULL, false },
					 .drain_ms = HANG_MS };
	static const struct group group = { .step = stop_when_waiting };
	struct loop *loop = loop_new();
	struct supervise *supervise = supervise_new(loop, &stage, 1, HANG_MS, on_over, loop);

	run_loop(loop, supervise, &group);
	check(!hung && supervise_status(supervise) == 0,
	      "a program that cannot be executed is tried again later");
	supervise_free(supervise);
	loop_free(loop);
}

int
main(void)
{
	size_t i;

	log_init("unit", LOG_LEVEL_ERROR);
	check(mkdtemp(folder) != NULL && chdir(folder) == 0 && mkfifo("fifo", 0600) == 0,
	      "a folder with a fifo");
	for (i = 0; i < ALLOC_COUNT(groups); i++)
		check_group(&groups[i]);
	check_orphan();
	check_no_program();
	unlink("fifo");
	check(rmdir(folder) == 0, "nothing else is left");
	return check_done();
}
