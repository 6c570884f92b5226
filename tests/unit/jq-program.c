/* Unit test of filters/jq-program.c. */
#include "../../filters/jq-program.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../bus/alloc.h"
#include "../../bus/buf.h"
#include "../../bus/message.h"
#include "../check.h"

JQ_PROGRAM_EMBED(embedded_jq, "filters/render-configmap.jq");

static char folder[256];

static char *
path_of(const char *name)
{
	return alloc_format("%s/%s", folder, name);
}

static void
write_file(const char *name, const char *text, size_t len)
{
	CLEANUP_FREE char *path = path_of(name);
	FILE *file = fopen(path, "w");

	check(file != NULL && fwrite(text, 1, len, file) == len && fclose(file) == 0,
	      "%s is written", name);
}

static void
remove_file(const char *name)
{
	CLEANUP_FREE char *path = path_of(name);

	unlink(path);
}

static const char *
kind_of(const struct error *err)
{
	return err->kind == ERROR_INPUT ? "input" : err->kind == ERROR_CONFIG ? "config" : "other";
}

/* The results as text, or the error's; owned by the caller. */
static char *
run(const char *text, const char *input)
{
	struct error err = { .kind = ERROR_NONE };
	struct jq_program *program = jq_program_new(NULL, text, &err);
	CLEANUP_BUF struct buf out = BUF_INIT((size_t)65536);
	jv results;

	if (program == NULL)
		return alloc_format("%s: %s", kind_of(&err), err.text);
	if (jq_program_run(program, jv_parse(input), &results, &err) == 0)
		message_dump(results, &out);
	else
		buf_printf(&out, "%s: %s", kind_of(&err), err.text);
	jv_free(results);
	jq_program_free(program);
	return alloc_string(buf_string(&out));
}

#define UNHEARD                                                                               \
	"input: the program ends with an error (what it says may quote values: to be heard, let " \
	"it say error({reason: \"...\"}))"
#define NO_PROGRAM "config: what the filter brings is no jq program: "

static void
test_programs(void)
{
	static const struct {
		const char *program, *input, *want;
	} rows[] = {
		{ ".a", "{\"a\":1}", "[1]" },
		{ ".[]", "[1,\"x\",null]", "[1,\"x\",null]" },
		{ "empty", "1", "[]" },
		{ "", "1", "[1]" },
		{ "[range(1000)] | length", "null", "[1000]" },
		{ "def f(x): x + 1; f(.)", "1", "[2]" },
		/* what it says when it fails: never a value */
		{ "tonumber", "\"s3cret\"", UNHEARD },
		{ ".[0]", "{\"s3cret\":1}", UNHEARD },
		{ "error(.)", "\"s3cret\"", UNHEARD },
		{ "1, error(.)", "\"s3cret\"", UNHEARD },
		{ "error({reason: \"no host\"})", "1", "input: no host" },
		{ "error({reason: 5})", "1", UNHEARD },
		{ "halt", "1", "input: the program halts" },
		{ "1, halt_error", "\"s3cret\"", "input: the program halts" },
		{ "repeat(1)", "1", "input: the program gives too many results" },
		{ "input", "1", UNHEARD },
		/* the process stays out of it */
		{ "$ENV", "1", "[{\"HOME\":\"/nonexistent\"}]" },
		{ "env", "1", "[{}]" },
		{ "stderr, debug", "\"s3cret\"", "[\"s3cret\",\"s3cret\"]" },
		{ "\"x\" | modulemeta", "1", "input: there are no modules here" },
		{ "get_search_list", "1", "[[]]" },
		/* what is no program */
		{ ".a |", "1", NO_PROGRAM "syntax error, unexpected $end at <top-level>, line 1" },
		{ "1\n+ }", "1",
		  NO_PROGRAM "syntax error, unexpected INVALID_CHARACTER at <top-level>, line 2" },
		{ "$x", "1", NO_PROGRAM "$x is not defined at <top-level>, line 1" },
		{ "x(1)", "1", NO_PROGRAM "x/1 is not defined at <top-level>, line 1" },
		{ "include \"x\"; .", "1",
		  NO_PROGRAM "syntax error, unexpected include, expecting $end at <top-level>, line 1" },
		{ "import \"x\" as x; .", "1",
		  NO_PROGRAM "syntax error, unexpected import, expecting $end at <top-level>, line 1" },
	};

	for (size_t i = 0; i < ALLOC_COUNT(rows); i++) {
		CLEANUP_FREE char *got = run(rows[i].program, rows[i].input);

		check_text(got, rows[i].want, "a program");
	}
}

