/* filters/werf-status.c: the condition, and since when it is what it is. */
#include "../../filters/werf-status.h"

#include "../../bus/alloc.h"
#include "../../bus/buf.h"
#include "../../bus/message.h"
#include "../check.h"

#define TIME "2026-11-25T10:00:00Z"
#define READY(rest) "{\"conditions\":[{\"type\":\"Other\",\"status\":\"True\",\"lastTransitionTime\":\"x\"}," \
	"{\"type\":\"Ready\"," rest "}]}"

static void
test_since(void)
{
	static const struct {
		const char *status, *want;
		bool is_ready;
	} rows[] = {
		{ READY("\"status\":\"True\",\"lastTransitionTime\":\"" TIME "\""), TIME, true },
		{ READY("\"status\":\"True\",\"lastTransitionTime\":\"" TIME "\""), "", false },
		{ READY("\"status\":\"False\",\"lastTransitionTime\":\"" TIME "\""), TIME, false },
		{ READY("\"status\":\"Unknown\",\"lastTransitionTime\":\"" TIME "\""), "", false },
		{ READY("\"status\":\"True\",\"lastTransitionTime\":\"2026-11-25 10:00:00\""), "", true },
		{ READY("\"status\":\"True\",\"lastTransitionTime\":\"" TIME "Z\""), "", true },
		{ READY("\"status\":\"True\",\"lastTransitionTime\":\"\""), "", true },
		{ READY("\"status\":\"True\",\"lastTransitionTime\":7"), "", true },
		{ READY("\"status\":\"True\",\"lastTransitionTime\":\"" TIME TIME "\""), "", true },
		{ READY("\"status\":true"), "", true },
		{ "{\"conditions\":{}}", "", true },
		{ "{\"conditions\":[7,null]}", "", true },
		{ "{}", "", true },
		{ NULL, "", true },
	};

	for (size_t i = 0; i < ALLOC_COUNT(rows); i++) {
		CLEANUP_FREE char *status = rows[i].status ? alloc_string(rows[i].status) : NULL;
		struct werf_source source = { .status = status };
		char since[WERF_STATUS_TIME_SIZE] = "";

		check(werf_status_since(&source, rows[i].is_ready, since) == (rows[i].want[0] != '\0'),
		      "row %zu", i);
		check_text(since, rows[i].want, rows[i].status ? rows[i].status : "no status");
	}
}

static void
test_apply(void)
{
	static const struct {
		struct werf_status status;
		const char *want;
	} rows[] = {
		{ { true, "Rendered", "a message", TIME, "repo-n" },
		  "{\"type\":\"APPLY\",\"object\":{\"apiVersion\":\"deckhouse.io/v1alpha1\",\"kind\":\"WerfSource\","
		  "\"metadata\":{\"name\":\"n\",\"uid\":\"u\"},\"status\":{\"conditions\":[{\"type\":\"Ready\","
		  "\"status\":\"True\",\"reason\":\"Rendered\",\"message\":\"a message\",\"lastTransitionTime\":\"" TIME
		  "\",\"observedGeneration\":3}],\"repository\":{\"secretName\":\"repo-n\"}}},"
		  "\"subresource\":\"status\"}" },
		{ { false, "Invalid", "m", TIME, NULL },
		  "{\"type\":\"APPLY\",\"object\":{\"apiVersion\":\"deckhouse.io/v1alpha1\",\"kind\":\"WerfSource\","
		  "\"metadata\":{\"name\":\"n\",\"uid\":\"u\"},\"status\":{\"conditions\":[{\"type\":\"Ready\","
		  "\"status\":\"False\",\"reason\":\"Invalid\",\"message\":\"m\",\"lastTransitionTime\":\"" TIME
		  "\",\"observedGeneration\":3}]}},\"subresource\":\"status\"}" },
	};
	char name[] = "n", uid[] = "u";
	struct werf_source source = { .name = name, .uid = uid, .generation = 3 };

	for (size_t i = 0; i < ALLOC_COUNT(rows); i++)
		check(jv_equal(werf_status_apply(&source, &rows[i].status), jv_parse(rows[i].want)),
		      "the message with %s", rows[i].status.reason);
}

int
main(void)
{
	test_since();
	test_apply();
	return check_done();
}
