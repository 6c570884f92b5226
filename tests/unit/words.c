/* Commands as text, cut into words. */
#include "../../bin/words.h"

#include "../../bus/alloc.h"
#include "../../bus/buf.h"
#include "../check.h"

struct row {
	const char *text;
	const char *want; /* each word in [ ]; or what the error has to say, behind ! */
};

static const struct row rows[] = {
	{ "", "" },
	{ " \t\n ", "" },
	{ "a", "[a]" },
	{ "  a  b\tc\nd ", "[a][b][c][d]" },
	{ "jq -c 'select(.type == \"X\")'", "[jq][-c][select(.type == \"X\")]" },
	{ "a \"b c\" d", "[a][b c][d]" },
	{ "a \"b \\\"c\\\" \\\\ \\n\"", "[a][b \"c\" \\ \\n]" },
	{ "a b' 'c\" \"d", "[a][b c d]" },
	{ "a '' \"\"", "[a][][]" },
	{ "a\\ b c\\\\", "[a b][c\\]" },
	{ "echo '|' \"&&\" \\>", "[echo][|][&&][>]" },
	{ "echo a|b $HOME *", "[echo][a|b][$HOME][*]" },
	{ "a 'b", "!a ' is never closed" },
	{ "a \"b", "!a \" is never closed" },
	{ "a \"b\\", "!a \" is never closed" },
	{ "a b\\", "!a \\ at the end protects nothing" },
	{ "a | b", "!| means something to a shell" },
	{ "a && b", "!&& means something to a shell" },
	{ "a > b", "!> means something to a shell" },
	{ "a 2>&1", "!2>&1 means something to a shell" },
};

int
main(void)
{
	size_t i, j;

	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		CLEANUP_BUF struct buf got = BUF_INIT(4096);
		struct error err = { .kind = ERROR_NONE };
		char **words = NULL;

		if (words_split(rows[i].text, &words, &err) < 0)
			buf_printf(&got, "!%.*s", (int)strlen(rows[i].want) - 1, err.text);
		for (j = 0; words != NULL && words[j] != NULL; j++)
			buf_printf(&got, "[%s]", words[j]);
		check_text(buf_string(&got), rows[i].want, rows[i].text);
		if (rows[i].want[0] == '!')
			check(words == NULL && err.kind == ERROR_CONFIG, "no words, a CONFIG error");
		words_free(words);
	}
	return check_done();
}
