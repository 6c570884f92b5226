/*
 * Reads a pipeline file: YAML to a tree (bus/yaml-value), the tree to stages, then what only
 * the whole can show: names that are taken, stages that are not there, circles.
 */
#include "pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../bus/alloc.h"
#include "../bus/buf.h"
#include "../bus/message.h"
#include "../bus/options.h"
#include "../bus/yaml-value.h"
#include "pipeline-line.h"
#include "words.h"

#define FILE_MAX ((size_t)1024 * 1024)
#define DRAIN_MAX_MS ((int64_t)60 * 60 * 1000)
#define KNOWN_KEYS "name, command, from, env, directory, drain"
#define NAME_BYTES "abcdefghijklmnopqrstuvwxyz0123456789-"

/* What parsing needs at hand for its errors. */
struct parse {
	struct pipeline *pipeline;
	const char *text;
	size_t len;
	struct error *err;
};

/* Put "FILE:LINE: stage NAME: " in front of what went wrong. */
static int
locate(struct parse *parse, size_t stage, const char *key)
{
	const struct pipeline_stage *at = &parse->pipeline->stages[stage];
	size_t line = pipeline_line(parse->text, parse->len, (int)stage, key);

	if (at->name != NULL)
		return error_prepend(parse->err, "%s:%zu: stage %s", parse->pipeline->path, line,
				     at->name);
	return error_prepend(parse->err, "%s:%zu: stage %zu", parse->pipeline->path, line,
			     stage + 1);
}

static int
wrong(struct parse *parse, size_t stage, const char *key, const char *what)
{
	error_set(parse->err, ERROR_CONFIG, 0, "%s", what);
	return locate(parse, stage, key);
}

/* --- the members of one stage --- */

static bool
name_is_valid(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= PIPELINE_NAME_MAX && name[0] != '-' &&
	       strspn(name, NAME_BYTES) == len;
}

static int
read_name(struct parse *parse, size_t stage, jv body)
{
	const char *name = message_string(body, "name");

	if (name == NULL)
		return wrong(parse, stage, "name", "it needs a name, which is text");
	if (!name_is_valid(name))
		return wrong(parse, stage, "name",
			     "a name is made of a-z, 0-9 and -, and at most 40 long");
	parse->pipeline->stages[stage].name = alloc_string(name);
	return 0;
}

/* Copies an array of strings into *words; false when something else is in it. */
static bool
copy_words(jv array, char ***words)
{
	int i, count = jv_array_length(jv_copy(array));
	jv item;

	*words = alloc_zero((size_t)count + 1, sizeof(**words));
	for (i = 0; i < count; i++) {
		item = jv_array_get(jv_copy(array), i);
		if (jv_get_kind(item) == JV_KIND_STRING &&
		    strlen(jv_string_value(item)) == (size_t)jv_string_length_bytes(jv_copy(item)))
			(*words)[i] = alloc_string(jv_string_value(item));
		jv_free(item);
		if ((*words)[i] == NULL)
			return false;
	}
	return true;
}

static int
read_command(struct parse *parse, size_t stage, jv body)
{
	struct pipeline_stage *at = &parse->pipeline->stages[stage];
	const char *text = message_string(body, "command");
	jv value;
	bool is_list, is_good;

	if (text != NULL) {
		if (words_split(text, &at->command, parse->err) < 0)
			return locate(parse, stage, "command");
	} else {
		value = message_get(body, "command");
		is_list = jv_get_kind(value) == JV_KIND_ARRAY;
		is_good = is_list && copy_words(value, &at->command);
		jv_free(value);
		if (!is_list)
			return wrong(parse, stage, "command",
				     "it needs a command: text, or a list of words");
		if (!is_good)
			return wrong(parse, stage, "command",
				     "each word of command must be text: put numbers in quotes");
	}
	if (at->command[0] == NULL || at->command[0][0] == '\0')
		return wrong(parse, stage, "command", "command is empty");
	return 0;
}

