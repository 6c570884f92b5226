/* bus/message.c: the envelope, keys, and numbers that stay as they are. */
#include "../../bus/message.h"

#include <stdlib.h>

#include "../check.h"

/* Keys with their NULs shown as '/'. "" : no key. */
static const struct {
	const char *text, *key;
} keys[] = {
	{ "{\"type\":\"ADDED\",\"object\":{\"apiVersion\":\"argoproj.io/v1alpha1\",\"kind\":\"Application\","
	  "\"metadata\":{\"namespace\":\"n\",\"name\":\"a\"}}}", "o/argoproj.io/Application/n/a" },
	{ "{\"type\":\"DELETED\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"Secret\","
	  "\"metadata\":{\"name\":\"s\"}}}", "o//Secret//s" },
	{ "{\"type\":\"APPLY\",\"object\":{\"apiVersion\":\"deckhouse.io/v1alpha1\",\"kind\":"
	  "\"WerfSource\",\"metadata\":{\"name\":\"x\"}},\"subresource\":\"status\"}",
	  "a/deckhouse.io/WerfSource//x/status" },
	{ "{\"type\":\"APPLY\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"Secret\","
	  "\"metadata\":{\"namespace\":\"n\",\"name\":\"s\"}}}", "a//Secret/n/s/" },
	{ "{\"type\":\"PRUNE\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"Secret\","
	  "\"metadata\":{\"namespace\":\"n\",\"name\":\"s\"}}}", "a//Secret/n/s/" },
	{ "{\"type\":\"APPLY\",\"object\":{\"kind\":\"K\",\"metadata\":{\"name\":\"n\"}},"
	  "\"subresource\":{}}", "" },
	{ "{\"type\":\"RESULT\",\"object\":{\"kind\":\"K\",\"metadata\":{\"name\":\"n\"}},"
	  "\"subresource\":\"status\"}", "a//K//n/status" },
	{ "{\"type\":\"MODIFIED\",\"object\":{},\"origin\":{\"file\":\"a.yaml\",\"document\":2}}",
	  "f/a.yaml/2/" },
	{ "{\"type\":\"ADDED\",\"object\":{},\"origin\":{\"file\":\"a.yaml\",\"document\":0,\"item\":11}}",
	  "f/a.yaml/0/11" },
	{ "{\"type\":\"TAGS\",\"repository\":\"h:1/r\"}", "t/h:1/r/" },
	{ "{\"type\":\"TAGS\",\"repository\":\"r\",\"credential\":\"pullsecret:a/b\"}", "t/r/pullsecret:a/b" },
	{ "{\"type\":\"UPDATE\",\"application\":{\"namespace\":\"n\",\"name\":\"a\"}}", "u/n/a/" },
	{ "{\"type\":\"HOLD\",\"application\":{\"namespace\":\"n\",\"name\":\"a\"},\"source\":2}", "u/n/a/2" },
	{ "{\"type\":\"RESULT\",\"application\":{\"name\":\"a\"},\"origin\":{\"file\":\"f\",\"document\":0}}",
	  "v/f/0//" },
	{ "{\"type\":\"RESULT\",\"object\":{\"kind\":\"K\",\"metadata\":{\"name\":\"n\"}}}", "a//K//n/" },
	{ "{\"type\":\"BOOKMARK\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"Secret\"}}", "b//Secret" },
	{ "{\"type\":\"PUSH\",\"repository\":\"r\"}", "" },
	{ "{\"type\":\"ERROR\",\"reason\":\"r\"}", "" },
	{ "{\"type\":\"MINE\",\"object\":{\"kind\":\"K\",\"metadata\":{\"name\":\"n\"}}}", "" },
	{ "{\"type\":\"UPDATE\",\"application\":{\"namespace\":\"n\"}}", "" },
	{ "{\"type\":\"UPDATE\",\"application\":{\"name\":\"a\\u0000b\"}}", "" },
	{ "{\"type\":\"TAGS\",\"repository\":{}}", "" },
	{ "{\"t\\u0079pe\":\"TAGS\",\"repository\":\"r\"}", "t/r/" },
};

static void
test_keys(void)
{
	size_t i, j;
	struct buf key = BUF_INIT(1000);
	struct message message;
	struct error err;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		buf_clear(&key);
		if (message_open(&message, keys[i].text, strlen(keys[i].text), &err) < 0) {
			check(false, "row %zu: %s", i, err.text);
			continue;
		}
		check(message_key(&message, &key) == (keys[i].key[0] != '\0'), "row %zu has a key or not",
		      i);
		for (j = 0; j < key.len; j++)
			if (key.data[j] == '\0')
				key.data[j] = '/';
		check_text(buf_string(&key), keys[i].key, "its key");
		message_close(&message);
	}
	buf_fini(&key);
}

static void
test_parts(void)
{
	static const char key[] = "u\0n\0a\0";
	const char *parts[8];

	check_number((long long)message_key_parts(key, sizeof(key) - 1, parts, 8), 4, "four parts");
	check(strcmp(parts[0], "u") == 0 && strcmp(parts[2], "a") == 0 && parts[3][0] == '\0',
	      "their texts");
}

static void
test_refused(void)
{
	static const char *const texts[] = { "", "[]", "{}", "{\"type\":1}", "{\"type\":\"TAGS\"", "1" };
	struct message message;
	struct error err;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check(message_open(&message, texts[i], strlen(texts[i]), &err) < 0 && err.kind == ERROR_INPUT,
		      "refused: %s (%s)", texts[i], err.text);
}

static void
test_dump(void)
{
	static const char text[] = "{\"type\":\"X\",\"a\":[1,-2.5,1e3,100000000000000,true,null,\"\\n<\\u00e9\","
				   "1e999,-1e999]}";
	struct buf out = BUF_INIT(1000);
	struct message message;
	struct error err;

	check_number(message_open(&message, text, sizeof(text) - 1, &err), 0, "opened");
	message_dump(message_body(&message), &out);
	check_text(buf_string(&out),
		   "{\"type\":\"X\",\"a\":[1,-2.5,1000,100000000000000,true,null,\"\\n<\xc3\xa9\","
		   "1.7976931348623157e+308,-1.7976931348623157e+308]}",
		   "written again");
	check(message_string(message_body(&message), "type") != NULL &&
	      message_string(message_body(&message), "a") == NULL, "string members");
	message_close(&message);
	buf_fini(&out);
}

static void
test_trace(void)
{
	char a[17], b[17];

	message_new_trace(a);
	message_new_trace(b);
	check(strlen(a) == 16 && strcmp(a, b) != 0, "traces differ: %s %s", a, b);
}

int
main(void)
{
	test_keys();
	test_parts();
	test_refused();
	test_dump();
	test_trace();
	return check_done();
}
