/* Unit test of filters/rendered.c, in a filter whose output is read here. */
#include "../../filters/rendered.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../bus/alloc.h"
#include "../../bus/buf.h"
#include "../check.h"

#define A "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"a\"},\"data\":1}"
#define A2 "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"a\"},\"data\":2}"
#define REFERENCE "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"a\"}}"

/* What is emitted one after the other; forget: an object first. */
static const struct step {
	const char *message, *error;
	bool is_told, forget;
} steps[] = {
	{ "{\"type\":\"APPLY\",\"object\":" A "}", NULL, true, false },
	{ "{\"type\":\"APPLY\",\"object\":" A "}", NULL, false, false },
	{ "{\"type\":\"APPLY\",\"trace\":\"t\",\"object\":" A "}", NULL, false, false },
	{ "{\"type\":\"APPLY\",\"object\":" A2 "}", NULL, true, false },
	{ "{\"type\":\"APPLY\",\"object\":" A "}", NULL, true, false },
	{ "{\"type\":\"APPLY\",\"subresource\":\"status\",\"object\":" A "}", NULL, true, false },
	{ "{\"type\":\"APPLY\",\"subresource\":\"status\",\"object\":" A "}", NULL, false, false },
	{ "{\"type\":\"APPLY\",\"object\":" A "}", NULL, false, false },
	{ "{\"type\":\"PRUNE\",\"object\":" REFERENCE "}", NULL, true, false },
	{ "{\"type\":\"PRUNE\",\"object\":" REFERENCE "}", NULL, false, false },
	{ "{\"type\":\"APPLY\",\"object\":" A "}", NULL, true, false },
	{ "{\"type\":\"APPLY\",\"object\":" A "}", NULL, true, true },
	{ "{\"type\":\"APPLY\",\"object\":" A "}", NULL, false, false },
	{ "{\"type\":\"RESULT\",\"object\":" A "}",
	  "what the program gives is neither an APPLY nor a PRUNE", false, false },
	{ "{\"type\":\"x\"}", "what the program gives is neither an APPLY nor a PRUNE", false,
	  false },
	{ "{\"type\":\"APPLY\"}", "what the program gives has no object", false, false },
	{ "{\"type\":\"APPLY\",\"object\":[]}", "what the program gives has no object", false,
	  false },
	{ "{\"type\":\"APPLY\",\"object\":{\"kind\":\"s3cret\"}}",
	  "an object that the program gives has no apiVersion, kind or metadata.name", false, false },
	{ "{\"type\":\"APPLY\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"K\",\"metadata\":{"
	  "\"name\":\"\"}}}",
	  "an object that the program gives has no apiVersion, kind or metadata.name", false, false },
	{ "{\"s3cret\":1}", "what the program gives is no message", false, false },
	{ "\"s3cret\"", "what the program gives is no message", false, false },
};

struct teller {
	struct filter *filter;
	FILE *errors;
};

static void
on_end(void *arg)
{
	struct teller *self = arg;
	struct rendered *rendered = rendered_new(self->filter);
	struct error err;

	for (size_t i = 0; i < ALLOC_COUNT(steps); i++) {
		if (steps[i].forget) {
			jv object = jv_parse(A2);

			rendered_forget(rendered, object, NULL);
			jv_free(object);
		}
		err.text[0] = '\0';
		if (rendered_emit(rendered, jv_parse(steps[i].message), &err) != 0)
			fprintf(self->errors, "%s\n", err.text);
	}
	rendered_free(rendered);
	rendered_free(NULL);
	fclose(self->errors);
}

static int
tell(FILE *errors)
{
	static const struct filter_callbacks callbacks = { .on_end = on_end };
	static const struct option_row options[] = { { .name = NULL } };
	static const struct filter_program program = {
		.name = "teller", .synopsis = "", .summary = "Tells.", .flags = FILTER_OWN_KEYS,
		.options = options,
	};
	static char name[] = "teller";
	char *argv[] = { name, NULL };
	struct teller self = { .errors = errors };

	self.filter = filter_open(&program, 1, argv);
	filter_no_input(self.filter);
	return filter_run(self.filter, &callbacks, &self);
}

/* The next line without its newline; "" at the end. */
static const char *
next_line(FILE *file, char *line, size_t size)
{
	if (fgets(line, (int)size, file) == NULL)
		return "";
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static void
compare(FILE *out, FILE *errors)
{
	char line[4096];

	for (size_t i = 0; i < ALLOC_COUNT(steps); i++) {
		if (steps[i].is_told)
			check_text(next_line(out, line, sizeof(line)), steps[i].message, "told");
		if (steps[i].error != NULL) {
			next_line(errors, line, sizeof(line));
			check(strncmp(line, steps[i].error, strlen(steps[i].error)) == 0,
			      "refused: %s", line);
			check(strstr(line, "s3cret") == NULL, "without a value");
		}
	}
	check_text(next_line(out, line, sizeof(line)), "", "nothing else is told");
	check_text(next_line(errors, line, sizeof(line)), "", "nothing else is refused");
}

int
main(void)
{
	FILE *errors = tmpfile(), *out = tmpfile();
	int status = -1;
	pid_t pid;

	if (errors == NULL || out == NULL || (pid = fork()) < 0)
		return 1;
	if (pid == 0) {
		dup2(fileno(out), STDOUT_FILENO);
		exit(tell(errors));
	}
	waitpid(pid, &status, 0);
	check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the filter ends well");
	rewind(out);
	rewind(errors);
	compare(out, errors);
	fclose(out);
	fclose(errors);
	return check_done();
}
