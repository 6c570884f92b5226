/* filters/apply-owner.c: whose an object is, and taking it over. */
#include "../../filters/apply-owner.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../../bus/message.h"
#include "../check.h"

static void
check_labels(const char *labels, bool is_owned, bool is_predecessors)
{
	CLEANUP_FREE char *text = alloc_format("{\"metadata\":{\"labels\":%s}}", labels);
	jv object = jv_parse(text);

	check(apply_is_owned(object) == is_owned, "weir's or not: %s", labels);
	check(apply_is_predecessors(object) == is_predecessors, "the predecessor's or not");
	jv_free(object);
}

#define ENTRY(manager, operation, more, fields)                                                   \
	"{\"manager\":\"" manager "\",\"operation\":\"" operation "\",\"apiVersion\":\"v1\"" more \
	",\"fieldsV1\":" fields "}"
#define HERITAGE "\"f:metadata\":{\"f:labels\":{\"f:heritage\":{}}}"

static void
check_take_over(const char *entries, const char *want, const char *name)
{
	CLEANUP_FREE char *text = alloc_format("{\"metadata\":{\"managedFields\":%s}}", entries);
	CLEANUP_BUF struct buf out = BUF_INIT(65536);
	jv object = jv_parse(text);
	jv found = apply_owner_take_over(object);

	if (jv_is_valid(found))
		message_dump(found, &out);
	check(want ? jv_equal(jv_copy(found), jv_parse(want)) : !jv_is_valid(found), "%s: %s", name,
	      buf_string(&out));
	jv_free(found);
	jv_free(object);
}

int
main(void)
{
	check_labels("{\"app.kubernetes.io/managed-by\":\"weir\"}", true, false);
	check_labels("{\"app.kubernetes.io/managed-by\":\"Weir\"}", false, false);
	check_labels("{\"heritage\":\"deckhouse\",\"module\":\"delivery\"}", false, true);
	check_labels("{\"heritage\":\"deckhouse\",\"module\":\"other\"}", false, false);
	check_labels("{\"heritage\":\"deckhouse\"}", false, false);
	check_labels("7", false, false);
	check_take_over("[]", NULL, "nobody owns anything");
	check_take_over("[" ENTRY("person", "Update", "", "{\"f:data\":{}}") "]", NULL,
			"nobody owns the label");
	check_take_over("[" ENTRY("person", "Update", "", "{\"f:data\":{\"f:a\":{}}}") "," ENTRY(
				"deckhouse", "Update", "",
				"{\"f:data\":{\"f:b\":{}}," HERITAGE "}") "]",
			"[" ENTRY("person", "Update", "", "{\"f:data\":{\"f:a\":{}}}") "," ENTRY(
				"weir", "Apply", "", "{\"f:data\":{\"f:b\":{}}," HERITAGE "}") "]",
			"what the label's owner has becomes weir's, a person's stays");
	check_take_over("[" ENTRY("weir", "Apply", "", "{\"f:data\":{\"f:a\":{}}}") "," ENTRY(
				"deckhouse", "Update", "",
				"{\"f:data\":{\"f:b\":{}}," HERITAGE
				"}") "," ENTRY("deckhouse", "Update", ",\"subresource\":\"status\"",
					       "{\"f:status\":{}}") "]",
			"[" ENTRY("deckhouse", "Update", ",\"subresource\":\"status\"",
				  "{\"f:status\":{}}") "," ENTRY("weir", "Apply", "",
								 "{\"f:data\":{\"f:a\":{},\"f:b\":{"
								 "}}," HERITAGE "}") "]",
			"together with what weir has already; a status is left alone");
	return check_done();
}
