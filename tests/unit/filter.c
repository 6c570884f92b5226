/*
 * bus/filter*.c, through a small filter that runs in a child with pipes as stdin and stdout. It
 * consumes UPDATE and HOLD: an UPDATE is emitted again as a RESULT, after --delay when given
 * (work in flight); a HOLD gives an ERROR. What else the harness tells it, it emits as a NOTE.
 */
#include "../../bus/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../bus/alloc.h"
#include "../../bus/frame.h"
#include "../check.h"

struct relay {
	struct filter *filter;
	int64_t delay_ms;
	bool text, own_keys;
};

struct job {
	struct relay *relay;
	struct filter_work *work;
	struct loop_timer timer;
	jv result;
};

static void
note(struct relay *relay, const char *what)
{
	filter_emit(relay->filter, jv_object_set(jv_object_set(jv_object(), jv_string("type"),
		    jv_string("NOTE")), jv_string("note"), jv_string(what)));
}

static void
finish(void *arg)
{
	struct job *job = arg;

	filter_work_resume(job->work);
	if (filter_work_is_stale(job->work))
		note(job->relay, "stale");
	else
		filter_emit(job->relay->filter, jv_copy(job->result));
	jv_free(job->result);
	filter_work_end(job->work);
	free(job);
}

static void
on_message(void *self, struct message *message)
{
	static const char *const kept[] = { "application", "source", "to", "origin", NULL };
	struct relay *relay = self;
	struct job *job;
	struct error err;
	jv result;

	if (message->type == MESSAGE_HOLD) {
		error_set(&err, ERROR_INPUT, 0, "held");
		filter_error(relay->filter, jv_object(), &err);
		return;
	}
	result = message_copy_members(message_new(MESSAGE_RESULT), message_body(message), kept);
	result = jv_object_set(result, jv_string("status"), jv_string("patched"));
	if (relay->delay_ms == 0) {
		filter_emit(relay->filter, result);
		return;
	}
	job = alloc_zero(1, sizeof(*job));
	job->relay = relay;
	job->result = result;
	job->work = filter_work_start(relay->filter);
	loop_timer_start(filter_loop(relay->filter), &job->timer, relay->delay_ms, finish, job);
}

static void
on_gone(void *self, const char *key, size_t len)
{
	(void)len;
	note(self, key[0] == 'u' ? "gone u" : "gone");
}

static void
on_complete(void *self, bool proven)
{
	note(self, proven ? "complete, proven" : "complete");
}

static void
on_line(void *self, const char *line, size_t len)
{
	filter_print(((struct relay *)self)->filter, line, len);
}

static void
on_end(void *self)
{
	if (!((struct relay *)self)->text)
		note(self, "end");
}

static int
relay_main(int argc, char **argv)
{
	static const enum message_type consumed[] = { MESSAGE_UPDATE, MESSAGE_HOLD, MESSAGE_OTHER };
	static const struct filter_callbacks callbacks = { .on_message = on_message, .on_gone = on_gone,
		.on_complete = on_complete, .on_line = on_line, .on_end = on_end };
	struct relay relay = { .filter = NULL };
	const struct option_row options[] = {
		{ .name = "delay", .kind = OPTION_DURATION, .arg = "DURATION", .field = &relay.delay_ms,
		  .help = "answer after so long" },
		{ .name = "text", .kind = OPTION_FLAG, .field = &relay.text, .help = "lines, not messages" },
		{ .name = NULL },
	};
	const struct filter_program program = { .name = "relay", .synopsis = "[option ...]",
		.summary = "A filter for tests.", .options = options, .consumes = consumed, .busy_max = 4 };

	relay.filter = filter_open(&program, argc, argv);
	if (relay.text)
		filter_text(relay.filter);
	return filter_run(relay.filter, &callbacks, &relay);
}

/* --- running it --- */

struct run {
	int in, out, err; /* our ends */
	pid_t pid;
};

static void
start(struct run *run, const char *const *words)
{
	int in[2], out[2], err[2];
	char *argv[12] = { (char[]){ "relay" } };
	int argc = 1;

	for (; words[argc - 1] != NULL && argc < 11; argc++)
		argv[argc] = alloc_string(words[argc - 1]);
	if (pipe(in) < 0 || pipe(out) < 0 || pipe(err) < 0)
		abort();
	fflush(stdout);
	run->pid = fork();
	if (run->pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(err[1], 2);
		close(in[0]);
		close(in[1]);
		close(out[0]);
		close(out[1]);
		close(err[0]);
		close(err[1]);
		int status = relay_main(argc, argv);

		while (--argc > 0)
			free(argv[argc]);
		exit(status);
	}
	while (--argc > 0)
		free(argv[argc]);
	close(in[0]);
	close(out[1]);
	close(err[1]);
	*run = (struct run){ .in = in[1], .out = out[0], .err = err[0], .pid = run->pid };
}

