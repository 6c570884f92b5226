/* filters/manifest-locate.c: the bytes of a value. What is refused is in manifest-splice.c. */
#include "../../filters/manifest-locate.h"

#include "../../bus/alloc.h"
#include "../check.h"

static const char *const b[] = { "a", "b", NULL };
static const char *const second[] = { "a", "1", "b", NULL };

static const struct {
	const char *name, *text;
	bool is_json;
	unsigned document;
	const char *const *path;
	const char *want; /* the token; behind ! an error */
	enum yaml_style style;
	bool flow;
} rows[] = {
	{ "plain", "a:\n  b: x y # z\n", false, 0, b, "x y", YAML_PLAIN, false },
	{ "single", "a:\n  b: 'x''y'\n", false, 0, b, "'x''y'", YAML_SINGLE, false },
	{ "double", "a:\n  b: \"x\\\"y\"\n", false, 0, b, "\"x\\\"y\"", YAML_DOUBLE, false },
	{ "flow", "a: {b: x}\n", false, 0, b, "x", YAML_PLAIN, true },
	{ "behind anchor and tag", "a:\n  b: &x !!str x\n", false, 0, b, "x", YAML_PLAIN, false },
	{ "in a list", "a:\n- b: x\n- b: y\n", false, 0, second, "y", YAML_PLAIN, false },
	{ "behind letters of several bytes", "\xc3\xa4: \xe2\x82\xac\na: {b: \xc3\xa4}\n", false, 0, b, "\xc3\xa4",
	  YAML_PLAIN, true },
	{ "in the second document", "a: {b: x}\n---\na: {b: y}\n", false, 1, b, "y", YAML_PLAIN, true },
	{ "JSON", "{ \"a\" : { \"b\" : \"x\\\"\" } }", true, 0, b, "\"x\\\"\"", YAML_DOUBLE, true },
	{ "the second JSON value", "[]{\"a\":[0,{\"b\":\"y\"}]}", true, 1, second, "\"y\"", YAML_DOUBLE, true },
	{ "not there", "a: {c: b}\n", false, 0, b, "!a.b is not there", YAML_PLAIN, false },
	{ "not there in JSON", "{\"a\":[]}", true, 0, second, "!a[1].b is not there", YAML_PLAIN, false },
	{ "below a string", "a: x\n", false, 0, b, "!a.b is not there", YAML_PLAIN, false },
	{ "no string", "a:\n  b: {c: d}\n", false, 0, b, "!line 2: a.b is no string", YAML_PLAIN, false },
	{ "no string in JSON", "{\"a\":{\"b\":1}}", true, 0, b, "!a.b is no string", YAML_PLAIN, false },
	{ "nothing", "a:\n  b:\n", false, 0, b, "!line 2: a.b has no value", YAML_PLAIN, false },
	{ "twice", "a:\n  b: x\n  b: y\n", false, 0, b, "!line 3: a.b is reached by a key that stands there twice",
	  YAML_PLAIN, false },
	{ "twice above it", "a: {b: x}\na: {}\n", false, 0, b, "!line 2: a.b is reached by a key that stands there twice",
	  YAML_PLAIN, false },
	{ "no such document", "a: {b: x}\n", false, 1, b, "!document 1 is not there any more", YAML_PLAIN, false },
};

int
main(void)
{
	struct manifest_place place = { 0, 0, YAML_PLAIN, false };
	struct error err;
	size_t i;
	int rc;

	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		size_t len = strlen(rows[i].text);

		rc = rows[i].is_json ? manifest_locate_json(rows[i].text, len, rows[i].document,
							    rows[i].path, &place, &err) :
				       manifest_locate_yaml(rows[i].text, len, rows[i].document,
							    rows[i].path, &place, &err);
		CLEANUP_FREE char *got = rc < 0 ? alloc_format("!%s", err.text) :
			alloc_text(rows[i].text + place.start, place.end - place.start);
		check_text(got, rows[i].want, rows[i].name);
		if (rc == 0)
			check(place.style == rows[i].style && place.flow == rows[i].flow, "its style");
	}
	return check_done();
}
