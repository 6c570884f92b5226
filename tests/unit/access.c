/* Unit test of filters/access.c: which registry, as whom, and that registries.conf is read again. */
#include "../../filters/access.h"

#include <sys/stat.h>

#include "../check.h"
#include "../httpd.h"

static struct loop *loop;
static struct httpd server;
static char folder[] = "/tmp/weir-access.XXXXXX", *conf;
static bool has_changed;

struct outcome {
	bool done;
	char text[ERROR_TEXT_MAX]; /* the tags, what the manifest is, or the error */
};

/* "HOST/v2/a/..." answers with who asked, as a tag. */
static void
answer(struct httpd *httpd, const char *request, struct buf *out, bool *hang_up)
{
	const char *who = "nobody";

	(void)httpd;
	(void)hang_up;
	if (strstr(request, "Basic dTpw") != NULL)
		who = "u";
	else if (strstr(request, "Basic djpx") != NULL)
		who = "v";
	if (strstr(request, "/private/") != NULL && strcmp(who, "nobody") == 0) {
		httpd_reply(out, 401, "WWW-Authenticate: Basic\r\n", "");
	} else if (strstr(request, "/tags/list") != NULL) {
		CLEANUP_FREE char *body = alloc_format("{\"tags\":[\"%s\"]}", who);

		httpd_reply(out, 200, "", body);
	} else {
		httpd_reply(out, 404, "", "");
	}
}

static void
on_tags(void *arg, const struct tag_list *list, const struct error *err)
{
	struct outcome *outcome = arg;

	outcome->done = true;
	snprintf(outcome->text, sizeof(outcome->text), "%s",
		 err != NULL ? err->text : buf_string(&list->text));
}

static void
on_manifest(void *arg, const struct registry_manifest *manifest, const struct error *err)
{
	struct outcome *outcome = arg;

	outcome->done = true;
	snprintf(outcome->text, sizeof(outcome->text), "%s",
		 err != NULL ? err->text : manifest->exists ? "there" : "missing");
}

static void
on_change(void *arg)
{
	(void)arg;
	has_changed = true;
}

static void
put_conf(const char *text)
{
	CLEANUP_FREE char *other = alloc_format("%s.new", conf);
	FILE *file = fopen(other, "w");

	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0 || rename(other, conf) != 0)
		abort();
}

static void
expect(struct access *access, const char *repository, const char *credential, const char *wanted,
       const char *log)
{
	struct reference reference;
	struct outcome outcome = { .done = false };

	buf_clear(&server.log);
	reference_parse(&reference, repository, NULL);
	access_tags(access, &reference, credential, on_tags, &outcome);
	check(!outcome.done, "not at once");
	check(httpd_turn_until(loop, &outcome.done), "%s: an answer", repository);
	check(strstr(outcome.text, wanted) != NULL, "%s: %s (wanted: %s)", repository, outcome.text,
	      wanted);
	if (log != NULL)
		check_text(buf_string(&server.log), log, "what was asked");
	reference_fini(&reference);
}

static void
test_places(struct access *access)
{
	CLEANUP_FREE char *local = alloc_format("127.0.0.1:%u/a", server.port);
	CLEANUP_FREE char *private = alloc_format("127.0.0.1:%u/private/a", server.port);

	expect(access, local, NULL, "\"nobody\"", "GET /v2/a/tags/list?n=1000|");
	expect(access, private, NULL, "none were found", NULL);
	expect(access, "one.example/private/a", NULL, "\"u\"", NULL);
	expect(access, "one.example/team/private/a", NULL, "\"v\"", NULL);
	expect(access, "two.example/a", NULL, "\"nobody\"",
	       "GET /prefix/v2/library/a/tags/list?n=1000|");
	expect(access, "one.example/private/a", "env:WEIR_TEST_V", "\"v\"", NULL);
	expect(access, "one.example/private/a", "env:WEIR_TEST_NONE", "the variable is not set", NULL);
	expect(access, "one.example/private/a", "pullsecret:a/b", "pullsecret:a/b: ", "");
}

