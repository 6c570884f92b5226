/* Events from bytes: what is left out, what is put in front, and what says something new. */
#include "../check.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../../filters/watch-event.h"

static void
check_object(const char *const *paths, size_t count, const char *api, const char *object,
	     const char *want, const char *name)
{
	struct error err = { ERROR_NONE, 0, "" };
	struct watch_event_omits *omits = watch_event_omits_new(paths, count, &err);
	CLEANUP_BUF struct buf out = BUF_INIT(65536);
	struct json_slice slice = { object, strlen(object) };

	if (!check(omits != NULL, "%s: paths are taken (%s)", name, err.text))
		return;
	check(watch_event_object(omits, slice, api, api ? "Kind" : NULL, &out), "%s: fits", name);
	check_text(buf_string(&out), want, name);
	watch_event_omits_free(omits);
}

static void
test_objects(void)
{
	static const char *const status[] = { ".status" };
	static const char *const note[] = { ".metadata.annotations.a\\.b/c", ".spec.x.y" };

	check_object(NULL, 0, NULL,
		     "{\"a\":1,\"metadata\":{\"managedFields\":[{}],\"name\":\"n\"}}",
		     "{\"a\":1,\"metadata\":{\"name\":\"n\"}}", "managedFields always");
	check_object(status, 1, NULL,
		     "{\"status\":{\"x\":[1,\"}\",{\"status\":2}]},\"spec\":{\"status\":1}}",
		     "{\"spec\":{\"status\":1}}", "at the top only");
	check_object(note, 2, NULL,
		     "{\"metadata\":{\"annotations\":{\"a.b/c\":\"1\",\"a\":\"2\"}},"
		     "\"spec\":{\"x\":{\"y\":1,\"z\":2}}}",
		     "{\"metadata\":{\"annotations\":{\"a\":\"2\"}},\"spec\":{\"x\":{\"z\":2}}}",
		     "a name with dots");
	check_object(NULL, 0, "v1", "{\"metadata\":{\"name\":\"n\"}}",
		     "{\"apiVersion\":\"v1\",\"kind\":\"Kind\",\"metadata\":{\"name\":\"n\"}}",
		     "items of a typed list get what they lack");
	check_object(NULL, 0, "v1", "{\"kind\":\"Own\",\"metadata\":{}}",
		     "{\"apiVersion\":\"v1\",\"kind\":\"Own\",\"metadata\":{}}",
		     "only what they lack");
	check_object(NULL, 0, "v1", "{\"apiVersion\":\"v2\",\"kind\":\"Own\",\"metadata\":{}}",
		     "{\"apiVersion\":\"v2\",\"kind\":\"Own\",\"metadata\":{}}", "nothing");
	check_object(NULL, 0, NULL, "{\n \"a\" : [ 1,\r\n\t2 ],\n\"s\" : \"x \\\" y\\\\\" }\n",
		     "{\"a\":[1,2],\"s\":\"x \\\" y\\\\\"}", "on one line");
	check_object(status, 1, NULL, "{\"a\":1,\"status\":{\"broken\":nul,,]}}", "{\"a\":1}",
		     "what is left out is not looked at");
}

static void
test_bounds(void)
{
	struct watch_event_omits *omits = watch_event_omits_new(NULL, 0, NULL);
	static const char *const others[] = { "1", "[]", "\"x\"", "null", "" };
	struct json_slice object = { "{\"a\":\"0123456789\"}", 18 };
	size_t i, max;

	for (i = 0; i < ALLOC_COUNT(others); i++) {
		CLEANUP_BUF struct buf out = BUF_INIT(1000);
		struct json_slice other = { others[i], strlen(others[i]) };

		check(!watch_event_object(omits, other, NULL, NULL, &out), "no object: %s",
		      others[i]);
	}
	for (max = 0; max < 50; max++) {
		CLEANUP_BUF struct buf out = BUF_INIT(max);
		bool ok = watch_event_object(omits, object, "v1", "Kind", &out);

		if (ok != (max >= 18 + strlen("\"apiVersion\":\"v1\",\"kind\":\"Kind\",")))
			check(false, "%zu bytes are not the bound", max);
	}
	check(true, "the bound is kept");
	watch_event_omits_free(omits);
}

