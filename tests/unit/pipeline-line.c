/* Lines of what an error is about. */
#include "../../bin/pipeline-line.h"

#include "../../bus/alloc.h"
#include "../check.h"

static const char text[] = "# one\n"
			   "other: {stages: [x]}\n"
			   "stages:\n"
			   "- name: a\n"
			   "  env: {name: x,\n"
			   "    from: y}\n"
			   "  from: []\n"
			   "- &anchor {name: b,\n"
			   "    command: x}\n"
			   "- *anchor\n";

static const struct {
	int stage;
	const char *key;
	long long line;
} rows[] = {
	{ -1, "stages", 3 }, { -1, "other", 2 }, { -1, "nothing", 1 }, { -1, NULL, 1 },
	{ 0, NULL, 4 },	     { 0, "name", 4 },	 { 0, "env", 5 },      { 0, "from", 7 },
	{ 0, "drain", 4 },   { 1, NULL, 8 },	 { 1, "command", 9 },  { 2, NULL, 10 },
	{ 2, "name", 10 },   { 3, NULL, 3 },
};

int
main(void)
{
	char name[64];
	size_t i;

	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		snprintf(name, sizeof(name), "stage %d, key %s", rows[i].stage,
			 rows[i].key != NULL ? rows[i].key : "none");
		check_number((long long)pipeline_line(text, strlen(text), rows[i].stage,
						      rows[i].key),
			     rows[i].line, name);
	}
	check_number((long long)pipeline_line("[", 1, 0, "x"), 1, "no YAML");
	check_number((long long)pipeline_line("", 0, 0, "x"), 1, "no text");
	return check_done();
}
