/* Orders: what an UPDATE or a HOLD must have, and the RESULT made from it. */
#include "../check.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../../filters/patch-order.h"

#define WHO "\"application\":{\"namespace\":\"n\",\"name\":\"a\",\"uid\":\"u\"}"
#define REST                  \
	"\"constraint\":\"~ " \
	"1\",\"repoURL\":\"r\",\"chart\":\"c\",\"from\":\"1.0.0\",\"to\":\"1.0.1\""

struct row {
	const char *name, *text;
	const char *want; /* part of the error; NULL: it is taken */
};

static const struct row updates[] = {
	{ "whole", "{" WHO "," REST "}", NULL },
	{ "with a source", "{" WHO ",\"source\":2," REST "}", NULL },
	{ "an empty rule",
	  "{" WHO ",\"constraint\":\"\",\"repoURL\":\"r\",\"chart\":\"c\","
	  "\"from\":\"\",\"to\":\"1\"}",
	  NULL },
	{ "in a file", "{" WHO ",\"origin\":{\"file\":\"f\",\"document\":0}," REST "}", NULL },
	{ "in a List", "{" WHO ",\"origin\":{\"file\":\"f\",\"document\":0,\"item\":3}," REST "}",
	  NULL },
	{ "no application", "{" REST "}", "application" },
	{ "application is a text", "{\"application\":\"x\"," REST "}", "application" },
	{ "no name", "{\"application\":{\"namespace\":\"n\"}," REST "}", "member name" },
	{ "no namespace", "{\"application\":{\"name\":\"n\"}," REST "}", "member namespace" },
	{ "empty name", "{\"application\":{\"namespace\":\"n\",\"name\":\"\"}," REST "}",
	  "name is empty" },
	{ "empty uid",
	  "{\"application\":{\"namespace\":\"n\",\"name\":\"a\",\"uid\":\"\"}," REST "}",
	  "uid is empty" },
	{ "uid is a number",
	  "{\"application\":{\"namespace\":\"n\",\"name\":\"a\",\"uid\":7}," REST "}",
	  "uid is no text" },
	{ "note is a number", "{" WHO ",\"note\":7," REST "}", "note is no text" },
	{ "considered is a text", "{" WHO ",\"considered\":\"x\"," REST "}", "considered" },
	{ "name with a NUL",
	  "{\"application\":{\"namespace\":\"n\",\"name\":\"a\\u0000\"}," REST "}", "member name" },
	{ "negative source", "{" WHO ",\"source\":-1," REST "}", "source is no index" },
	{ "broken source", "{" WHO ",\"source\":1.5," REST "}", "source is no index" },
	{ "huge source", "{" WHO ",\"source\":1e18," REST "}", "source is no index" },
	{ "source is a text", "{" WHO ",\"source\":\"1\"," REST "}", "source is no index" },
	{ "source is null", "{" WHO ",\"source\":null," REST "}", "source is no index" },
	{ "origin is a text", "{" WHO ",\"origin\":\"f\"," REST "}", "origin: the member file" },
	{ "origin without a document", "{" WHO ",\"origin\":{\"file\":\"f\"}," REST "}",
	  "origin: the member document" },
	{ "origin with an odd item",
	  "{" WHO ",\"origin\":{\"file\":\"f\",\"document\":0,\"item\":\"x\"}," REST "}",
	  "origin: the member item" },
	{ "no constraint",
	  "{" WHO ",\"repoURL\":\"r\",\"chart\":\"c\",\"from\":\"1\",\"to\":\"2\"}", "constraint" },
	{ "empty repoURL",
	  "{" WHO ",\"constraint\":\"1\",\"repoURL\":\"\",\"chart\":\"c\",\"from\":\"1\","
	  "\"to\":\"2\"}",
	  "repoURL is empty" },
	{ "empty chart",
	  "{" WHO ",\"constraint\":\"1\",\"repoURL\":\"r\",\"chart\":\"\",\"from\":\"1\","
	  "\"to\":\"2\"}",
	  "chart is empty" },
	{ "to is a range",
	  "{" WHO ",\"constraint\":\"1\",\"repoURL\":\"r\",\"chart\":\"c\",\"from\":\"1\","
	  "\"to\":\">=2\"}",
	  "to is no version" },
	{ "to is a number",
	  "{" WHO ",\"constraint\":\"1\",\"repoURL\":\"r\",\"chart\":\"c\",\"from\":\"1\","
	  "\"to\":2}",
	  "member to" },
};

