/* The members of UPDATE and HOLD, one row for each way in which they may be wrong. */
#include "../../filters/decision.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../check.h"

#define WHO "\"application\":{\"namespace\":\"n\",\"name\":\"a\"}"
#define WHAT "\"repository\":\"h/r/c\",\"repoURL\":\"h/r\",\"chart\":\"c\",\"constraint\":\"~ 1\""
#define UPDATE "{\"type\":\"UPDATE\"," WHO "," WHAT ",\"from\":\"1.0.0\",\"to\":\"1.0.1\""
#define HOLD "{\"type\":\"HOLD\"," WHO ",\"reason\":\"r\""

static const struct {
	const char *text;
	const char *want; /* part of the error; NULL: it is taken */
} rows[] = {
	{ UPDATE "}", NULL },
	{ HOLD "}", NULL },
	{ HOLD "," WHAT ",\"current\":\"\"}", NULL },
	{ UPDATE ",\"source\":2,\"candidates\":[\"1\",\"2\"],\"digest\":\"d\",\"note\":\"n\"}",
	  NULL },
	{ UPDATE ",\"candidates\":[],\"considered\":[]}", NULL },
	{ UPDATE ",\"origin\":{\"file\":\"f\",\"document\":0}}", NULL },
	{ UPDATE ",\"origin\":{\"file\":\"f\",\"document\":0,\"item\":7}}", NULL },
	{ UPDATE ",\"considered\":[{\"tag\":\"1\",\"taken\":true,\"reason\":\"r\"}]}", NULL },
	{ UPDATE ",\"credential\":\"pullsecret:n/s\",\"x-mine\":[7]}", NULL },
	{ UPDATE ",\"from\":\"\",\"constraint\":\"\"}", NULL },

	{ "{\"type\":\"UPDATE\"," WHO "," WHAT ",\"to\":\"1\"}", "member from is missing" },
	{ "{\"type\":\"UPDATE\"," WHO "," WHAT ",\"from\":\"1\"}", "member to is missing" },
	{ "{\"type\":\"UPDATE\"," WHAT ",\"from\":\"1\",\"to\":\"1\"}",
	  "member application is missing" },
	{ "{\"type\":\"UPDATE\"," WHO ",\"from\":\"1\",\"to\":\"1\"}",
	  "member repository is missing" },
	{ "{\"type\":\"HOLD\"," WHO "}", "member reason is missing" },
	{ "{\"type\":\"HOLD\",\"reason\":\"r\"}", "member application is missing" },
	{ UPDATE ",\"to\":\"\"}", "member to is not text that is not empty" },
	{ UPDATE ",\"to\":7}", "member to is not text" },
	{ UPDATE ",\"to\":\"a\\u0000b\"}", "member to is not text" },
	{ UPDATE ",\"repository\":null}", "member repository" },
	{ UPDATE ",\"repoURL\":\"\"}", "member repoURL" },
	{ UPDATE ",\"chart\":[]}", "member chart" },
	{ UPDATE ",\"constraint\":{}}", "member constraint" },
	{ UPDATE ",\"credential\":7}", "member credential" },
	{ UPDATE ",\"note\":true}", "member note" },
	{ UPDATE ",\"digest\":0}", "member digest" },
	{ HOLD ",\"current\":null}", "member current" },
	{ HOLD ",\"reason\":\"\"}", "member reason" },
	{ UPDATE ",\"source\":-1}", "member source is not a whole number" },
	{ UPDATE ",\"source\":1.5}", "member source" },
	{ UPDATE ",\"source\":1e3}", "member source" },
	{ UPDATE ",\"source\":12345678901}", "member source" },
	{ UPDATE ",\"source\":\"1\"}", "member source" },
	{ UPDATE ",\"source\":null}", "member source" },
	{ UPDATE ",\"candidates\":\"1\"}", "member candidates is not a list" },
	{ UPDATE ",\"candidates\":[\"1\",2]}", "member candidates" },
	{ UPDATE ",\"candidates\":[\"\"]}", "member candidates" },
	{ UPDATE ",\"application\":\"a\"}", "member application is not an object" },
	{ UPDATE ",\"application\":{\"name\":\"a\"}}", "member application" },
	{ UPDATE ",\"application\":{\"namespace\":\"n\"}}", "member application" },
	{ UPDATE ",\"application\":{\"namespace\":\"n\",\"name\":\"\"}}", "member application" },
	{ UPDATE ",\"application\":{\"namespace\":\"n\",\"name\":\"a\",\"uid\":\"\"}}",
	  "member application" },
	{ UPDATE ",\"application\":{\"namespace\":\"n\",\"name\":\"a\",\"uid\":7}}",
	  "member application" },
	{ UPDATE ",\"application\":{\"namespace\":7,\"name\":\"a\"}}", "member application" },
	{ UPDATE ",\"origin\":\"f\"}", "member origin is not an object" },
	{ UPDATE ",\"origin\":{\"document\":0}}", "member origin" },
	{ UPDATE ",\"origin\":{\"file\":\"f\"}}", "member origin" },
	{ UPDATE ",\"origin\":{\"file\":\"f\",\"document\":\"0\"}}", "member origin" },
	{ UPDATE ",\"origin\":{\"file\":\"f\",\"document\":0,\"item\":null}}", "member origin" },
	{ UPDATE ",\"considered\":{}}", "member considered is not a list" },
	{ UPDATE ",\"considered\":[7]}", "member considered" },
	{ UPDATE ",\"considered\":[{\"tag\":\"1\",\"taken\":true}]}", "member considered" },
	{ UPDATE ",\"considered\":[{\"tag\":\"1\",\"taken\":1,\"reason\":\"r\"}]}",
	  "member considered" },
	{ UPDATE ",\"considered\":[{\"tag\":1,\"taken\":true,\"reason\":\"r\"}]}",
	  "member considered" },
};

