/* What takes a message back. */
#include "../../bin/farewell.h"

#include "../../bus/alloc.h"
#include "../check.h"

static const char *const rows[][2] = {
	{ "{\"type\":\"ADDED\",\"trace\":\"t\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"Secret\","
	  "\"metadata\":{\"name\":\"n\",\"labels\":{},\"namespace\":\"s\",\"uid\":\"u\"},"
	  "\"data\":{\"a\":\"b\"}}}",
	  "{\"type\":\"DELETED\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"Secret\","
	  "\"metadata\":{ \"namespace\":\"s\",\"name\":\"n\",\"uid\":\"u\"}}}" },
	{ "{\"type\":\"MODIFIED\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"K\",\"metadata\":{}},"
	  "\"origin\":{\"file\":\"f\",\"document\":0}}",
	  "{\"type\":\"DELETED\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"K\",\"metadata\":{}},"
	  "\"origin\":{\"file\":\"f\",\"document\":0}}" },
	{ "{\"type\":\"UPDATE\",\"application\":{\"namespace\":\"n\",\"name\":\"\\u00e4\\\"\"},"
	  "\"source\":2,\"repository\":\"r\",\"repoURL\":\"u\",\"chart\":\"c\","
	  "\"constraint\":\"~ 1\",\"from\":\"1.0\",\"to\":\"1.1\",\"candidates\":[\"1\"]}",
	  "{\"type\":\"HOLD\",\"application\":{\"namespace\":\"n\",\"name\":\"\\u00e4\\\"\"},"
	  "\"source\":2,\"repository\":\"r\",\"repoURL\":\"u\",\"chart\":\"c\","
	  "\"constraint\":\"~ 1\",\"current\":\"1.0\",\"reason\":\"no longer asked for\"}" },
	{ "{\"type\":\"HOLD\",\"application\":{\"namespace\":\"n\",\"name\":\"m\"},"
	  "\"current\":\"2\",\"reason\":\"r\"}",
	  "{\"type\":\"HOLD\",\"application\":{\"namespace\":\"n\",\"name\":\"m\"},"
	  "\"current\":\"2\",\"reason\":\"no longer asked for\"}" },
	{ "{\"type\":\"RESULT\",\"application\":{\"namespace\":\"n\",\"name\":\"m\"},"
	  "\"status\":\"patched\"}",
	  "{\"type\":\"HOLD\",\"application\":{\"namespace\":\"n\",\"name\":\"m\"},"
	  "\"reason\":\"no longer asked for\"}" },
	{ "{\"type\":\"TAGS\",\"repository\":\"r\",\"credential\":\"c\",\"complete\":true,"
	  "\"tags\":[\"1\"],\"applications\":[{}]}",
	  "{\"type\":\"TAGS\",\"repository\":\"r\",\"credential\":\"c\",\"complete\":true,"
	  "\"tags\":[],\"applications\":[]}" },
	{ "{\"type\":\"APPLY\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"K\"}}", NULL },
	{ "{\"type\":\"RESULT\",\"object\":{\"apiVersion\":\"v1\"},\"status\":\"applied\"}", NULL },
	{ "{\"type\":\"ADDED\",\"object\":{}}", NULL },
	{ "{\"type\":\"ADDED\"}", NULL },
	{ "{\"type\":\"DELETED\",\"object\":{\"apiVersion\":\"v1\"}}", NULL },
	{ "{\"type\":\"BOOKMARK\",\"object\":{\"apiVersion\":\"v1\"}}", NULL },
	{ "{\"type\":\"PUSH\",\"repository\":\"r\"}", NULL },
	{ "{\"type\":\"ERROR\",\"reason\":\"r\"}", NULL },
	{ "{\"type\":\"MINE\",\"application\":{}}", NULL },
};

/* A farewell has the key of what it takes back, and is a message itself. */
static void
check_key(const struct message *message, const char *text, size_t len)
{
	CLEANUP_BUF struct buf key = BUF_INIT(4096);
	CLEANUP_BUF struct buf other = BUF_INIT(4096);
	struct message farewell;
	struct error err;

	if (!check(message_open(&farewell, text, len, &err) == 0, "  it is a message"))
		return;
	check(message_key(message, &key) == message_key(&farewell, &other) &&
		      key.len == other.len && memcmp(buf_string(&key), buf_string(&other), key.len) == 0,
	      "  it has the same key");
	message_close(&farewell);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		CLEANUP_BUF struct buf out = BUF_INIT(4096);
		struct message message;
		struct error err;
		bool has;

		if (message_open(&message, rows[i][0], strlen(rows[i][0]), &err) < 0)
			return 1;
		has = farewell_text(&message, &out);
		check_text(has ? buf_string(&out) : NULL, rows[i][1], rows[i][0]);
		if (has)
			check_key(&message, out.data, out.len);
		else
			check_number((long long)out.len, 0, "  nothing was appended");
		message_close(&message);
	}
	return check_done();
}
