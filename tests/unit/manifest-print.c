/* filters/manifest-print.c: what a person reads, and that it is read back as it was. */
#include "../../filters/manifest-print.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../../bus/yaml-value.h"
#include "../check.h"

static const struct {
	const char *json, *want;
} rows[] = {
	{ "{\"metadata\":{\"namespace\":\"d\",\"labels\":{\"b\":\"2\",\"a\":\"1\"},\"name\":\"n\"},"
	  "\"data\":{},\"kind\":\"Secret\",\"apiVersion\":\"v1\",\"immutable\":false}",
	  "apiVersion: \"v1\"\nkind: \"Secret\"\nmetadata:\n  name: \"n\"\n  namespace: \"d\"\n"
	  "  labels:\n    a: \"1\"\n    b: \"2\"\ndata: {}\nimmutable: false\n" },
	{ "{\"a\":[{\"x\":1,\"name\":\"n\"},[1,[]],[{\"b\":null}],{},\"s\",true]}",
	  "a:\n- name: \"n\"\n  x: 1\n- - 1\n  - []\n- - b: null\n- {}\n- \"s\"\n- true\n" },
	{ "[]", "[]\n" },
	{ "{}", "{}\n" },
	{ "\"a\\nb\"", "\"a\\nb\"\n" },
	{ "[\"true\",\"1.0\",\"no\",\"~\",\"\",\"a b\"]",
	  "- \"true\"\n- \"1.0\"\n- \"no\"\n- \"~\"\n- \"\"\n- \"a b\"\n" },
	{ "{\"yes\":1,\"1.0\":1,\"\":1,\"<<\":1,\"a: b\":1,\"#a\":1,\"a.b/c-d\":1}",
	  "\"\": 1\n\"#a\": 1\n\"1.0\": 1\n\"<<\": 1\na.b/c-d: 1\n\"a: b\": 1\n\"yes\": 1\n" },
	{ "[1,-1,1.5,123456789012345680,1e17,1e300,1e-7,1.5e-7,0.1,1e18]",
	  "- 1\n- -1\n- 1.5\n- 123456789012345680\n- 100000000000000000\n"
	  "- 1.0000000000000001e+300\n- 9.9999999999999995e-08\n- 1.4999999999999999e-07\n"
	  "- 0.10000000000000001\n- 1.0e+18\n" },
	/* Literal blocks. */
	{ "{\"a\":\"x\\n\",\"b\":\"x\\ny\",\"c\":\"x\\n\\n\\n  y: #z\\t1\\n\\n\",\"d\":[\"x\\ny\\n\"]}",
	  "a: |\n  x\nb: |-\n  x\n  y\nc: |+\n  x\n\n\n    y: #z\t1\n\nd:\n- |\n  x\n  y\n" },
	{ "{\"a\":[[\"x\\n\"],{\"b\":\"x\\n\"}]}", "a:\n- - |\n    x\n- b: |\n    x\n" },
	{ "[\"\\n\",\" a\\n\",\"\\ta\\n\",\"a \\nb\",\"a\\n b \",\"a\\n\\tb\",\"a\\rb\\n\",\"a\\n\\u0001\",\"\\n\\n\"]",
	  "- \"\\n\"\n- \" a\\n\"\n- \"\\u0009a\\n\"\n- \"a \\nb\"\n- \"a\\n b \"\n- \"a\\n\\u0009b\"\n"
	  "- \"a\\u000db\\n\"\n- \"a\\n\\u0001\"\n- \"\\n\\n\"\n" },
	{ "[\"\\\"\\\\\\u0000\\u001b\\u007f\\u0085\\u2028\\u2029\\ufeff\\ufffe\\u00a0\\u00e4\\u20ac\\ud83d\\ude00\"]",
	  "- \"\\\"\\\\\\u0000\\u001b\\u007f\\u0085\\u2028\\u2029\\ufeff\\ufffe\xc2\xa0\xc3\xa4\xe2\x82\xac"
	  "\xf0\x9f\x98\x80\"\n" },
	{ "{\"a\":\"---\\n...\\n# x\\n- y\\n\"}", "a: |\n  ---\n  ...\n  # x\n  - y\n" },
};

