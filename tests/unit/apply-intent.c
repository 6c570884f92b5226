/* filters/apply-intent.c and apply-owner.c: what is to be set, and whose an object is. */
#include "../../filters/apply-intent.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../../bus/message.h"
#include "../../filters/apply-owner.h"
#include "../check.h"

#define NAME "\"name\":\"x\",\"namespace\":\"n\""
#define LABEL "\"labels\":{\"app.kubernetes.io/managed-by\":\"weir\"}"

static const struct {
	enum apply_part part;
	const char *object, *want; /* want: the intent, or the error's text */
} rows[] = {
	{ APPLY_OBJECT,
	  "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{" NAME
	  "},\"data\":{\"a\":\"b\"}}",
	  "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{" NAME "," LABEL
	  "},\"data\":{\"a\":\"b\"}}" },
	{ APPLY_OBJECT,
	  "{\"apiVersion\":\"v1\",\"kind\":\"K\",\"metadata\":{" NAME
	  ",\"uid\":\"u\",\"resourceVersion\":\"7\","
	  "\"managedFields\":[],\"annotations\":{\"a\":null,\"b\":\"c\"},\"labels\":{\"app."
	  "kubernetes.io/"
	  "managed-by\":\"Helm\"}},\"spec\":{\"a\":[null,{\"b\":null}],\"c\":null},\"status\":{"
	  "\"a\":1}}",
	  "{\"apiVersion\":\"v1\",\"kind\":\"K\",\"metadata\":{" NAME "," LABEL
	  ",\"annotations\":{\"b\":\"c\"}},"
	  "\"spec\":{\"a\":[null,{}]}}" },
	{ APPLY_SHARED,
	  "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{" NAME
	  "},\"data\":{\"a\":\"b\"}}",
	  "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{" NAME
	  "},\"data\":{\"a\":\"b\"}}" },
	{ APPLY_STATUS,
	  "{\"apiVersion\":\"v1\",\"kind\":\"K\",\"metadata\":{\"name\":\"x\",\"uid\":\"u\","
	  "\"labels\":{\"a\":\"b\"}},"
	  "\"spec\":{},\"status\":{\"a\":1}}",
	  "{\"apiVersion\":\"v1\",\"kind\":\"K\",\"metadata\":{\"name\":\"x\"},\"status\":{\"a\":1}"
	  "}" },
	{ APPLY_OBJECT,
	  "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{" NAME
	  "},\"data\":{\"a\":\"YQ\",\"b\":\"\"},"
	  "\"stringData\":{\"b\":\"b\\u0000\",\"c\":\"\"}}",
	  "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{" NAME "," LABEL "},"
	  "\"data\":{\"a\":\"YQ==\",\"b\":\"YgA=\",\"c\":\"\"}}" },
	{ APPLY_OBJECT,
	  "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{" NAME "},\"data\":null}",
	  "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{" NAME "," LABEL "}}" },
	{ APPLY_OBJECT,
	  "{\"apiVersion\":\"mine/v1\",\"kind\":\"Secret\",\"metadata\":{" NAME
	  "},\"data\":{\"a\":1}}",
	  "{\"apiVersion\":\"mine/v1\",\"kind\":\"Secret\",\"metadata\":{" NAME "," LABEL
	  "},\"data\":{\"a\":1}}" },
	{ APPLY_OBJECT,
	  "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{" NAME
	  "},\"data\":{\"a\":\"canary!\"}}",
	  "its data[\"a\"] is no base64" },
	{ APPLY_OBJECT,
	  "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{" NAME
	  "},\"stringData\":{\"a\":{\"canary\":1}}}",
	  "its stringData[\"a\"] is no text" },
	{ APPLY_OBJECT,
	  "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{" NAME "},\"data\":[]}",
	  "its data is no object" },
	{ APPLY_SHARED,
	  "{\"apiVersion\":\"v1\",\"kind\":\"K\",\"metadata\":{" NAME ",\"labels\":7}}",
	  "its labels is no object" },
};

static void
check_rows(void)
{
	for (size_t i = 0; i < ALLOC_COUNT(rows); i++) {
		CLEANUP_BUF struct buf text = BUF_INIT(65536);
		jv object = jv_parse(rows[i].object), want, intent;
		struct error err;

		if (apply_intent(object, rows[i].part, &intent, &err) < 0) {
			check_text(err.text, rows[i].want, "an error");
			check(!jv_is_valid(intent), "  and no intent");
		} else {
			want = jv_parse(rows[i].want);
			message_dump(intent, &text);
			check(jv_equal(jv_copy(intent), want), "row %zu: %s", i, buf_string(&text));
		}
		jv_free(intent);
		jv_free(object);
	}
}

static void
check_empty(void)
{
	static const struct {
		const char *object;
		bool is_empty;
	} objects[] = {
		{ "{\"apiVersion\":\"v1\",\"kind\":\"K\",\"metadata\":{\"name\":\"x\"}}", true },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"K\",\"metadata\":{" NAME "}}", true },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"K\",\"metadata\":{" NAME ",\"labels\":{}}}",
		  false },
		{ "{\"apiVersion\":\"v1\",\"kind\":\"K\",\"metadata\":{" NAME "},\"data\":{}}",
		  false },
	};

	for (size_t i = 0; i < ALLOC_COUNT(objects); i++) {
		jv object = jv_parse(objects[i].object);

		check(apply_intent_is_empty(object) == objects[i].is_empty, "%s",
		      objects[i].object);
		jv_free(object);
	}
}

int
main(void)
{
	check_rows();
	check_empty();
	return check_done();
}
