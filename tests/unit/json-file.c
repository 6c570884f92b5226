/* filters/json-file.c */
#include "../../filters/json-file.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../check.h"

static const struct {
	const char *text, *want; /* compact values with a blank between, then the error */
} rows[] = {
	{ "", "" },
	{ " \r\n\t", "" },
	{ "{ \"a b\" : [ 1 , \"\\\" x\" ] }\n", "{\"a b\":[1,\"\\\" x\"]} " },
	{ "{}{}\n[1]\n\"a\" 2 null", "{} {} [1] \"a\" 2 null " },
	{ "\xef\xbb\xbf{\n\t\"a\":\t1\r\n}", "{\"a\":1} " },
	{ "{}\n\n{\n\t\"a\": x\n}", "{} line 4, column 7: a value was expected" },
	{ "{\"\xc3\xa4\":\r\n\"\xc3\xa4\" 1}", "line 2, column 5: a comma or the end of the object or array was expected" },
	{ "[1", "line 1, column 3: the text ends before its value is complete" },
	{ "}", "line 1, column 1: a value was expected" },
	{ "12{}", "line 1, column 3: something follows the value" },
	{ "\"a", "line 1, column 3: the text ends inside a string" },
	{ "\"a\\", "line 1, column 3: the text ends inside a string" },
};

static void
read_all(const char *text, struct buf *out)
{
	struct error err;
	struct json_slice value;
	size_t cursor = 0;
	int rc;

	while ((rc = json_file_next(text, strlen(text), &cursor, &value, &err)) == 1) {
		json_file_compact(value, out);
		buf_append_char(out, ' ');
	}
	if (rc < 0)
		buf_append_string(out, err.text);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		CLEANUP_BUF struct buf got = BUF_INIT(1 << 16);

		read_all(rows[i].text, &got);
		check_text(buf_string(&got), rows[i].want, rows[i].text);
	}
	return check_done();
}
