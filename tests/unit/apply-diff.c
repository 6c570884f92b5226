/* filters/apply-diff.c: what differs, and that a Secret's data is in no diff. */
#include "../../filters/apply-diff.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../../bus/message.h"
#include "../check.h"

#define SECRET "\"apiVersion\":\"v1\",\"kind\":\"Secret\","

static const struct {
	const char *from, *to, *want;
} rows[] = {
	{ "{\"a\":1}", "{\"a\":1}", "[]" },
	{ "{\"a\":1,\"b\":{\"c\":\"x\"}}", "{\"a\":2,\"b\":{\"d\":[1]}}",
	  "[{\"path\":\".a\",\"from\":\"1\",\"to\":\"2\"},{\"path\":\".b.c\",\"from\":\"x\"},"
	  "{\"path\":\".b.d\",\"to\":\"[1]\"}]" },
	{ "{\"a\":[{\"b\":1},2]}", "{\"a\":[{\"b\":3},2]}",
	  "[{\"path\":\".a[0].b\",\"from\":\"1\",\"to\":\"3\"}]" },
	{ "{\"a\":[1]}", "{\"a\":[1,2]}", "[{\"path\":\".a\",\"from\":\"[1]\",\"to\":\"[1,2]\"}]" },
	{ "{\"a\":{\"b\":{\"c\":1}}}", "{}", "[{\"path\":\".a.b.c\",\"from\":\"1\"}]" },
	{ "{}", "{\"a\":{},\"b\":[]}",
	  "[{\"path\":\".a\",\"to\":\"{}\"},{\"path\":\".b\",\"to\":\"[]\"}]" },
	{ "{\"a\":{\"b\":1}}", "{\"a\":null}",
	  "[{\"path\":\".a\",\"from\":\"{\\\"b\\\":1}\",\"to\":\"null\"}]" },
	{ "{\"data\":{\"x.y\":\"1\",\"7\":\"1\"}}", "{\"data\":{\"x.y\":\"2\",\"7\":\"2\"}}",
	  "[{\"path\":\".data[\\\"7\\\"]\",\"from\":\"1\",\"to\":\"2\"},"
	  "{\"path\":\".data[\\\"x.y\\\"]\",\"from\":\"1\",\"to\":\"2\"}]" },
	{ "{\"metadata\":{\"uid\":\"1\",\"resourceVersion\":\"1\",\"managedFields\":[1],"
	  "\"generation\":1,"
	  "\"labels\":{\"a\":\"b\"}}}",
	  "{\"metadata\":{\"uid\":\"2\",\"resourceVersion\":\"2\",\"managedFields\":[2],"
	  "\"generation\":2}}",
	  "[{\"path\":\".metadata.labels.a\",\"from\":\"b\"}]" },
	{ "null",
	  "{\"apiVersion\":\"v1\",\"kind\":\"K\",\"metadata\":{\"name\":\"n\",\"labels\":{\"a\":"
	  "\"b\"}},"
	  "\"data\":{\"k\":\"v\"}}",
	  "[{\"path\":\".data.k\",\"to\":\"v\"},{\"path\":\".metadata.labels.a\",\"to\":\"b\"}]" },
	{ "{" SECRET "\"data\":{\"a\":\"canary\",\"b\":\"canary\"},\"type\":\"Opaque\"}",
	  "{" SECRET
	  "\"data\":{\"a\":\"canary2\",\"c\":\"canary\"},\"stringData\":{\"x\":\"canary\"},"
	  "\"type\":\"t\",\"other\":[\"canary\"]}",
	  "[{\"path\":\".data.a\",\"from\":\"(secret)\",\"to\":\"(secret)\"},"
	  "{\"path\":\".data.b\",\"from\":\"(secret)\"},{\"path\":\".data.c\",\"to\":\"(secret)\"},"
	  "{\"path\":\".other\",\"to\":\"(secret)\"},{\"path\":\".stringData.x\",\"to\":\"(secret)"
	  "\"},"
	  "{\"path\":\".type\",\"from\":\"Opaque\",\"to\":\"t\"}]" },
	{ "{" SECRET
	  "\"metadata\":{\"annotations\":{\"kubectl.kubernetes.io/last-applied-configuration\":"
	  "\"canary\",\"a\":\"1\"}}}",
	  "{" SECRET "\"metadata\":{\"annotations\":{\"a\":\"2\"}}}",
	  "[{\"path\":\".metadata.annotations.a\",\"from\":\"1\",\"to\":\"2\"}]" },
	{ "null", "{" SECRET "\"metadata\":{\"name\":\"n\"},\"data\":{\"a\":\"canary\"}}",
	  "[{\"path\":\".data.a\",\"to\":\"(secret)\"}]" },
	{ "{}", "{\"k\\u001b[31m\\\"]\":1}",
	  "[{\"path\":\"[\\\"k\\u001b[31m\\\"]\\\"]\",\"to\":\"1\"}]" },
};

static void
check_bounds(void)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1 << 20);
	jv to, diff, entry, value;

	buf_append_string(&text, "{\"a\":\"");
	for (int i = 0; i < 5000; i++)
		buf_append_string(&text, "\xd0\xb6");
	buf_append_string(&text, "\",\"b\":{");
	for (int i = 0; i < 500; i++)
		buf_printf(&text, "%s\"k%d\":1", i > 0 ? "," : "", i);
	buf_append_string(&text, "}}");
	to = jv_parse(buf_string(&text));
	diff = apply_diff(jv_null(), to);
	check_number(jv_array_length(jv_copy(diff)), 200, "so many entries");
	entry = jv_array_get(jv_copy(diff), 0);
	value = message_get(entry, "to");
	check_number(jv_string_length_bytes(jv_copy(value)), 4096 + 3, "a long text is cut");
	check(strcmp(jv_string_value(value) + 4094, "\xd0\xb6...") == 0, "  between characters");
	jv_free(value);
	jv_free(entry);
	jv_free(diff);
	jv_free(to);
}

int
main(void)
{
	for (size_t i = 0; i < ALLOC_COUNT(rows); i++) {
		CLEANUP_BUF struct buf text = BUF_INIT(65536);
		jv from = jv_parse(rows[i].from), to = jv_parse(rows[i].to);
		jv diff = apply_diff(from, to);

		message_dump(diff, &text);
		check(jv_equal(jv_copy(diff), jv_parse(rows[i].want)), "row %zu: %s", i,
		      buf_string(&text));
		check(!strstr(buf_string(&text), "canary"), "  nothing secret");
		jv_free(diff);
		jv_free(from);
		jv_free(to);
	}
	check_bounds();
	return check_done();
}
