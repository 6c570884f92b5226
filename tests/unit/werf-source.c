/* Unit test of filters/werf-source.c. */
#include "../../filters/werf-source.h"

#include <string.h>

#include "../../bus/alloc.h"
#include "../check.h"

static struct json_slice
slice(const char *text)
{
	return (struct json_slice){ .text = text, .len = strlen(text) };
}

/* Reads a WerfSource s with this spec. */
static int
read_spec(struct werf_source *source, const char *spec, struct error *err)
{
	CLEANUP_FREE char *text = alloc_format("{\"apiVersion\":\"deckhouse.io/v1alpha1\",\"kind\":"
					       "\"WerfSource\",\"metadata\":{\"name\":\"s\"},"
					       "\"spec\":%s}",
					       spec);

	check(json_check(text, strlen(text), &json_limits_message, NULL) == 0, "%s is JSON", spec);
	return werf_source_read(source, slice(text), err);
}

static void
test_is(void)
{
	static const struct {
		const char *object;
		bool is;
	} rows[] = {
		{ "{\"apiVersion\":\"deckhouse.io/v1alpha1\",\"kind\":\"WerfSource\"}", true },
		{ "{\"apiVersion\":\"deckhouse.io/v1\",\"kind\":\"WerfSource\"}", true },
		{ "{\"apiVersion\":\"deckhouse.io/\",\"kind\":\"WerfSource\"}", false },
		{ "{\"apiVersion\":\"deckhouse.iox/v1\",\"kind\":\"WerfSource\"}", false },
		{ "{\"apiVersion\":\"deckhouse.io/v1\",\"kind\":\"ModuleConfig\"}", false },
		{ "{\"apiVersion\":1,\"kind\":\"WerfSource\"}", false },
		{ "{}", false },
		{ "[]", false },
	};

	for (size_t i = 0; i < ALLOC_COUNT(rows); i++)
		check(werf_source_is(slice(rows[i].object)) == rows[i].is, "is it one: %s",
		      rows[i].object);
}

static void
test_whole(void)
{
	static const char text[] =
		"{\"apiVersion\":\"deckhouse.io/v1alpha1\",\"kind\":\"WerfSource\",\"metadata\":{"
		"\"name\":\"example\",\"uid\":\"u-1\",\"generation\":7,"
		"\"creationTimestamp\":\"2026-01-02T03:04:05Z\"},\"spec\":{\"imageRepo\":"
		"\"reg.example:5000/charts\",\"apiUrl\":\"http://api.example:81/v/\","
		"\"pullSecretName\":\"example-registry\",\"argocdRepoEnabled\":false,"
		"\"argocdRepo\":{\"project\":\"team\"}},\"status\":{\"conditions\":[]}}";
	struct werf_source source;
	jv value, other;

	check(werf_source_read(&source, slice(text), NULL) == 0, "a whole one");
	check_text(source.name, "example", "name");
	check_text(source.uid, "u-1", "uid");
	check_text(source.created, "2026-01-02T03:04:05Z", "created");
	check_number(source.generation, 7, "generation");
	check_text(source.status, "{\"conditions\":[]}", "status");
	check_text(source.url, "reg.example:5000/charts", "url");
	check_text(source.api_url, "http://api.example:81/v", "apiUrl, without its last slash");
	check_text(source.pull_secret, "example-registry", "pullSecretName");
	check_text(source.project, "team", "project");
	check(!source.has_repository, "argocdRepoEnabled");

	value = werf_source_reference(&source);
	other = jv_parse("{\"apiVersion\":\"deckhouse.io/v1alpha1\",\"kind\":\"WerfSource\","
			 "\"metadata\":{\"name\":\"example\",\"uid\":\"u-1\"}}");
	check(jv_equal(value, other), "as a reference");
	value = werf_source_value(&source);
	other = jv_parse("{\"name\":\"example\",\"uid\":\"u-1\",\"generation\":7,\"created\":"
			 "\"2026-01-02T03:04:05Z\",\"url\":\"reg.example:5000/charts\",\"host\":"
			 "\"reg.example:5000\",\"path\":\"charts\",\"registry\":\"reg.example:5000\","
			 "\"repository\":\"reg.example:5000/charts\",\"apiUrl\":"
			 "\"http://api.example:81/v\",\"pullSecret\":\"example-registry\","
			 "\"project\":\"team\",\"argocdRepoEnabled\":false}");
	check(jv_equal(value, other), "as a value");
	werf_source_fini(&source);
}

