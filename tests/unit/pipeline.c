/* Pipeline files: what is read, and what each mistake is answered with. */
#include "../../bin/pipeline.h"

#include <stdlib.h>
#include <unistd.h>

#include "../../bus/alloc.h"
#include "../../bus/buf.h"
#include "../check.h"

struct row {
	const char *name;
	const char *text;
	const char *want; /* described as below; or the error, from its first byte, behind ! */
};

#define S "stages:\n"

static const struct row rows[] = {
	{ "a chain", S "- name: a\n  command: x\n- name: b\n  command: [y, z z]\n",
	  "a[x] b[y][z z]<a" },
	{ "a source in the middle, two sources",
	  S "- name: a\n  command: x\n- name: b\n  command: y\n  from: []\n"
	    "- name: c\n  command: z\n  from: [b, a]\n",
	  "a[x] b[y] c[z]<b<a" },
	{ "from as text, forward",
	  S "- {name: a, command: x, from: b}\n- {name: b, command: y, from: []}\n",
	  "a[x]<b b[y]" },
	{ "two readers",
	  S "- {name: a, command: x}\n- {name: b, command: y}\n- {name: c, command: z, from: a}\n",
	  "a[x] b[y]<a c[z]<a" },
	{ "settings",
	  S "- name: a\n  command: x\n  env: {A: '1', B_2: x y}\n  directory: d\n  drain: 1m30s\n",
	  "a[x]{A=1}{B_2=x y}(d)90000ms" },
	{ "drain 0", S "- {name: a, command: x, drain: '0'}\n", "a[x]0ms" },
	{ "quoted words", S "- name: a\n  command: jq -c 'a b'\n", "a[jq][-c][a b]" },
	{ "JSON", "{\"stages\": [{\"name\": \"a\", \"command\": [\"x\"]}]}", "a[x]" },
	{ "an anchor", S "- &a\n  name: a\n  command: x\n", "a[x]" },

	{ "no YAML", "stages: [\n", "!f: line " },
	{ "no map", "- a\n", "!f: a pipeline is a map" },
	{ "empty", "", "!f: " },
	{ "no stages", "stages: []\n", "!f:1: stages must be a list of 1 to 64" },
	{ "stages absent", "{}\n", "!f:1: stages must be a list" },
	{ "stages is a map", "\nstages: {}\n", "!f:2: stages must be a list" },
	{ "key at the top", S "- {name: a, command: x}\n\nstage: 1\n",
	  "!f:4: there is no setting stage; known is: stages" },
	{ "a stage that is text", S "- a\n", "!f:2: stage 1: a stage is a map with: name" },
	{ "no name", S "- {name: a, command: x}\n- command: x\n",
	  "!f:3: stage 2: it needs a name" },
	{ "name is a number", S "- command: x\n  name: 7\n", "!f:3: stage 1: it needs a name" },
	{ "bad name", S "- name: A\n  command: x\n", "!f:2: stage 1: a name is made of" },
	{ "name with a slash", S "- name: ../a\n  command: x\n", "!f:2: stage 1: a name" },
	{ "name too long", S "- name: aaaaaaaaaabbbbbbbbbbccccccccccdddddddddde\n  command: x\n",
	  "!f:2: stage 1: a name" },
	{ "unknown key", S "- name: a\n  command: x\n  args: []\n",
	  "!f:4: stage a: there is no setting args; known are: name, command, from, env, "
	  "directory, drain" },
	{ "no command", S "- name: a\n", "!f:2: stage a: it needs a command" },
	{ "command is a map", S "- name: a\n  command: {}\n", "!f:3: stage a: it needs a command" },
	{ "empty command", S "- name: a\n  command: ''\n", "!f:3: stage a: command is empty" },
	{ "empty list", S "- name: a\n  command: []\n", "!f:3: stage a: command is empty" },
	{ "empty first word", S "- name: a\n  command: ['', x]\n",
	  "!f:3: stage a: command is empty" },
	{ "number in a command", S "- name: a\n  command: [x, 5]\n",
	  "!f:3: stage a: each word of command must be text: put numbers in quotes" },
	{ "open quote", S "- name: a\n  command: x 'y\n", "!f:3: stage a: a ' is never closed" },
	{ "a shell's pipe", S "- name: a\n  command: x | y\n", "!f:3: stage a: | means something" },
	{ "same name", S "- {name: a, command: x}\n- {name: a, command: y}\n",
	  "!f:3: stage a: another stage has this name" },
	{ "unknown from", S "- name: a\n  command: x\n  from: z\n",
	  "!f:4: stage a: from names z, which is no stage" },
	{ "from twice", S "- {name: a, command: x}\n- {name: b, command: y, from: [a, a]}\n",
	  "!f:3: stage b: from names a twice" },
	{ "from null", S "- name: a\n  command: x\n  from:\n", "!f:4: stage a: from must be" },
	{ "from a number", S "- {name: a, command: x, from: [1]}\n",
	  "!f:2: stage a: from must hold names" },
	{ "from itself", S "- {name: a, command: x, from: a}\n",
	  "!f:2: stage a: it reads, by way of others, from itself" },
	{ "a circle",
	  S "- {name: a, command: x}\n- {name: b, command: x, from: [a, c]}\n"
	    "- {name: c, command: x}\n",
	  "!f:3: stage b: it reads, by way of others, from itself" },
	{ "env is a list", S "- name: a\n  command: x\n  env: [A]\n", "!f:4: stage a: env must be" },
	{ "env with a number", S "- name: a\n  command: x\n  env: {A: 1}\n",
	  "!f:4: stage a: each value of env must be text" },
	{ "env with a bad name", S "- name: a\n  command: x\n  env: {1A: x}\n",
	  "!f:4: stage a: env holds what is no name" },
	{ "directory is a list", S "- name: a\n  command: x\n  directory: []\n",
	  "!f:4: stage a: directory must be" },
	{ "drain without a unit", S "- name: a\n  command: x\n  drain: 5\n",
	  "!f:4: stage a: drain must be a duration" },
	{ "drain too long", S "- name: a\n  command: x\n  drain: 2h\n",
	  "!f:4: stage a: drain must be a duration" },
};

