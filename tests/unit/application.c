/* Unit test of filters/application.c. */
#include "../../filters/application.h"

#include <stdlib.h>
#include <string.h>

#include "../../bus/alloc.h"
#include "../check.h"

#define HEAD "{\"apiVersion\":\"argoproj.io/v1alpha1\",\"kind\":\"Application\",\"metadata\":"
#define RULE "\"argocd-image-updater.argoproj.io/chart-version\":\"~ 1.0\""
#define META "{\"namespace\":\"ns\",\"name\":\"a\",\"uid\":\"u\",\"annotations\":{" RULE "}}"
#define SOURCE "{\"repoURL\":\"reg.example/ns\",\"chart\":\"app\",\"targetRevision\":\"1.0.0\"}"

static int
read_text(struct application *application, const char *text, struct error *err)
{
	struct json_slice object = { text, strlen(text) };

	if (json_check(text, object.len, &json_limits_message, err) != 0)
		return -2;
	return application_read(application, object, err);
}

/* sources as "index repoURL chart current;" */
static const struct {
	const char *object, *sources; /* NULL: an error, which holds part */
	const char *part;
} rows[] = {
	{ HEAD META ",\"spec\":{\"source\":" SOURCE "}}", "-1 reg.example/ns app 1.0.0;", NULL },
	{ HEAD META ",\"spec\":{\"sources\":[{\"repoURL\":\"git\",\"path\":\".\"},null," SOURCE "]}}",
	  "2 reg.example/ns app 1.0.0;", NULL },
	{ HEAD META ",\"spec\":{\"source\":{\"repoURL\":\"x\",\"chart\":\"y\"},\"sources\":[" SOURCE
	  "," SOURCE "]}}", "0 reg.example/ns app 1.0.0;1 reg.example/ns app 1.0.0;", NULL },
	{ HEAD META ",\"spec\":{\"source\":" SOURCE ",\"sources\":[]}}",
	  "-1 reg.example/ns app 1.0.0;", NULL },
	{ HEAD META ",\"spec\":{\"source\":" SOURCE ",\"sources\":null}}",
	  "-1 reg.example/ns app 1.0.0;", NULL },
	{ HEAD META ",\"spec\":{\"source\":{\"repoURL\":\"r\",\"chart\":\"c\"}}}", "-1 r c ;", NULL },
	{ HEAD "{\"name\":\"a\"},\"spec\":{\"source\":" SOURCE "}}", "", NULL },
	{ HEAD "{\"name\":\"a\",\"annotations\":null},\"spec\":7}", "", NULL },
	{ HEAD "{\"name\":\"a\",\"annotations\":{\"x\":1,"
	  "\"argocd-image-updater.argoproj.io/allow-tags\":7}}}", "", NULL },
	{ HEAD "{\"annotations\":{" RULE "}}}", NULL, "metadata.name is missing" },
	{ HEAD "null}", NULL, "no metadata" },
	{ HEAD "{\"name\":7}}", NULL, "metadata.name is not a string" },
	{ HEAD "{\"name\":\"a\\u0000b\"}}", NULL, "metadata.name holds a NUL" },
	{ HEAD "{\"name\":\"a\",\"annotations\":[]}}", NULL, "metadata.annotations is not an object" },
	{ HEAD "{\"name\":\"a\",\"annotations\":"
	  "{\"argocd-image-updater.argoproj.io/chart-version\":1.0}}}", NULL,
	  "chart-version is not a string" },
	{ HEAD META "}", NULL, "no spec" },
	{ HEAD META ",\"spec\":{}}", NULL, "no source has a chart" },
	{ HEAD META ",\"spec\":{\"source\":{\"repoURL\":\"git\",\"path\":\".\"}}}", NULL,
	  "no source has a chart" },
	{ HEAD META ",\"spec\":{\"source\":[]}}", NULL, "spec.source is not an object" },
	{ HEAD META ",\"spec\":{\"sources\":{}}}", NULL, "spec.sources is not a list" },
	{ HEAD META ",\"spec\":{\"sources\":[" SOURCE ",7]}}", NULL, "spec.sources[1] is not an object" },
	{ HEAD META ",\"spec\":{\"sources\":[{\"chart\":\"c\"}]}}", NULL,
	  "spec.sources[0].repoURL is missing" },
	{ HEAD META ",\"spec\":{\"source\":{\"chart\":\"c\",\"repoURL\":7}}}", NULL,
	  "spec.source.repoURL is not a string" },
	{ HEAD META ",\"spec\":{\"source\":{\"chart\":\"c\",\"repoURL\":\"r\",\"targetRevision\":1.0}}}",
	  NULL, "spec.source.targetRevision is not a string" },
	{ HEAD META ",\"spec\":{\"source\":" SOURCE ",\"sourceHydrator\":{}}}", NULL, "sourceHydrator" },
};