static void
give(struct run *run, const char *text)
{
	if (write(run->in, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
}

/* Read until the text that is wanted has come, or the end. */
static void
take(int fd, struct buf *out, const char *until)
{
	ssize_t n;
	char *room;

	while (until == NULL || strstr(buf_string(out), until) == NULL) {
		room = buf_room(out, 65536);
		n = room != NULL ? read(fd, room, 65536) : 0;
		if (n <= 0)
			return;
		buf_added(out, (size_t)n);
	}
}

/* The rest of both outputs; the exit status. */
static int
finish_run(struct run *run, struct buf *out, struct buf *err)
{
	int status;

	if (run->in >= 0)
		close(run->in);
	take(run->out, out, NULL);
	take(run->err, err, NULL);
	close(run->out);
	close(run->err);
	while (waitpid(run->pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static int
whole_run(const char *const *words, const char *input, struct buf *out, struct buf *err)
{
	struct run run;

	buf_clear(out);
	buf_clear(err);
	start(&run, words);
	give(&run, input);
	return finish_run(&run, out, err);
}

#define UPDATE_A "{\"type\":\"UPDATE\",\"application\":{\"namespace\":\"n\",\"name\":\"a\"},\"to\":\"1\"}\n"
#define UPDATE_B "{\"type\":\"UPDATE\",\"application\":{\"namespace\":\"n\",\"name\":\"b\"},\"to\":\"1\",\"trace\":\"t1\"}\n"
#define HOLD_A "{\"type\":\"HOLD\",\"application\":{\"namespace\":\"n\",\"name\":\"a\"}}\n"
#define BOOKMARK "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"K\",\"metadata\":{\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}\n"

static const char *const no_words[] = { NULL };
static const char *const slow[] = { "--delay", "60ms", NULL };

static void
test_passing(struct buf *out, struct buf *err)
{
	static const char other[] = "{ \"type\" : \"MINE\", \"n\": 1.50e3,\"trace\":\"x\" }\n";

	check_number(whole_run(no_words, other, out, err), 0, "an unknown type: exit status");
	check(strstr(buf_string(out), other) != NULL, "it is passed on byte for byte");
	check_number(whole_run(no_words, "{\"type\":\"ERROR\",\"reason\":\"r\"}\n", out, err), 1,
		     "an ERROR that passes makes the status 1");
	check(strstr(buf_string(out), "{\"type\":\"ERROR\",\"reason\":\"r\"}\n") != NULL, "and passes");
	check_number(whole_run(no_words, UPDATE_B, out, err), 0, "a consumed type: exit status");
	check(strstr(buf_string(out), "\"type\":\"RESULT\"") != NULL &&
	      strstr(buf_string(out), "\"trace\":\"t1\"") != NULL, "the trace is carried on");
	check(strstr(buf_string(out), "UPDATE") == NULL, "and the message is not passed");
	check_number(whole_run(no_words, UPDATE_A, out, err), 0, "without a trace");
	check(strstr(buf_string(out), "trace") == NULL, "none is invented");
}

static void
test_bad_lines(struct buf *out, struct buf *err)
{
	check_number(whole_run(no_words, "garbage secret\n\n" UPDATE_A "{\"type\":7}\n" UPDATE_B, out, err), 1,
		     "bad lines: exit status");
	check(strstr(buf_string(out), "\"name\":\"a\"") && strstr(buf_string(out), "\"name\":\"b\""),
	      "the good ones are handled");
	check(strstr(buf_string(out), "\"filter\":\"relay\",\"about\":{\"line\":1},"
				     "\"reason\":\"a message was skipped: line 1: no valid JSON at byte 1") != NULL, "an ERROR says what and where");
	check(strstr(buf_string(err), "weir relay: error: a message was skipped") != NULL, "so does stderr");
	check(strstr(buf_string(out), "secret") == NULL && strstr(buf_string(err), "secret") == NULL,
	      "the line is not quoted");
	check_number(whole_run(no_words, HOLD_A, out, err), 1, "a filter's own error: exit status");
}

static void
test_complete(struct buf *out, struct buf *err)
{
	struct run run;

	whole_run(no_words, UPDATE_A BOOKMARK UPDATE_B, out, err);
	check(strstr(buf_string(out), "complete, proven") != NULL &&
	      strstr(strstr(buf_string(out), "complete, proven"), "\"name\":\"b\"") != NULL,
	      "the bookmark completes the first list");
	check(strstr(buf_string(out), BOOKMARK) != NULL, "and is passed on");
	whole_run(no_words, UPDATE_A, out, err);
	check(strstr(buf_string(out), "complete, proven") != NULL, "so does the end of input");
	check(strstr(buf_string(out), "\"note\":\"end\"") != NULL, "which is told too");
	buf_clear(out);
	buf_clear(err);
	start(&run, no_words);
	give(&run, UPDATE_A);
	take(run.out, out, "\"complete\"");
	check(strstr(buf_string(out), "\"complete\"") != NULL, "silence completes it without proof");
	finish_run(&run, out, err);
	check(strstr(buf_string(out), "complete, proven") != NULL, "proof may come later");
}

static void
test_work(struct buf *out, struct buf *err)
{
	struct run run;

	check_number(whole_run(slow, UPDATE_A UPDATE_B, out, err), 0, "work in flight at the end of input");
	check(strstr(buf_string(out), "\"name\":\"a\"") && strstr(buf_string(out), "\"name\":\"b\""),
	      "is waited for");
	check(strstr(buf_string(out), "t1") != NULL, "and keeps its trace");
	whole_run(slow, UPDATE_A UPDATE_B UPDATE_A, out, err);
	check(strstr(buf_string(out), "stale") != NULL, "a later message of a key makes work stale");
	buf_clear(out);
	buf_clear(err);
	start(&run, slow);
	give(&run, UPDATE_A BOOKMARK);
	take(run.out, out, "BOOKMARK");
	kill(run.pid, SIGTERM);
	check_number(finish_run(&run, out, err), 0, "SIGTERM: exit status");
	check(strstr(buf_string(out), "\"name\":\"a\"") != NULL, "work in flight is finished");
}

/* With busy_max 4, a burst of 40 slow works must all be done, four at a time. */
static void
test_pressure(struct buf *out, struct buf *err)
{
	static const char *const quick[] = { "--delay", "2ms", NULL };
	struct buf input = BUF_INIT(100000);
	const char *p;
	int i, results = 0;

	for (i = 0; i < 40; i++)
		buf_printf(&input, "{\"type\":\"UPDATE\",\"application\":{\"name\":\"a%d\"}}\n", i);
	check_number(whole_run(quick, buf_string(&input), out, err), 0, "a burst of slow work");
	for (p = buf_string(out); (p = strstr(p, "RESULT")) != NULL; p++)
		results++;
	check_number(results, 40, "all of it is done");
	buf_fini(&input);
}

static void
test_reader_leaves(struct buf *out, struct buf *err)
{
	struct run run;
	int i;

	buf_clear(out);
	buf_clear(err);
	start(&run, no_words);
	close(run.out);
	run.out = open("/dev/null", O_RDONLY);
	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < 100; i++)
		if (write(run.in, UPDATE_A, strlen(UPDATE_A)) < 0)
			break;
	check_number(finish_run(&run, out, err), 0, "a reader that leaves ends it quietly");
	check_text(buf_string(err), "", "without a word");
}

static void
test_usage(struct buf *out, struct buf *err)
{
	static const char *const unknown[] = { "--nothing", NULL };
	static const char *const bad_end[] = { "--in", "http://x", NULL };
	static const char *const bad_shard[] = { "--shard", "3/2", NULL };
	static const char *const help[] = { "--help", NULL };
	static const char *const text[] = { "--text", NULL };

	check_number(whole_run(unknown, "", out, err), 100, "an unknown option");
	check(strstr(buf_string(err), "--nothing") && strstr(buf_string(err), "--help"), "is named");
	check_number(whole_run(bad_end, "", out, err), 100, "a bad endpoint");
	check_number(whole_run(bad_shard, "", out, err), 100, "a bad shard");
	check_number(whole_run(help, "", out, err), 0, "--help");
	check(strstr(buf_string(out), "--delay DURATION") && strstr(buf_string(out), "--in ENDPOINT"),
	      "shows own and common options");
	check_number(whole_run(text, "a\r\nb", out, err), 0, "text mode");
	check(strstr(buf_string(out), "a\nb\n") != NULL, "lines come and go");
}

static void
test_shards(struct buf *out, struct buf *err)
{
	static const char *const one[] = { "--shard", "1/2", NULL };
	static const char *const two[] = { "--shard", "2/2", NULL };
	int i, seen = 0, both = 0;
	struct buf input = BUF_INIT(100000), other = BUF_INIT(100000);
	char name[32];

	for (i = 0; i < 40; i++)
		buf_printf(&input, "{\"type\":\"UPDATE\",\"application\":{\"name\":\"a%d\"}}\n", i);
	whole_run(one, buf_string(&input), &other, err);
	whole_run(two, buf_string(&input), out, err);
	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "\"a%d\"", i);
		bool first = strstr(buf_string(&other), name), second = strstr(buf_string(out), name);

		seen += first || second;
		both += first && second;
	}
	check_number(seen, 40, "two shards together take every key");
	check_number(both, 0, "and none twice");
	buf_fini(&input);
	buf_fini(&other);
}

int
main(void)
{
	struct buf out = BUF_INIT(10000000), err = BUF_INIT(1000000);

	test_passing(&out, &err);
	test_bad_lines(&out, &err);
	test_complete(&out, &err);
	test_work(&out, &err);
	test_pressure(&out, &err);
	test_reader_leaves(&out, &err);
	test_usage(&out, &err);
	test_shards(&out, &err);
	buf_fini(&out);
	buf_fini(&err);
	return check_done();
}
