/* filters/manifest-splice.c, manifest-locate.c, manifest-path.c: one value changes, or nothing. */
#include "../../filters/manifest-splice.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../../filters/manifest-path.h"
#include "../check.h"

static const char *const kind[] = { "kind", NULL };
static const char *const constraint[] = { "metadata", "annotations", "example.org/c", NULL };
static const char *const single[] = { "spec", "source", "targetRevision", NULL };
static const char *const second[] = { "spec", "sources", "1", "targetRevision", NULL };

#define BOM "\xef\xbb\xbf"
#define APPLICATION(revision) "spec:\n  source:\n    targetRevision: " revision
#define OLD APPLICATION("1.0.0\n")

/* A want that starts with ! is an error's text. */
struct row {
	const char *name, *text, *to, *want;
	unsigned document;
	int item; /* counted from 1 here; 0: none */
	bool is_json;
};

static const struct row rows[] = {
	/* What changes. */
	{ "plain", OLD, "1.0.3", APPLICATION("1.0.3\n"), 0, 0, false },
	{ "comment behind", APPLICATION("1.0.0   # why\n"), "1.0.3", APPLICATION("1.0.3   # why\n"), 0, 0, false },
	{ "double quotes", APPLICATION("\"1.0.0\" # x\n"), "1.0.3", APPLICATION("\"1.0.3\" # x\n"), 0, 0, false },
	{ "single quotes", APPLICATION("'1.0.0'\n"), "1.0.3", APPLICATION("'1.0.3'\n"), 0, 0, false },
	{ "a number for YAML", OLD, "2.10", APPLICATION("\"2.10\"\n"), 0, 0, false },
	{ "a number in quotes", APPLICATION("'1.0.0'\n"), "2.10", APPLICATION("'2.10'\n"), 0, 0, false },
	{ "an exponent", OLD, "1e3", APPLICATION("\"1e3\"\n"), 0, 0, false },
	{ "a date", OLD, "2021-07-13", APPLICATION("\"2021-07-13\"\n"), 0, 0, false },
	{ "build metadata", OLD, "1.0.3+b.1", APPLICATION("1.0.3+b.1\n"), 0, 0, false },
	{ "quotes in it", APPLICATION("'1.0.0'\n"), "it's", APPLICATION("'it''s'\n"), 0, 0, false },
	{ "quotes in it, double", APPLICATION("\"1.0.0\"\n"), "a\"\\b", APPLICATION("\"a\\\"\\\\b\"\n"), 0, 0, false },
	{ "needs quotes", OLD, "a: b", APPLICATION("\"a: b\"\n"), 0, 0, false },
	{ "CRLF", "spec:\r\n  source:\r\n    targetRevision: 1.0.0\r\n# \r\n", "1.0.3",
	  "spec:\r\n  source:\r\n    targetRevision: 1.0.3\r\n# \r\n", 0, 0, false },
	{ "byte order mark", BOM OLD, "1.0.3", BOM APPLICATION("1.0.3\n"), 0, 0, false },
	{ "no newline at the end", APPLICATION("1.0.0"), "2.10", APPLICATION("\"2.10\""), 0, 0, false },
	{ "letters of several bytes before it", "# \xc3\xa4\xe2\x82\xac\n\"\xc3\xa4\": \xf0\x9f\x98\x80\n" OLD, "1.0.3",
	  "# \xc3\xa4\xe2\x82\xac\n\"\xc3\xa4\": \xf0\x9f\x98\x80\n" APPLICATION("1.0.3\n"), 0, 0, false },
	{ "flow", "{spec: {source: {targetRevision: 1.0.0, chart: x}}}", "1.0.3",
	  "{spec: {source: {targetRevision: 1.0.3, chart: x}}}", 0, 0, false },
	{ "flow, needs quotes there", "{spec: {source: {targetRevision: 1.0.0}}}", "a,b",
	  "{spec: {source: {targetRevision: \"a,b\"}}}", 0, 0, false },
	{ "the same in a block", OLD, "a,b", APPLICATION("a,b\n"), 0, 0, false },
	{ "JSON within YAML", "{\"spec\":{\"source\":{\"targetRevision\":\"1.0.0\"}}}", "1.0.3",
	  "{\"spec\":{\"source\":{\"targetRevision\":\"1.0.3\"}}}", 0, 0, false },
	{ "an anchor that nothing uses", APPLICATION("&v 1.0.0\n"), "1.0.3", APPLICATION("&v 1.0.3\n"), 0, 0, false },
	{ "anchor and tag", APPLICATION("&v !!str 1.0.0\n"), "1.0.3", APPLICATION("&v !!str 1.0.3\n"), 0, 0, false },
	{ "an anchor used in another document", APPLICATION("&v 1.0.0\n---\na: &v x\nb: *v\n"), "1.0.3",
	  APPLICATION("&v 1.0.3\n---\na: &v x\nb: *v\n"), 0, 0, false },
	{ "aliases elsewhere", "x: &x {y: 1}\nz: *x\n" OLD, "1.0.3", "x: &x {y: 1}\nz: *x\n" APPLICATION("1.0.3\n"), 0, 0, false },
	{ "a second document", "a: 1.0.0\n---\n# c\n" OLD "---\n" OLD, "1.0.3",
	  "a: 1.0.0\n---\n# c\n" APPLICATION("1.0.3\n") "---\n" OLD, 1, 0, false },
	{ "a List", "kind: List\nitems:\n- spec: {source: {targetRevision: 1.0.0}}\n- spec: {source: {targetRevision: 1.0.0}}\n",
	  "1.0.3",
	  "kind: List\nitems:\n- spec: {source: {targetRevision: 1.0.0}}\n- spec: {source: {targetRevision: 1.0.3}}\n", 0, 2, false },
	{ "keys with quotes", "'spec':\n  \"source\":\n    ? targetRevision\n    : 1.0.0\n", "1.0.3",
	  "'spec':\n  \"source\":\n    ? targetRevision\n    : 1.0.3\n", 0, 0, false },
	{ "the value on the next line", "spec:\n  source:\n    targetRevision:\n      # here\n      1.0.0\n", "1.0.3",
	  "spec:\n  source:\n    targetRevision:\n      # here\n      1.0.3\n", 0, 0, false },
	{ "a merge beside it", "x: &x {chart: y}\nspec:\n  source:\n    <<: *x\n    targetRevision: 1.0.0\n", "1.0.3",
	  "x: &x {chart: y}\nspec:\n  source:\n    <<: *x\n    targetRevision: 1.0.3\n", 0, 0, false },
	{ "JSON", "\xef\xbb\xbf{\n\t\"spec\": {\"source\": {\"targetRevision\" : \"1.0.0\"}} }\n", "2.10",
	  "\xef\xbb\xbf{\n\t\"spec\": {\"source\": {\"targetRevision\" : \"2.10\"}} }\n", 0, 0, true },
	{ "JSON with escapes", "{\"spec\":{\"s\\u006furce\":{\"targetRevision\":\"1.0\\u002e0\"}}}", "1\"\\",
	  "{\"spec\":{\"s\\u006furce\":{\"targetRevision\":\"1\\\"\\\\\"}}}", 0, 0, true },
	{ "a List in the second JSON value",
	  "{} {\"items\":[1,{\"spec\":{\"source\":{\"targetRevision\":\"1.0.0\"}}}]}", "1.0.3",
	  "{} {\"items\":[1,{\"spec\":{\"source\":{\"targetRevision\":\"1.0.3\"}}}]}", 1, 2, true },
	/* Nothing to do. */
	{ "done already", APPLICATION("1.0.3\n"), "1.0.3", "=", 0, 0, false },
	/* Somebody was faster. */
	{ "another value", APPLICATION("1.0.1\n"), "1.0.3", "!spec.source.targetRevision is not \"1.0.0\" any more", 0, 0, false },
	{ "the value is gone", "spec:\n  source: {}\n", "1.0.3", "!spec.source.targetRevision is not \"1.0.0\" any more", 0, 0, false },
	{ "the kind changed", "kind: X\n" OLD, "1.0.3", "!kind is set meanwhile", 0, 0, false },
	{ "no such document", OLD, "1.0.3", "!document 1 is not there any more", 1, 0, false },
	{ "no such item", "items: []\n", "1.0.3", "!item 0 of the List is not there any more", 0, 1, false },
	{ "no such JSON value", "{}", "1.0.3", "!document 1 is not there any more", 1, 0, true },
	/* What is not edited. */
	{ "alias", "a: &v 1.0.0\n" APPLICATION("*v\n"), "1.0.3",
	  "!line 4: spec.source.targetRevision is a YAML alias; what it stands for is not changed for it", 0, 0, false },
	{ "behind an alias", "a: &s {targetRevision: 1.0.0}\nspec:\n  source: *s\n", "1.0.3",
	  "!line 3: spec.source.targetRevision stands behind a YAML alias", 0, 0, false },
	{ "through a merge", "a: &s {targetRevision: 1.0.0}\nspec:\n  source:\n    <<: *s\n    chart: x\n", "1.0.3",
	  "!line 4: spec.source.targetRevision comes through <<", 0, 0, false },
	{ "a shared anchor", APPLICATION("&v 1.0.0\nother: *v\n"), "1.0.3",
	  "!line 4: spec.source.targetRevision has, or lies in, an anchor that is used here", 0, 0, false },
	{ "a shared anchor around it", "spec: &s\n  source: {targetRevision: 1.0.0}\nother: *s\n", "1.0.3",
	  "!line 3: spec.source.targetRevision has, or lies in, an anchor that is used here", 0, 0, false },
	{ "block", APPLICATION("|-\n      1.0.0\n"), "1.0.3",
	  "!line 3: spec.source.targetRevision is a block scalar, which is not edited", 0, 0, false },
	{ "two lines", APPLICATION("\"1.0.\\\n      0\"\n"), "1.0.3",
	  "!line 3: spec.source.targetRevision goes over several lines, which is not edited", 0, 0, false },
	{ "an alias for a key", "k: &k a\nspec:\n  source:\n    *k : b\n    targetRevision: 1.0.0\n", "1.0.3",
	  "!line 4: spec.source.targetRevision stands in a mapping with an alias for a key", 0, 0, false },
	{ "a key twice", "spec: {}\nspec:\n  source: {targetRevision: 1.0.0}\n", "1.0.3",
	  "!line 2, column 1: a key that stands here twice", 0, 0, false },
	{ "a JSON key twice", "{\"spec\":{},\"spec\":{\"source\":{\"targetRevision\":\"1.0.0\"}}}", "1.0.3",
	  "!spec.source.targetRevision is reached by a key that stands there twice", 0, 0, true },
	{ "a template", "a: {{ b }}\n" OLD, "1.0.3", "!line 1: a template, not a manifest ({{ }})", 0, 0, false },
	{ "no YAML", OLD "x: [\n", "1.0.3", "!line 5, column 1: did not find expected node content while parsing a flow node", 0, 0, false },
	{ "no YAML further down", OLD "---\nx: [\n", "1.0.3", "!the value cannot be changed without changing more", 0, 0, false },
	{ "no JSON", "{\"a\":1,}", "1.0.3", "!line 1, column 8: a member name was expected", 0, 0, true },
	{ "empty", OLD, "", "!the new value has no or too many characters", 0, 0, false },
	{ "a newline in it", OLD, "a\nb", "!the new value is not all printable ASCII", 0, 0, false },
	{ "not ASCII", OLD, "\xc3\xa4", "!the new value is not all printable ASCII", 0, 0, false },
};

