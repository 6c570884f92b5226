/* See jq-program.h. */
#include "jq-program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <jq.h>

#include "../bus/alloc.h"
#include "../bus/buf.h"
#include "../bus/exit.h"

/* In front of every program, on its first line: what would write a value to stderr does not, and
 * what would ask the environment or the disk gets nothing. Directives (import, include, module) are
 * a syntax error behind it. */
static const char guard[] = "def stderr: .; def debug: .; def env: {}; "
			    "def modulemeta: error({reason: \"there are no modules here\"}); ";

struct jq_program {
	jq_state *jq;
	char *file;		 /* NULL: the one of the filter */
	struct error *compiling; /* where complaints go meanwhile; NULL: nowhere */
};

/* --- compiling --- */

/* "jq: error: syntax error, unexpected x (Unix shell quoting issues?) at <top-level>, line 3:" and
 * then the program's text: of the first complaint the first line, without what helps nobody. */
static void
on_complaint(void *arg, jv message)
{
	static const char start[] = "jq: error: ", hint[] = " (Unix shell quoting issues?)";
	struct jq_program *program = arg;
	const char *text = jv_get_kind(message) == JV_KIND_STRING ? jv_string_value(message) : "";
	const char *hinted;
	int len;

	if (strncmp(text, start, sizeof(start) - 1) == 0)
		text += sizeof(start) - 1;
	len = (int)strcspn(text, "\n");
	if (len > 0 && text[len - 1] == ':')
		len--;
	hinted = memmem(text, (size_t)len, hint, sizeof(hint) - 1);
	if (program->compiling == NULL || program->compiling->text[0] != '\0')
		;
	else if (hinted == NULL)
		error_set(program->compiling, ERROR_CONFIG, 0, "%.*s", len, text);
	else
		error_set(program->compiling, ERROR_CONFIG, 0, "%.*s%.*s", (int)(hinted - text),
			  text, len - (int)(hinted - text) - (int)sizeof(hint) + 1,
			  hinted + sizeof(hint) - 1);
	jv_free(message);
}

/* `input`: there is one input only. Without this libjq 1.6 calls what it has not set. */
static jv
no_input(jq_state *jq, void *arg)
{
	(void)jq;
	(void)arg;
	return jv_invalid();
}

static void
drop_debug(void *arg, jv value)
{
	(void)arg;
	jv_free(value);
}

/* What the environment says to libjq while it compiles: nothing. It loads ~/.jq into every program
 * (and asks the password file where ~ is, when HOME is unset), and copies the environment. */
static int
compile(jq_state *jq, const char *text)
{
	static char home[] = "HOME=/nonexistent";
	char *nothing[] = { home, NULL }, **mine = environ;
	int ok;

	environ = nothing;
	ok = jq_compile(jq, text);
	environ = mine;
	return ok;
}

static int
read_file(struct buf *text, const char *file, struct error *err)
{
	CLEANUP_CLOSE int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t got = 1;
	char *room;

	if (fd == -1)
		return error_set_errno(err, "%s", file);
	while (got > 0 && (room = buf_room(text, 4096)) != NULL) {
		got = read(fd, room, 4096);
		if (got > 0)
			buf_added(text, (size_t)got);
	}
	if (got < 0)
		return error_set_errno(err, "%s", file);
	if (got > 0)
		return error_set(err, ERROR_CONFIG, 0, "%s: is longer than %zu bytes", file,
				 JQ_PROGRAM_TEXT_MAX);
	if (strlen(buf_string(text)) != text->len)
		return error_set(err, ERROR_CONFIG, 0, "%s: holds a NUL byte", file);
	return 0;
}

