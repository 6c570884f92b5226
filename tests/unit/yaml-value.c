/* bus/yaml-value.c, bus/yaml-scalar.c: documents as values, and what is refused. */
#include "../../bus/yaml-value.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../../bus/buf.h"
#include "../check.h"

static const struct {
	const char *text, *want; /* sorted JSON, one document behind the other, or the error */
} documents[] = {
	{ "", "" },
	{ "# nothing\n", "" },
	{ "---\n", "null" },
	{ "a: b\nc: [1, 2.5, x]\n", "{\"a\":\"b\",\"c\":[1,2.5,\"x\"]}" },
	{ "a\n---\nb\n--- {}\n", "\"a\"\"b\"{}" },
	{ "[~, null, Null, NULL, '', \"~\", 'null']", "[null,null,null,null,\"\",\"~\",\"null\"]" },
	{ "a:\nb: c\n", "{\"a\":null,\"b\":\"c\"}" },
	{ "[true, True, FALSE, tRUE, yes, no, on, off, y]",
	  "[true,true,false,\"tRUE\",\"yes\",\"no\",\"on\",\"off\",\"y\"]" },
	{ "[1, -1, +1, 0x1F, 0o17, 017, 0b11, 1_000, 09, 0, _1, 0x]",
	  "[1,-1,1,31,15,15,3,1000,9,0,\"_1\",\"0x\"]" },
	{ "[1.5, .5, 5., 1e3, 1E-2, -1.5e+2, 1.0.3, ., e3, 1e, .inf, .nan, 1.5x]",
	  "[1.5,0.5,5,1000,0.01,-150,\"1.0.3\",\".\",\"e3\",\"1e\",\".inf\",\".nan\",\"1.5x\"]" },
	{ "['1', \"1\", 2021-07-13, 12:30:45, =]", "[\"1\",\"1\",\"2021-07-13\",\"12:30:45\",\"=\"]" },
	{ "[!!str 1, !!int '3', !!float 1, !!bool 'true', !!null '', ! 1, !x 1, !x [1], !x {a: 1}]",
	  "[\"1\",3,1,true,null,\"1\",\"1\",[1],{\"a\":1}]" },
	{ "a: |\n  x\n  y\nb: >-\n  x\n  y\n", "{\"a\":\"x\\ny\\n\",\"b\":\"x y\"}" },
	{ "1: a\ntrue: b\n~: c\n", "{\"1\":\"a\",\"true\":\"b\",\"~\":\"c\"}" },
	{ "a: &x {b: [1]}\nc: *x\nd: &y s\n*y : *y\n",
	  "{\"a\":{\"b\":[1]},\"c\":{\"b\":[1]},\"d\":\"s\",\"s\":\"s\"}" },
	{ "&k a: 1\nb: *k\n", "{\"a\":1,\"b\":\"a\"}" },
	{ "a: &x 1\nb: &x 2\nc: *x\n", "{\"a\":1,\"b\":2,\"c\":2}" },
	{ "x: &x {a: 1, b: 2}\ny: {b: 3, <<: *x, c: 4}\n",
	  "{\"x\":{\"a\":1,\"b\":2},\"y\":{\"a\":1,\"b\":3,\"c\":4}}" },
	{ "x: &x {a: 1}\ny: &y {a: 2, b: 2}\nz: {<<: [*x, *y]}\n",
	  "{\"x\":{\"a\":1},\"y\":{\"a\":2,\"b\":2},\"z\":{\"a\":1,\"b\":2}}" },
	{ "'<<': 1\n", "{\"<<\":1}" },
	{ "a: 1\nb: 2\na: 3\n", "line 3, column 1: a key that stands here twice" },
	{ "\xc3\xa4: {x: 1, \"x\": 2}\n", "line 1, column 11: a key that stands here twice" },
	{ "{a: 1, [b]: 2}", "line 1, column 8: a key that is no string" },
	{ "a: *x\n", "line 1, column 4: an alias of an anchor that does not stand before it" },
	{ "a: &x [*x]\n", "line 1, column 8: an alias of an anchor that does not stand before it" },
	{ "&x x: {<<: *x}\n", "line 1, column 12: << wants a mapping or a list of mappings" },
	{ "<<: [1]\n", "line 1, column 7: << wants a mapping or a list of mappings" },
	{ "{<<: {}, <<: {}}\n", "line 1, column 10: << stands here twice" },
	{ "a: &x 1\n---\nb: *x\n",
	  "{\"a\":1}line 3, column 4: an alias of an anchor that does not stand before it" },
	{ "a: !!binary aGk=\n", "line 1, column 13: a tag that is not read, or does not fit" },
	{ "a: !!int x\n", "line 1, column 10: a tag that is not read, or does not fit" },
	{ "a: !!set {x}\n", "line 1, column 4: a tag that is not read, or does not fit" },
	{ "a: 1\n  b: 2\n", "line 2, column 4: mapping values are not allowed in this context" },
	{ "[1, {a: b, c]", "line 1, column 13: did not find expected ',' or '}' while parsing a flow mapping" },
};

