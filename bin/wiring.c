/*
 * A stage whose command is one of weir's filters is given its endpoints itself; any other
 * command is put behind weir's bridge, which is given them in its place. Each stage that is
 * read binds one socket.
 */
#include "wiring.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../bus/alloc.h"
#include "environment.h"
#include "program.h"
#include "words.h"

#define SOCKET_PATH_MAX 107 /* sun_path, with its NUL, is 108 */

static void
add(struct wire *wire, char *taken)
{
	size_t count = 0;

	while (wire->argv != NULL && wire->argv[count] != NULL)
		count++;
	wire->argv = alloc_grow(wire->argv, count + 2, sizeof(*wire->argv));
	wire->argv[count] = taken;
	wire->argv[count + 1] = NULL;
}

static int
fail(const struct pipeline *pipeline, size_t stage, struct error *err)
{
	return error_prepend(err, "%s:%zu: stage %s", pipeline->path,
			     pipeline->stages[stage].line, pipeline->stages[stage].name);
}

/* `weir tag-scan` is what one writes in a shell; here the first word says nothing. */
static char **
command_of(const struct pipeline_stage *stage)
{
	bool is_launcher = strcmp(stage->command[0], "weir") == 0 && stage->command[1] != NULL;

	return stage->command + (is_launcher ? 1 : 0);
}

/* weir's own programs that are no stages. */
static bool
is_tool(const char *name)
{
	return strcmp(name, "weir") == 0 || strcmp(name, "run") == 0 ||
	       strcmp(name, "bridge") == 0;
}

/* The program, and for a command behind the bridge the command itself, which is *found. */
static int
find_program(struct wire *wire, const char *name, char **found, struct error *err)
{
	char *path = is_tool(name) ? NULL : program_find(name);

	*found = NULL;
	wire->is_filter = path != NULL;
	if (path == NULL) {
		*found = program_find_command(name, getenv("PATH"));
		if (*found == NULL)
			return error_set(err, ERROR_CONFIG, 0,
					 "there is no program %s: it is neither weir's nor on PATH",
					 name);
		path = program_find("bridge");
	}
	if (path == NULL) {
		free(*found);
		*found = NULL;
		return error_set(err, ERROR_CONFIG, 0,
				 "weir's program bridge is not installed, which %s needs", name);
	}
	add(wire, path);
	return 0;
}

static bool
reads_from(const struct pipeline_stage *reader, size_t stage)
{
	size_t i;

	for (i = 0; i < reader->from_count; i++)
		if (reader->from[i] == stage)
			return true;
	return false;
}

static size_t
count_readers(const struct pipeline *pipeline, size_t stage)
{
	size_t i, count = 0;

	for (i = 0; i < pipeline->count; i++)
		count += reads_from(&pipeline->stages[i], stage);
	return count;
}

static void
add_endpoints(struct wire *wire, const struct pipeline *pipeline, size_t stage, const char *folder)
{
	const struct pipeline_stage *at = &pipeline->stages[stage];
	size_t i;

	for (i = 0; i < at->from_count; i++) {
		add(wire, alloc_string("--in"));
		add(wire, alloc_format("ipc://%s/%s.sock", folder,
				       pipeline->stages[at->from[i]].name));
	}
	if (at->is_read) {
		add(wire, alloc_string("--out"));
		add(wire, alloc_format("@ipc://%s/%s.sock", folder, at->name));
		add(wire, alloc_string("--readers"));
		add(wire, alloc_format("%zu", count_readers(pipeline, stage)));
	}
	add(wire, alloc_string("--ready-fd"));
	add(wire, alloc_format("%d", SPAWN_READY_FD));
}

static int
check_path(const struct pipeline_stage *stage, const char *folder, struct error *err)
{
	size_t len = strlen(folder) + strlen(stage->name) + strlen("/.sock");

	if (!stage->is_read || len <= SOCKET_PATH_MAX)
		return 0;
	return error_set(err, ERROR_CONFIG, 0,
			 "the path of its socket, %s/%s.sock, is longer than %d bytes: name a "
			 "shorter folder with --dir",
			 folder, stage->name, SOCKET_PATH_MAX);
}

static int
find_folder(struct wire *wire, const char *folder, struct error *err)
{
	struct stat status;

	if (folder == NULL)
		return 0;
	wire->directory = realpath(folder, NULL);
	if (wire->directory == NULL || stat(wire->directory, &status) < 0)
		return error_set(err, ERROR_CONFIG, errno, "unable to find its directory %s: %s",
				 folder, strerror(errno));
	if (!S_ISDIR(status.st_mode))
		return error_set(err, ERROR_CONFIG, 0, "its directory %s is no folder", folder);
	return 0;
}

