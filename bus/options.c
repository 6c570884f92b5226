/* Options by table. Prints only in options_help. */
#include "options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

static const struct option_row *
find_long(const struct option_row *const *tables, const char *name, size_t len)
{
	const struct option_row *row;

	for (; *tables != NULL; tables++)
		for (row = *tables; row->name != NULL; row++)
			if (strlen(row->name) == len && memcmp(row->name, name, len) == 0)
				return row;
	return NULL;
}

static const struct option_row *
find_letter(const struct option_row *const *tables, char letter)
{
	const struct option_row *row;

	for (; *tables != NULL; tables++)
		for (row = *tables; row->name != NULL; row++)
			if (row->letter == letter)
				return row;
	return NULL;
}

static void
list_add(struct option_list *list, const char *item)
{
	list->items = alloc_grow(list->items, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = item;
}

void
options_list_fini(struct option_list *list)
{
	free(list->items);
	list->items = NULL;
	list->count = 0;
}

static int
set_number(const struct option_row *row, const char *value, struct error *err)
{
	char *end;
	uintmax_t number;

	errno = 0;
	number = strtoumax(value, &end, 10);
	if (errno != 0 || *value < '0' || *value > '9' || *end != '\0' || number < row->min ||
	    (row->max > 0 && number > row->max))
		return error_set(err, ERROR_USAGE, 0,
				 "--%s takes a whole number from %" PRIu64 " to %" PRIu64
				 ", not '%s'",
				 row->name, row->min, row->max > 0 ? row->max : UINT64_MAX, value);
	*(uint64_t *)row->field = number;
	return 0;
}

static int64_t
unit_ms(const char *unit, size_t len)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };
	size_t i;

	for (i = 0; i < ALLOC_COUNT(units); i++)
		if (strlen(units[i].name) == len && memcmp(units[i].name, unit, len) == 0)
			return units[i].ms;
	return -1;
}

int64_t
options_duration_ms(const char *text)
{
	int64_t total = 0, number, unit, product;
	size_t digits, letters;

	if (strcmp(text, "0") == 0)
		return 0;
	if (*text == '\0')
		return -1;
	for (; *text != '\0'; text += digits + letters) {
		digits = strspn(text, "0123456789");
		letters = strspn(text + digits, "mhs");
		unit = unit_ms(text + digits, letters);
		if (digits == 0 || digits > 9 || unit < 0)
			return -1;
		number = strtoll(text, NULL, 10);
		if (__builtin_mul_overflow(number, unit, &product) ||
		    __builtin_add_overflow(total, product, &total))
			return -1;
	}
	return total;
}

static int
set_duration(const struct option_row *row, const char *value, struct error *err)
{
	int64_t ms = options_duration_ms(value);

	if (ms < 0)
		return error_set(err, ERROR_USAGE, 0,
				 "--%s takes a duration such as 30s, 2m or 1h30m, not '%s'",
				 row->name, value);
	if ((uint64_t)ms < row->min || (row->max > 0 && (uint64_t)ms > row->max))
		return error_set(err, ERROR_USAGE, 0,
				 "--%s takes from %" PRIu64 "ms to %" PRIu64 "ms, not '%s'",
				 row->name, row->min, row->max, value);
	*(int64_t *)row->field = ms;
	return 0;
}

static int
set_choice(const struct option_row *row, const char *value, struct error *err)
{
	char known[256] = "";
	int i;

	for (i = 0; row->choices[i] != NULL; i++) {
		if (strcmp(row->choices[i], value) == 0) {
			*(int *)row->field = i;
			return 0;
		}
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s",
			 i > 0 ? ", " : "", row->choices[i]);
	}
	return error_set(err, ERROR_USAGE, 0, "--%s takes one of %s, not '%s'", row->name, known,
			 value);
}

