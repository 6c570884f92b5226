/* filters/apply-answer.c: what is said about a write that was not done, without its values. */
#include "../../filters/apply-answer.h"

#include "../../bus/alloc.h"
#include "../../bus/buf.h"
#include "../check.h"

#define CAUSE(reason, message, field) \
	"{\"reason\":\"" reason "\",\"message\":\"" message "\",\"field\":\"" field "\"}"
#define STATUS(causes) \
	"{\"kind\":\"Status\",\"message\":\"canary\",\"details\":{\"causes\":[" causes "]}}"

static const struct {
	long status;
	const char *body;
	enum apply_answer want;
	const char *reason;
} rows[] = {
	{ 409,
	  STATUS(CAUSE("FieldManagerConflict", "conflict with \\\"person\\\" using v1",
		       ".data.url")),
	  APPLY_ANSWER_FOREIGN,
	  "a field is set by others: .data.url (person); nothing was written: let them give it up, "
	  "or "
	  "leave it to them" },
	{ 409,
	  STATUS(CAUSE("FieldManagerConflict", "x", ".a") "," CAUSE(
		  "FieldManagerConflict", "conflict with \\\"p\\u001bq\\\"", ".b")),
	  APPLY_ANSWER_FOREIGN,
	  "fields are set by others: .a, .b (p?q); nothing was written: let them give them up, or "
	  "leave "
	  "them to them" },
	{ 409, "{\"reason\":\"Conflict\",\"message\":\"canary\"}", APPLY_ANSWER_CHANGED, "" },
	{ 409, "no json", APPLY_ANSWER_CHANGED, "" },
	{ 422, STATUS(CAUSE("FieldValueInvalid", "Invalid value: canary", "metadata.uid")),
	  APPLY_ANSWER_CHANGED, "" },
	{ 422, STATUS(CAUSE("FieldValueInvalid", "Invalid value: canary", "data[a b]")),
	  APPLY_ANSWER_NOT_VALID, "the API server finds these fields not valid (422): data[a b]" },
	{ 422, "{\"message\":\"canary\"}", APPLY_ANSWER_NOT_VALID,
	  "the API server finds the object not valid (422)" },
	{ 500,
	  "{\"message\":\"failed to create typed patch object (d8/x; /v1, Kind=Secret): .foo.bar: "
	  "field "
	  "not declared in schema\"}",
	  APPLY_ANSWER_NOT_VALID,
	  "the API server does not take the object for one of its kind, which has no field "
	  ".foo.bar" },
	{ 500,
	  "{\"message\":\"failed to create typed patch object (d8/x; /v1, Kind=Secret): errors:\\n "
	  ".a: "
	  "expected string, got canary\\n .b: field not declared in schema\"}",
	  APPLY_ANSWER_NOT_VALID, "the API server does not take the object for one of its kind" },
	{ 500,
	  "{\"message\":\"failed to create typed patch object (canary): .x: expected canary\"}",
	  APPLY_ANSWER_NOT_VALID, "the API server does not take the object for one of its kind" },
	{ 500, "{\"message\":\"canary\"}", APPLY_ANSWER_OTHER, "" },
	{ 403, "{\"message\":\"canary\"}", APPLY_ANSWER_OTHER, "" },
	{ 429, "canary", APPLY_ANSWER_OTHER, "" },
	{ 0, "", APPLY_ANSWER_OTHER, "" },
	{ 409,
	  "{\"details\":{\"causes\":[7,{\"field\":{}},{\"reason\":\"FieldManagerConflict\"}]}}",
	  APPLY_ANSWER_CHANGED, "" },
};

static void
check_many(void)
{
	CLEANUP_BUF struct buf body = BUF_INIT(65536);
	char reason[1024];

	buf_append_string(&body, "{\"details\":{\"causes\":[");
	for (int i = 0; i < 30; i++)
		buf_printf(&body, "%s{\"field\":\"f%d\"}", i > 0 ? "," : "", i);
	buf_append_string(&body, "]}}");
	apply_answer_read(422, buf_string(&body), body.len, reason, sizeof(reason));
	check_text(reason,
		   "the API server finds these fields not valid (422): f0, f1, f2, f3, f4, f5, f6, "
		   "f7 and 22 more",
		   "many fields are counted");
	apply_answer_read(422, buf_string(&body), body.len, reason, 10);
	check_text(reason, "the API s", "a text is cut");
}

int
main(void)
{
	for (size_t i = 0; i < ALLOC_COUNT(rows); i++) {
		char reason[1024];

		check_number(apply_answer_read(rows[i].status, rows[i].body, strlen(rows[i].body),
					       reason, sizeof(reason)),
			     rows[i].want, rows[i].body);
		check_text(reason, rows[i].reason, "  its reason");
		check(!strstr(reason, "canary"), "  without a value");
	}
	check_many();
	return check_done();
}
