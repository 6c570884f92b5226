/* Unit test of filters/child.c: real programs, and what becomes of them. Threat T28. */
#include "../../filters/child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../check.h"

#define TURNS_MS 20000

struct outcome {
	bool done;
	int calls;
	char output[256];
	enum error_kind kind;
	char text[ERROR_TEXT_MAX];
};

static struct loop *loop;

static void
on_done(void *arg, const char *output, size_t len, const struct error *err)
{
	struct outcome *outcome = arg;

	outcome->done = true;
	outcome->calls++;
	snprintf(outcome->output, sizeof(outcome->output), "%.*s", (int)len, output);
	outcome->kind = err != NULL ? err->kind : ERROR_NONE;
	snprintf(outcome->text, sizeof(outcome->text), "%s", err != NULL ? err->text : "");
}

static bool
wait_for(const bool *done)
{
	int64_t until_ms = loop_now_fresh_ms(loop) + TURNS_MS;

	while (!*done && loop_now_fresh_ms(loop) < until_ms)
		loop_turn(loop, 100, NULL);
	return *done;
}

static struct child *
start(const char *script, const struct child_settings *other, struct outcome *outcome,
      struct error *err)
{
	char shell[] = "sh", option[] = "-c", variable[] = "CANARY=ours";
	CLEANUP_FREE char *text = alloc_string(script);
	char *arguments[] = { shell, option, text, NULL }, *environment[] = { variable, NULL };
	struct child_settings settings = *other;

	settings.arguments = arguments;
	settings.environment = environment;
	*outcome = (struct outcome){ .done = false };
	return child_start(loop, &settings, on_done, outcome, err);
}

static const struct {
	const char *name, *script, *output;
	enum error_kind kind;
	const char *text, *input;
} ends[] = {
	{ "what it prints", "printf 'user:a b'", "user:a b", ERROR_NONE, "", NULL },
	{ "nothing", "exit 0", "", ERROR_NONE, "", NULL },
	{ "its environment", "echo $CANARY $HOME", "ours\n", ERROR_NONE, "", NULL },
	{ "nothing on stdin", "cat; echo end", "end\n", ERROR_NONE, "", NULL },
	{ "what is on stdin", "read -r line; echo \"[$line]\"", "[asked for]\n", ERROR_NONE, "",
	  "asked for\n" },
	{ "a status", "echo why; exit 3", "why\n", ERROR_TEMPORARY, "it ended with status 3", NULL },
	{ "a signal", "kill -9 $$", "", ERROR_TEMPORARY, "it was killed by signal 9", NULL },
	{ "output that ends before it does", "echo first; exec >&-; :", "first\n", ERROR_NONE, "", NULL },
	{ "a grandchild that keeps the pipe", "sleep 1000 & echo mine", "mine\n", ERROR_NONE, "", NULL },
};

static void
test_ends(void)
{
	struct child_settings settings = { .output_max = 100, .timeout_s = 20 };
	struct outcome outcome;
	struct error err;

	for (size_t i = 0; i < ALLOC_COUNT(ends); i++) {
		settings.input = ends[i].input;
		check(start(ends[i].script, &settings, &outcome, &err) != NULL, "%s: it starts",
		      ends[i].name);
		check(!outcome.done, "%s: not told before a turn", ends[i].name);
		check(wait_for(&outcome.done), "%s: it ends", ends[i].name);
		check_text(outcome.output, ends[i].output, "its output");
		check_number(outcome.kind, ends[i].kind, "its kind");
		check_text(outcome.text, ends[i].text, "its text");
		check_number(outcome.calls, 1, "told once");
	}
}

static void
test_too_much(void)
{
	static char input[CHILD_INPUT_MAX + 2];
	struct child_settings settings = { .output_max = 100, .timeout_s = 20, .input = input };
	struct outcome outcome;
	struct error err;

	memset(input, 'x', CHILD_INPUT_MAX);
	start("cat >/dev/null; head -c 5000 /dev/zero", &settings, &outcome, &err);
	check(wait_for(&outcome.done), "one that prints too much ends");
	check_number(outcome.kind, ERROR_CONFIG, "its kind");
	check_text(outcome.text, "it printed more than 100 bytes", "its text");
	input[CHILD_INPUT_MAX] = 'x';
	check(start("cat", &settings, &outcome, &err) == NULL, "more input than a pipe takes");
	check_number(err.code, E2BIG, "its errno");
}

static void
test_deadline(void)
{
	const struct child_settings settings = { .output_max = 100, .timeout_s = 0 };
	struct outcome outcome;
	struct error err;

	start("sleep 1000", &settings, &outcome, &err);
	check(wait_for(&outcome.done), "one that hangs is ended");
	check_text(outcome.text, "it did not end within 0 s", "and told");
}

/* Is there a process of this id that has not ended? (Whoever adopted it may be slow to reap it.) */
static bool
lives(long pid)
{
	CLEANUP_FREE char *path = alloc_format("/proc/%ld/stat", pid);
	FILE *file = fopen(path, "r");
	char line[256] = "", *name_end;
	bool is_there = file != NULL && fgets(line, sizeof(line), file) != NULL;

	if (file != NULL)
		fclose(file);
	name_end = strrchr(line, ')');
	return is_there && name_end != NULL && strncmp(name_end, ") Z", 3) != 0;
}

static void
test_rest(bool ends_alone)
{
	const struct child_settings settings = { .output_max = 100,
						 .timeout_s = 20,
						 .ends_alone = ends_alone };
	struct outcome outcome;
	struct error err;
	int64_t until_ms;
	long rest;

	start("sleep 1000 >&- 2>&- & echo $!", &settings, &outcome, &err);
	wait_for(&outcome.done);
	rest = strtol(outcome.output, NULL, 10);
	check(rest > 1, "it left process %ld", rest);
	until_ms = loop_now_fresh_ms(loop) + (ends_alone ? 50 : TURNS_MS);
	while (lives(rest) && loop_now_fresh_ms(loop) < until_ms)
		loop_turn(loop, 5, NULL);
	check_number(lives(rest), ends_alone, ends_alone ? "which lives on" : "which ends with it");
	if (ends_alone && rest > 1)
		kill((pid_t)rest, SIGKILL);
}

static void
test_cancel(void)
{
	const struct child_settings settings = { .output_max = 100, .timeout_s = 20 };
	struct outcome outcome;
	struct error err;

	child_cancel(start("sleep 1000", &settings, &outcome, &err));
	loop_turn(loop, 20, NULL);
	check_number(outcome.calls, 0, "a cancelled one is not told");
	child_cancel(NULL);
}

static void
test_no_program(void)
{
	char name[] = "no-such-program-anywhere";
	char *arguments[] = { name, NULL }, *environment[] = { NULL };
	const struct child_settings settings = { .arguments = arguments,
						 .environment = environment,
						 .output_max = 100,
						 .timeout_s = 20 };
	struct outcome outcome = { .done = false };
	struct error err;

	check(child_start(loop, &settings, on_done, &outcome, &err) == NULL, "no such program");
	check_number(err.code, ENOENT, "its errno");
	check_text(err.text, "it cannot be started: No such file or directory", "its text");
	check_number(outcome.calls, 0, "on_done is not called");
}

int
main(void)
{
	loop = loop_new();
	test_ends();
	test_too_much();
	test_deadline();
	test_rest(false);
	test_rest(true);
	test_cancel();
	test_no_program();
	loop_free(loop);
	return check_done();
}
