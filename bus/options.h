/*
 * Declarative options: one table per program; usage, --help and parsing come from
 * it. Numbers are checked for range and trailing garbage. Long options take
 * `--name VALUE` or `--name=VALUE`; flags take no value; `--` ends options; options and
 * operands may be mixed.
 */
#ifndef WEIR_OPTIONS_H
#define WEIR_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum option_kind {
	OPTION_FLAG,	 /* field: bool */
	OPTION_STRING,	 /* field: const char * (points into argv) */
	OPTION_STRINGS,	 /* field: struct option_list (repeatable) */
	OPTION_NUMBER,	 /* field: uint64_t, min..max */
	OPTION_DURATION, /* field: int64_t milliseconds: 500ms 2m 1h30m 5s; min..max in ms */
	OPTION_CHOICE	 /* field: int, index in choices (NULL-ended) */
};

struct option_list {
	const char **items; /* allocated by options_parse, points into argv */
	size_t count;
};

struct option_row {
	const char *name; /* "once"; a row with NULL ends the table */
	char letter;	  /* 0: none */
	enum option_kind kind;
	const char *arg; /* shown in --help ("FILE"); NULL for flags */
	void *field;
	const char *help; /* one line, <= 60 columns */
	uint64_t min, max; /* NUMBER, DURATION; max 0: no bound */
	const char *const *choices;
};

struct option_usage {
	const char *program;  /* "weir tag-scan" */
	const char *synopsis; /* "[option ...] [oci://REPOSITORY ...]" */
	const char *summary;  /* a sentence or two */
	const char *page;     /* "tag-scan(1)" */
};

/* tables: NULL-ended list of tables, searched in order. Operands are left in
 * *operands (allocated array pointing into argv). USAGE error names the option. */
int options_parse(const struct option_row *const *tables, int argc, char **argv,
		  struct option_list *operands, struct error *err);
/* --help to stdout; fits a screen. */
void options_help(const struct option_usage *usage, const struct option_row *const *tables);
/* "2m", "1h30m", "500ms", "90s", "0" -> milliseconds. -1: no duration. */
int64_t options_duration_ms(const char *text);
void options_list_fini(struct option_list *list);

#endif