static void
test_rows(void)
{
	static const struct manifest_test tests[] = { { single, "1.0.0" }, { kind, NULL } };
	static const struct manifest_test list_tests[] = { { single, "1.0.0" } };
	struct error err = { .kind = ERROR_NONE };
	size_t i;

	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct manifest_address at = { "x", row->document, row->item - 1 };
		CLEANUP_BUF struct buf got = BUF_INIT(1 << 16);
		int rc = manifest_splice(row->text, strlen(row->text), row->is_json, &at,
					 row->item > 0 ? list_tests : tests,
					 row->item > 0 ? 1 : 2, single, row->to, &got, &err);

		if (rc != 0) {
			buf_clear(&got);
			buf_printf(&got, "%s%s", rc < 0 ? "!" : "=", rc < 0 ? err.text : "");
			if (rc < 0)
				check((err.kind == ERROR_CONFLICT) ==
				      (strstr(err.text, "any more") || strstr(err.text, "meanwhile")),
				      "%s: kind of error", row->name);
		}
		check_text(buf_string(&got), row->want, row->name);
	}
}

static int
splice(const char *text, const struct manifest_test *test, const char *const *path,
       struct buf *out, struct error *err)
{
	struct manifest_address at = { "x", 0, -1 };

	return manifest_splice(text, strlen(text), false, &at, test, 1, path, "1.0.3", out, err);
}

