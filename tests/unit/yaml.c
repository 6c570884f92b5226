/* bus/yaml*.c: where events stand, in bytes and in an editor's lines; bounds; plain texts. */
#include "../../bus/yaml.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../../bus/buf.h"
#include "../check.h"

static void
add_node(struct buf *out, const struct yaml_event *event, const char *text)
{
	static const char styles[] = { [YAML_PLAIN] = ':', [YAML_SINGLE] = '\'',
				       [YAML_DOUBLE] = '"', [YAML_BLOCK] = '|' };

	if (event->anchor != NULL)
		buf_printf(out, "&%s ", event->anchor);
	if (event->tag != NULL)
		buf_printf(out, "<%s> ", event->tag);
	if (event->kind != YAML_SCALAR)
		return;
	buf_printf(out, "%c%s", styles[event->style], event->flow ? "f" : "");
	if (event->style != YAML_BLOCK)
		buf_printf(out, "(%.*s)", (int)(event->end - event->start), text + event->start);
	buf_printf(out, "%s@%zu,%zu", event->value, event->line, event->column);
}

/* The events of text on one line: scalars with their bytes in parentheses, then their value, then
 * line and column. */
static void
describe(const char *text, size_t len, struct buf *out)
{
	static const char *const names[] = {
		[YAML_STREAM_END] = "end",     [YAML_DOCUMENT_START] = "doc",
		[YAML_DOCUMENT_END] = "/doc",  [YAML_MAPPING_START] = "{",
		[YAML_MAPPING_END] = "}",      [YAML_SEQUENCE_START] = "[",
		[YAML_SEQUENCE_END] = "]",     [YAML_SCALAR] = "",
		[YAML_ALIAS] = "*",
	};
	struct error err;
	struct yaml_event event;
	struct yaml_reader *reader = yaml_open(text, len, &err);

	do {
		if (reader == NULL || yaml_next(reader, &event, &err) < 0) {
			buf_printf(out, "%s", err.text);
			break;
		}
		buf_append_string(out, names[event.kind]);
		add_node(out, &event, text);
		if (event.kind == YAML_ALIAS)
			buf_printf(out, "%s(%.*s)", event.value, (int)(event.end - event.start),
				   text + event.start);
		buf_append_char(out, ' ');
	} while (event.kind != YAML_STREAM_END);
	yaml_close(reader);
}

