/* What every filter's command line has in common. Prints help and version only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "filter-priv.h"
#include "log.h"

#define SHARDS_MAX 10000u

static const char *const level_choices[] = { "error", "warning", "info", "debug", NULL };

static void
add_row(struct filter *filter, struct option_row row)
{
	size_t i = 0;

	while (filter->rows[i].name != NULL)
		i++;
	filter->rows[i] = row;
}

static void
common_rows(struct filter *filter)
{
	struct common_options *c = &filter->common;
	unsigned flags = filter->program->flags;

	if (!(flags & FILTER_SOURCE))
		add_row(filter, (struct option_row){ .name = "in",
						     .kind = OPTION_STRINGS,
						     .arg = "ENDPOINT",
						     .field = &c->in,
						     .help = "read from: - (stdin), [@]ipc://PATH, "
							     "[@]tcp://HOST:PORT" });
	if (!(flags & FILTER_SINK))
		add_row(filter, (struct option_row){ .name = "out",
						     .kind = OPTION_STRINGS,
						     .arg = "ENDPOINT",
						     .field = &c->out,
						     .help = "write to: - (stdout), [@]ipc://PATH, "
							     "[@]tcp://HOST:PORT" });
	if (!(flags & FILTER_SINK))
		add_row(filter,
			(struct option_row){
				.name = "readers",
				.kind = OPTION_NUMBER,
				.arg = "N",
				.field = &c->readers,
				.min = 1,
				.max = 1000,
				.help = "N are to read --out: at the end wait for so many (1)" });
	if (!(flags & FILTER_SOURCE))
		add_row(filter, (struct option_row){ .name = "shard",
						     .kind = OPTION_STRING,
						     .arg = "I/N",
						     .field = &c->shard,
						     .help = "take only part I of N, by key" });
	add_row(filter, (struct option_row){ .name = "insecure-tcp",
					     .kind = OPTION_FLAG,
					     .field = &c->insecure_tcp,
					     .help = "allow tcp:// endpoints, unencrypted" });
	add_row(filter, (struct option_row){ .name = "ready-fd",
					     .kind = OPTION_NUMBER,
					     .arg = "FD",
					     .field = &c->ready_fd,
					     .max = 1023,
					     .help = "write a newline there when ready" });
	add_row(filter, (struct option_row){ .name = "log-level",
					     .kind = OPTION_CHOICE,
					     .arg = "LEVEL",
					     .field = &c->level,
					     .choices = level_choices,
					     .help = "error, warning (default), info or debug" });
	add_row(filter, (struct option_row){ .name = "help",
					     .letter = 'h',
					     .kind = OPTION_FLAG,
					     .field = &c->help,
					     .help = "show this and exit" });
	add_row(filter, (struct option_row){ .name = "version",
					     .kind = OPTION_FLAG,
					     .field = &c->version,
					     .help = "show the version and exit" });
}

static _Noreturn void
show_help(const struct filter *filter)
{
	const struct filter_program *program = filter->program;
	CLEANUP_FREE char *name = alloc_format("weir %s", program->name);
	CLEANUP_FREE char *page = alloc_format("%s(1)", program->name);
	struct option_usage usage = { .program = name,
				      .synopsis = program->synopsis,
				      .summary = program->summary,
				      .page = page };

	options_help(&usage, filter->tables);
	exit(fflush(stdout) == 0 ? 0 : 111);
}

/* A number from 1 to SHARDS_MAX with `after` behind it; NULL: it is none. */
static const char *
read_part(const char *text, char after, unsigned *out)
{
	char *end;
	unsigned long number;

	if (*text < '0' || *text > '9')
		return NULL;
	number = strtoul(text, &end, 10);
	*out = (unsigned)number;
	return number >= 1 && number <= SHARDS_MAX && *end == after ? end : NULL;
}

static int
parse_shard(struct filter *filter, struct error *err)
{
	const char *at = filter->common.shard;
	unsigned part = 0, parts = 0;

	if (at == NULL)
		return 0;
	at = read_part(at, '/', &part);
	if (at == NULL || read_part(at + 1, '\0', &parts) == NULL || part > parts)
		return error_set(err, ERROR_USAGE, 0,
				 "--shard takes I/N with I from 1 to N, such as 1/3, not '%s'",
				 filter->common.shard);
	filter->settings.shard = part - 1;
	filter->settings.shards = parts;
	return 0;
}

int
filter_parse(struct filter *filter, int argc, char **argv, struct error *err)
{
	static const struct option_row none[] = { { .name = NULL } };

	filter->common.level = LOG_LEVEL_WARNING;
	common_rows(filter);
	filter->tables[0] = filter->program->options != NULL ? filter->program->options : none;
	filter->tables[1] = filter->rows;
	if (options_parse(filter->tables, argc, argv, &filter->operands, err) < 0)
		return -1;
	if (filter->common.help)
		show_help(filter);
	if (filter->common.version) {
		puts("weir " WEIR_VERSION);
		exit(fflush(stdout) == 0 ? 0 : 111);
	}
	log_init(filter->program->name, (enum log_level)filter->common.level);
	filter->settings.insecure_tcp = filter->common.insecure_tcp;
	filter->settings.readers = (unsigned)filter->common.readers;
	return parse_shard(filter, err);
}