/* Is text, read as YAML, the value? */
static bool
is_read_back(const struct buf *text, jv value)
{
	jv back;
	struct error err;
	bool ok = yaml_value_parse(buf_string(text), text->len, &back, &err) == 0 &&
		  jv_equal(jv_copy(back), jv_copy(value));

	if (!ok)
		printf("# not read back: %s", buf_string(text));
	jv_free(back);
	return ok;
}

static void
test_rows(void)
{
	for (size_t i = 0; i < ALLOC_COUNT(rows); i++) {
		CLEANUP_BUF struct buf out = BUF_INIT(1 << 16);
		jv value = jv_parse(rows[i].json);

		check(manifest_print(value, &out), "row %zu is printed", i);
		check_text(buf_string(&out), rows[i].want, rows[i].json);
		check(is_read_back(&out, value), "row %zu is read back", i);
		jv_free(value);
	}
}

/* Every string of up to four of these pieces, in a mapping and in a sequence. */
static void
test_pieces(void)
{
	static const char *const pieces[] = { "", "a", " ", "\n", "\t", "#", ":", "- ", "\"", "\xc2\x85" };
	size_t n = ALLOC_COUNT(pieces), failed = 0;

	for (size_t i = 0; i < n * n * n * n; i++) {
		CLEANUP_BUF struct buf text = BUF_INIT(64), out = BUF_INIT(4096);
		jv value;

		buf_printf(&text, "%s%s%s%s", pieces[i % n], pieces[i / n % n],
			   pieces[i / n / n % n], pieces[i / n / n / n]);
		value = jv_string_sized(buf_string(&text), (int)text.len);
		value = jv_object_set(jv_object_set(jv_object(), jv_copy(value), jv_copy(value)),
				      jv_string("list"), JV_ARRAY(jv_copy(value), value));
		failed += !manifest_print(value, &out) || !is_read_back(&out, value);
		jv_free(value);
	}
	check_number((long long)failed, 0, "strings that are not read back");
}

static jv
nested(unsigned depth)
{
	jv value = jv_number(1);

	for (unsigned i = 0; i < depth; i++)
		value = i % 2 ? jv_array_append(jv_array(), value)
			      : jv_object_set(jv_object(), jv_string("a"), value);
	return value;
}

static void
test_limits(void)
{
	CLEANUP_BUF struct buf out = BUF_INIT(1 << 16), small = BUF_INIT(8);
	char name[2000];
	jv value = nested(64);

	check(manifest_print(value, &out) && is_read_back(&out, value), "64 levels");
	jv_free(value);
	value = nested(65);
	check(!manifest_print(value, &out), "65 levels");
	jv_free(value);
	memset(name, 'k', sizeof(name));
	value = jv_object_set(jv_object(), jv_string_sized(name, sizeof(name)), nested(3));
	value = JV_ARRAY(value);
	buf_clear(&out);
	check(manifest_print(value, &out) && is_read_back(&out, value), "a name of 2,000 characters");
	check(!manifest_print(value, &small), "no room");
	jv_free(value);
}

static void
test_escape(void)
{
	static const char *const texts[][2] = {
		{ "{\"a\":\"x\"}", "{\"a\":\"x\"}" },
		{ "\"\x7f\xc2\x85\xc2\x9f\xc2\xa0\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf\xef\xbf\xbf\"",
		  "\"\\u007f\\u0085\\u009f\xc2\xa0\\u2028\\u2029\\ufeff\\uffff\"" },
		{ "[\"\xc3\xa4\\u0085\",\"\xf0\x9f\x98\x80\"]\n", "[\"\xc3\xa4\\u0085\",\"\xf0\x9f\x98\x80\"]\n" },
		{ "", "" },
	};

	for (size_t i = 0; i < ALLOC_COUNT(texts); i++) {
		CLEANUP_BUF struct buf out = BUF_INIT(1 << 10), small = BUF_INIT(3);
		bool is_short = texts[i][1][0] == '\0';

		check(manifest_escape_json(texts[i][0], strlen(texts[i][0]), &out), "JSON %zu", i);
		check_text(buf_string(&out), texts[i][1], "as YAML");
		check(manifest_escape_json(texts[i][0], strlen(texts[i][0]), &small) == is_short, "no room");
	}
}

int
main(void)
{
	test_escape();
	test_rows();
	test_pieces();
	test_limits();
	return check_done();
}