static void
test_updates(void)
{
	size_t i;

	for (i = 0; i < ALLOC_COUNT(updates); i++) {
		const struct row *row = &updates[i];
		struct error err = { ERROR_NONE, 0, "" };
		struct patch_order order;
		jv body = jv_parse(row->text);
		int status = patch_order_read(&order, MESSAGE_UPDATE, body, &err);

		check_number(status, row->want ? -1 : 0, row->name);
		check(!row->want || strstr(err.text, row->want), "%s: %s", row->name, err.text);
		check_number(err.kind, row->want ? ERROR_INPUT : ERROR_NONE, "its kind");
		patch_order_fini(&order);
		jv_free(body);
	}
}

static void
check_order(const char *text, enum message_type type, const char *target, const char *description,
	    const char *result)
{
	struct error err = { ERROR_NONE, 0, "" };
	CLEANUP_BUF struct buf out = BUF_INIT(65536);
	struct patch_order order;
	jv body = jv_parse(text), message;
	CLEANUP_FREE char *got_target = NULL;
	CLEANUP_FREE char *got_description = NULL;

	check_number(patch_order_read(&order, type, body, &err), 0, "is read");
	jv_free(body);
	got_target = patch_order_target(&order);
	got_description = patch_order_describe(&order);
	check_text(got_target, target, "target");
	check_text(got_description, description, "description");
	message = patch_order_result(&order, "unchanged", "why");
	message_dump(message, &out);
	check_text(buf_string(&out), result, "result");
	jv_free(message);
	patch_order_fini(&order);
}

static void
test_orders(void)
{
	check_order("{" WHO "," REST
		    ",\"candidates\":[\"1\"],\"credential\":\"x\",\"digest\":\"d\"}",
		    MESSAGE_UPDATE, "n/a", "n/a",
		    "{\"type\":\"RESULT\"," WHO ",\"repoURL\":\"r\",\"chart\":\"c\","
		    "\"constraint\":\"~ 1\",\"from\":\"1.0.0\",\"to\":\"1.0.1\",\"digest\":\"d\","
		    "\"status\":\"unchanged\",\"reason\":\"why\"}");
	check_order("{\"application\":{\"namespace\":\"\",\"name\":\"a\"},\"source\":1,"
		    "\"origin\":{\"file\":\"d/f.yaml\",\"document\":1},\"reason\":\"r\","
		    "\"current\":\"1\"}",
		    MESSAGE_HOLD, "file d/f.yaml", "a[1]",
		    "{\"type\":\"RESULT\",\"application\":{\"namespace\":\"\",\"name\":\"a\"},"
		    "\"source\":1,\"current\":\"1\",\"origin\":{\"file\":\"d/f.yaml\","
		    "\"document\":1},\"status\":\"unchanged\",\"reason\":\"why\"}");
}

static void
test_hold(void)
{
	struct patch_order order;
	struct error err;
	jv body = jv_parse("{" WHO "}");

	check_number(patch_order_read(&order, MESSAGE_HOLD, body, &err), -1, "a HOLD says why");
	check(strstr(err.text, "reason") != NULL, "its text: %s", err.text);
	patch_order_fini(&order);
	jv_free(body);
}

int
main(void)
{
	test_updates();
	test_orders();
	test_hold();
	return check_done();
}