static void
test_members(void)
{
	struct message message;
	struct error err;
	size_t i;
	int status;

	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		err = (struct error){ ERROR_NONE, 0, "" };
		status = message_open(&message, rows[i].text, strlen(rows[i].text), &err);
		check_number(status, 0, rows[i].text);
		if (status != 0)
			continue;
		check_number(decision_check(&message, &err), rows[i].want ? -1 : 0, rows[i].text);
		check(!rows[i].want || strstr(err.text, rows[i].want), "%s", err.text);
		check_number(err.kind, rows[i].want ? ERROR_INPUT : ERROR_NONE, "its kind");
		message_close(&message);
	}
}

/* want "": nothing. */
static void
check_about(const char *text, const char *want)
{
	CLEANUP_BUF struct buf out = BUF_INIT(10000);
	jv about = decision_about(text, strlen(text));

	if (jv_is_valid(about))
		message_dump(about, &out);
	jv_free(about);
	check_text(buf_string(&out), want, text);
}

static void
test_about(void)
{
	CLEANUP_FREE char *name = alloc_zero(1, 1000);
	CLEANUP_FREE char *text = NULL;

	check_about("{}", "");
	check_about("{\"application\":\"a\",\"source\":true,\"repository\":[],\"origin\":{}}", "");
	check_about("{\"application\":{\"name\":\"a\",\"namespace\":7},\"source\":1}",
		    "{\"application\":{\"name\":\"a\"},\"source\":1}");
	check_about(
		"{\"origin\":{\"file\":\"f\",\"document\":0},\"repository\":\"r/x\",\"to\":\"1\"}",
		"{\"origin\":{\"file\":\"f\",\"document\":0},\"repository\":\"r/x\"}");
	memset(name, 'x', 999);
	text = alloc_format("{\"application\":{\"name\":\"%s\",\"namespace\":\"n\"}}", name);
	check_about(text, "{\"application\":{\"namespace\":\"n\"}}");
}

int
main(void)
{
	test_members();
	test_about();
	return check_done();
}