static const struct {
	const char *name, *text, *want;
} texts[] = {
	{ "empty", "", "end " },
	{ "comment only", "# x\n", "end " },
	{ "plain", "a: 1.0 # one\n", "doc { :(a)a@1,1 :(1.0)1.0@1,4 } /doc end " },
	{ "quoted", "a: 'x''y'\nb: \"z\\n\"\n",
	  "doc { :(a)a@1,1 '('x''y')x'y@1,4 :(b)b@2,1 \"(\"z\\n\")z\n@2,4 } /doc end " },
	{ "block", "a: |\n  x\nb: c\n", "doc { :(a)a@1,1 |x\n@1,4 :(b)b@3,1 :(c)c@3,4 } /doc end " },
	{ "empty value", "a:\nb: c\n", "doc { :(a)a@1,1 :()@1,3 :(b)b@2,1 :(c)c@2,4 } /doc end " },
	{ "flow", "{a: [b, \"c\"]}", "doc { :f(a)a@1,2 [ :f(b)b@1,6 \"f(\"c\")c@1,9 ] } /doc end " },
	{ "anchor and alias", "a: &x 1\nb: *x\n",
	  "doc { :(a)a@1,1 &x :(1)1@1,7 :(b)b@2,1 *x(*x) } /doc end " },
	{ "anchor and tag", "a: &x !!str 12\n",
	  "doc { :(a)a@1,1 &x <tag:yaml.org,2002:str> :(12)12@1,13 } /doc end " },
	{ "tag, comment, anchor", "a: !t # c & d\n  &x\n  'v'\n",
	  "doc { :(a)a@1,1 &x <!t> '('v')v@3,3 } /doc end " },
	{ "tag without meaning", "a: ! 12\n", "doc { :(a)a@1,1 <!> :(12)12@1,6 } /doc end " },
	{ "anchor on nothing", "a: &x\nb: c\n",
	  "doc { :(a)a@1,1 &x :()@1,6 :(b)b@2,1 :(c)c@2,4 } /doc end " },
	{ "anchor on a mapping", "a: &x\n  b: c\n",
	  "doc { :(a)a@1,1 {&x  :(b)b@2,3 :(c)c@2,6 } } /doc end " },
	{ "several bytes a character", "\xc3\xa4: \xe2\x82\xac\xf0\x9f\x98\x80\nb: c # \xc3\xa4\nd: e\n",
	  "doc { :(\xc3\xa4)\xc3\xa4@1,1 :(\xe2\x82\xac\xf0\x9f\x98\x80)\xe2\x82\xac\xf0\x9f\x98\x80@1,4 "
	  ":(b)b@2,1 :(c)c@2,4 :(d)d@3,1 :(e)e@3,4 } /doc end " },
	{ "byte order mark", "\xef\xbb\xbf""a: b\nc: d\n",
	  "doc { :(a)a@1,1 :(b)b@1,4 :(c)c@2,1 :(d)d@2,4 } /doc end " },
	{ "CRLF", "a: b\r\nc: d\r\n", "doc { :(a)a@1,1 :(b)b@1,4 :(c)c@2,1 :(d)d@2,4 } /doc end " },
	{ "CR", "a: b\rc: d", "doc { :(a)a@1,1 :(b)b@1,4 :(c)c@2,1 :(d)d@2,4 } /doc end " },
	{ "an editor does not break here", "a: 'x\xe2\x80\xa8y\xc2\x85z'\nb: c\n",
	  "doc { :(a)a@1,1 '('x\xe2\x80\xa8y\xc2\x85z')x\xe2\x80\xa8y z@1,4 :(b)b@2,1 :(c)c@2,4 } /doc end " },
	{ "documents", "a\n---\n# c\n---\nb\n...\n",
	  "doc :(a)a@1,1 /doc doc :()@4,1 /doc doc :(b)b@5,1 /doc end " },
	{ "no newline at the end", "a: b", "doc { :(a)a@1,1 :(b)b@1,4 } /doc end " },
	{ "tab", "a:\n\tb: c\n", "doc { :(a)a@1,1 line 2, column 1: a tab stands where YAML wants blanks" },
	{ "not closed", "a: [b\nc: d\n",
	  "doc { :(a)a@1,1 [ :f(b\nc)b c@1,5 line 2, column 2: did not find expected ',' or ']' while parsing a flow sequence" },
	{ "colon", "x: \xc3\xa4 b: c\n", "doc { :(x)x@1,1 :(\xc3\xa4 b)\xc3\xa4 b@1,4 line 1, column 7: mapping values are not allowed in this context" },
	{ "control character", "a: b\n\xc3\xa4: \x01\n", "line 2, column 4: control characters are not allowed" },
	{ "no UTF-8", "a: b\nc: \xff\n", "line 2, column 4: invalid leading UTF-8 octet" },
	{ "UTF-16", "\xff\xfe" "a", "line 1, column 1: UTF-16 is not read, only UTF-8" },
	{ "unknown alias is an alias", "*x\n", "doc *x(*x) /doc end " },
	{ "TAG", "%TAG ! tag:example,2000:\n---\na\n", "line 1, column 1: %TAG directives are not read" },
};

static void
test_events(void)
{
	size_t i;

	for (i = 0; i < ALLOC_COUNT(texts); i++) {
		CLEANUP_BUF struct buf got = BUF_INIT(1 << 20);

		describe(texts[i].text, strlen(texts[i].text), &got);
		check_text(buf_string(&got), texts[i].want, texts[i].name);
	}
}