/* Tests follow aliases and merges; absent values; paths through lists. */
static void
test_tests(void)
{
	static const char *const text =
		"x: &x {example.org/c: ~ 1.0}\nmetadata: {annotations: {<<: *x}}\n"
		"spec: {sources: [{targetRevision: 1.0.0}, {targetRevision: 1.0.0}]}\n";
	struct manifest_test met = { constraint, "~ 1.0" }, missed = { constraint, "~ 1.1" };
	struct manifest_test absent = { single, "1.0.0" }, unset = { constraint, NULL };
	struct manifest_test empty = { single, "" };
	CLEANUP_BUF struct buf out = BUF_INIT(1 << 16);
	struct error err = { .kind = ERROR_NONE };

	check(splice(text, &met, second, &out, &err) == 0, "a test through << holds");
	check_text(buf_string(&out),
		   "x: &x {example.org/c: ~ 1.0}\nmetadata: {annotations: {<<: *x}}\n"
		   "spec: {sources: [{targetRevision: 1.0.0}, {targetRevision: 1.0.3}]}\n",
		   "the second source changed");
	check(splice(text, &missed, second, &out, &err) < 0 && err.kind == ERROR_CONFLICT,
	      "a test that fails");
	check_text(err.text, "metadata.annotations[\"example.org/c\"] is not \"~ 1.1\" any more",
		   "it names the path");
	check(splice(text, &unset, second, &out, &err) < 0, "a test for absence fails");
	check_text(err.text, "metadata.annotations[\"example.org/c\"] is set meanwhile", "it says so");
	check(splice(text, &absent, second, &out, &err) < 0, "a value that is absent");
	check(splice("spec: {source: {targetRevision: 1.0}}", &unset, single, &out, &err) < 0 &&
	      err.kind == ERROR_INPUT, "a number is not changed");
	check_text(err.text, "spec.source.targetRevision is no string (a number without quotes?)",
		   "it says so");
	check(splice("spec: {source: {}}", &unset, single, &out, &err) < 0 && err.kind == ERROR_INPUT,
	      "nothing is added");
	check_text(err.text, "spec.source.targetRevision is not there", "it says so");
	check(splice("spec: {source: {}}", &empty, single, &out, &err) < 0 && err.kind == ERROR_INPUT,
	      "nothing is no empty string");
	check_text(err.text, "spec.source.targetRevision is not there, and is not added: write one to "
		   "start from", "it says so");
	check(splice("spec: {source: {targetRevision: }}", &unset, single, &out, &err) < 0,
	      "an empty value");
	check(splice("spec: {source: {targetRevision: '{{x}}'}}", &unset, single, &out, &err) < 0 &&
	      strstr(err.text, "part of a template") != NULL, "part of a template");
}

static void
test_print(void)
{
	char text[64];

	check_text(manifest_path_print(second, text, sizeof(text)), "spec.sources[1].targetRevision",
		   "an index");
	check_text(manifest_path_print(constraint, text, 12), "metadata.an", "a text that is cut");
	check(!manifest_path_equal(second, single) && manifest_path_equal(single, single), "equal paths");
}

int
main(void)
{
	test_rows();
	test_tests();
	test_print();
	return check_done();
}