static void
test_bad_paths(void)
{
	static const char *const bad[] = { "",
					   "status",
					   ".",
					   "..status",
					   ".a.",
					   ".metadata",
					   ".apiVersion",
					   ".kind",
					   ".metadata.name",
					   ".metadata.uid",
					   ".metadata.namespace" };
	struct error err;
	size_t i;

	for (i = 0; i < ALLOC_COUNT(bad); i++) {
		check(!watch_event_omits_new(&bad[i], 1, &err), "no path to leave out: %s", bad[i]);
		check_number(err.kind, ERROR_USAGE, "wrong usage");
		check(strstr(err.text, bad[i]) != NULL, "the text names it: %s", err.text);
	}
}

static void
test_identity(void)
{
	struct watch_event_identity who;
	char *long_name = alloc_zero(400, 1);
	char *object;
	static const char good[] =
		"{\"metadata\":{\"uid\":\"u-1\",\"name\":\"n\",\"namespace\":\"s\",\"x\":1}}";
	static const char *const bad[] = { "{}",
					   "{\"metadata\":1}",
					   "{\"metadata\":{}}",
					   "{\"metadata\":{\"name\":\"\"}}",
					   "{\"metadata\":{\"name\":1}}",
					   "{\"metadata\":{\"name\":\"a\\u0000b\"}}",
					   "{\"metadata\":{\"name\":\"a\",\"uid\":7}}" };
	size_t i;

	check(watch_event_identify((struct json_slice){ good, sizeof(good) - 1 }, &who),
	      "an object with a name");
	check_text(who.namespace, "s", "namespace");
	check_text(who.name, "n", "name");
	check_text(who.uid, "u-1", "uid");
	for (i = 0; i < ALLOC_COUNT(bad); i++)
		check(!watch_event_identify((struct json_slice){ bad[i], strlen(bad[i]) }, &who),
		      "no identity: %s", bad[i]);
	memset(long_name, 'a', 300);
	object = alloc_format("{\"metadata\":{\"name\":\"%s\"}}", long_name);
	check(!watch_event_identify((struct json_slice){ object, strlen(object) }, &who),
	      "a name that is too long");
	free(object);
	free(long_name);
}

static void
test_messages(void)
{
	struct manifest_address origin = { "a \"b\".yaml", 3, -1 };
	CLEANUP_BUF struct buf out = BUF_INIT(65536);
	static const char object[] = "{\"metadata\":{\"resourceVersion\":\"7\",\"name\":\"n\","
				     "\"generation\":3},\"resourceVersion\":\"8\"}";

	watch_event_essence((struct json_slice){ object, sizeof(object) - 1 }, &out);
	check_text(buf_string(&out), "{\"metadata\":{\"name\":\"n\"},\"resourceVersion\":\"8\"}",
		   "versions say nothing");
	buf_clear(&out);
	watch_event_message("ADDED", "t1", "{}", 2, NULL, &out);
	check_text(buf_string(&out), "{\"type\":\"ADDED\",\"trace\":\"t1\",\"object\":{}}",
		   "an event");
	buf_clear(&out);
	watch_event_message("ADDED", "t1", "{}", 2, &origin, &out);
	check_text(buf_string(&out),
		   "{\"type\":\"ADDED\",\"trace\":\"t1\",\"object\":{},\"origin\":{\"file\":"
		   "\"a \\\"b\\\".yaml\",\"document\":3}}",
		   "from a file");
	buf_clear(&out);
	origin.item = 2;
	watch_event_message("ADDED", "t1", "{}", 2, &origin, &out);
	check(strstr(buf_string(&out), "\"document\":3,\"item\":2}") != NULL, "from a List");
	buf_clear(&out);
	watch_event_reference("v1", "Secret", "n", "s", "u", &out);
	check_text(buf_string(&out),
		   "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"namespace\":\"n\","
		   "\"uid\":\"u\",\"name\":\"s\"}}",
		   "a reference");
	buf_clear(&out);
	watch_event_bookmark("v1", "Secret", &out);
	check_text(buf_string(&out),
		   "{\"type\":\"BOOKMARK\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"Secret\","
		   "\"metadata\":{\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}",
		   "the bookmark");
}

int
main(void)
{
	test_objects();
	test_bounds();
	test_bad_paths();
	test_identity();
	test_messages();
	return check_done();
}