static void
test_again(void)
{
	struct jq_program *program = jq_program_new(NULL, "if . == 2 then error else ., . end", NULL);
	jv results;
	int i;

	for (i = 1; i < 4; i++) {
		int status = jq_program_run(program, jv_number(i), &results, NULL);

		if (i == 2)
			check(status == -1 && !jv_is_valid(results), "one run fails");
		else
			check(status == 0 && jv_array_length(jv_copy(results)) == 2,
			      "the runs around it do not");
		jv_free(results);
	}
	jq_program_free(program);
	jq_program_free(NULL);
}

/* ~/.jq is a part of every program for libjq, and breaks each when it is broken. */
static void
test_home(void)
{
	CLEANUP_FREE char *got = NULL, *other = NULL;

	setenv("HOME", folder, 1);
	write_file(".jq", "def length: 7;", 14);
	got = run("length", "[1]");
	check_text(got, "[1]", "~/.jq is not read");
	write_file(".jq", "def (", 5);
	other = run("length", "[1]");
	check_text(other, "[1]", "a broken ~/.jq does no harm");
	check_text(getenv("HOME"), folder, "the environment is as it was");
	remove_file(".jq");
}

static void
refuse_file(const char *name, const char *what)
{
	CLEANUP_FREE char *path = path_of(name), *want = alloc_format("%s%s", path, what);
	struct error err = { .kind = ERROR_NONE };

	check(jq_program_new(path, "1", &err) == NULL, "%s is refused", name);
	check_text(err.text, want, "and why");
	check(err.kind == ERROR_CONFIG, "as a matter of configuration");
}

static void
test_files(void)
{
	CLEANUP_FREE char *path = path_of("good.jq");
	CLEANUP_FREE char *big = alloc_zero(1, JQ_PROGRAM_TEXT_MAX + 2);
	struct jq_program *program;
	jv results;
	struct error err;

	write_file("good.jq", "# mine\n.a\n", 10);
	program = jq_program_new(path, "error", &err);
	check(program != NULL, "a file takes the place of what the filter brings");
	check(jq_program_run(program, jv_parse("{\"a\":3}"), &results, &err) == 0 &&
		      jv_equal(results, jv_parse("[3]")),
	      "and is run");
	check(jq_program_run(program, jv_parse("[]"), &results, &err) == -1, "it can fail");
	check(strncmp(err.text, path, strlen(path)) == 0, "and is named then");
	jq_program_free(program);
	write_file("bad.jq", ".a\n.b c\n", 8);
	refuse_file("bad.jq", " is no jq program: syntax error, unexpected IDENT, expecting $end at "
			      "<top-level>, line 2");
	write_file("nul.jq", ".\0", 2);
	refuse_file("nul.jq", ": holds a NUL byte");
	memset(big, ' ', JQ_PROGRAM_TEXT_MAX + 1);
	write_file("big.jq", big, JQ_PROGRAM_TEXT_MAX + 1);
	refuse_file("big.jq", ": is longer than 1048576 bytes");
	refuse_file("none.jq", ": No such file or directory");
	remove_file("good.jq");
	remove_file("bad.jq");
	remove_file("nul.jq");
	remove_file("big.jq");
}

static void
test_embedded(void)
{
	struct jq_program *program = jq_program_new(NULL, embedded_jq, NULL);

	check(program != NULL, "a program that is in this one");
	jq_program_free(program);
}

/* T35: a program that does not come to an end ends its process, and says so. */
static void
test_endless(void)
{
	int out[2], status = 0;
	char said[256];
	ssize_t len;
	pid_t pid;

	fflush(stdout);
	if (pipe2(out, O_CLOEXEC) != 0 || (pid = fork()) < 0) {
		check(false, "no child");
		return;
	}
	if (pid == 0) {
		dup2(out[1], STDERR_FILENO);
		free(run("def f: f; f", "null"));
		_exit(0);
	}
	close(out[1]);
	len = read(out[0], said, sizeof(said) - 1);
	said[len > 0 ? len : 0] = '\0';
	close(out[0]);
	waitpid(pid, &status, 0);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 100, "T35: an endless program ends");
	check_text(said, "a jq program does not come to an end; --program is to be corrected\n",
		   "and it is said why");
}

int
main(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(folder, sizeof(folder), "%s/jq-program.XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(folder) == NULL)
		return 1;
	test_programs();
	test_again();
	test_home();
	test_files();
	test_embedded();
	test_endless();
	rmdir(folder);
	return check_done();
}