static void
test_rows(void)
{
	struct application application;
	struct error err;
	size_t i, j;

	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		struct buf sources = BUF_INIT((size_t)4096);
		int status = read_text(&application, rows[i].object, &err);

		for (j = 0; j < application.source_count; j++)
			buf_printf(&sources, "%d %s %s %s;", application.sources[j].index,
				   application.sources[j].repo_url, application.sources[j].chart,
				   application.sources[j].current);
		if (rows[i].sources != NULL)
			check_text(status == 0 ? buf_string(&sources) : err.text, rows[i].sources,
				   rows[i].object + strlen(HEAD));
		else
			check(status == -1 && strstr(err.text, rows[i].part) != NULL, "%s: %s",
			      rows[i].part, status == 0 ? "accepted" : err.text);
		application_fini(&application);
		buf_fini(&sources);
	}
}

static const struct {
	const char *object;
	bool is;
} kinds[] = {
	{ HEAD "{}}", true },
	{ "{\"apiVersion\":\"argoproj.io/v2\",\"kind\":\"Application\"}", true },
	{ "{\"apiVersion\":\"argoproj.io/v1alpha1\",\"kind\":\"ApplicationSet\"}", false },
	{ "{\"apiVersion\":\"app.k8s.io/v1\",\"kind\":\"Application\"}", false },
	{ "{\"apiVersion\":\"argoproj.io\",\"kind\":\"Application\"}", false },
	{ "{\"kind\":\"Application\"}", false },
	{ "[]", false },
	{ "null", false },
};

static void
test_writing(void)
{
	struct application application;
	struct buf out = BUF_INIT((size_t)4096);
	struct json_slice origin = { "{\"file\":\"f\",\"document\":0}", 25 }, none = { NULL, 0 };
	const char *text = HEAD "{\"name\":\"a\\\"b\",\"annotations\":{" RULE
		",\"argocd-image-updater.argoproj.io/update-strategy\":\"semver\""
		",\"argocd-image-updater.argoproj.io/allow-tags\":\"any\""
		",\"argocd-image-updater.argoproj.io/ignore-tags\":\"*-rc\""
		",\"argocd-image-updater.argoproj.io/pull-secret\":\"pullsecret:n\""
		"}},\"spec\":{\"sources\":[" SOURCE "]}}";

	check_number(read_text(&application, text, NULL), 0, "all annotations");
	check_text(application.pull_secret, "pullsecret:n", "pull-secret");
	application_follower(&application, &application.sources[0], origin, &out);
	check_text(buf_string(&out),
		   "{\"application\":{\"namespace\":\"\",\"name\":\"a\\\"b\"},\"source\":0,"
		   "\"repoURL\":\"reg.example/ns\",\"chart\":\"app\",\"constraint\":\"~ 1.0\","
		   "\"current\":\"1.0.0\",\"strategy\":\"semver\",\"allowTags\":\"any\","
		   "\"ignoreTags\":\"*-rc\",\"origin\":{\"file\":\"f\",\"document\":0}}",
		   "a follower with everything");
	application_fini(&application);
	buf_clear(&out);
	read_text(&application, HEAD META ",\"spec\":{\"source\":" SOURCE "}}", NULL);
	application_follower(&application, &application.sources[0], none, &out);
	check_text(buf_string(&out),
		   "{\"application\":{\"namespace\":\"ns\",\"name\":\"a\",\"uid\":\"u\"},"
		   "\"repoURL\":\"reg.example/ns\",\"chart\":\"app\",\"constraint\":\"~ 1.0\","
		   "\"current\":\"1.0.0\"}", "a follower with nothing else");
	application_fini(&application);
	buf_fini(&out);
}

int
main(void)
{
	size_t i;

	test_rows();
	for (i = 0; i < ALLOC_COUNT(kinds); i++)
		check(application_is((struct json_slice){ kinds[i].object, strlen(kinds[i].object) }) ==
		      kinds[i].is, "%s", kinds[i].object);
	test_writing();
	return check_done();
}
