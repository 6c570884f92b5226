/* From a pipeline to command lines, with programs that are only names of files. */
#include "../../bin/wiring.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../bus/alloc.h"
#include "../check.h"

static char folder[] = "/tmp/weir-unit-wiring-XXXXXX";
static const char *const programs[] = { "watch", "tag-scan", "show", "run", "bridge" };

struct row {
	const char *name;
	const char *text; /* below `stages:` */
	const char *want; /* argv of each stage, FOLDER as @; or the error behind ! */
};

static const struct row rows[] = {
	{ "a chain", "- {name: w, command: watch -A}\n- {name: t, command: tag-scan}\n",
	  "@/watch --out @ipc:///r/w.sock --readers 1 --ready-fd 3 -A\n"
	  "@/tag-scan --in ipc:///r/w.sock --ready-fd 3\n" },
	{ "two readers, two sources",
	  "- {name: a, command: watch}\n- {name: b, command: watch, from: []}\n"
	  "- {name: c, command: show, from: [a, b]}\n- {name: d, command: show, from: b}\n",
	  "@/watch --out @ipc:///r/a.sock --readers 1 --ready-fd 3\n"
	  "@/watch --out @ipc:///r/b.sock --readers 2 --ready-fd 3\n"
	  "@/show --in ipc:///r/a.sock --in ipc:///r/b.sock --ready-fd 3\n"
	  "@/show --in ipc:///r/b.sock --ready-fd 3\n" },
	{ "weir as in a shell", "- {name: s, command: weir show -- x}\n",
	  "@/show --ready-fd 3 -- x\n" },
	{ "a command", "- {name: s, command: sh -c 'a b'}\n- {name: t, command: show}\n",
	  "@/bridge --out @ipc:///r/s.sock --readers 1 --ready-fd 3 --source -- /bin/sh -c a b\n"
	  "@/show --in ipc:///r/s.sock --ready-fd 3\n" },
	{ "a path is never weir's", "- {name: s, command: /bin/sh watch}\n",
	  "@/bridge --ready-fd 3 --source -- /bin/sh watch\n" },
	{ "no program", "- {name: s, command: no-such-thing}\n",
	  "!f:2: stage s: there is no program no-such-thing" },
	{ "run is no stage", "- {name: s, command: run x}\n",
	  "!f:2: stage s: there is no program run" },
	{ "no folder", "- name: s\n  command: show\n  directory: /no/such\n",
	  "!f:2: stage s: unable to find its directory /no/such: No such file" },
	{ "a file as folder", "- {name: s, command: show, directory: /dev/null}\n",
	  "!f:2: stage s: its directory /dev/null is no folder" },
};

static void
describe(const struct wiring *wiring, struct buf *out)
{
	size_t i, j, len = strlen(folder);

	for (i = 0; i < wiring->count; i++)
		for (j = 0; wiring->wires[i].argv[j] != NULL; j++) {
			const char *word = wiring->wires[i].argv[j];
			bool is_ours = strncmp(word, folder, len) == 0;

			buf_printf(out, "%s%s%s%c", is_ours ? "@" : "", word + (is_ours ? len : 0),
				   "", wiring->wires[i].argv[j + 1] != NULL ? ' ' : '\n');
		}
}

static void
parse(struct pipeline *pipeline, const char *stages)
{
	CLEANUP_FREE char *text = alloc_format("stages:\n%s", stages);
	struct error err = { .kind = ERROR_NONE };

	if (pipeline_parse(pipeline, "f", text, strlen(text), &err) < 0)
		check(false, "it parses: %s", err.text);
}

static void
check_row(const struct row *row)
{
	CLEANUP_BUF struct buf got = BUF_INIT(65536);
	struct error err = { .kind = ERROR_NONE };
	struct pipeline pipeline = { .count = 0 };
	struct wiring wiring;

	parse(&pipeline, row->text);
	if (wiring_init(&wiring, &pipeline, "/r", &err) < 0)
		buf_printf(&got, "!%.*s", (int)strlen(row->want) - 1, err.text);
	else
		describe(&wiring, &got);
	check_text(buf_string(&got), row->want, row->name);
	wiring_fini(&wiring);
	pipeline_fini(&pipeline);
}

static void
check_stage(void)
{
	struct pipeline pipeline = { .count = 0 };
	struct wiring wiring;

	parse(&pipeline, "- {name: a, command: watch, directory: /tmp/., drain: 2s}\n"
			 "- {name: b, command: show, env: {X: y}}\n");
	check(wiring_init(&wiring, &pipeline, "/r", NULL) == 0, "two stages");
	check_text(wiring.stages[0].spawn.directory, "/tmp", "an absolute directory");
	check_number(wiring.stages[0].drain_ms, 2000, "drain");
	check(!wiring.stages[0].spawn.to_stdout && wiring.stages[1].spawn.to_stdout,
	      "only what nobody reads is printed");
	check(wiring.stages[1].from_count == 1 && wiring.stages[1].from[0] == 0, "who reads whom");
	check_text(wiring.stages[1].spawn.env[1], "PATH=/bin", "what is handed on");
	check_text(wiring.stages[1].spawn.env[2], "X=y", "what the stage sets");
	wiring_fini(&wiring);
	pipeline_fini(&pipeline);
}

/* sun_path holds 108 bytes with the NUL. */
static void
check_length(size_t len, bool want)
{
	char path[128];
	struct pipeline pipeline = { .count = 0 };
	struct wiring wiring;
	struct error err = { .kind = ERROR_NONE };

	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[len - strlen("/abc.sock")] = '\0';
	parse(&pipeline, "- {name: abc, command: watch}\n- {name: b, command: show}\n");
	check((wiring_init(&wiring, &pipeline, path, &err) == 0) == want,
	      "a socket's path of %zu bytes is %s: %s", len, want ? "fine" : "refused", err.text);
	wiring_fini(&wiring);
	pipeline_fini(&pipeline);
}

static void
check_print(void)
{
	CLEANUP_BUF struct buf got = BUF_INIT(65536);
	struct pipeline pipeline = { .count = 0 };
	struct wiring wiring;

	parse(&pipeline, "- {name: w, command: watch -A}\n"
			 "- {name: long-name, command: \"sh -c 'a b' ''\"}\n"
			 "- {name: s, command: weir show}\n- {name: x, command: show, from: w}\n");
	check(wiring_init(&wiring, &pipeline, NULL, NULL) == 0, "a check");
	wiring_print(&wiring, &pipeline, &got);
	check_text(buf_string(&got),
		   "w         -> long-name, x     watch -A\n"
		   "long-name -> s                sh -c 'a b' ''  (behind a bridge)\n"
		   "s         -> standard output  show\n"
		   "x         -> standard output  show\n",
		   "what a person sees");
	wiring_fini(&wiring);
	pipeline_fini(&pipeline);
}

int
main(void)
{
	size_t i;

	check(mkdtemp(folder) != NULL && chdir(folder) == 0, "a folder");
	for (i = 0; i < ALLOC_COUNT(programs); i++)
		close(open(programs[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0700));
	clearenv();
	setenv("WEIR_LIBEXEC", folder, 1);
	setenv("PATH", "/bin", 1);
	for (i = 0; i < ALLOC_COUNT(rows); i++)
		check_row(&rows[i]);
	check_stage();
	check_length(107, true);
	check_length(108, false);
	check_print();
	for (i = 0; i < ALLOC_COUNT(programs); i++)
		unlink(programs[i]);
	check(chdir("/") == 0 && rmdir(folder) == 0, "all is removed");
	return check_done();
}