static void
test_least(void)
{
	struct werf_source source;

	check(read_spec(&source, "{\"imageRepo\":\"reg.example/a\"}", NULL) == 0, "only what must be");
	check_text(source.uid, "", "no uid");
	check_text(source.created, "", "no creationTimestamp");
	check_text(source.status, NULL, "no status");
	check_text(source.pull_secret, NULL, "no pull secret");
	check_text(source.project, NULL, "D9: no project unless the source says so");
	check(source.has_repository, "argocdRepoEnabled is true by default");
	werf_source_fini(&source);
	check(read_spec(&source,
			"{\"imageRepo\":\"reg.example/a\",\"apiUrl\":null,\"pullSecretName\":\"\","
			"\"argocdRepoEnabled\":null,\"argocdRepo\":{\"project\":\"\"}}",
			NULL) == 0, "null and empty are absent");
	check_text(source.pull_secret, NULL, "an empty pullSecretName is none");
	check_text(source.project, NULL, "an empty project is none");
	check(source.has_repository, "argocdRepoEnabled null is the default");
	werf_source_fini(&source);
}

static void
test_repositories(void)
{
	static const struct {
		const char *spec, *url, *repository, *api_url;
	} rows[] = {
		{ "\"imageRepo\":\"reg.example/a/b\"", "reg.example/a/b", "reg.example/a/b",
		  "https://reg.example" },
		{ "\"imageRepo\":\"oci://reg.example/a\"", "reg.example/a", "reg.example/a",
		  "https://reg.example" },
		{ "\"imageRepo\":\"OCI://Reg.Example:5000/a///\"", "reg.example:5000/a",
		  "reg.example:5000/a", "https://reg.example:5000" },
		{ "\"imageRepo\":\"reg.example:443/a\"", "reg.example:443/a", "reg.example/a",
		  "https://reg.example:443" },
		{ "\"imageRepo\":\"REG.EXAMPLE\"", "reg.example", "reg.example",
		  "https://reg.example" },
		{ "\"imageRepo\":\"reg.example/\"", "reg.example", "reg.example",
		  "https://reg.example" },
		{ "\"imageRepo\":\"localhost:5000/a\"", "localhost:5000/a", "localhost:5000/a",
		  "https://localhost:5000" },
		{ "\"imageRepo\":\"[2001:db8::1]:5000/a\"", "[2001:db8::1]:5000/a",
		  "[2001:db8::1]:5000/a", "https://[2001:db8::1]:5000" },
		{ "\"imageRepo\":\"docker.io/me\"", "docker.io/me", "docker.io/me",
		  "https://registry-1.docker.io" },
		{ "\"imageRepo\":\"index.docker.io/me\"", "index.docker.io/me", "docker.io/me",
		  "https://registry-1.docker.io" },
		{ "\"imageRepo\":\"registry-1.docker.io/me\"", "registry-1.docker.io/me",
		  "docker.io/me", "https://registry-1.docker.io" },
		{ "\"imageRepo\":\"docker.io/me\",\"apiUrl\":\"https://docker.io/\"",
		  "docker.io/me", "docker.io/me", "https://registry-1.docker.io" },
		{ "\"imageRepo\":\"docker.io/me\",\"apiUrl\":\"https://mirror.example\"",
		  "docker.io/me", "docker.io/me", "https://mirror.example" },
		{ "\"imageRepo\":\"reg.example/a\",\"apiUrl\":\"HTTPS://Api.Example/x//\"",
		  "reg.example/a", "reg.example/a", "https://Api.Example/x" },
	};

	for (size_t i = 0; i < ALLOC_COUNT(rows); i++) {
		CLEANUP_FREE char *spec = alloc_format("{%s}", rows[i].spec);
		struct werf_source source;

		check(read_spec(&source, spec, NULL) == 0, "D8, D11: %s", rows[i].spec);
		check_text(source.url, rows[i].url, "its url");
		check_text(source.repository, rows[i].repository, "its repository");
		check_text(source.api_url, rows[i].api_url, "its API");
		werf_source_fini(&source);
	}
}