static bool
is_variable_name(const char *name)
{
	return name[0] != '\0' && (name[0] < '0' || name[0] > '9') &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
		       strlen(name);
}

static int
read_variables(struct parse *parse, size_t stage, jv map)
{
	struct pipeline_stage *at = &parse->pipeline->stages[stage];
	size_t count = 0;

	jv_object_foreach(map, key, value) {
		const char *name = jv_string_value(key);
		bool is_name = is_variable_name(name);
		bool is_text = jv_get_kind(value) == JV_KIND_STRING;

		if (is_name && is_text)
			at->env[count++] = alloc_format("%s=%s", name, jv_string_value(value));
		jv_free(key);
		jv_free(value);
		if (!is_name)
			return wrong(parse, stage, "env",
				     "env holds what is no name of a variable");
		if (!is_text)
			return wrong(parse, stage, "env",
				     "each value of env must be text: put numbers in quotes");
	}
	return 0;
}

static int
read_env(struct parse *parse, size_t stage, jv body)
{
	struct pipeline_stage *at = &parse->pipeline->stages[stage];
	jv map = message_get(body, "env");
	int result = 0;

	if (jv_get_kind(map) == JV_KIND_OBJECT) {
		at->env = alloc_zero((size_t)jv_object_length(jv_copy(map)) + 1, sizeof(*at->env));
		result = read_variables(parse, stage, map);
	} else {
		at->env = alloc_zero(1, sizeof(*at->env));
		if (jv_is_valid(map))
			result = wrong(parse, stage, "env", "env must be a map of names to text");
	}
	jv_free(map);
	return result;
}

static int
read_settings(struct parse *parse, size_t stage, jv body)
{
	struct pipeline_stage *at = &parse->pipeline->stages[stage];
	const char *directory = message_string(body, "directory");
	const char *drain = message_string(body, "drain");

	at->drain_ms = PIPELINE_DRAIN_MS;
	if (directory != NULL && directory[0] != '\0')
		at->directory = alloc_string(directory);
	else if (jv_object_has(jv_copy(body), jv_string("directory")))
		return wrong(parse, stage, "directory", "directory must be the name of a folder");
	if (drain != NULL)
		at->drain_ms = options_duration_ms(drain);
	if ((drain == NULL && jv_object_has(jv_copy(body), jv_string("drain"))) ||
	    at->drain_ms < 0 || at->drain_ms > DRAIN_MAX_MS)
		return wrong(parse, stage, "drain",
			     "drain must be a duration of at most 1h, such as 5s");
	return 0;
}

/* The first key of a map that is not among known (ended by NULL), owned by the caller; or NULL. */
static char *
unknown_key(jv map, const char *const *known)
{
	CLEANUP_FREE char *name = NULL;
	size_t k;
	int i;
	jv key;

	for (i = jv_object_iter(map); jv_object_iter_valid(map, i);
	     i = jv_object_iter_next(map, i)) {
		key = jv_object_iter_key(map, i);
		free(name);
		name = alloc_string(jv_string_value(key));
		jv_free(key);
		for (k = 0; known[k] != NULL && strcmp(known[k], name) != 0; k++)
			;
		if (known[k] == NULL)
			return alloc_string(name);
	}
	return NULL;
}

static int
check_keys(struct parse *parse, size_t stage, jv body)
{
	static const char *const known[] = { "name", "command",	  "from",  "env",
					     "directory", "drain", NULL };
	CLEANUP_FREE char *key = unknown_key(body, known);

	if (key == NULL)
		return 0;
	error_set(parse->err, ERROR_CONFIG, 0, "there is no setting %s; known are: " KNOWN_KEYS,
		  key);
	return locate(parse, stage, key);
}

static int
read_stage(struct parse *parse, size_t stage, jv body)
{
	if (jv_get_kind(body) != JV_KIND_OBJECT)
		return wrong(parse, stage, NULL, "a stage is a map with: " KNOWN_KEYS);
	if (read_name(parse, stage, body) < 0 || check_keys(parse, stage, body) < 0 ||
	    read_command(parse, stage, body) < 0 || read_env(parse, stage, body) < 0)
		return -1;
	return read_settings(parse, stage, body);
}

