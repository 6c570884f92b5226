/* filters/apply-order.c: reading APPLY and PRUNE, writing RESULT. */
#include "../../filters/apply-order.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../check.h"

#define NAME                                                                                    \
	"\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"x\",\"namespace\":" \
	"\"n\"}"

/* want: what it describes and its target, or the error. */
static const struct {
	const char *message, *want, *target;
	enum apply_part part;
} rows[] = {
	{ "{\"type\":\"APPLY\",\"object\":{" NAME "}}", "Secret n/x", "/Secret/n/x", APPLY_OBJECT },
	{ "{\"type\":\"APPLY\",\"object\":{" NAME "},\"shared\":true}", "Secret n/x", "/Secret/n/x",
	  APPLY_SHARED },
	{ "{\"type\":\"APPLY\",\"object\":{" NAME "},\"shared\":false}", "Secret n/x",
	  "/Secret/n/x", APPLY_OBJECT },
	{ "{\"type\":\"APPLY\",\"object\":{\"apiVersion\":\"deckhouse.io/"
	  "v1alpha1\",\"kind\":\"WerfSource\","
	  "\"metadata\":{\"name\":\"x\"}},\"subresource\":\"status\"}",
	  "WerfSource x (status)", "deckhouse.io/WerfSource//x", APPLY_STATUS },
	{ "{\"type\":\"PRUNE\",\"object\":{" NAME "}}", "Secret n/x", "/Secret/n/x", APPLY_OBJECT },
	{ "{\"type\":\"APPLY\"}", "the member object is missing, or no object", NULL,
	  APPLY_OBJECT },
	{ "{\"type\":\"APPLY\",\"object\":[]}", "the member object is missing, or no object", NULL,
	  APPLY_OBJECT },
	{ "{\"type\":\"APPLY\",\"object\":{\"kind\":\"K\",\"metadata\":{\"name\":\"x\"}}}",
	  "the member object has no apiVersion, or no kind", NULL, APPLY_OBJECT },
	{ "{\"type\":\"PRUNE\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"K\",\"metadata\":{"
	  "\"name\":\"\"}}}",
	  "the member object has no metadata.name", NULL, APPLY_OBJECT },
	{ "{\"type\":\"PRUNE\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"K\",\"metadata\":{"
	  "\"name\":\"x\","
	  "\"uid\":7}}}",
	  "the member object has a metadata.uid that is no text", NULL, APPLY_OBJECT },
	{ "{\"type\":\"APPLY\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"List\",\"metadata\":{"
	  "\"name\":\"x\"},\"items\":[]}}",
	  "the member object is a list: each of its items needs a message of its own", NULL,
	  APPLY_OBJECT },
	{ "{\"type\":\"APPLY\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"SecretList\","
	  "\"metadata\":"
	  "{\"name\":\"x\"},\"items\":[{\"data\":{\"k\":\"canary!\"}}]}}",
	  "the member object is a list: each of its items needs a message of its own", NULL,
	  APPLY_OBJECT },
	{ "{\"type\":\"APPLY\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"PriceList\","
	  "\"metadata\":{"
	  "\"name\":\"x\"},\"spec\":{}}}",
	  "PriceList x", "/PriceList//x", APPLY_OBJECT },
	{ "{\"type\":\"APPLY\",\"object\":{" NAME "},\"subresource\":\"scale\"}",
	  "the member subresource is another than \"status\"", NULL, APPLY_OBJECT },
	{ "{\"type\":\"APPLY\",\"object\":{" NAME "},\"shared\":\"yes\"}",
	  "the member shared is neither true nor false", NULL, APPLY_OBJECT },
	{ "{\"type\":\"APPLY\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{"
	  "\"name\":\"x\"},"
	  "\"data\":{\"k\":\"canary!\"}}}",
	  "its data[\"k\"] is no base64", NULL, APPLY_OBJECT },
};

static void
check_row(size_t i)
{
	struct apply_order order;
	struct message message;
	struct error err;

	check_number(message_open(&message, rows[i].message, strlen(rows[i].message), &err), 0,
		     rows[i].message);
	if (apply_order_read(&order, &message, &err)) {
		check_text(err.text, rows[i].want, "  an error");
		check(!rows[i].target, "  as it should be");
	} else {
		CLEANUP_FREE char *what = apply_order_describe(&order);
		CLEANUP_FREE char *target = apply_order_target(&order);

		check_text(what, rows[i].want, "  what it is about");
		check_text(target, rows[i].target, "  its target");
		check_number(order.part, rows[i].part, "  its part");
	}
	apply_order_fini(&order);
	message_close(&message);
}

static void
check_result(void)
{
	static const char text[] = "{\"type\":\"APPLY\",\"object\":{\"apiVersion\":\"v1\",\"kind\":"
				   "\"Secret\",\"metadata\":{"
				   "\"name\":\"x\",\"namespace\":\"n\",\"uid\":\"u\",\"labels\":{}}"
				   ",\"data\":{\"a\":\"YQ==\"},"
				   "\"status\":{}},\"subresource\":\"status\"}";
	CLEANUP_BUF struct buf out = BUF_INIT(4096);
	struct apply_order order;
	struct message message;
	struct error err;
	jv result;

	message_open(&message, text, sizeof(text) - 1, &err);
	check_number(apply_order_read(&order, &message, &err), 0, "an order");
	check_text(order.uid, "u", "its uid");
	result = apply_order_result(&order, "applied", "why", jv_array());
	message_dump(result, &out);
	check(jv_equal(jv_copy(result),
		       jv_parse("{\"type\":\"RESULT\",\"object\":{\"apiVersion\":\"v1\",\"kind\":"
				"\"Secret\","
				"\"metadata\":{\"name\":\"x\",\"namespace\":\"n\",\"uid\":\"u\"}},"
				"\"subresource\":\"status\",\"status\":\"applied\",\"reason\":"
				"\"why\"}")),
	      "its RESULT: %s", buf_string(&out));
	jv_free(result);
	apply_order_fini(&order);
	message_close(&message);
}

int
main(void)
{
	for (size_t i = 0; i < ALLOC_COUNT(rows); i++)
		check_row(i);
	check_result();
	return check_done();
}