static int
compile_text(struct jq_program *program, const char *text, struct error *err)
{
	CLEANUP_FREE char *guarded = alloc_format("%s%s", guard, text);
	struct error complaint = { .kind = ERROR_NONE };
	int ok;

	program->jq = jq_init();
	if (program->jq == NULL)
		return error_set(err, ERROR_SYSTEM, 0, "libjq does not start");
	jq_set_error_cb(program->jq, on_complaint, program);
	jq_set_input_cb(program->jq, no_input, NULL);
	jq_set_debug_cb(program->jq, drop_debug, NULL);
	/* without it include and import abort the process */
	jq_set_attr(program->jq, jv_string("JQ_LIBRARY_PATH"), jv_array());
	jq_set_attr(program->jq, jv_string("JQ_ORIGIN"), jv_string("/nonexistent"));
	jq_set_attr(program->jq, jv_string("PROGRAM_ORIGIN"), jv_string("/nonexistent"));
	program->compiling = &complaint;
	ok = compile(program->jq, guarded);
	program->compiling = NULL;
	if (ok)
		return 0;
	return error_set(err, ERROR_CONFIG, 0, "%s is no jq program: %s",
			 program->file != NULL ? program->file : "what the filter brings",
			 complaint.text);
}

struct jq_program *
jq_program_new(const char *file, const char *builtin, struct error *err)
{
	struct jq_program *program = alloc_zero(1, sizeof(*program));
	CLEANUP_BUF struct buf text = BUF_INIT(JQ_PROGRAM_TEXT_MAX);
	int status = 0;

	if (file != NULL) {
		program->file = alloc_string(file);
		status = read_file(&text, file, err);
		builtin = buf_string(&text);
	}
	if (status == 0 && compile_text(program, builtin, err) == 0)
		return program;
	if (err != NULL)
		err->kind = ERROR_CONFIG;
	jq_program_free(program);
	return NULL;
}

void
jq_program_free(struct jq_program *program)
{
	if (program == NULL)
		return;
	if (program->jq != NULL)
		jq_teardown(&program->jq);
	free(program->file);
	free(program);
}

/* --- running --- */

static void
on_time(int signo)
{
	static const char text[] = "a jq program does not come to an end; --program is to be "
				   "corrected\n";

	(void)signo;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(WEIR_EXIT_TEMPORARY);
	_exit(WEIR_EXIT_USAGE);
}

/* Processor time, so that a slow machine does not count; 0: no bound any more. */
static void
bound_time(int seconds)
{
	const struct itimerval bound = { .it_value = { .tv_sec = seconds } };
	struct sigaction action = { .sa_handler = seconds > 0 ? on_time : SIG_IGN };

	sigaction(SIGVTALRM, &action, NULL);
	setitimer(ITIMER_VIRTUAL, &bound, NULL);
}

static int
fail(const struct jq_program *program, struct error *err, const char *what)
{
	return error_set(err, ERROR_INPUT, 0, "%s%s%s",
			 program->file != NULL ? program->file : "",
			 program->file != NULL ? ": " : "", what);
}

/* What jq's own errors say quotes values. Takes last, the invalid at the end. */
static int
judge_end(struct jq_program *program, jv last, struct error *err)
{
	jv message = jv_invalid_get_msg(last);
	jv reason = jv_get_kind(message) == JV_KIND_OBJECT ?
			    jv_object_get(jv_copy(message), jv_string("reason")) :
			    jv_invalid();
	int status = 0;

	if (jq_halted(program->jq))
		status = fail(program, err, "the program halts");
	else if (jv_get_kind(reason) == JV_KIND_STRING)
		status = fail(program, err, jv_string_value(reason));
	else if (jv_get_kind(message) != JV_KIND_NULL)
		status = fail(program, err,
			      "the program ends with an error (what it says may quote values: "
			      "to be heard, let it say error({reason: \"...\"}))");
	jv_free(reason);
	jv_free(message);
	return status;
}

static int
collect(struct jq_program *program, jv *results, struct error *err)
{
	jv result = jq_next(program->jq);
	int count;

	for (count = 0; jv_is_valid(result); count++) {
		if (count == JQ_PROGRAM_RESULTS_MAX) {
			jv_free(result);
			return fail(program, err, "the program gives too many results");
		}
		*results = jv_array_append(*results, result);
		result = jq_next(program->jq);
	}
	return judge_end(program, result, err);
}

int
jq_program_run(struct jq_program *program, jv input, jv *results, struct error *err)
{
	int status;

	*results = jv_array();
	bound_time(JQ_PROGRAM_SECONDS_MAX);
	jq_start(program->jq, input, 0);
	status = collect(program, results, err);
	bound_time(0);
	if (status == 0)
		return 0;
	jv_free(*results);
	*results = jv_invalid();
	return -1;
}
