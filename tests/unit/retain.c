/* What is retained, and what cursors see of it. */
#include "../../bus/retain.h"

#include <string.h>

#include "../../bus/alloc.h"
#include "../../bus/buf.h"
#include "../check.h"

static bool
put(struct retain *retain, const char *key, const char *text)
{
	return retain_put(retain, key, strlen(key), text, strlen(text));
}

static bool
drop(struct retain *retain, const char *key)
{
	return retain_drop(retain, key, strlen(key));
}

/* All that the cursor has yet to see: "a=1 b- " */
static const char *
rest(struct retain *retain, struct retain_cursor *cursor)
{
	static struct buf out = BUF_INIT(4096); /* freed by nobody, reachable to the end */
	const struct retain_item *item;

	buf_clear(&out);
	while ((item = retain_cursor_peek(retain, cursor)) != NULL) {
		buf_append(&out, item->key, item->key_len);
		buf_printf(&out, item->text != NULL ? "=%s " : "- ", item->text);
		retain_cursor_step(retain, cursor);
	}
	return buf_string(&out);
}

static void
check_store(void)
{
	struct retain *retain = retain_new();
	size_t len = 0;

	check(put(retain, "a", "1"), "a first text is news");
	check(!put(retain, "a", "1"), "the same text is not");
	check(put(retain, "a", "22"), "another text is");
	check_text(retain_get(retain, "a", 1, &len), "22", "the last text is what is kept");
	check_number((long long)len, 2, "with its length");
	check(retain_get(retain, "b", 1, &len) == NULL, "an absent key is absent");
	check(!drop(retain, "b"), "dropping an absent key is no news");
	check(drop(retain, "a"), "dropping is news");
	check(!drop(retain, "a"), "dropping again is not");
	check_number((long long)retain_count(retain), 0, "nothing is left");
	check(retain_put(retain, "x\0y", 3, "1", 1) && retain_put(retain, "x\0z", 3, "2", 1),
	      "keys may hold NULs");
	check_text(retain_get(retain, "x\0z", 3, &len), "2", "and are told apart behind them");
	retain_free(retain);
	retain_free(NULL);
}

static void
check_traces(void)
{
	static const struct {
		const char *old, *text;
		bool is_news;
	} rows[] = {
		{ "{\"a\":1,\"trace\":\"x\"}", "{\"a\":1,\"trace\":\"y\"}", false },
		{ "{\"a\":1,\"trace\":\"x\"}", "{\"a\":1,\"trace\":\"longer\"}", false },
		{ "{\"trace\":\"xx\",\"a\":1}", "{\"trace\":\"xy\",\"a\":1}", false },
		{ "{\"trace\":\"x\",\"a\":1}", "{\"trace\":\"y\",\"a\":2}", true },
		{ "{\"trace\":\"x\",\"a\":1}", "{\"trace\":\"y\",\"a\":11}", true },
		{ "{\"trace\":\"x\",\"a\":1}", "{\"trace\":\"x\",\"a\":2}", true },
		{ "{\"a\":1,\"trace\":\"x\"}", "{\"a\":2,\"trace\":\"x\"}", true },
		{ "{\"a\":1,\"trace\":\"x\"}", "{\"a\":2,\"trace\":\"y\"}", true },
		{ "{\"a\":{\"trace\":\"x\"}}", "{\"a\":{\"trace\":\"y\"}}", true },
		{ "{\"a\":{\"trace\":\"x\"},\"trace\":\"1\"}",
		  "{\"a\":{\"trace\":\"y\"},\"trace\":\"2\"}", true },
		{ "{\"a\":\"\\\"trace\\\":1\",\"b\":1}", "{\"a\":\"\\\"trace\\\":1\",\"b\":2}", true },
		{ "{\"a\":1}", "{\"a\":1,\"trace\":\"y\"}", true },
		{ "{\"a\":1,\"trace\":\"y\"}", "{\"a\":1}", true },
		{ "{\"trace\":\"x\"}", "{\"trace\":\"xyz\"}", false },
		{ "{\"trace\":\"x\",\"trace\":\"y\"}", "{\"trace\":\"z\",\"trace\":\"y\"}", true },
	};
	struct retain *retain;
	size_t i;

	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		retain = retain_new();
		put(retain, "k", rows[i].old);
		check(put(retain, "k", rows[i].text) == rows[i].is_news, "%s after %s is %s",
		      rows[i].text, rows[i].old, rows[i].is_news ? "news" : "no news");
		retain_free(retain);
	}
}