/* All documents of text as sorted JSON, then the error. */
static void
dump(const char *text, struct buf *out)
{
	struct error err = { .text = "" };
	struct yaml_reader *reader = yaml_open(text, strlen(text), &err);
	jv value, json;
	int rc = reader == NULL ? -1 : 0;

	while (rc >= 0 && (rc = yaml_value_next(reader, &value, &err)) == 1) {
		json = jv_dump_string(value, JV_PRINT_SORTED);
		buf_append_string(out, jv_string_value(json));
		jv_free(json);
	}
	buf_append_string(out, err.text);
	yaml_close(reader);
}

static void
test_documents(void)
{
	size_t i;

	for (i = 0; i < ALLOC_COUNT(documents); i++) {
		CLEANUP_BUF struct buf got = BUF_INIT(1 << 20);

		dump(documents[i].text, &got);
		check_text(buf_string(&got), documents[i].want, documents[i].text);
	}
}

/* Ten levels, each ten times the one before: 10^10 nodes. */
static void
test_bomb(void)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1 << 20), got = BUF_INIT(1 << 20);
	int level, i;

	buf_append_string(&text, "a0: &a0 [x]\n");
	for (level = 1; level <= 10; level++) {
		buf_printf(&text, "a%d: &a%d [", level, level);
		for (i = 0; i < 10; i++)
			buf_printf(&text, "*a%d,", level - 1);
		buf_append_string(&text, "]\n");
	}
	dump(buf_string(&text), &got);
	check_text(buf_string(&got), "line 5, column 22: aliases make this far larger than the text is",
		   "a bomb of aliases");
}

/* Each alias puts another 40 levels above what it names. */
static void
test_height(void)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1 << 20), got = BUF_INIT(1 << 20);
	int i;

	buf_append_string(&text, "a: &a ");
	for (i = 0; i < 40; i++)
		buf_append_char(&text, '[');
	for (i = 0; i < 40; i++)
		buf_append_char(&text, ']');
	buf_append_string(&text, "\nb: ");
	for (i = 0; i < 40; i++)
		buf_append_char(&text, '[');
	buf_append_string(&text, "*a");
	for (i = 0; i < 40; i++)
		buf_append_char(&text, ']');
	dump(buf_string(&text), &got);
	check_text(buf_string(&got), "line 2, column 44: nested too deeply", "height through an alias");
}

static void
test_parse(void)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "a: 1\n", "" },
		{ "", "line 1, column 1: no document here" },
		{ "a\n--- b\n", "line 2, column 1: a second document, where one is read" },
		{ "a: [\n", "line 2, column 1: did not find expected node content while parsing a flow node" },
	};
	struct error err;
	jv value;
	size_t i;

	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		memset(&err, 0, sizeof(err));
		check((yaml_value_parse(rows[i].text, strlen(rows[i].text), &value, &err) == 0) ==
		      jv_is_valid(value), "value or error");
		check_text(err.text, rows[i].want, rows[i].text);
		jv_free(value);
	}
}

int
main(void)
{
	test_documents();
	test_bomb();
	test_height();
	test_parse();
	return check_done();
}
