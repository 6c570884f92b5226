/* Followers: what is read, and that each member that is missing or wrong is named. */
#include "../../filters/follower.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../check.h"

static const char whole[] =
	"{\"application\": {\"namespace\":\"ns\",\"name\":\"app\",\"uid\":\"u\"},\"source\":2,"
	"\"repoURL\":\"r/c\",\"chart\":\"m\",\"constraint\":\"~ 1.0 \\u003e\",\"current\":\"1.0\","
	"\"strategy\":\"semver\",\"allowTags\":\"any\",\"ignoreTags\":\"a,b\","
	"\"origin\":{\"file\":\"f.yaml\",\"document\":0,\"item\":3},\"unknown\":[]}";

static struct json_slice
slice(const char *text)
{
	return (struct json_slice){ text, strlen(text) };
}

static void
check_whole(void)
{
	CLEANUP_BUF struct buf names = BUF_INIT(1000);
	struct follower follower;
	struct error err;

	check(follower_read(&follower, slice(whole), &err) == 0, "a whole follower");
	check_text(follower.rule, "~ 1.0 >", "constraint, unescaped");
	check_text(follower.revision, "1.0", "current");
	check_text(follower.strategy, "semver", "strategy");
	check_text(follower.allow_tags, "any", "allowTags");
	check_text(follower.ignore_tags, "a,b", "ignoreTags");
	check_text(follower.label, "f.yaml: ns/app", "label");
	follower_append_names(&follower, &names);
	check_text(buf_string(&names),
		   "\"application\":{\"namespace\":\"ns\",\"name\":\"app\",\"uid\":\"u\"},\"source\":2,"
		   "\"origin\":{\"file\":\"f.yaml\",\"document\":0,\"item\":3},",
		   "what names it");
	follower_fini(&follower);
	check(follower_read(&follower, slice("{\"\\u0061pplication\":{\"namespace\":\"\","
					     "\"name\":\"a\"},\"repoURL\":\"\",\"chart\":\"\","
					     "\"constraint\":\"\",\"current\":\"\"}"), &err) == 0,
	      "the least there can be, a name escaped");
	check_text(follower.label, "a", "label without a namespace");
	check(follower.strategy == NULL && follower.source.text == NULL, "what is absent");
	follower_fini(&follower);
}

/* whole with the member's value replaced (NULL: left out). Its values are flat, or hold flat ones. */
static char *
with(const char *member, const char *value)
{
	CLEANUP_FREE char *name = alloc_format("\"%s\":", member);
	const char *at = strstr(whole, name), *end = at + strlen(name);

	end += strspn(end, " ");
	end += *end == '{' ? strcspn(end, "}") + 1 : strcspn(end, ",}");
	if (value == NULL)
		return alloc_format("%.*s\"x\":0%s", (int)(at - whole), whole, end);
	return alloc_format("%.*s%s%s%s", (int)(at - whole), whole, name, value, end);
}

static const struct {
	const char *member, *value, *want;
} rows[] = {
	{ "application", NULL, "application is missing" },
	{ "application", "7", "application is not an object" },
	{ "application", "null", "application is not an object" },
	{ "namespace", NULL, "application.namespace is missing" },
	{ "namespace", "[]", "application.namespace is not a string" },
	{ "name", NULL, "application.name is missing" },
	{ "name", "{}", "application.name is not a string" },
	{ "name", "\"\"", "application.name is empty" },
	{ "uid", "true", "application.uid is not a string" },
	{ "source", "\"2\"", "source is not a whole number from 0" },
	{ "source", "-1", "source is not a whole number from 0" },
	{ "source", "1.5", "source is not a whole number from 0" },
	{ "source", "1e3", "source is not a whole number from 0" },
	{ "source", "9999999999999999", "source is not a whole number from 0" },
	{ "source", "null", "source is not a whole number from 0" },
	{ "repoURL", NULL, "repoURL is missing" },
	{ "repoURL", "7", "repoURL is not a string" },
	{ "chart", NULL, "chart is missing" },
	{ "chart", "false", "chart is not a string" },
	{ "constraint", NULL, "constraint is missing" },
	{ "constraint", "[]", "constraint is not a string" },
	{ "constraint", "\"a\\u0000b\"", "constraint holds a NUL" },
	{ "current", NULL, "current is missing" },
	{ "current", "1.0", "current is not a string" },
	{ "strategy", "7", "strategy is not a string" },
	{ "allowTags", "7", "allowTags is not a string" },
	{ "ignoreTags", "[\"a\"]", "ignoreTags is not a string" },
	{ "origin", "\"f.yaml\"", "origin is not an object" },
	{ "file", NULL, "origin.file is missing" },
	{ "file", "\"\"", "origin.file is empty" },
	{ "document", NULL, "origin.document is missing" },
	{ "document", "\"0\"", "origin.document is not a whole number from 0" },
	{ "item", "null", "origin.item is not a whole number from 0" },
};

static void
check_row(size_t row)
{
	CLEANUP_FREE char *text = with(rows[row].member, rows[row].value);
	CLEANUP_BUF struct buf names = BUF_INIT(1000);
	struct follower follower;
	struct error err = { 0 };

	check(follower_read(&follower, slice(text), &err) == -1, "refused: %s", text);
	check_text(err.text, rows[row].want, "and named");
	/* what is wrong does not come back as a name */
	follower_append_names(&follower, &names);
	check(strstr(buf_string(&names), "null") == NULL && strstr(buf_string(&names), "[]") == NULL &&
	      strstr(buf_string(&names), "\"\"") == NULL && strstr(buf_string(&names), "7") == NULL,
	      "what names it: %s", buf_string(&names));
	follower_fini(&follower);
}

static void
check_compact(void)
{
	static const char *const pairs[][2] = {
		{ "{ \"a\" : [ 1 ,\t2 ] ,\r\n\"b\\\" c\" : \" \\\\\" }", "{\"a\":[1,2],\"b\\\" c\":\" \\\\\"}" },
		{ "7", "7" },
		{ "\"a b\"", "\"a b\"" },
		{ " {} ", "{}" },
	};

	for (size_t i = 0; i < ALLOC_COUNT(pairs); i++) {
		CLEANUP_BUF struct buf out = BUF_INIT(1000);

		follower_append_compact(&out, slice(pairs[i][0]));
		check_text(buf_string(&out), pairs[i][1], "compact");
	}
}

int
main(void)
{
	struct follower follower;
	struct error err;

	check_whole();
	for (size_t i = 0; i < ALLOC_COUNT(rows); i++)
		check_row(i);
	check(follower_read(&follower, slice("[]"), &err) == -1, "no object");
	check_text(err.text, "not an object", "and named");
	follower_fini(&follower);
	check_compact();
	return check_done();
}
