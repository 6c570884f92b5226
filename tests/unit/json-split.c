/* Elements cut out of a large object, with members left out as they pass: the same however the
 * bytes are cut, and the same as leaving them out afterwards. */
#include "../check.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../../bus/json.h"

struct found {
	struct buf text; /* elements, divided by | */
};

static int
on_item(void *arg, struct json_slice item)
{
	struct found *found = arg;

	buf_append(&found->text, item.text, item.len);
	buf_append_char(&found->text, '|');
	return 0;
}

/* Feeds text in pieces of `size` bytes. Owned by the caller; NULL: refused. */
static char *
split(const char *text, size_t size, size_t item_max, const char *const *omit)
{
	struct found found = { BUF_INIT(65536) };
	struct json_split *cutter = json_split_new("items", item_max, on_item, NULL, &found);
	size_t len = strlen(text), at, part;
	char *out = NULL;
	int status = 0;

	if (omit)
		json_split_omit(cutter, omit);
	for (at = 0; at < len && status == 0; at += part) {
		part = len - at < size ? len - at : size;
		status = json_split_feed(cutter, text + at, part, NULL);
	}
	if (status == 0 && json_split_finish(cutter, NULL) == 0)
		out = alloc_text(buf_string(&found.text), found.text.len);
	json_split_free(cutter);
	buf_fini(&found.text);
	return out;
}

static const char *const omitted[] = { "status", "x\\n", NULL };

struct row {
	const char *item, *want;
};

static const struct row rows[] = {
	{ "{\"a\":1,\"status\":{\"b\":[1,{}]},\"c\":2}", "{\"a\":1,\"c\":2}" },
	{ "{\"status\":1,\"c\":2}", "{\"c\":2}" },
	{ "{\"a\":1,\"status\":1}", "{\"a\":1}" },
	{ "{\"a\":1 , \n \"status\" : 1 }", "{\"a\":1 }" },
	{ "{\"status\":1}", "{}" },
	{ "{ \"status\" : \"a\" , \"status\":[\"}\",\"\\\"\"],\"b\":0}", "{  \"b\":0}" },
	{ "{\"a\":\"status\",\"b\":[\"status\"],\"c\":{\"status\":1}}",
	  "{\"a\":\"status\",\"b\":[\"status\"],\"c\":{\"status\":1}}" },
	{ "{\"a\":\"\\\"\",\"status\":\"\\\\\",\"b\":\"\\\\\\\"\"}",
	  "{\"a\":\"\\\"\",\"b\":\"\\\\\\\"\"}" },
	{ "{\"statu\":1,\"status1\":2,\"\":3}", "{\"statu\":1,\"status1\":2,\"\":3}" },
	{ "{\"x\\n\":1,\"y\":2}", "{\"y\":2}" },
	{ "{}", "{}" },
	{ "{\"status\":{}}", "{}" },
	{ "[\"status\",1]", "[\"status\",1]" },
	{ "\"status\"", "\"status\"" },
	{ "12", "12" },
};

static void
test_rows(void)
{
	size_t i, size, wrong;

	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		CLEANUP_FREE char *text = alloc_format("{\"items\":[%s, %s ],\"metadata\":{}}",
						       rows[i].item, rows[i].item);
		CLEANUP_FREE char *want = alloc_format("%s|%s|", rows[i].want, rows[i].want);
		CLEANUP_FREE char *name = alloc_format("row %zu", i);
		char *got = split(text, 1000, 1000, omitted);

		check_text(got, want, name);
		free(got);
		for (size = 1, wrong = 0; size < 40; size++) {
			got = split(text, size, 1000, omitted);
			wrong += !got || strcmp(got, want) != 0;
			free(got);
		}
		check_number((long long)wrong, 0, "the same in pieces of any size");
	}
}

/* What is left out does not count against the bound. */
static void
test_bound(void)
{
	static const char text[] =
		"{\"items\":[{\"a\":1,\"status\":\"0123456789012345678901234567890123456789\"}]}";
	char *got = split(text, 7, 20, omitted);

	check_text(got, "{\"a\":1}|", "a large member that is left out");
	free(got);
	got = split(text, 7, 20, NULL);
	check_text(got, NULL, "is too large when it is kept");
	free(got);
	got = split("{\"items\":[{\"status\":1}", 7, 20, omitted);
	check_text(got, NULL, "an answer that ends too early");
	free(got);
}

/* A made-up object, with every kind of value. */
static void
make_value(struct buf *out, unsigned *seed, unsigned depth)
{
	static const char *const plain[] = {
		"1",	 "\"s\"", "\"status\"", "null",	  "\"\\\\\"",
		"\"}\"", "[]",	  "{}",		"-1.5e3", "\"\\\"{\""
	};
	static const char *const names[] = { "status", "a", "metadata", "b\\\"", "x\\n" };
	unsigned i, count;

	*seed = *seed * 1103515245u + 12345u;
	count = *seed >> 16 & 3;
	if (depth == 0 || (depth < 3 && (*seed >> 20 & 3) == 0)) {
		buf_append_string(out, plain[(*seed >> 8) % ALLOC_COUNT(plain)]);
		return;
	}
	buf_append_char(out, depth < 3 && count == 1 ? '[' : '{');
	for (i = 0; i < (depth < 3 && count == 1 ? 2 : count); i++) {
		if (i > 0)
			buf_append_string(out, *seed & 0x400 ? " ,\n" : ",");
		if (!(depth < 3 && count == 1))
			buf_printf(out, "\"%s\":", names[(*seed >> 9) % ALLOC_COUNT(names)]);
		make_value(out, seed, depth - 1);
	}
	buf_append_char(out, depth < 3 && count == 1 ? ']' : '}');
}

/* Blanks outside strings do not count. */
static void
squeeze(char *text)
{
	bool in_string = false;
	char *to = text;

	for (; *text; text++) {
		if (!in_string && (*text == ' ' || *text == '\n'))
			continue;
		*to++ = *text;
		if (in_string && *text == '\\')
			*to++ = *++text;
		else if (*text == '"')
			in_string = !in_string;
	}
	*to = '\0';
}

static void
test_random(void)
{
	static const char *const status[] = { "status", NULL }, *const line[] = { "x\\n", NULL };
	static const char *const *const paths[] = { status, line, NULL };
	unsigned seed = 7, i;
	size_t wrong = 0;

	for (i = 0; i < 3000; i++) {
		CLEANUP_BUF struct buf object = BUF_INIT(65536);
		CLEANUP_BUF struct buf want = BUF_INIT(65536);
		CLEANUP_FREE char *text = NULL;
		char *got;

		make_value(&object, &seed, 4);
		json_omit((struct json_slice){ object.data, object.len }, paths, &want);
		buf_append_char(&want, '|');
		text = alloc_format("{\"items\":[%s]}", object.data);
		got = split(text, 1 + i % 17, 65536, omitted);
		if (got) {
			squeeze(got);
			squeeze(want.data);
		}
		if (!got || strcmp(got, want.data) != 0)
			printf("# %s\n# want %s\n# got  %s\n", text, want.data, got ? got : "-");
		wrong += !got || strcmp(got, want.data) != 0;
		free(got);
	}
	check_number((long long)wrong, 0, "as json_omit does it, 3,000 objects");
}

int
main(void)
{
	test_rows();
	test_bound();
	test_random();
	return check_done();
}