static int
set_value(const struct option_row *row, const char *value, struct error *err)
{
	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)row->field = true;
		return 0;
	case OPTION_STRING:
		*(const char **)row->field = value;
		return 0;
	case OPTION_STRINGS:
		list_add(row->field, value);
		return 0;
	case OPTION_NUMBER:
		return set_number(row, value, err);
	case OPTION_DURATION:
		return set_duration(row, value, err);
	case OPTION_CHOICE:
		return set_choice(row, value, err);
	}
	return 0;
}

/* --name, --name=VALUE, --name VALUE; *used says how many words that took. */
static int
parse_long(const struct option_row *const *tables, const char *word, const char *next, int *used,
	   struct error *err)
{
	const char *equals = strchr(word, '=');
	size_t len = equals != NULL ? (size_t)(equals - word) : strlen(word);
	const struct option_row *row = find_long(tables, word + 2, len - 2);

	*used = 1;
	if (row == NULL)
		return error_set(err, ERROR_USAGE, 0, "unknown option %.*s", (int)len, word);
	if (row->kind == OPTION_FLAG && equals != NULL)
		return error_set(err, ERROR_USAGE, 0, "--%s takes no value", row->name);
	if (row->kind == OPTION_FLAG)
		return set_value(row, NULL, err);
	if (equals != NULL)
		return set_value(row, equals + 1, err);
	*used = 2;
	if (next == NULL)
		return error_set(err, ERROR_USAGE, 0, "--%s needs a value: %s", row->name,
				 row->arg);
	return set_value(row, next, err);
}

/* -a, -ab, -n VALUE, -nVALUE. */
static int
parse_letters(const struct option_row *const *tables, const char *word, const char *next, int *used,
	      struct error *err)
{
	const struct option_row *row;
	const char *p;

	*used = 1;
	for (p = word + 1; *p != '\0'; p++) {
		row = find_letter(tables, *p);
		if (row == NULL)
			return error_set(err, ERROR_USAGE, 0, "unknown option -%c", *p);
		if (row->kind == OPTION_FLAG) {
			if (set_value(row, NULL, err) < 0)
				return -1;
			continue;
		}
		if (p[1] != '\0')
			return set_value(row, p + 1, err);
		*used = 2;
		if (next == NULL)
			return error_set(err, ERROR_USAGE, 0, "-%c needs a value: %s", *p,
					 row->arg);
		return set_value(row, next, err);
	}
	return 0;
}

int
options_parse(const struct option_row *const *tables, int argc, char **argv,
	      struct option_list *operands, struct error *err)
{
	int i, used, rc;

	for (i = 1; i < argc; i += used) {
		const char *next = i + 1 < argc ? argv[i + 1] : NULL;

		used = 1;
		if (strcmp(argv[i], "--") == 0) {
			while (++i < argc)
				list_add(operands, argv[i]);
			break;
		}
		if (argv[i][0] != '-' || argv[i][1] == '\0') {
			list_add(operands, argv[i]);
			continue;
		}
		rc = argv[i][1] == '-' ? parse_long(tables, argv[i], next, &used, err) :
					 parse_letters(tables, argv[i], next, &used, err);
		if (rc < 0)
			return -1;
	}
	return 0;
}

void
options_help(const struct option_usage *usage, const struct option_row *const *tables)
{
	const struct option_row *row;
	char left[64];

	printf("usage: %s %s\n\n%s\n\n", usage->program, usage->synopsis, usage->summary);
	for (; *tables != NULL; tables++) {
		for (row = *tables; row->name != NULL; row++) {
			snprintf(left, sizeof(left), "%c%c%s --%s%s%s", row->letter ? '-' : ' ',
				 row->letter ? row->letter : ' ', row->letter ? "," : " ",
				 row->name, row->arg != NULL ? " " : "",
				 row->arg != NULL ? row->arg : "");
			printf("  %-28s %s\n", left, row->help);
		}
	}
	printf("\nSee %s. Exit status: 0 done, 1 some message failed, 100 usage, 111 temporary.\n",
	       usage->page);
}