/* The endpoints come before the stage's own words, among which may be a -- that ends options. */
static int
wire_stage(struct wire *wire, const struct pipeline *pipeline, size_t stage, const char *folder,
	   struct error *err)
{
	const struct pipeline_stage *at = &pipeline->stages[stage];
	char **command = command_of(at);
	char *found;

	wire->env = environment_new(environ, at->env);
	if (find_folder(wire, at->directory, err) < 0 || check_path(at, folder, err) < 0 ||
	    find_program(wire, command[0], &found, err) < 0)
		return -1;
	add_endpoints(wire, pipeline, stage, folder);
	if (found != NULL) {
		if (at->from_count == 0)
			add(wire, alloc_string("--source"));
		add(wire, alloc_string("--"));
		add(wire, found);
	}
	while (*++command != NULL)
		add(wire, alloc_string(*command));
	return 0;
}

int
wiring_init(struct wiring *wiring, const struct pipeline *pipeline, const char *folder,
	    struct error *err)
{
	size_t i;

	wiring->wires = alloc_zero(pipeline->count, sizeof(*wiring->wires));
	wiring->stages = alloc_zero(pipeline->count, sizeof(*wiring->stages));
	wiring->count = pipeline->count;
	for (i = 0; i < pipeline->count; i++) {
		const struct pipeline_stage *from = &pipeline->stages[i];
		struct wire *wire = &wiring->wires[i];

		if (wire_stage(wire, pipeline, i, folder != NULL ? folder : "DIR", err) < 0)
			return fail(pipeline, i, err);
		wiring->stages[i] = (struct supervise_stage){
			.name = from->name,
			.spawn = { wire->argv, wire->env, wire->directory, !from->is_read },
			.from = from->from,
			.from_count = from->from_count,
			.drain_ms = from->drain_ms,
		};
	}
	return 0;
}

void
wiring_fini(struct wiring *wiring)
{
	size_t i;

	for (i = 0; i < wiring->count; i++) {
		words_free(wiring->wires[i].argv);
		words_free(wiring->wires[i].env);
		free(wiring->wires[i].directory);
	}
	free(wiring->wires);
	free(wiring->stages);
}

/* --- for a person --- */

static void
print_readers(const struct pipeline *pipeline, size_t stage, struct buf *out)
{
	const char *between = "";
	size_t i;

	if (!pipeline->stages[stage].is_read)
		buf_append_string(out, "standard output");
	for (i = 0; i < pipeline->count; i++)
		if (reads_from(&pipeline->stages[i], stage)) {
			buf_printf(out, "%s%s", between, pipeline->stages[i].name);
			between = ", ";
		}
}

static void
print_word(const char *word, struct buf *out)
{
	bool is_plain = word[0] != '\0' && strpbrk(word, " \t\n\"'\\|&;<>()$`*?[]{}#~!") == NULL;

	const char *quote = is_plain ? "" : "'";

	buf_printf(out, "%s%s%s", quote, word, quote);
}

static void
pad(struct buf *out, size_t begin, size_t width)
{
	while (out->len - begin < width && buf_append_char(out, ' '))
		;
}

/* The widths of the first two columns. */
static void
measure(const struct pipeline *pipeline, size_t *name, size_t *readers)
{
	CLEANUP_BUF struct buf text = BUF_INIT(4096);
	size_t i;

	*name = *readers = 0;
	for (i = 0; i < pipeline->count; i++) {
		buf_clear(&text);
		print_readers(pipeline, i, &text);
		if (text.len > *readers)
			*readers = text.len;
		if (strlen(pipeline->stages[i].name) > *name)
			*name = strlen(pipeline->stages[i].name);
	}
}

void
wiring_print(const struct wiring *wiring, const struct pipeline *pipeline, struct buf *out)
{
	size_t i, begin, name_width, readers_width;
	char *const *word;

	measure(pipeline, &name_width, &readers_width);
	for (i = 0; i < pipeline->count; i++) {
		begin = out->len;
		buf_append_string(out, pipeline->stages[i].name);
		pad(out, begin, name_width);
		buf_append_string(out, " -> ");
		begin = out->len;
		print_readers(pipeline, i, out);
		pad(out, begin, readers_width);
		buf_append_string(out, " ");
		for (word = command_of(&pipeline->stages[i]); *word != NULL; word++) {
			buf_append_char(out, ' ');
			print_word(*word, out);
		}
		buf_append_string(out, wiring->wires[i].is_filter ? "\n" : "  (behind a bridge)\n");
	}
}
