/* Orders: what is read from an UPDATE or a HOLD, and the RESULT made from it. What they must have
 * is tests/unit/decision.c's. */
#include "../check.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../../filters/patch-order.h"

#define WHO "\"application\":{\"namespace\":\"n\",\"name\":\"a\",\"uid\":\"u\"}"
#define REST(to)                                                                             \
	"\"repository\":\"h/r/c\",\"repoURL\":\"r\",\"chart\":\"c\",\"constraint\":\"~ 1\"," \
	"\"from\":\"1.0.0\",\"to\":\"" to "\""

static int
read_text(struct patch_order *order, const char *text, struct error *err)
{
	struct message message;
	int status;

	*err = (struct error){ ERROR_NONE, 0, "" };
	if (message_open(&message, text, strlen(text), err) < 0) {
		memset(order, 0, sizeof(*order));
		return -1;
	}
	status = patch_order_read(order, &message, err);
	message_close(&message);
	return status;
}

static void
test_members(void)
{
	static const char plain[] = "{\"type\":\"UPDATE\"," WHO "," REST("1.0.1") "}";
	struct patch_order order;
	struct error err;

	check_number(read_text(&order, plain, &err), 0, "is read");
	check(order.is_update && !order.is_in_file, "an UPDATE for the cluster");
	check_number(order.change.source, -1, "of spec.source");
	check_text(order.namespace, "n", "namespace");
	check_text(order.name, "a", "name");
	check_text(order.change.uid, "u", "uid");
	check_text(order.change.repo_url, "r", "repoURL");
	check_text(order.change.chart, "c", "chart");
	check_text(order.change.constraint, "~ 1", "constraint");
	check_text(order.change.from, "1.0.0", "from");
	check_text(order.change.to, "1.0.1", "to");
	patch_order_fini(&order);
}

static void
test_origin(void)
{
	static const char text[] =
		"{\"type\":\"UPDATE\",\"source\":2," WHO
		"," REST("1.0.1") ","
				  "\"origin\":{\"file\":\"f.yaml\",\"document\":1,\"item\":3}}";
	struct patch_order order;
	struct error err;

	check_number(read_text(&order, text, &err), 0, "is read");
	check(order.is_in_file, "is in a file");
	check_text(order.address.file, "f.yaml", "file");
	check_number(order.address.document, 1, "document");
	check_number(order.address.item, 3, "item");
	check_number(order.change.source, 2, "source");
	patch_order_fini(&order);
}

static void
test_refusals(void)
{
	static const char *const texts[] = {
		"{\"type\":\"UPDATE\"," WHO "," REST(">=2") "}",
		"{\"type\":\"UPDATE\"," WHO "," REST("a b") "}",
		"{\"type\":\"UPDATE\"," WHO "}",
		"{\"type\":\"HOLD\"," WHO "}",
	};
	static const char *const wants[] = { "to is no version", "to is no version", "repository",
					     "reason" };
	struct patch_order order;
	struct error err;
	size_t i;

	for (i = 0; i < ALLOC_COUNT(texts); i++) {
		check_number(read_text(&order, texts[i], &err), -1, texts[i]);
		check(strstr(err.text, wants[i]) != NULL, "%s", err.text);
		check_number(err.kind, ERROR_INPUT, "its kind");
		patch_order_fini(&order);
	}
}

static void
check_order(const char *text, const char *target, const char *description, const char *result)
{
	struct error err;
	CLEANUP_BUF struct buf out = BUF_INIT(65536);
	struct patch_order order;
	jv message;
	CLEANUP_FREE char *got_target = NULL;
	CLEANUP_FREE char *got_description = NULL;

	check_number(read_text(&order, text, &err), 0, "is read");
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
	check_order(
		"{\"type\":\"UPDATE\"," WHO
		"," REST("1.0.1") ",\"candidates\":[\"1\"],\"credential\":\"x\",\"digest\":\"d\"}",
		"n/a", "n/a",
		"{\"type\":\"RESULT\"," WHO ",\"repository\":\"h/r/c\",\"repoURL\":\"r\","
		"\"chart\":\"c\",\"constraint\":\"~ 1\",\"from\":\"1.0.0\",\"to\":\"1.0.1\","
		"\"digest\":\"d\",\"status\":\"unchanged\",\"reason\":\"why\"}");
	check_order("{\"type\":\"HOLD\",\"application\":{\"namespace\":\"\",\"name\":\"a\"},"
		    "\"source\":1,\"origin\":{\"file\":\"d/f.yaml\",\"document\":1},"
		    "\"reason\":\"r\",\"current\":\"1\"}",
		    "file d/f.yaml", "a[1]",
		    "{\"type\":\"RESULT\",\"application\":{\"namespace\":\"\",\"name\":\"a\"},"
		    "\"source\":1,\"current\":\"1\",\"origin\":{\"file\":\"d/f.yaml\","
		    "\"document\":1},\"status\":\"unchanged\",\"reason\":\"why\"}");
}

int
main(void)
{
	test_members();
	test_origin();
	test_refusals();
	test_orders();
	return check_done();
}