static void
test_manifest(struct access *access)
{
	struct reference reference;
	struct outcome outcome = { .done = false }, cancelled = { .done = false };

	reference_parse(&reference, "two.example/x/a", NULL);
	buf_clear(&server.log);
	access_cancel(access_manifest(access, &reference, NULL, "2", on_manifest, &cancelled));
	access_manifest(access, &reference, NULL, "1", on_manifest, &outcome);
	check(httpd_turn_until(loop, &outcome.done), "an answer");
	check_text(outcome.text, "missing", "a manifest");
	check_text(buf_string(&server.log), "GET /prefix/v2/x/a/manifests/1|", "what was asked");
	check(!cancelled.done, "who cancelled was not told");
	access_manifest(access, &reference, NULL, "3", on_manifest, &outcome);
	reference_fini(&reference); /* and closed with that in flight */
}

static void
test_annotations(struct access *access)
{
	struct error err;
	char *credential;

	check(access_credential(access, "pullsecret:n/s", "n", &credential, &err) == 0, "its own");
	check_text(credential, "pullsecret:n/s", "as messages have it");
	free(credential);
	check(access_credential(access, "pullsecret:shared/s", "n", &credential, &err) == 0, "allowed");
	free(credential);
	check(access_credential(access, "pullsecret:other/s", "n", &credential, &err) != 0 &&
	      err.kind == ERROR_DENIED, "somebody else's");
	check(access_credential(access, "env:HOME", "n", &credential, &err) != 0, "a variable");
}

#define ENTRY(host, more) "- name: " host "\n  prefix: " host "\n  api_url: http://127.0.0.1:%1$u" more

static char *
conf_text(const char *user)
{
	return alloc_format("registries:\n"
			    ENTRY("one.example", "\n  credentials: env:WEIR_TEST_%2$s\n")
			    ENTRY("one.example/team", "\n  credentials: env:WEIR_TEST_V\n")
			    ENTRY("two.example", "/prefix/\n  defaultns: library\n"),
			    server.port, user);
}

static void
test_reload(struct access *access)
{
	CLEANUP_FREE char *other = conf_text("V");

	has_changed = false;
	put_conf("registries:\n- nonsense\n");
	expect(access, "one.example/private/a", NULL, "\"u\"", NULL);
	put_conf(other);
	check(httpd_turn_until(loop, &has_changed), "a change is seen");
	expect(access, "one.example/private/a", NULL, "\"v\"", NULL);
	unlink(conf);
	expect(access, "one.example/private/a", NULL, "\"v\"", NULL);
}

int
main(void)
{
	struct access_settings settings = { .kube = { .kubeconfig = "/nonexistent" } };
	const char *namespaces[] = { "shared" };
	struct access *access;
	struct error err;
	CLEANUP_FREE char *text = NULL;

	if (mkdtemp(folder) == NULL)
		return 1;
	setenv("HOME", "/nonexistent", 1);
	setenv("WEIR_TEST_U", "u:p", 1);
	setenv("WEIR_TEST_V", "v:q", 1);
	conf = alloc_format("%s/registries.conf", folder);
	loop = loop_new();
	httpd_open(&server, loop, answer, NULL);
	settings.registries = conf;
	settings.namespaces.items = namespaces;
	settings.namespaces.count = 1;
	put_conf("registries: {}\n");
	check(access_open(loop, &settings, NULL, NULL, &err) == NULL && err.kind == ERROR_CONFIG,
	      "a broken file at the start: %s", err.text);
	text = conf_text("U");
	put_conf(text);
	access = access_open(loop, &settings, on_change, NULL, &err);
	if (check(access != NULL, "opened")) {
		test_places(access);
		test_annotations(access);
		test_reload(access);
		test_manifest(access);
	}
	access_close(access);
	settings.registries = NULL;
	access = access_open(loop, &settings, NULL, NULL, &err);
	check(access != NULL, "without a file");
	access_close(access);
	httpd_close(&server);
	loop_free(loop);
	free(conf);
	check(rmdir(folder) == 0, "nothing is left");
	return check_done();
}