/* Reads all of unit repeated count times; the error's text, or "" when it is accepted. */
static void
read_repeated(const char *unit, size_t count, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT((size_t)40 << 20);
	struct yaml_reader *reader;
	struct yaml_event event;
	size_t i;

	memset(err, 0, sizeof(*err));
	for (i = 0; i < count; i++)
		buf_append_string(&text, unit);
	reader = yaml_open(buf_string(&text), text.len, err);
	while (reader != NULL && yaml_next(reader, &event, err) == 0 &&
	       event.kind != YAML_STREAM_END)
		;
	yaml_close(reader);
}

static void
test_bounds(void)
{
	static const struct {
		const char *unit;
		size_t count;
		const char *want;
	} rows[] = {
		{ "[", 100000, "line 1, column 65: nested too deeply" },
		{ "? ", 100000, "line 1, column 129: nested too deeply" },
		{ "- &a x\n", 1000, "" },
		{ "- &a x\n", 1001, "line 1001, column 3: more anchors than a document may hold" },
		{ "--- &a x\n", 5000, "" },
		{ "- a\n", 2000010, "line 1999999, column 3: more values than a file may hold" },
		{ "0123456789abcdef", (1 << 20) + 1, "larger than 16 MiB" },
		{ "0123456789abcdef", 1 << 20, "" },
	};
	struct error err;
	size_t i;

	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		read_repeated(rows[i].unit, rows[i].count, &err);
		check_text(err.text, rows[i].want, rows[i].unit);
	}
	read_repeated("a: b\n c: d\n", 1, &err);
	check(err.kind == ERROR_INPUT && err.code == 2, "the error's code is the line");
}

static void
test_plain(void)
{
	static const char *const strings[] = {
		"a", "1.0.3", "v1.0", "1.0.0-rc.1", "1.0.0+build.5", "1.0-beta", "latest", "2021-07-13-abc",
		"a:b", "a#b", "a b", "oci://x/y", "0.1.2", "1.2.3e5", "x2.10", "10.0.0", "20210713-1",
		"1e3x", "nullx", "yesterday", "a,b", "a]b",
	};
	static const char *const not_strings[] = {
		"", "~", "null", "Null", "NULL", "true", "True", "FALSE", "yes", "No", "ON", "off", "y",
		"N", "1", "0", "-1", "+1", "2.10", "1.", ".5", "1e3", "1.5e-7", "1E5", "0x1F", "0b1", "0o17",
		"017", "1_000", "1,000", "1_0.5", ".inf", "-.INF", "+.inf", ".NaN", "inf", "Infinity", "nan",
		"12:30:45", "190:20:30.15", "2021-07-13", "2021-7-3", "2021-07-13T10:00:00Z",
		"2021-07-13 10:00:00", "<<", "=", "-", "--- a", "---", "...", "- a", "?a", ":a", "*a", "&a",
		"!a", "|", ">", "'a", "\"a", "%a", "@a", "`a", "#a", "{a", "}a", "[a", "]a", ",a", " a", "a ",
		"a: b", "a #b", "a:", "a\tb", "a\nb", "\xc3\xa4", "a\x7f", "0x1p-2",
	};
	static const char *const not_in_flow[] = { "a,b", "a]b", "a}b", "a[b", "a{b", "a:b" };
	size_t i;

	for (i = 0; i < ALLOC_COUNT(strings); i++)
		check(yaml_plain_is_string(strings[i], strlen(strings[i]), false), "string: %s",
		      strings[i]);
	for (i = 0; i < ALLOC_COUNT(not_strings); i++)
		check(!yaml_plain_is_string(not_strings[i], strlen(not_strings[i]), false),
		      "no string: row %zu", i);
	for (i = 0; i < ALLOC_COUNT(not_in_flow); i++)
		check(yaml_plain_is_string(not_in_flow[i], 3, false) &&
		      !yaml_plain_is_string(not_in_flow[i], 3, true), "not inside { }: %s",
		      not_in_flow[i]);
}

int
main(void)
{
	test_events();
	test_bounds();
	test_plain();
	return check_done();
}
