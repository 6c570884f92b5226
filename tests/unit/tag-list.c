/* Unit test of filters/tag-list.c: threats T6, T14, T15, T16, T17. */
#include "../../filters/tag-list.h"

#include <stdlib.h>
#include <string.h>

#include "../../bus/alloc.h"
#include "../check.h"

static const struct {
	const char *body;
	const char *tags; /* NULL: refused */
	size_t count, illegal;
} pages[] = {
	{ "{\"name\":\"a\",\"tags\":[\"1.0.0\",\"1.0.1_b\"]}\n", "\"1.0.0\",\"1.0.1_b\"", 2, 0 },
	{ "{\"name\":\"a\",\"tags\":null}", "", 0, 0 },
	{ "{\"name\":\"a\",\"tags\":[]}", "", 0, 0 },
	{ " {\"tags\" : [ \"a\" , \"b\" ] , \"x\":{\"tags\":[1]}} ", "\"a\",\"b\"", 2, 0 },
	{ "{\"tags\":[\"\\u0061\"]}", "\"a\"", 1, 0 },
	{ "{\"tags\":[\"ok\",\"\",\"a b\",\"a+b\",\"\\u0000\",\"\\n\",\"%s\",\"../\",\"\\u202e\"]}",
	  "\"ok\"", 1, 8 },
	{ "{\"tags\":[\"ok\",\"caf\xc3\xa9\"]}", "\"ok\"", 1, 1 },
	{ "{\"name\":\"a\"}", NULL, 0, 0 },
	{ "{\"tags\":{}}", NULL, 0, 0 },
	{ "{\"tags\":\"1.0\"}", NULL, 0, 0 },
	{ "{\"tags\":[1.0,null,{\"a\":1},\"1.0\"]}", NULL, 0, 0 },
	{ "[\"1.0\"]", NULL, 0, 0 },
	{ "true", NULL, 0, 0 },
	{ "<html>", NULL, 0, 0 },
	{ "", NULL, 0, 0 },
	{ "{\"tags\":[\"\xff\"]}", NULL, 0, 0 },
	{ "{\"tags\":[\"a\"]} {}", NULL, 0, 0 },
};

static void
test_pages(void)
{
	struct tag_list list;
	struct error err;
	size_t i;

	for (i = 0; i < ALLOC_COUNT(pages); i++) {
		const char *body = pages[i].body;
		bool ok;

		tag_list_init(&list);
		ok = tag_list_add(&list, body, strlen(body), false, &err) == 0;
		check_text(ok ? buf_string(&list.text) : NULL, pages[i].tags, body);
		if (ok) {
			check_number((long long)list.count, (long long)pages[i].count, "its tags");
			check_number((long long)list.illegal, (long long)pages[i].illegal, "illegal");
		} else {
			check_number(err.kind, ERROR_PROTOCOL, "its kind of error");
		}
		tag_list_fini(&list);
	}
}

/* However a page is cut, it is no page. */
static void
test_cuts(void)
{
	const char *body = "{\"name\":\"a\",\"tags\":[\"1.0.0\",\"1.0.1\",\"1.0.2\"]}";
	size_t cut, accepted = 0;
	struct tag_list list;

	for (cut = 0; cut < strlen(body); cut++) {
		tag_list_init(&list);
		accepted += tag_list_add(&list, body, cut, false, NULL) == 0;
		tag_list_fini(&list);
	}
	check_number((long long)accepted, 0, "cuts that were taken for a page");
}

static int
add(struct tag_list *list, const char *body, bool has_next)
{
	return tag_list_add(list, body, strlen(body), has_next, NULL);
}

static void
test_following(void)
{
	struct tag_list list;
	struct error err;
	int i, status = 0;

	tag_list_init(&list);
	check(add(&list, "{\"tags\":[\"a\"]}", true) == 0, "page 1");
	check(tag_list_follow(&list, "u2", &err) == 0, "to page 2");
	check(add(&list, "{\"tags\":[\"b\"]}", true) == 0, "page 2");
	check_text(buf_string(&list.text), "\"a\",\"b\"", "both pages");
	check(tag_list_follow(&list, "u2", &err) != 0, "a next page that was there");
	check(add(&list, "{\"tags\":[\"a\"]}", true) != 0, "a page that was there");
	check(add(&list, "{\"tags\":[]}", true) != 0, "an empty page with a next one");
	check(add(&list, "{\"tags\":[]}", false) == 0, "an empty page at the end");
	tag_list_fini(&list);
	tag_list_init(&list);
	for (i = 0; status == 0 && i < 2000; i++) {
		char *body = alloc_format("{\"tags\":[\"t%d\"]}", i), *url = alloc_format("u%d", i);

		status = add(&list, body, true);
		if (status == 0)
			status = tag_list_follow(&list, url, &err);
		free(body);
		free(url);
	}
	check_number(i, TAG_LIST_PAGES_MAX, "pages without end");
	check(strstr(err.text, "incomplete") != NULL, "are incomplete");
	tag_list_fini(&list);
}

/* A body of count times the same piece. */
static char *
repeated(const char *before, const char *piece, size_t count, const char *after, size_t *len)
{
	size_t each = strlen(piece), i;
	char *text = alloc_zero(strlen(before) + each * count + strlen(after) + 1, 1), *at = text;

	memcpy(at, before, strlen(before));
	at += strlen(before);
	for (i = 0; i < count; i++, at += each)
		memcpy(at, piece, each);
	memcpy(at, after, strlen(after));
	*len = (size_t)(at - text) + strlen(after);
	return text;
}

static void
test_bombs(void)
{
	static const struct {
		const char *before, *piece;
		size_t count;
		const char *after, *name;
	} bombs[] = {
		{ "{\"tags\":[\"a\"", ",\"a\"", 500001, "]}", "500,002 tags" },
		{ "{\"tags\":[],\"x\":[1", ",{}", 1000000, "]}", "a million of {}" },
		{ "{\"tags\":[],\"x\":", "[", 1000000, "", "a million of [" },
		{ "{\"tags\":[],\"x\":[1", ",1", 1000000, "]}", "a million numbers" },
	};
	struct tag_list list;
	size_t i, len;

	for (i = 0; i < ALLOC_COUNT(bombs); i++) {
		char *body = repeated(bombs[i].before, bombs[i].piece, bombs[i].count,
				      bombs[i].after, &len);

		tag_list_init(&list);
		check(tag_list_add(&list, body, len, false, NULL) != 0, "%s", bombs[i].name);
		tag_list_fini(&list);
		free(body);
	}
}

int
main(void)
{
	test_pages();
	test_cuts();
	test_following();
	test_bombs();
	return check_done();
}