/* Each kind of wrong value: one error that names the field. */
static void
test_wrong_specs(void)
{
	static const char long_path[] = "{\"imageRepo\":\"reg.example/%0250d\"}";
	static const struct {
		const char *spec, *text;
	} rows[] = {
		{ "null", "spec: is to be a mapping" },
		{ "[]", "spec: is to be a mapping" },
		{ "{}", "spec.imageRepo: is missing (wanted: host[:port]/path)" },
		{ "{\"imageRepo\":\"\"}", "spec.imageRepo: is missing (wanted: host[:port]/path)" },
		{ "{\"imageRepo\":7}", "spec.imageRepo: is to be a text" },
		{ "{\"imageRepo\":[\"r/a\"]}", "spec.imageRepo: is to be a text" },
		{ "{\"imageRepo\":\"r/a\\u0000b\"}", "spec.imageRepo: holds a NUL character" },
		{ "{\"imageRepo\":\"https://reg.example/a\"}",
		  "spec.imageRepo: has a scheme (wanted: host[:port]/path, without https://)" },
		{ "{\"imageRepo\":\"http://reg.example/a\"}",
		  "spec.imageRepo: has a scheme (wanted: host[:port]/path, without https://)" },
		{ "{\"imageRepo\":\"oci://\"}",
		  "spec.imageRepo: its registry is no valid host[:port]" },
		{ "{\"imageRepo\":\"/a\"}", "spec.imageRepo: its registry is no valid host[:port]" },
		{ "{\"imageRepo\":\"reg.example:99999/a\"}",
		  "spec.imageRepo: its registry is no valid host[:port]" },
		{ "{\"imageRepo\":\"me:secret@reg.example/a\"}",
		  "spec.imageRepo: its registry is no valid host[:port]" },
		{ "{\"imageRepo\":\"reg.example/A\"}",
		  "spec.imageRepo: its path is no valid repository name (lower-case letters, "
		  "digits, separators . _ - inside, slashes; no tag)" },
		{ "{\"imageRepo\":\"reg.example/a:1.0\"}",
		  "spec.imageRepo: its path is no valid repository name (lower-case letters, "
		  "digits, separators . _ - inside, slashes; no tag)" },
		{ "{\"imageRepo\":\"reg.example/a//b\"}",
		  "spec.imageRepo: its path is no valid repository name (lower-case letters, "
		  "digits, separators . _ - inside, slashes; no tag)" },
		{ long_path, "spec.imageRepo: is longer than 255 bytes" },
		{ "{\"imageRepo\":\"r/a\",\"apiUrl\":true}", "spec.apiUrl: is to be a text" },
		{ "{\"imageRepo\":\"r/a\",\"apiUrl\":\"r.example\"}",
		  "spec.apiUrl: the URL begins with neither https:// nor http://" },
		{ "{\"imageRepo\":\"r/a\",\"apiUrl\":\"https://me:secret@r.example\"}",
		  "spec.apiUrl: the URL holds a user name" },
		{ "{\"imageRepo\":\"r/a\",\"apiUrl\":\"https://r.example?a=b\"}",
		  "spec.apiUrl: the URL has a query" },
		{ "{\"imageRepo\":\"r/a\",\"apiUrl\":\"https://\"}",
		  "spec.apiUrl: the host or port in the URL is not valid" },
		{ "{\"imageRepo\":\"r/a\",\"pullSecretName\":{}}",
		  "spec.pullSecretName: is to be a text" },
		{ "{\"imageRepo\":\"r/a\",\"pullSecretName\":\"../kube-system/x\"}",
		  "spec.pullSecretName: is no name of a Secret (lower-case letters, digits, - and . "
		  "inside, at most 253 bytes)" },
		{ "{\"imageRepo\":\"r/a\",\"pullSecretName\":\"a-.b\"}",
		  "spec.pullSecretName: is no name of a Secret (lower-case letters, digits, - and . "
		  "inside, at most 253 bytes)" },
		{ "{\"imageRepo\":\"r/a\",\"argocdRepoEnabled\":\"false\"}",
		  "spec.argocdRepoEnabled: is to be true or false" },
		{ "{\"imageRepo\":\"r/a\",\"argocdRepoEnabled\":0}",
		  "spec.argocdRepoEnabled: is to be true or false" },
		{ "{\"imageRepo\":\"r/a\",\"argocdRepo\":\"team\"}",
		  "spec.argocdRepo: is to be a mapping" },
		{ "{\"imageRepo\":\"r/a\",\"argocdRepo\":{\"project\":[]}}",
		  "spec.argocdRepo.project: is to be a text" },
		{ "{\"imageRepo\":\"r/a\",\"argocdRepo\":{\"project\":\"Team A\"}}",
		  "spec.argocdRepo.project: is no name of an AppProject (lower-case letters, digits, "
		  "- and . inside, at most 253 bytes)" },
	};

	for (size_t i = 0; i < ALLOC_COUNT(rows); i++) {
		CLEANUP_FREE char *want = alloc_format("WerfSource s: %s", rows[i].text);
		CLEANUP_FREE char *spec = rows[i].spec == long_path ?
						  alloc_format("{\"imageRepo\":\"reg.example/%0250d\"}",
							       1) :
						  alloc_string(rows[i].spec);
		struct werf_source source;
		struct error err = { .kind = ERROR_NONE };

		check(read_spec(&source, spec, &err) == -1, "refused: %s", spec);
		check_text(err.text, want, "says what is wrong with it");
		check(err.kind == ERROR_INPUT, "is a matter of the input");
		check_text(source.name, "s", "its name is known all the same");
		werf_source_fini(&source);
	}
}

