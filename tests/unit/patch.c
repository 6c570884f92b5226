/* The JSON Patch of an Application: its text, byte for byte, and the judgement of a fresh copy. */
#include "../check.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../../bus/json.h"
#include "../../filters/patch.h"

#define ANNOTATION "/metadata/annotations/argocd-image-updater.argoproj.io~1chart-version"

static void
check_patch(const struct patch_change *change, const char *want, const char *name)
{
	CLEANUP_BUF struct buf out = BUF_INIT(65536);
	struct error err;

	check(patch_build(change, &out), "%s: is built", name);
	check_text(buf_string(&out), want, name);
	check_number(json_check(out.data, out.len, &json_limits_message, &err), 0, "it is JSON");
}

static void
test_build(void)
{
	struct patch_change change = { .uid = "u-1",
				       .source = -1,
				       .constraint = "~ 1.0",
				       .repo_url = "registry.example/ns",
				       .chart = "app",
				       .from = "1.0.0",
				       .to = "1.0.3" };

	check_patch(
		&change,
		"[{\"op\":\"test\",\"path\":\"/metadata/uid\",\"value\":\"u-1\"},"
		"{\"op\":\"test\",\"path\":\"" ANNOTATION "\",\"value\":\"~ 1.0\"},"
		"{\"op\":\"test\",\"path\":\"/spec/source/repoURL\",\"value\":\"registry.example/"
		"ns\"},"
		"{\"op\":\"test\",\"path\":\"/spec/source/chart\",\"value\":\"app\"},"
		"{\"op\":\"test\",\"path\":\"/spec/source/targetRevision\",\"value\":\"1.0.0\"},"
		"{\"op\":\"replace\",\"path\":\"/spec/source/"
		"targetRevision\",\"value\":\"1.0.3\"}]",
		"spec.source");
	change.source = 12;
	change.constraint = ">=1.0 <2 & \xe2\x80\xa8\"\\";
	change.repo_url = "https://r/\xc3\xa9?a=1&b=<2>";
	change.to = "1.0.3+b1";
	check_patch(&change,
		    "[{\"op\":\"test\",\"path\":\"/metadata/uid\",\"value\":\"u-1\"},"
		    "{\"op\":\"test\",\"path\":\"" ANNOTATION
		    "\",\"value\":\"\\u003e=1.0 \\u003c2 \\u0026 \\u2028\\\"\\\\\"},"
		    "{\"op\":\"test\",\"path\":\"/spec/sources/12/repoURL\",\"value\":"
		    "\"https://r/\xc3\xa9?a=1\\u0026b=\\u003c2\\u003e\"},"
		    "{\"op\":\"test\",\"path\":\"/spec/sources/12/chart\",\"value\":\"app\"},"
		    "{\"op\":\"test\",\"path\":\"/spec/sources/12/"
		    "targetRevision\",\"value\":\"1.0.0\"},"
		    "{\"op\":\"replace\",\"path\":\"/spec/sources/12/targetRevision\",\"value\":"
		    "\"1.0.3+b1\"}]",
		    "spec.sources, in Go's escaping");
	change.from = "";
	change.constraint = "";
	change.repo_url = "r";
	change.source = -1;
	check_patch(&change,
		    "[{\"op\":\"test\",\"path\":\"/metadata/uid\",\"value\":\"u-1\"},"
		    "{\"op\":\"test\",\"path\":\"" ANNOTATION "\",\"value\":\"\"},"
		    "{\"op\":\"test\",\"path\":\"/spec/source/repoURL\",\"value\":\"r\"},"
		    "{\"op\":\"test\",\"path\":\"/spec/source/chart\",\"value\":\"app\"},"
		    "{\"op\":\"test\",\"path\":\"/spec/source/targetRevision\",\"value\":null},"
		    "{\"op\":\"add\",\"path\":\"/spec/source/targetRevision\",\"value\":\"1.0.3+b1\"}]",
		    "nothing stood there");
}

static void
test_build_bounded(void)
{
	struct patch_change change = { .uid = "u",
				       .source = -1,
				       .constraint = "1",
				       .repo_url = "r",
				       .chart = "c",
				       .from = "1",
				       .to = "2" };
	size_t max;

	for (max = 0; max < 430; max += 43) {
		CLEANUP_BUF struct buf out = BUF_INIT(max);

		check(!patch_build(&change, &out), "does not fit into %zu bytes", max);
	}
}

#define OBJECT(uid, rule, source)                              \
	"{\"metadata\":{\"uid\":\"" uid "\",\"annotations\":{" \
	"\"argocd-image-updater.argoproj.io/chart-version\":\"" rule "\"}},\"spec\":{" source "}}"
#define SOURCE(repo, chart, revision) \
	"{\"repoURL\":\"" repo "\",\"chart\":\"" chart "\",\"targetRevision\":\"" revision "\"}"
#define ONE(repo, chart, revision) "\"source\":" SOURCE(repo, chart, revision)

struct judgement {
	const char *name, *object;
	int source;
	enum patch_verdict want;
	const char *reason; /* a part of it */
};

