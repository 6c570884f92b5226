/* filters/manifest-read.c: which objects a file holds. */
#include "../../filters/manifest-read.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../check.h"

#define REFERENCE "{\"apiVersion\":\"v1\",\"kind\":\"A\",\"metadata\":{\"name\":\"x\"}}"

static void
add(void *arg, const struct manifest_object *object)
{
	struct buf *out = arg;

	buf_printf(out, "%u", object->document);
	if (object->item >= 0)
		buf_printf(out, "[%d]", object->item);
	buf_printf(out, " %.*s ", (int)object->text.len, object->text.text);
	if (object->reference.len != object->text.len)
		buf_printf(out, "<%.*s> ", (int)object->reference.len, object->reference.text);
}

static const struct {
	const char *name;
	bool is_json;
	const char *text, *want;
} rows[] = {
	{ "nothing", false, "", "" },
	{ "one", false, "apiVersion: v1\nkind: A\nmetadata: {name: x}\n", "0 " REFERENCE " " },
	{ "its reference", false, "apiVersion: v1\nkind: A\nmetadata: {name: x, labels: {}, namespace: y}\n",
	  "0 {\"apiVersion\":\"v1\",\"kind\":\"A\",\"metadata\":{\"name\":\"x\",\"labels\":{},\"namespace\":\"y\"}} "
	  "<{\"apiVersion\":\"v1\",\"kind\":\"A\",\"metadata\":{\"namespace\":\"y\",\"name\":\"x\"}}> " },
	{ "values are no object", false, "image: x\n---\n[a]\n---\napiVersion: v1\n--- {kind: A, apiVersion: 1}\n", "" },
	{ "documents are counted, empty ones too", false,
	  "---\n---\n{apiVersion: v1, kind: A, metadata: {name: x}}\n---\n# none\n---\na: b\n---\n"
	  "{apiVersion: v1, kind: A, metadata: {name: x}}\n", "1 " REFERENCE " 4 " REFERENCE " " },
	{ "a List", false, "kind: List\napiVersion: v1\nitems:\n- {apiVersion: v1, kind: A, metadata: {name: x}}\n"
	  "- null\n- {apiVersion: v1, kind: A, metadata: {name: x}}\n",
	  "0[0] " REFERENCE " 0[2] " REFERENCE " " },
	{ "a typed List", false, "kind: AList\napiVersion: v1\nitems:\n- {metadata: {name: x}}\n- {}\n",
	  "0[0] " REFERENCE " 0[1] {\"apiVersion\":\"v1\",\"kind\":\"A\"} "
	  "<{\"apiVersion\":\"v1\",\"kind\":\"A\",\"metadata\":{}}> " },
	{ "an untyped item of a List", false, "kind: List\napiVersion: v1\nitems:\n- {metadata: {name: x}}\n", "" },
	{ "a kind that ends with List", false, "kind: AllowList\napiVersion: v1\n",
	  "0 {\"kind\":\"AllowList\",\"apiVersion\":\"v1\"} "
	  "<{\"apiVersion\":\"v1\",\"kind\":\"AllowList\",\"metadata\":{}}> " },
	{ "aliases", false, "x: &x {name: x}\napiVersion: &v v1\nkind: A\nmetadata: *x\nv: *v\n",
	  "0 {\"x\":{\"name\":\"x\"},\"apiVersion\":\"v1\",\"kind\":\"A\",\"metadata\":{\"name\":\"x\"},\"v\":\"v1\"} "
	  "<" REFERENCE "> " },
	{ "JSON", true, "{ \"apiVersion\" : \"v1\",\t\"kind\":\"A\",\n\"metadata\": {\"name\": \"x\"}}", "0 " REFERENCE " " },
	{ "JSON keeps its numbers", true, "{\"apiVersion\":\"v1\",\"kind\":\"A\",\"n\":9007199254740993,\"m\":1.0}",
	  "0 {\"apiVersion\":\"v1\",\"kind\":\"A\",\"n\":9007199254740993,\"m\":1.0} "
	  "<{\"apiVersion\":\"v1\",\"kind\":\"A\",\"metadata\":{}}> " },
	{ "JSON values", true, "1 \"a\"\n{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[" REFERENCE "]}" REFERENCE,
	  "2[0] " REFERENCE " 3 " REFERENCE " " },
	{ "broken JSON", true, "{\"a\":\n\tx}", "line 2, column 2: a value was expected" },
	{ "broken YAML", false, "a: b\nc: [\n", "line 3, column 1: did not find expected node content while parsing a flow node" },
	{ "a template", false, "kind: A\nx: {{ .Values.x }}\n",
	  "line 2: a template, not a manifest ({{ }}); leave it out with --exclude" },
	{ "a template that does not parse", false, "kind: A\n{{- if x }}\na: b\n{{- end }}\n",
	  "line 3, column 1: could not find expected ':' while scanning a simple key (if it is a template, leave it out "
	  "with --exclude)" },
};

static void
test_rows(void)
{
	struct error err;
	size_t i;

	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		CLEANUP_BUF struct buf got = BUF_INIT(1 << 16);

		if (manifest_read(rows[i].text, strlen(rows[i].text), rows[i].is_json, add, &got, &err) < 0) {
			buf_clear(&got);
			buf_append_string(&got, err.text);
		}
		check_text(buf_string(&got), rows[i].want, rows[i].name);
	}
}

/* A scalar of a megabyte, many times by alias; an object with too many members. */
static void
test_bounds(void)
{
	CLEANUP_BUF struct buf text = BUF_INIT((size_t)16 << 20), got = BUF_INIT((size_t)1 << 30);
	struct error err;
	int i;

	buf_append_string(&text, "a: &a ");
	for (i = 0; i < 1 << 16; i++)
		buf_append_string(&text, "0123456789abcdef");
	buf_append_string(&text, "\nb: [");
	for (i = 0; i < 100; i++)
		buf_append_string(&text, "*a,");
	buf_append_string(&text, "]\n");
	check(manifest_read(text.data, text.len, false, add, &got, &err) < 0, "aliases of a megabyte");
	check_text(err.text, "document 0 is too large once its aliases are followed", "it says so");
	buf_clear(&text);
	buf_append_string(&text, "{\"apiVersion\":\"v1\",\"kind\":\"A\",\"x\":[0");
	for (i = 0; i < 1500000; i++)
		buf_append_string(&text, ",1");
	buf_append_string(&text, "]}");
	check(manifest_read(text.data, text.len, true, add, &got, &err) < 0, "more than a message holds");
	check_text(err.text, "the object in document 0 is larger than a message may be", "it says so");
}

int
main(void)
{
	test_rows();
	test_bounds();
	return check_done();
}
