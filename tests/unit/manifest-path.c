/* filters/manifest-path.c */
#include "../../filters/manifest-path.h"

#include "../../bus/alloc.h"
#include "../check.h"

static const char *const revision[] = { "spec", "sources", "1", "targetRevision", NULL };
static const char *const annotation[] = { "metadata", "annotations", "example.org/c", NULL };
static const char *const nothing[] = { NULL };

static void
test_get(void)
{
	static const char text[] = "{\"spec\":{\"sources\":[1,{\"targetRevision\":\"x\"}],\"a\":1,\"a\":2},"
				   "\"metadata\":{\"annotations\":{\"example.org\\/c\":null}}}";
	static const char *const beyond[] = { "spec", "sources", "2", NULL };
	static const char *const not_canonical[] = { "spec", "sources", "01", NULL };
	static const char *const through[] = { "spec", "a", "b", NULL };
	static const char *const twice[] = { "spec", "a", NULL };
	struct json_slice all = { text, sizeof(text) - 1 };
	struct json_slice value = manifest_path_get(all, revision);

	check(json_string_is(value, "x"), "through an array");
	value = manifest_path_get(all, annotation);
	check(value.len == 4 && memcmp(value.text, "null", 4) == 0, "a name that is escaped in the text");
	check(manifest_path_get(all, nothing).text == text, "no name: the whole");
	check(manifest_path_get(all, beyond).text == NULL, "beyond the end of an array");
	check(manifest_path_get(all, not_canonical).text == NULL, "an index in another spelling");
	check(manifest_path_get(all, through).text == NULL, "through a number");
	check(*manifest_path_get(all, twice).text == '2', "of two members, the last one");
}

static void
test_print(void)
{
	char text[80];

	check_text(manifest_path_print(revision, text, sizeof(text)), "spec.sources[1].targetRevision",
		   "an index");
	check_text(manifest_path_print(annotation, text, sizeof(text)),
		   "metadata.annotations[\"example.org/c\"]", "a name with a dot");
	check_text(manifest_path_print(annotation, text, 12), "metadata.an", "a text that is cut");
	check_text(manifest_path_print(nothing, text, sizeof(text)), "", "nothing");
}

int
main(void)
{
	test_get();
	test_print();
	check(manifest_path_equal(revision, revision) && manifest_path_equal(nothing, nothing), "equal");
	check(!manifest_path_equal(revision, annotation) && !manifest_path_equal(revision, nothing) &&
	      !manifest_path_equal(nothing, revision), "not equal");
	check(manifest_path_is_index("10", 10) && !manifest_path_is_index("010", 10) &&
	      !manifest_path_is_index("", 0), "indices");
	return check_done();
}