static const struct judgement judgements[] = {
	{ "as decided from", OBJECT("u", "~1", ONE("r", "c", "1.0.0")), -1, PATCH_APPLIES, "" },
	{ "already there", OBJECT("u", "~1", ONE("r", "c", "1.0.3")), -1, PATCH_DONE, "" },
	{ "recreated", OBJECT("v", "~1", ONE("r", "c", "1.0.0")), -1, PATCH_OVERTAKEN, "anew" },
	{ "recreated, already there", OBJECT("v", "~1", ONE("r", "c", "1.0.3")), -1,
	  PATCH_OVERTAKEN, "anew" },
	{ "tightened", OBJECT("u", "~1.0.0", ONE("r", "c", "1.0.0")), -1, PATCH_OVERTAKEN,
	  "constraint" },
	{ "moved", OBJECT("u", "~1", ONE("q", "c", "1.0.0")), -1, PATCH_OVERTAKEN, "repository" },
	{ "another chart", OBJECT("u", "~1", ONE("r", "d", "1.0.0")), -1, PATCH_OVERTAKEN,
	  "repository or chart" },
	{ "another version", OBJECT("u", "~1", ONE("r", "c", "1.0.1")), -1, PATCH_OVERTAKEN,
	  "targetRevision" },
	{ "no source any more", OBJECT("u", "~1", "\"sources\":[]"), -1, PATCH_OVERTAKEN,
	  "repository" },
	{ "one of three", OBJECT("u", "~1", "\"sources\":[{},1," SOURCE("r", "c", "1.0.0") "]"), 2,
	  PATCH_APPLIES, "" },
	{ "a shorter list", OBJECT("u", "~1", "\"sources\":[{}]"), 2, PATCH_OVERTAKEN,
	  "repository" },
	{ "no list", OBJECT("u", "~1", "\"sources\":7"), 2, PATCH_OVERTAKEN, "repository" },
	{ "no metadata", "{\"spec\":{}}", -1, PATCH_OVERTAKEN, "anew" },
	{ "no object", "[]", -1, PATCH_OVERTAKEN, "anew" },
	{ "annotations are no object", "{\"metadata\":{\"uid\":\"u\",\"annotations\":[]}}", -1,
	  PATCH_OVERTAKEN, "constraint" },
};

static void
test_judge(void)
{
	size_t i;

	for (i = 0; i < ALLOC_COUNT(judgements); i++) {
		const struct judgement *row = &judgements[i];
		struct patch_change change = { .uid = "u",
					       .source = row->source,
					       .constraint = "~1",
					       .repo_url = "r",
					       .chart = "c",
					       .from = "1.0.0",
					       .to = "1.0.3" };
		char reason[256] = "";
		jv object = jv_parse(row->object);

		check_number(patch_judge(&change, object, reason, sizeof(reason)), row->want,
			     row->name);
		check(strstr(reason, row->reason) != NULL, "%s: says \"%s\"", row->name, reason);
		jv_free(object);
	}
}

/* Where no version stood: one that is absent, one that is empty, and one that came meanwhile. */
static void
test_judge_absent(void)
{
	static const char *const sources[] = {
		"\"source\":{\"repoURL\":\"r\",\"chart\":\"c\"}",
		ONE("r", "c", ""),
		ONE("r", "c", "1.0.0"),
	};
	static const enum patch_verdict want[] = { PATCH_APPLIES, PATCH_APPLIES, PATCH_OVERTAKEN };
	size_t i;

	for (i = 0; i < ALLOC_COUNT(sources); i++) {
		struct patch_change change = { .uid = "u", .source = -1, .constraint = "~1",
					       .repo_url = "r", .chart = "c", .from = "",
					       .to = "1.0.3" };
		char *text = alloc_format(OBJECT("u", "~1", "%s"), sources[i]);
		char reason[256];
		jv object = jv_parse(text);

		check_number(patch_judge(&change, object, reason, sizeof(reason)), want[i], text);
		check_number(patch_has_revision(&change, object), i > 0, "is one there?");
		jv_free(object);
		free(text);
	}
}

static void
test_revision(void)
{
	static const char *const good[] = { "1.0.0", "v1.2.3", "1.0.0+b1", "+x", "1.0.0-rc.1" };
	static const char *const bad[] = { "",	  ".1",	 "-1",	     "_1",  "1 0",
					   "1/0", "1\n", "\xc3\xa9", ">=1", "sha256:ab" };
	char longest[130];
	size_t i;

	for (i = 0; i < ALLOC_COUNT(good); i++)
		check(patch_is_revision(good[i]), "a revision: %s", good[i]);
	for (i = 0; i < ALLOC_COUNT(bad); i++)
		check(!patch_is_revision(bad[i]), "no revision: row %zu", i);
	memset(longest, '1', sizeof(longest));
	longest[128] = '\0';
	check(patch_is_revision(longest), "128 bytes are a revision");
	longest[128] = '1';
	longest[129] = '\0';
	check(!patch_is_revision(longest), "129 bytes are none");
}

int
main(void)
{
	test_build();
	test_build_bounded();
	test_judge();
	test_judge_absent();
	test_revision();
	return check_done();
}