static void
check_cursor(void)
{
	struct retain *retain = retain_new();
	struct retain_cursor one = { 0 }, two = { 0 };

	put(retain, "a", "1");
	put(retain, "b", "1");
	put(retain, "c", "1");
	put(retain, "a", "2");
	retain_cursor_start(retain, &one);
	check_text(rest(retain, &one), "b=1 c=1 a=2 ", "a cursor sees all, by change");
	check_text(rest(retain, &one), "", "once");
	put(retain, "b", "2");
	drop(retain, "c");
	put(retain, "b", "3");
	check_text(rest(retain, &one), "b=3 c- ", "then what changed, the last text only");
	check_number((long long)retain_count(retain), 2, "a dropped key does not count");

	retain_cursor_start(retain, &two);
	drop(retain, "a");
	check_text(rest(retain, &two), "b=3 a- ", "a second cursor sees all again");
	retain_cursor_stop(retain, &two);
	retain_cursor_start(retain, &two);
	check_text(rest(retain, &two), "b=3 ", "a cursor is not told of older deletions");
	check_text(rest(retain, &one), "a- ", "the first one is");
	put(retain, "a", "4");
	drop(retain, "a");
	put(retain, "a", "5");
	check_text(rest(retain, &one), "a=5 ", "what was dropped and put again is there");
	drop(retain, "a");
	retain_cursor_stop(retain, &one);
	check_text(rest(retain, &two), "a- ", "a stopped cursor takes nothing from the others");
	retain_cursor_stop(retain, &two);
	retain_cursor_stop(retain, &two);
	check_number((long long)retain_count(retain), 1, "stopping twice is fine");
	retain_free(retain);
}

/* A hot key keeps its place before a cursor that has not seen it, whatever its rate. */
static void
check_fairness(void)
{
	struct retain *retain = retain_new();
	struct retain_cursor cursor = { 0 };
	const struct retain_item *item;
	char text[32];
	int i, seen = 0;

	put(retain, "hot", "0");
	for (i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "k%d", i);
		put(retain, text, "1");
	}
	retain_cursor_start(retain, &cursor);
	retain_cursor_step(retain, &cursor);
	for (i = 0; i < 1000 && (item = retain_cursor_peek(retain, &cursor)) != NULL; i++) {
		seen += strcmp(item->key, "hot") == 0;
		retain_cursor_step(retain, &cursor);
		snprintf(text, sizeof(text), "%d", i);
		put(retain, "hot", text);
		snprintf(text, sizeof(text), "k%d", i * 7 % 100);
		put(retain, text, i % 2 ? "2" : "3");
	}
	check(seen >= 5, "a key that changes all the time is seen (%d times)", seen);
	retain_cursor_stop(retain, &cursor);
	retain_free(retain);
}

static void
check_many(void)
{
	struct retain *retain = retain_new();
	struct retain_cursor cursor = { 0 };
	char key[32];
	size_t len = 0;
	int i, n = 0, wrong = 0;

	retain_cursor_start(retain, &cursor);
	for (i = 0; i < 10000; i++) {
		snprintf(key, sizeof(key), "key-%d", i);
		put(retain, key, key);
	}
	for (i = 0; i < 10000; i += 3) {
		snprintf(key, sizeof(key), "key-%d", i);
		drop(retain, key);
	}
	for (i = 0; i < 10000; i++) {
		snprintf(key, sizeof(key), "key-%d", i);
		wrong += (retain_get(retain, key, strlen(key), &len) != NULL) != (i % 3 != 0);
	}
	check_number(wrong, 0, "ten thousand keys, a third dropped: each is where it should be");
	for (; retain_cursor_peek(retain, &cursor) != NULL; n++)
		retain_cursor_step(retain, &cursor);
	check_number(n, 10000, "the cursor sees each once");
	check_number((long long)retain_count(retain), 6666, "the others are left");
	retain_cursor_stop(retain, &cursor);
	retain_free(retain);
}

int
main(void)
{
	check_store();
	check_traces();
	check_cursor();
	check_fairness();
	check_many();
	return check_done();
}