static void
test_wrong_objects(void)
{
	static const struct {
		const char *object, *text, *name;
	} rows[] = {
		{ "{}", "a WerfSource: metadata: is missing", "" },
		{ "{\"metadata\":[]}", "a WerfSource: metadata: is missing", "" },
		{ "{\"metadata\":{}}", "a WerfSource: metadata.name: is missing", "" },
		{ "{\"metadata\":{\"name\":5}}", "a WerfSource: metadata.name: is to be a text", "" },
		{ "{\"metadata\":{\"name\":\"A\\nb\"}}",
		  "a WerfSource: metadata.name: \"A\\x0ab\" is no name (lower-case letters, digits, "
		  "- and . inside, at most 248 bytes)",
		  "" },
		{ "{\"metadata\":{\"name\":\"a\",\"uid\":1}}",
		  "WerfSource a: metadata.uid: is to be a text", "a" },
		{ "{\"metadata\":{\"name\":\"a\",\"creationTimestamp\":1}}",
		  "WerfSource a: metadata.creationTimestamp: is to be a text", "a" },
		{ "{\"metadata\":{\"name\":\"a\",\"generation\":\"1\"}}",
		  "WerfSource a: metadata.generation: is to be a whole number", "a" },
		{ "{\"metadata\":{\"name\":\"a\"}}", "WerfSource a: spec: is missing", "a" },
	};

	for (size_t i = 0; i < ALLOC_COUNT(rows); i++) {
		struct werf_source source;
		struct error err = { .kind = ERROR_NONE };

		check(werf_source_read(&source, slice(rows[i].object), &err) == -1, "refused: %s",
		      rows[i].object);
		check_text(err.text, rows[i].text, "says what is wrong with it");
		check_text(source.name, rows[i].name, "its name");
		check(source.uid != NULL && source.created != NULL, "the others are texts");
		werf_source_fini(&source);
	}
}

/* What a status needs is there although the spec is broken. */
static void
test_broken_with_status(void)
{
	static const char text[] = "{\"metadata\":{\"name\":\"a\",\"uid\":\"u\",\"generation\":3},"
				   "\"spec\":{},\"status\":{\"conditions\":[1]}}";
	struct werf_source source;

	check(werf_source_read(&source, slice(text), NULL) == -1, "broken, with a status");
	check_text(source.uid, "u", "its uid");
	check_number(source.generation, 3, "its generation");
	check_text(source.status, "{\"conditions\":[1]}", "its status");
	werf_source_fini(&source);
}

static void
test_equals(void)
{
	static const char *const specs[] = {
		"{\"imageRepo\":\"r/a\"}",
		"{\"imageRepo\":\"r/b\"}",
		"{\"imageRepo\":\"r/a\",\"apiUrl\":\"http://r\"}",
		"{\"imageRepo\":\"r/a\",\"pullSecretName\":\"x\"}",
		"{\"imageRepo\":\"r/a\",\"pullSecretName\":\"y\"}",
		"{\"imageRepo\":\"r/a\",\"argocdRepoEnabled\":false}",
		"{\"imageRepo\":\"r/a\",\"argocdRepo\":{\"project\":\"p\"}}",
	};
	struct werf_source a, b;

	for (size_t i = 0; i < ALLOC_COUNT(specs); i++)
		for (size_t k = 0; k < ALLOC_COUNT(specs); k++) {
			read_spec(&a, specs[i], NULL);
			read_spec(&b, specs[k], NULL);
			check(werf_source_equals(&a, &b) == (i == k), "%s equals %s", specs[i],
			      specs[k]);
			werf_source_fini(&a);
			werf_source_fini(&b);
		}
	read_spec(&a, specs[0], NULL);
	read_spec(&b, specs[0], NULL);
	b.status = alloc_string("{}");
	check(werf_source_equals(&a, &b), "a status makes no difference");
	b.generation = 2;
	check(!werf_source_equals(&a, &b), "a generation does");
	werf_source_fini(&a);
	werf_source_fini(&b);
}

int
main(void)
{
	test_is();
	test_whole();
	test_least();
	test_repositories();
	test_wrong_specs();
	test_wrong_objects();
	test_broken_with_status();
	test_equals();
	return check_done();
}
