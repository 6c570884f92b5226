/*
 * Three stages that know keys and values only, to judge the bus by what comes out at its end:
 *
 *   kv-stage source FILE --out ENDPOINT    what FILE says ("KEY VALUE" lines), and its changes
 *   kv-stage pass --in ENDPOINT --out ENDPOINT
 *   kv-stage sink FILE --in ENDPOINT       writes what it has been told to FILE, with its pid
 *
 * The files are replaced by rename, never written in place.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../bus/alloc.h"
#include "../../bus/filter.h"
#include "../../bus/retain.h"
#include "../../bus/table.h"

#define LOOK_MS 3

struct stage {
	struct filter *filter;
	const char *file;
	struct loop_timer timer;
	struct table *keys; /* source: those that FILE has */
	ino_t inode;	    /* of FILE when it was read */
	struct retain *known; /* sink */
	bool is_changed, is_synced;
};

/* --- source --- */

/* The message that the harness finds this key in: u, namespace, name, no source. */
static void
emit(struct stage *stage, const char *name, const char *value)
{
	CLEANUP_FREE char *text = alloc_format(
		"{\"type\":\"HOLD\",\"application\":{\"namespace\":\"n\",\"name\":\"%s\"},"
		"\"reason\":\"%s\"}", name, value);

	filter_emit_text(stage->filter, text, strlen(text));
}

static void
retract(struct stage *stage, const char *name)
{
	CLEANUP_BUF struct buf key = BUF_INIT(1024);

	buf_append(&key, "u\0n\0", 4);
	buf_append(&key, name, strlen(name) + 1);
	filter_gone(stage->filter, key.data, key.len);
}

static void
take_file(struct stage *stage, FILE *file)
{
	struct table *now = table_new(NULL);
	char name[64], value[64];
	const char *key;
	size_t cursor = 0, len;

	while (fscanf(file, "%63s %63s", name, value) == 2) {
		emit(stage, name, value);
		table_put(now, name, strlen(name), stage);
	}
	while (table_next(stage->keys, &cursor, &key, &len, NULL))
		if (table_get(now, key, len) == NULL)
			retract(stage, key);
	table_free(stage->keys);
	stage->keys = now;
}

static void
look_at_file(void *arg)
{
	struct stage *stage = arg;
	CLEANUP_FCLOSE FILE *file = fopen(stage->file, "re");
	struct stat status;

	if (file != NULL && fstat(fileno(file), &status) == 0 && status.st_ino != stage->inode) {
		stage->inode = status.st_ino;
		take_file(stage, file);
		filter_complete(stage->filter);
	}
	loop_timer_start(filter_loop(stage->filter), &stage->timer, LOOK_MS, look_at_file, stage);
}

/* --- sink --- */

static void
write_known(const struct stage *stage, FILE *file)
{
	struct retain_cursor cursor = { 0 };
	const struct retain_item *item;

	fprintf(file, "pid %d\nsynced %d\n", (int)getpid(), stage->is_synced);
	retain_cursor_start(stage->known, &cursor);
	for (; (item = retain_cursor_peek(stage->known, &cursor)) != NULL;
	     retain_cursor_step(stage->known, &cursor))
		fprintf(file, "%s %s\n", item->key + 4, item->text);
	retain_cursor_stop(stage->known, &cursor);
}

static void
write_file(void *arg)
{
	struct stage *stage = arg;
	CLEANUP_FREE char *name = alloc_format("%s.%d", stage->file, (int)getpid());
	FILE *file;

	loop_timer_start(filter_loop(stage->filter), &stage->timer, LOOK_MS, write_file, stage);
	if (!stage->is_changed || (file = fopen(name, "we")) == NULL)
		return;
	stage->is_changed = false;
	write_known(stage, file);
	fclose(file);
	rename(name, stage->file);
}

static void
on_message(void *self, struct message *message)
{
	struct stage *stage = self;
	CLEANUP_BUF struct buf key = BUF_INIT(1024), value = BUF_INIT(1024);

	if (!message_key(message, &key) || !json_string(message_member(message, "reason"), &value))
		return;
	retain_put(stage->known, key.data, key.len, value.data, value.len);
	stage->is_changed = true;
}

static void
on_gone(void *self, const char *key, size_t len)
{
	struct stage *stage = self;

	retain_drop(stage->known, key, len);
	stage->is_changed = true;
}

static void
on_complete(void *self, bool proven)
{
	struct stage *stage = self;

	stage->is_synced = proven;
	stage->is_changed = true;
}

/* --- */

static void
on_close(void *self)
{
	struct stage *stage = self;

	loop_timer_stop(filter_loop(stage->filter), &stage->timer);
	table_free(stage->keys);
	retain_free(stage->known);
}

int
main(int argc, char **argv)
{
	static const struct filter_program programs[] = {
		{ .name = "kv-source", .synopsis = "source FILE",
		  .flags = FILTER_SOURCE | FILTER_OWN_KEYS },
		{ .name = "kv-pass", .synopsis = "pass" },
		{ .name = "kv-sink", .synopsis = "sink FILE", .flags = FILTER_SINK },
	};
	static const struct filter_callbacks sink = { .on_message = on_message, .on_gone = on_gone,
						      .on_complete = on_complete,
						      .on_close = on_close };
	static const struct filter_callbacks other = { .on_close = on_close };
	const char *word = argc > 1 ? argv[1] : "pass";
	size_t role = strcmp(word, "source") == 0 ? 0 : strcmp(word, "pass") == 0 ? 1 : 2;
	struct stage stage = { .keys = table_new(NULL), .known = retain_new() };
	const struct option_list *operands;

	stage.filter = filter_open(&programs[role], argc, argv);
	operands = filter_operands(stage.filter);
	stage.file = operands->count > 1 ? operands->items[1] : "";
	if (role != 1)
		loop_timer_start(filter_loop(stage.filter), &stage.timer, 0,
				 role == 0 ? look_at_file : write_file, &stage);
	return filter_run(stage.filter, role == 2 ? &sink : &other, &stage);
}