/* --- wires --- */

static bool
find_stage(const struct pipeline *pipeline, const char *name, size_t *place)
{
	for (*place = 0; *place < pipeline->count; (*place)++)
		if (strcmp(pipeline->stages[*place].name, name) == 0)
			return true;
	return false;
}

static int
add_from(struct parse *parse, size_t stage, const char *name)
{
	struct pipeline_stage *at = &parse->pipeline->stages[stage];
	size_t place, i;

	if (!find_stage(parse->pipeline, name, &place)) {
		error_set(parse->err, ERROR_CONFIG, 0, "from names %s, which is no stage", name);
		return locate(parse, stage, "from");
	}
	for (i = 0; i < at->from_count; i++)
		if (at->from[i] == place) {
			error_set(parse->err, ERROR_CONFIG, 0, "from names %s twice", name);
			return locate(parse, stage, "from");
		}
	at->from = alloc_grow(at->from, at->from_count + 1, sizeof(*at->from));
	at->from[at->from_count++] = place;
	parse->pipeline->stages[place].is_read = true;
	return 0;
}

static int
add_from_list(struct parse *parse, size_t stage, jv list)
{
	char **names = NULL;
	size_t i;
	int result = 0;

	if (!copy_words(list, &names))
		result = wrong(parse, stage, "from", "from must hold names of stages");
	for (i = 0; result == 0 && names[i] != NULL; i++)
		result = add_from(parse, stage, names[i]);
	words_free(names);
	return result;
}

static int
read_from(struct parse *parse, size_t stage, jv body)
{
	const char *name = message_string(body, "from");
	jv value;
	int result;

	if (name != NULL)
		return add_from(parse, stage, name);
	value = message_get(body, "from");
	if (jv_get_kind(value) == JV_KIND_ARRAY)
		result = add_from_list(parse, stage, value);
	else if (jv_is_valid(value))
		result = wrong(parse, stage, "from",
			       "from must be a name, a list of names, or [] for a source");
	else
		result = stage > 0 ? add_from(parse, stage, parse->pipeline->stages[stage - 1].name)
				   : 0;
	jv_free(value);
	return result;
}

/* --- the whole --- */

static int
check_names(struct parse *parse)
{
	const struct pipeline *pipeline = parse->pipeline;
	size_t i, first;

	for (i = 0; i < pipeline->count; i++)
		if (find_stage(pipeline, pipeline->stages[i].name, &first) && first != i)
			return wrong(parse, i, "name", "another stage has this name");
	return 0;
}

/* Take away, again and again, what reads only from what was taken away: what stays lies on a
 * circle or behind one. */
static int
check_circles(struct parse *parse)
{
	const struct pipeline *pipeline = parse->pipeline;
	bool taken[PIPELINE_STAGES_MAX] = { false };
	bool found = true;
	size_t i, j;

	while (found) {
		found = false;
		for (i = 0; i < pipeline->count; i++) {
			for (j = 0; j < pipeline->stages[i].from_count; j++)
				if (!taken[pipeline->stages[i].from[j]])
					break;
			if (taken[i] || j < pipeline->stages[i].from_count)
				continue;
			taken[i] = found = true;
		}
	}
	for (i = 0; i < pipeline->count; i++)
		if (!taken[i])
			return wrong(parse, i, "from", "it reads, by way of others, from itself");
	return 0;
}

