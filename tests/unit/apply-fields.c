/* filters/apply-fields.c: an object as it would be, as the API server's rules of ownership have
 * it. */
#include "../../filters/apply-fields.h"

#include "../../bus/alloc.h"
#include "../../bus/message.h"
#include "../check.h"

/* object and intent without apiVersion and kind; own and foreign are FieldsV1, "" for none. */
static const struct {
	const char *object, *own, *foreign, *intent, *want;
	bool gives_back;
	const char *name;
} rows[] = {
	{ "{\"a\":1,\"b\":2}", "", "", "{\"a\":1}", "{\"a\":1,\"b\":2}", false, "equal" },
	{ "{\"a\":1,\"b\":2}", "", "", "{\"a\":3,\"c\":{\"d\":4}}",
	  "{\"a\":3,\"b\":2,\"c\":{\"d\":4}}", false, "set" },
	{ "{\"a\":1,\"b\":2}", "{\"f:a\":{},\"f:b\":{}}", "", "{\"a\":1}", "{\"a\":1}", true,
	  "what is left out goes" },
	{ "{\"a\":1,\"b\":2}", "{\"f:a\":{},\"f:b\":{}}", "{\"f:b\":{}}", "{\"a\":1}",
	  "{\"a\":1,\"b\":2}", true, "unless others have set it too" },
	{ "{\"a\":1}", "{\"f:a\":{},\"f:b\":{}}", "", "{\"a\":1}", "{\"a\":1}", true,
	  "what is gone already is given back" },
	{ "{\"m\":{\"a\":1,\"b\":2,\"c\":3}}", "{\"f:m\":{\"f:a\":{},\"f:b\":{}}}",
	  "{\"f:m\":{\"f:c\":{}}}", "{}", "{\"m\":{\"c\":3}}", true, "only what is owned goes" },
	{ "{\"m\":{\"a\":1}}", "{\"f:m\":{\".\":{},\"f:a\":{}}}", "", "{}", "{}", true,
	  "with what holds it" },
	{ "{\"m\":{\"a\":1}}", "{\"f:m\":{\"f:a\":{}}}", "{\"f:m\":{\".\":{}}}", "{}", "{\"m\":{}}",
	  true, "unless that is others'" },
	{ "{\"l\":[1,2]}", "{\"f:l\":{}}", "", "{\"l\":[1]}", "{\"l\":[1]}", false,
	  "a whole list" },
	{ "{\"l\":[{\"k\":\"x\",\"v\":1}]}", "", "", "{\"l\":[{\"k\":\"y\"}]}",
	  "{\"l\":[{\"k\":\"y\"}]}", false, "a list nobody is known to own" },
	{ "{\"l\":[{\"k\":\"x\",\"v\":1,\"o\":9},{\"k\":\"z\",\"v\":7}]}",
	  "{\"f:l\":{\"k:{\\\"k\\\":\\\"x\\\"}\":{\".\":{},\"f:k\":{},\"f:v\":{}}}}",
	  "{\"f:l\":{\"k:{\\\"k\\\":\\\"z\\\"}\":{\".\":{},\"f:k\":{},\"f:v\":{}},"
	  "\"k:{\\\"k\\\":\\\"x\\\"}\":{\"f:o\":{}}}}",
	  "{\"l\":[{\"k\":\"x\",\"v\":2},{\"k\":\"n\",\"v\":3}]}",
	  "{\"l\":[{\"k\":\"x\",\"v\":2,\"o\":9},{\"k\":\"z\",\"v\":7},{\"k\":\"n\",\"v\":3}]}",
	  false, "elements with keys" },
	{ "{\"l\":[{\"k\":\"x\",\"v\":1,\"w\":2}]}",
	  "{\"f:l\":{\"k:{\\\"k\\\":\\\"x\\\"}\":{\".\":{},\"f:k\":{},\"f:v\":{},\"f:w\":{}}}}", "",
	  "{\"l\":[{\"k\":\"x\",\"v\":1}]}", "{\"l\":[{\"k\":\"x\",\"v\":1}]}", true,
	  "a member less in one of them" },
	{ "{\"l\":[{\"k\":\"x\"},{\"k\":\"y\"}]}",
	  "{\"f:l\":{\"k:{\\\"k\\\":\\\"x\\\"}\":{},\"k:{\\\"k\\\":\\\"y\\\"}\":{}}}", "",
	  "{\"l\":[{\"k\":\"y\"}]}", "{\"l\":[{\"k\":\"y\"}]}", true, "one of them less" },
	{ "{\"l\":[\"a\",\"b\",\"c\"]}", "{\"f:l\":{\"v:\\\"a\\\"\":{},\"v:\\\"b\\\"\":{}}}",
	  "{\"f:l\":{\"v:\\\"c\\\"\":{}}}", "{\"l\":[\"b\",\"d\"]}", "{\"l\":[\"b\",\"c\",\"d\"]}",
	  true, "a set of values" },
	{ "{\"a\":1}", "{\"f:a\":7,\"x\":{},\"k:{broken\":{}}", "[]", "{\"a\":1}", "{\"a\":1}",
	  false, "fields that are none" },
	{ "{\"a\":{\"b\":1}}", "{\"f:a\":{\"f:b\":{}}}", "", "{\"a\":5}", "{\"a\":5}", false,
	  "a value of another kind" },
};

static jv
entry(const char *manager, const char *operation, const char *fields)
{
	jv made = jv_object();

	made = jv_object_set(made, jv_string("manager"), jv_string(manager));
	made = jv_object_set(made, jv_string("operation"), jv_string(operation));
	return jv_object_set(made, jv_string("fieldsV1"), jv_parse(fields));
}

int
main(void)
{
	for (size_t i = 0; i < ALLOC_COUNT(rows); i++) {
		CLEANUP_BUF struct buf text = BUF_INIT(65536);
		jv entries = jv_array(), object = jv_parse(rows[i].object);
		jv intent = jv_parse(rows[i].intent), want = jv_parse(rows[i].want), found;
		bool gives_back = !rows[i].gives_back;

		if (*rows[i].own)
			entries = jv_array_append(entries, entry("weir", "Apply", rows[i].own));
		if (*rows[i].foreign)
			entries =
				jv_array_append(entries, entry("weir", "Update", rows[i].foreign));
		jv metadata = jv_object_set(jv_object(), jv_string("managedFields"), entries);

		object = jv_object_set(object, jv_string("metadata"), jv_copy(metadata));
		want = jv_object_set(want, jv_string("metadata"), metadata);
		found = apply_fields_expect(object, intent, false, &gives_back);
		message_dump(found, &text);
		check(jv_equal(jv_copy(found), want), "%s: %s", rows[i].name, buf_string(&text));
		check(gives_back == rows[i].gives_back, "  something is given back, or not");
		jv_free(found);
		jv_free(intent);
		jv_free(object);
	}
	return check_done();
}