static void
describe(const struct pipeline *pipeline, struct buf *out)
{
	size_t i, j;

	for (i = 0; i < pipeline->count; i++) {
		const struct pipeline_stage *stage = &pipeline->stages[i];

		buf_printf(out, "%s%s", i > 0 ? " " : "", stage->name);
		for (j = 0; stage->command[j] != NULL; j++)
			buf_printf(out, "[%s]", stage->command[j]);
		for (j = 0; j < stage->from_count; j++)
			buf_printf(out, "<%s", pipeline->stages[stage->from[j]].name);
		for (j = 0; stage->env[j] != NULL; j++)
			buf_printf(out, "{%s}", stage->env[j]);
		if (stage->directory != NULL)
			buf_printf(out, "(%s)", stage->directory);
		if (stage->drain_ms != PIPELINE_DRAIN_MS)
			buf_printf(out, "%lldms", (long long)stage->drain_ms);
	}
}

static void
check_row(const struct row *row)
{
	CLEANUP_BUF struct buf got = BUF_INIT(65536);
	struct error err = { .kind = ERROR_NONE };
	struct pipeline pipeline = { .count = 0 };
	int result = pipeline_parse(&pipeline, "f", row->text, strlen(row->text), &err);

	if (result < 0)
		buf_printf(&got, "!%.*s", row->want[0] == '!' ? (int)strlen(row->want) - 1 : 1000,
			   err.text);
	else
		describe(&pipeline, &got);
	check_text(buf_string(&got), row->want, row->name);
	if (result < 0)
		check(err.kind == ERROR_CONFIG, "%s: kind is CONFIG", row->name);
	pipeline_fini(&pipeline);
}

static void
check_is_read(void)
{
	static const char text[] = S "- {name: a, command: x}\n- {name: b, command: y}\n";
	struct pipeline pipeline = { .count = 0 };

	check(pipeline_parse(&pipeline, "f", text, strlen(text), NULL) == 0 &&
		      pipeline.stages[0].is_read && !pipeline.stages[1].is_read,
	      "who is read and who is not");
	check_number((long long)pipeline.stages[1].line, 3, "the line of a stage");
	pipeline_fini(&pipeline);
}

static void
check_stage_bound(void)
{
	CLEANUP_BUF struct buf text = BUF_INIT(65536);
	struct pipeline pipeline = { .count = 0 };
	struct error err = { .kind = ERROR_NONE };
	int i;

	buf_append_string(&text, S);
	for (i = 0; i < PIPELINE_STAGES_MAX; i++)
		buf_printf(&text, "- {name: s%d, command: x}\n", i);
	check(pipeline_parse(&pipeline, "f", buf_string(&text), text.len, &err) == 0 &&
		      pipeline.count == PIPELINE_STAGES_MAX,
	      "as many stages as may be");
	pipeline_fini(&pipeline);
	buf_append_string(&text, "- {name: t, command: x}\n");
	check(pipeline_parse(&pipeline, "f", buf_string(&text), text.len, &err) < 0,
	      "one more is refused");
	pipeline_fini(&pipeline);
}

static void
check_files(void)
{
	char name[] = "/tmp/weir-unit-pipeline-XXXXXX";
	static const char text[] = S "- {name: a, command: x}\n";
	int fd = mkstemp(name);
	struct pipeline pipeline = { .count = 0 };
	struct error err = { .kind = ERROR_NONE };

	check(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "a file is made");
	check(pipeline_read(&pipeline, name, &err) == 0 && pipeline.count == 1, "and read");
	pipeline_fini(&pipeline);
	close(fd);
	unlink(name);
	check(pipeline_read(&pipeline, name, &err) < 0 && err.kind == ERROR_SYSTEM &&
		      strstr(err.text, name) != NULL,
	      "a missing file is named");
	pipeline_fini(&pipeline);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < ALLOC_COUNT(rows); i++)
		check_row(&rows[i]);
	check_is_read();
	check_stage_bound();
	check_files();
	return check_done();
}
