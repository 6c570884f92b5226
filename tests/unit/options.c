/* bus/options.c: what is accepted, what is refused, and that the error names the option. */
#include "../../bus/options.h"

#include "../check.h"

static const char *const levels[] = { "low", "high", NULL };

static struct {
	bool flag;
	const char *text;
	struct option_list list;
	uint64_t number;
	int64_t duration;
	int choice;
} got;

static const struct option_row rows[] = {
	{ .name = "flag", .letter = 'f', .kind = OPTION_FLAG, .field = &got.flag, .help = "h" },
	{ .name = "text", .letter = 't', .kind = OPTION_STRING, .arg = "TEXT", .field = &got.text, .help = "h" },
	{ .name = "list", .kind = OPTION_STRINGS, .arg = "X", .field = &got.list, .help = "h" },
	{ .name = "number", .kind = OPTION_NUMBER, .arg = "N", .field = &got.number, .min = 2, .max = 9, .help = "h" },
	{ .name = "wait", .kind = OPTION_DURATION, .arg = "D", .field = &got.duration, .max = 3600000, .help = "h" },
	{ .name = "level", .kind = OPTION_CHOICE, .arg = "L", .field = &got.choice, .choices = levels, .help = "h" },
	{ .name = NULL },
};
static const struct option_row *const tables[] = { rows, NULL };

static const struct {
	const char *words[6], *error; /* NULL: accepted */
} lines[] = {
	{ { "-f", "--text", "a", "x" }, NULL },
	{ { "-ft", "a" }, NULL },
	{ { "-ta" }, NULL },
	{ { "--text=a=b", "--list", "1", "--list=2" }, NULL },
	{ { "--number", "9", "--wait", "1m30s", "--level", "high" }, NULL },
	{ { "--", "--nothing", "-" }, NULL },
	{ { "--nothing" }, "--nothing" },
	{ { "--nothing=1" }, "--nothing" },
	{ { "-z" }, "-z" },
	{ { "--text" }, "--text needs a value" },
	{ { "-t" }, "-t needs a value" },
	{ { "--flag=1" }, "--flag takes no value" },
	{ { "--number", "1" }, "from 2 to 9" },
	{ { "--number", "10" }, "from 2 to 9" },
	{ { "--number", "5x" }, "'5x'" },
	{ { "--number", "-3" }, "'-3'" },
	{ { "--number", "99999999999999999999999" }, "--number" },
	{ { "--wait", "2" }, "duration" },
	{ { "--wait", "2h" }, "3600000ms" },
	{ { "--level", "middle" }, "low, high" },
};

static void
test_lines(void)
{
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char *argv[8] = { (char[]){ "weir" } };
		char copies[8][64];
		int argc = 1;
		struct option_list operands = { 0 };
		struct error err = { 0 };
		int rc;

		while (argc < 7 && lines[i].words[argc - 1] != NULL) {
			snprintf(copies[argc], sizeof(copies[argc]), "%s",
				 lines[i].words[argc - 1]);
			argv[argc] = copies[argc];
			argc++;
		}
		memset(&got, 0, sizeof(got));
		rc = options_parse(tables, argc, argv, &operands, &err);
		check(lines[i].error == NULL ? rc == 0 : rc < 0 && strstr(err.text, lines[i].error) != NULL,
		      "row %zu: %s", i, rc < 0 ? err.text : "accepted");
		if (i == 3)
			check(got.list.count == 2 && strcmp(got.text, "a=b") == 0, "repeated, and = in a value");
		if (i == 4)
			check(got.number == 9 && got.duration == 90000 && got.choice == 1, "values");
		if (i == 5)
			check(operands.count == 2 && strcmp(operands.items[0], "--nothing") == 0, "behind --");
		options_list_fini(&operands);
		options_list_fini(&got.list);
	}
}

static void
test_durations(void)
{
	static const struct {
		const char *text;
		int64_t ms;
	} durations[] = { { "500ms", 500 }, { "2m", 120000 }, { "1h30m", 5400000 }, { "0", 0 }, { "0s", 0 },
			  { "", -1 }, { "5", -1 }, { "m", -1 }, { "1d", -1 }, { "1m2", -1 }, { "-1s", -1 },
			  { "999999999999h", -1 }, { "1hm", -1 }, { "1.5h", -1 } };
	size_t i;

	for (i = 0; i < sizeof(durations) / sizeof(durations[0]); i++)
		check_number(options_duration_ms(durations[i].text), durations[i].ms, durations[i].text);
}

int
main(void)
{
	test_lines();
	test_durations();
	return check_done();
}
