/* bus/json*.c: what is JSON and what is not, walking, strings, omitting, splitting. */
#include "../../bus/json.h"

#include <stdlib.h>

#include "../check.h"

static const struct {
	const char *text;
	bool good;
} texts[] = {
	{ "{}", true }, { "[]", true }, { " { \"a\" : [ 1 , -2.5e+3 , true, false, null ] } ", true },
	{ "\"\\ud83d\\ude00 \\u00e9 \\n\"", true }, { "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", true },
	{ "0", true }, { "-0.0", true }, { "1e9", true },
	{ "", false }, { "{", false }, { "{}{}", false }, { "{\"a\"}", false }, { "{\"a\":}", false },
	{ "{\"a\":1,}", false }, { "[1,]", false }, { "[,1]", false }, { "{,}", false }, { "01", false },
	{ "+1", false }, { ".5", false }, { "5.", false }, { "1e", false }, { "NaN", false },
	{ "nul", false }, { "\"\\x\"", false }, { "\"\\u12\"", false }, { "\"\\ud83d\"", false },
	{ "\"\\ude00\"", false }, { "\"a\nb\"", false }, { "\"\xff\"", false }, { "\"\xc0\x80\"", false },
	{ "\"\xed\xa0\x80\"", false }, { "\"\xf4\x90\x80\x80\"", false }, { "\"\xe2\x82\"", false },
	{ "\"abc", false }, { "\"abcdefgh\x01\"", false }, { "[1}", false }, { "{\"a\":1]", false },
	{ "'a'", false }, { "// x", false }, { "{a:1}", false }, { "\"a\" \"b\"", false },
};

static void
test_check(void)
{
	size_t i;
	struct error err;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check((json_check(texts[i].text, strlen(texts[i].text), &json_limits_message, &err) ==
		       0) == texts[i].good, "%s: %s", texts[i].good ? "accepted" : "refused",
		      texts[i].good ? texts[i].text : "row");
}

static void
test_limits(void)
{
	char deep[200];
	struct error err;
	struct json_limits few = { .depth = 64, .containers = 3, .values = 3 };

	memset(deep, '[', 100);
	memset(deep + 100, ']', 100);
	check(json_check(deep, 200, &json_limits_message, &err) < 0 &&
	      strstr(err.text, "byte 65: nested too deeply") != NULL, "depth: %s", err.text);
	check(json_check("[{},{},{}]", 10, &few, &err) < 0 && strstr(err.text, "byte 8"), "containers: %s",
	      err.text);
	check(json_check("[1,2,3,4]", 9, &few, &err) < 0 && strstr(err.text, "byte 8"), "values: %s",
	      err.text);
	check(json_check("{\"secret\":hunter2}", 18, &json_limits_message, &err) < 0 &&
	      strstr(err.text, "hunter2") == NULL, "the input is not quoted: %s", err.text);
}

static struct json_slice
slice(const char *text)
{
	return (struct json_slice){ text, strlen(text) };
}

static void
test_members(void)
{
	struct buf out = BUF_INIT(1000);
	struct json_slice object =
		slice(" {\"a\" : \"x\\\"}\", \"b\":{\"c\":[1,{\"d\":2}]},\"type\":\"TA\\u0047S\", \"a\":3, \"t\\u0031\":4}");

	check(json_member(object, "a").len == 1 && json_member(object, "a").text[0] == '3',
	      "the last of two members counts");
	check(json_string_is(json_member(object, "type"), "TAGS"), "escapes in a value");
	check(json_member(object, "t1").text != NULL, "escapes in a name");
	check(json_member(object, "c").text == NULL, "a member of an inner object is not found");
	check(json_member(json_member(object, "b"), "c").len == strlen("[1,{\"d\":2}]"), "inner member");
	check(json_string(slice("\"a\\n\\ud83d\\ude00\\/\\u00e9\""), &out), "unescape");
	check_text(buf_string(&out), "a\n\xf0\x9f\x98\x80/\xc3\xa9", "unescaped text");
	buf_fini(&out);
}

