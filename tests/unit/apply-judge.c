/* filters/apply-judge.c: what is to be done, for each kind of order and each state of its object.
 */
#include "../../filters/apply-judge.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../check.h"

#define MAP                                                                                        \
	"\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"namespace\":\"n\",\"name\":" \
	"\"x\""
#define MINE MAP ",\"uid\":\"u\",\"labels\":{\"app.kubernetes.io/managed-by\":\"weir\"}"
#define OLD MAP ",\"uid\":\"u\",\"labels\":{\"heritage\":\"deckhouse\",\"module\":\"delivery\"}"
#define APPLY "{\"type\":\"APPLY\",\"object\":{"
#define PRUNE "{\"type\":\"PRUNE\",\"object\":{" MAP "}}}"
#define GOING ",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\""

static const struct {
	const char *message, *object;
	bool may_adopt;
	enum apply_verdict want;
	bool is_in_place;
	const char *reason; /* a part of it */
} rows[] = {
	/* objects of weir's own */
	{ APPLY MAP "},\"data\":{\"a\":\"b\"}}}", "null", false, APPLY_WRITE, false, "" },
	{ APPLY MAP "},\"data\":{\"a\":\"b\"}}}", "{" MINE "},\"data\":{\"a\":\"b\"}}", false,
	  APPLY_NOTHING, true, "so already" },
	{ APPLY MAP "},\"data\":{\"a\":\"c\"}}}", "{" MINE "},\"data\":{\"a\":\"b\"}}", false,
	  APPLY_WRITE, false, "" },
	{ APPLY MAP "},\"data\":{\"a\":\"b\"}}}", "{" MINE GOING "},\"data\":{\"a\":\"b\"}}", false,
	  APPLY_NOT_YET, false, "being deleted" },
	{ APPLY MAP "}}}", "{" MAP "}}", true, APPLY_REFUSED, false, "not weir's" },
	{ APPLY MAP "}}}", "{" OLD "}}", false, APPLY_REFUSED, false, "--adopt" },
	{ APPLY MAP "}}}", "{" OLD "}}", true, APPLY_TAKE_OVER, false, "" },
	{ APPLY MAP ",\"uid\":\"u\"}}}", "null", false, APPLY_OVERTAKEN, false,
	  "not there any more" },
	{ APPLY MAP ",\"uid\":\"v\"}}}", "{" MINE "}}", false, APPLY_OVERTAKEN, false,
	  "created anew" },
	{ APPLY MAP ",\"uid\":\"u\"}}}", "{" MINE "}}", false, APPLY_NOTHING, true, "so already" },
	/* shared ones */
	{ APPLY MAP "},\"data\":{\"a\":\"b\"}},\"shared\":true}", "null", false, APPLY_NOT_YET,
	  false, "others' to create" },
	{ APPLY MAP "}},\"shared\":true}", "null", false, APPLY_NOTHING, true,
	  "nothing is to be given back" },
	{ APPLY MAP "},\"data\":{\"a\":\"b\"}},\"shared\":true}",
	  "{" MAP "},\"data\":{\"a\":\"b\",\"c\":\"d\"}}", false, APPLY_NOTHING, true,
	  "so already" },
	{ APPLY MAP "},\"data\":{\"a\":\"c\"}},\"shared\":true}",
	  "{" MAP "},\"data\":{\"a\":\"b\"}}", false, APPLY_WRITE, false, "" },
	/* a status */
	{ APPLY MAP "},\"status\":{\"a\":1}},\"subresource\":\"status\"}", "null", false,
	  APPLY_NOTHING, false, "not there any more" },
	{ APPLY MAP ",\"uid\":\"v\"},\"status\":{\"a\":1}},\"subresource\":\"status\"}",
	  "{" MINE "}}", false, APPLY_NOTHING, false, "created anew" },
	{ APPLY MAP "},\"status\":{\"a\":1}},\"subresource\":\"status\"}", "{" MAP "}}", false,
	  APPLY_WRITE, false, "" },
	{ APPLY MAP "},\"status\":{\"a\":1}},\"subresource\":\"status\"}",
	  "{" MAP "},\"status\":{\"a\":1}}", false, APPLY_NOTHING, true, "so already" },
	/* a PRUNE */
	{ PRUNE, "null", false, APPLY_NOTHING, true, "not there" },
	{ PRUNE, "{" MINE "}}", false, APPLY_DELETE, false, "" },
	{ PRUNE, "{" MINE GOING "}}", false, APPLY_NOTHING, false, "already" },
	{ PRUNE, "{" MAP "}}", true, APPLY_NOTHING, false, "not weir's" },
	{ PRUNE, "{" OLD "}}", true, APPLY_NOTHING, false, "not weir's" },
	{ "{\"type\":\"PRUNE\",\"object\":{" MAP ",\"uid\":\"v\"}}}", "{" MINE "}}", false,
	  APPLY_NOTHING, false, "another has its name" },
};

int
main(void)
{
	for (size_t i = 0; i < ALLOC_COUNT(rows); i++) {
		struct apply_judgement judgement;
		jv object = jv_parse(rows[i].object);
		struct apply_order order;
		struct message message;
		struct error err;
		bool has_diff;

		message_open(&message, rows[i].message, strlen(rows[i].message), &err);
		if (apply_order_read(&order, &message, &err))
			check(false, "row %zu: %s", i, err.text);
		apply_judge(&order, object, rows[i].may_adopt, &judgement);
		check_number(judgement.verdict, rows[i].want, rows[i].object);
		check_number(judgement.is_in_place, rows[i].is_in_place, "  is it so already");
		check(strstr(judgement.reason, rows[i].reason) != NULL, "  why: %s",
		      judgement.reason);
		check((*rows[i].reason == '\0') == (*judgement.reason == '\0'), "  or no reason");
		has_diff = judgement.verdict == APPLY_WRITE || judgement.verdict == APPLY_TAKE_OVER;
		check(jv_is_valid(judgement.diff) == has_diff, "  with what differs");
		jv_free(judgement.diff);
		jv_free(object);
		apply_order_fini(&order);
		message_close(&message);
	}
	return check_done();
}