static int
read_stages(struct parse *parse, jv list)
{
	struct pipeline *pipeline = parse->pipeline;
	size_t i, count = (size_t)jv_array_length(jv_copy(list));
	int result = 0;
	jv body;

	pipeline->stages = alloc_zero(count, sizeof(*pipeline->stages));
	pipeline->count = count;
	for (i = 0; result == 0 && i < count; i++) {
		body = jv_array_get(jv_copy(list), (int)i);
		result = read_stage(parse, i, body);
		pipeline->stages[i].line = pipeline_line(parse->text, parse->len, (int)i, NULL);
		jv_free(body);
	}
	if (result == 0)
		result = check_names(parse);
	for (i = 0; result == 0 && i < count; i++) {
		body = jv_array_get(jv_copy(list), (int)i);
		result = read_from(parse, i, body);
		jv_free(body);
	}
	return result < 0 ? -1 : check_circles(parse);
}

static int
check_top(struct parse *parse, jv root)
{
	static const char *const known[] = { "stages", NULL };
	const char *path = parse->pipeline->path;
	CLEANUP_FREE char *key = NULL;

	if (jv_get_kind(root) != JV_KIND_OBJECT)
		return error_set(parse->err, ERROR_CONFIG, 0,
				 "%s: a pipeline is a map with `stages:`, a list", path);
	key = unknown_key(root, known);
	if (key == NULL)
		return 0;
	return error_set(parse->err, ERROR_CONFIG, 0,
			 "%s:%zu: there is no setting %s; known is: stages", path,
			 pipeline_line(parse->text, parse->len, -1, key), key);
}

static int
read_root(struct parse *parse, jv root)
{
	jv list;
	int count, result;

	if (check_top(parse, root) < 0)
		return -1;
	list = message_get(root, "stages");
	count = jv_get_kind(list) == JV_KIND_ARRAY ? jv_array_length(jv_copy(list)) : 0;
	if (count < 1 || count > PIPELINE_STAGES_MAX)
		result = error_set(parse->err, ERROR_CONFIG, 0,
				   "%s:%zu: stages must be a list of 1 to %d stages",
				   parse->pipeline->path,
				   pipeline_line(parse->text, parse->len, -1, "stages"),
				   PIPELINE_STAGES_MAX);
	else
		result = read_stages(parse, list);
	jv_free(list);
	return result;
}

int
pipeline_parse(struct pipeline *pipeline, const char *path, const char *text, size_t len,
	       struct error *err)
{
	struct parse parse = { pipeline, text, len, err };
	jv root = jv_invalid();
	int result;

	memset(pipeline, 0, sizeof(*pipeline));
	pipeline->path = alloc_string(path);
	if (yaml_value_parse(text, len, &root, err) < 0) {
		if (err != NULL)
			err->kind = ERROR_CONFIG;
		return error_prepend(err, "%s", path);
	}
	result = read_root(&parse, root);
	jv_free(root);
	return result;
}

static int
read_file(const char *path, struct buf *text, struct error *err)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t got;
	char *room;

	if (fd < 0)
		return error_set_errno(err, "unable to open %s", path);
	do {
		room = buf_room(text, 65536);
		if (room == NULL)
			return error_set(err, ERROR_CONFIG, 0, "%s: it is longer than 1 MiB", path);
		got = read(fd, room, 65536);
		if (got > 0)
			buf_added(text, (size_t)got);
	} while (got > 0 || (got < 0 && errno == EINTR));
	return got < 0 ? error_set_errno(err, "unable to read %s", path) : 0;
}

int
pipeline_read(struct pipeline *pipeline, const char *path, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(FILE_MAX + 65536);

	memset(pipeline, 0, sizeof(*pipeline));
	if (read_file(path, &text, err) < 0)
		return -1;
	return pipeline_parse(pipeline, path, buf_string(&text), text.len, err);
}

void
pipeline_fini(struct pipeline *pipeline)
{
	size_t i;

	for (i = 0; i < pipeline->count; i++) {
		struct pipeline_stage *stage = &pipeline->stages[i];

		free(stage->name);
		words_free(stage->command);
		free(stage->from);
		words_free(stage->env);
		free(stage->directory);
	}
	free(pipeline->stages);
	free(pipeline->path);
	memset(pipeline, 0, sizeof(*pipeline));
}