static void
test_quote(void)
{
	struct buf out = BUF_INIT(1000);

	json_quote(&out, "a\"\\\n\x01<\xc3\xa9\xff", 9);
	check_text(buf_string(&out), "\"a\\\"\\\\\\n\\u0001<\xc3\xa9\xef\xbf\xbd\"", "plain quoting");
	buf_clear(&out);
	json_quote_go(&out, ">=1, <2 & \xe2\x80\xa8 /", 15);
	check_text(buf_string(&out), "\"\\u003e=1, \\u003c2 \\u0026 \\u2028 /\"", "Go's quoting");
	buf_fini(&out);
}

static void
test_omit(void)
{
	static const char *const status[] = { "status", NULL };
	static const char *const managed[] = { "metadata", "managedFields", NULL };
	static const char *const *const paths[] = { status, managed, NULL };
	struct buf out = BUF_INIT(1000);

	json_omit(slice("{\"status\":{\"x\":[1]},\"metadata\":{\"managedFields\":[{}],\"name\":\"n\"},"
			"\"spec\":{\"status\":1}}"), paths, &out);
	check_text(buf_string(&out), "{\"metadata\":{\"name\":\"n\"},\"spec\":{\"status\":1}}", "omitted");
	buf_clear(&out);
	json_omit(slice("{\"metadata\":7}"), paths, &out);
	check_text(buf_string(&out), "{\"metadata\":7}", "a path through a number");
	buf_fini(&out);
}

static int
add_item(void *arg, struct json_slice item)
{
	buf_append(arg, item.text, item.len);
	return buf_append_char(arg, '|') ? 0 : 1;
}

static int
add_member(void *arg, struct json_slice name, struct json_slice value)
{
	buf_append(arg, name.text, name.len);
	buf_append_char(arg, '=');
	return add_item(arg, value);
}

static void
test_split(void)
{
	static const char text[] = "{\"kind\":\"AList\", \"items\" : [ {\"a\":\"]}\\\"\"} ,2,\"x\",[{}]\n],"
				   "\"metadata\":{\"continue\":\"t,\"},\"n\":12}\n";
	static const char want[] =
		"kind=\"AList\"|{\"a\":\"]}\\\"\"}|2|\"x\"|[{}]|metadata={\"continue\":\"t,\"}|n=12|";
	struct buf out = BUF_INIT(1000);
	struct error err;
	size_t step, i, failures = 0;

	for (step = 1; step < sizeof(text); step++) {
		struct json_split *split = json_split_new("items", 100, add_item, add_member, &out);

		buf_clear(&out);
		for (i = 0; i < sizeof(text) - 1; i += step)
			if (json_split_feed(split, text + i,
					    i + step < sizeof(text) ? step : sizeof(text) - 1 - i,
					    &err) < 0)
				failures++;
		if (json_split_finish(split, &err) < 0 || strcmp(buf_string(&out), want) != 0)
			failures++;
		json_split_free(split);
	}
	check_number((long long)failures, 0, "the same pieces whatever the chunks");
	check_text(buf_string(&out), want, "the pieces");

	failures = 0;
	for (i = 0; i + 3 < sizeof(text); i++) {
		struct json_split *split = json_split_new("items", 100, add_item, add_member, &out);

		if (json_split_feed(split, text, i, &err) == 0 && json_split_finish(split, &err) == 0)
			failures++;
		json_split_free(split);
	}
	check_number((long long)failures, 0, "cut anywhere, it is not complete");
	buf_fini(&out);
}

static void
test_utf8(void)
{
	static const char text[] = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80";

	check(json_is_utf8("", 0) && json_is_utf8(text, sizeof(text) - 1) && json_is_utf8("\0", 1), "UTF-8");
	check(!json_is_utf8(text, sizeof(text) - 2) && !json_is_utf8("a\xff", 2) &&
	      !json_is_utf8("\xe4" "b", 2) && !json_is_utf8("\xc0\x80", 2), "no UTF-8");
}

int
main(void)
{
	test_check();
	test_utf8();
	test_limits();
	test_members();
	test_quote();
	test_omit();
	test_split();
	return check_done();
}
