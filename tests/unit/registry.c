/* Unit test of filters/registry.c, registry-token.c and registry-job.c, against a scripted registry
 * that is its own token server: threats T4, T6, T10, T11, faults F10, F11, F20. */
#include "../../filters/registry.h"

#include <string.h>

#include "../check.h"
#include "../httpd.h"

static struct httpd server;
static struct http *http;
static struct registry *registry;

/* What the registry does now. */
static struct {
	const char *challenge; /* of a 401 when the wanted Authorization is not there; NULL: open */
	const char *wanted;    /* "Basic dTpw" */
	const char *token;     /* the body of the token server's answer; NULL: a redirect */
	unsigned failures;     /* so many 503 or 429 first */
	const char *failure;
	const char *page2; /* the Link of the first page; NULL: none */
	bool expires;	   /* the second page wants a newer token, once */
} script;

/* --- the registry --- */

static bool
is_proven(const char *request)
{
	CLEANUP_FREE char *line = alloc_format("\r\nAuthorization: %s\r\n",
					       script.wanted != NULL ? script.wanted : "");

	return script.wanted == NULL || strstr(request, line) != NULL;
}

static void
answer_token(struct buf *out)
{
	if (script.token != NULL)
		httpd_reply(out, 200, "", script.token);
	else
		httpd_reply(out, 302, "Location: http://169.254.169.254/\r\n", "");
}

static void
answer_tags(const char *request, struct buf *out)
{
	CLEANUP_FREE char *link = NULL;

	if (strstr(request, "last=b") != NULL) {
		httpd_reply(out, 200, "", "{\"name\":\"a\",\"tags\":[\"c\"]}");
		return;
	}
	link = alloc_format("%s%s%s", script.page2 ? "Link: " : "", script.page2 ? script.page2 : "",
			    script.page2 ? "\r\n" : "");
	httpd_reply(out, 200, link, "{\"name\":\"a\",\"tags\":[\"a\",\"b\"]}");
}

static void
answer(struct httpd *httpd, const char *request, struct buf *out, bool *hang_up)
{
	CLEANUP_FREE char *challenge = NULL;

	(void)httpd;
	(void)hang_up;
	if (strstr(request, " /token") != NULL) {
		answer_token(out);
		return;
	}
	if (script.failures > 0) {
		script.failures--;
		buf_append_string(out, script.failure);
		return;
	}
	if (strstr(request, "last=b") != NULL && script.expires) {
		script.expires = false;
		script.token = "{\"token\":\"new\"}";
		script.wanted = "Bearer new";
	}
	if (!is_proven(request)) {
		challenge = alloc_format("WWW-Authenticate: %s\r\n", script.challenge);
		httpd_reply(out, 401, challenge, "true");
	} else if (strstr(request, "/tags/list?n=") != NULL && strstr(request, "/old/") != NULL) {
		httpd_reply(out, 400, "", "");
	} else if (strstr(request, "/tags/list") != NULL && strstr(request, "/none/") == NULL) {
		answer_tags(request, out);
	} else if (strstr(request, "/manifests/1.0.0_b ") != NULL) {
		httpd_reply(out, 200, "Docker-Content-Digest: sha256:lie\r\n",
			    "{\"config\":{\"mediaType\":\"application/vnd.cncf.helm.config.v1+json\"}}");
	} else if (strstr(request, "/manifests/image ") != NULL) {
		httpd_reply(out, 200, "", "{\"manifests\":[]}");
	} else {
		httpd_reply(out, strstr(request, "/forbidden/") != NULL ? 403 : 404, "", "hunter2");
	}
}

/* --- the client --- */

struct outcome {
	bool done;
	char text[ERROR_TEXT_MAX]; /* the tags, or what the manifest is, or the error */
	enum error_kind kind;
};

static void
on_tags(void *arg, const struct tag_list *list, const struct error *err)
{
	struct outcome *outcome = arg;

	outcome->done = true;
	outcome->kind = err != NULL ? err->kind : ERROR_NONE;
	snprintf(outcome->text, sizeof(outcome->text), "%s",
		 err != NULL ? err->text : buf_string(&list->text));
}

static void
on_manifest(void *arg, const struct registry_manifest *manifest, const struct error *err)
{
	struct outcome *outcome = arg;

	outcome->done = true;
	outcome->kind = err != NULL ? err->kind : ERROR_NONE;
	if (err != NULL)
		snprintf(outcome->text, sizeof(outcome->text), "%s", err->text);
	else if (!manifest->exists)
		snprintf(outcome->text, sizeof(outcome->text), "missing");
	else
		snprintf(outcome->text, sizeof(outcome->text), "%s",
			 manifest->is_chart ? manifest->digest : manifest->what);
}

static struct registry_job *
ask(const char *path, const char *tag, const struct credential *credential,
    struct outcome *outcome)
{
	CLEANUP_FREE char *url = alloc_format("http://127.0.0.1:%u", server.port);
	struct reference reference = { (char[]){ "r" }, alloc_string(path), alloc_string(path) };
	struct registry_target target = { .api_url = url, .reference = &reference,
					  .credential = credential };
	struct registry_job *job;

	*outcome = (struct outcome){ .done = false };
	if (tag != NULL)
		job = registry_manifest(registry, &target, tag, on_manifest, outcome);
	else
		job = registry_tags(registry, &target, on_tags, outcome);
	free(reference.path);
	free(reference.text);
	return job;
}

static const struct credential nobody = { .user = NULL };
static const struct credential somebody = { .user = (char[]){ "u" }, .password = (char[]){ "p" } };

/* A client without memories. */
static void
renew(void)
{
	registry_free(registry);
	registry = registry_new(server.loop, http, NULL, 0);
	buf_clear(&server.log);
}

static void
expect(const char *path, const char *tag, const struct credential *credential,
       const char *wanted, enum error_kind kind, const char *log)
{
	struct outcome outcome;

	buf_clear(&server.log);
	ask(path, tag, credential, &outcome);
	check(httpd_turn_until(server.loop, &outcome.done), "%s ends", path);
	check(strstr(outcome.text, wanted) != NULL, "%s: %s (wanted: %s)", path, outcome.text,
	      wanted);
	check_number(outcome.kind, kind, "its kind of error");
	if (log != NULL)
		check_text(buf_string(&server.log), log, "what was asked");
	check(strstr(outcome.text, "hunter2") == NULL, "no body in a text");
}

#define LIST(path) "GET /v2/" path "/tags/list?n=1000|"

static void
test_open(void)
{
	renew();
	expect("a", NULL, &nobody, "\"a\",\"b\"", ERROR_NONE, LIST("a"));
	expect("none", NULL, &nobody, "no such repository", ERROR_NOT_FOUND, LIST("none"));
	expect("forbidden/none", NULL, &nobody, "forbids", ERROR_DENIED, NULL);
	expect("old", NULL, &nobody, "\"a\",\"b\"", ERROR_NONE,
	       LIST("old") "GET /v2/old/tags/list|");
	expect("a", "1.0.0_b", &nobody, "sha256:", ERROR_NONE, "GET /v2/a/manifests/1.0.0_b|");
	expect("a", "1.0.0_b", &nobody,
	       "sha256:23cb2135bc78fdbc49f137eb2eb03a42", ERROR_NONE, NULL);
	expect("a", "image", &nobody, "an index", ERROR_NONE, NULL);
	expect("a", "gone", &nobody, "missing", ERROR_NONE, NULL);
}

static void
test_pages(void)
{
	static const struct {
		const char *link, *wanted;
		enum error_kind kind;
	} rows[] = {
		{ "</v2/a/tags/list?last=b>; rel=\"next\"", "\"a\",\"b\",\"c\"", ERROR_NONE },
		{ "<?last=b>; rel=next", "\"a\",\"b\",\"c\"", ERROR_NONE },
		{ "</v2/a/tags/list?last=b>; rel=\"prev\"", "\"a\",\"b\"", ERROR_NONE },
		{ "<http://127.0.0.1:1/v2/a/tags/list?last=b>; rel=next", "incomplete: the next page "
		  "is said to be at another server", ERROR_PROTOCOL },
		{ "<//evil.example/>; rel=next", "incomplete", ERROR_PROTOCOL },
		{ "<https://127.0.0.1/>; rel=next", "incomplete", ERROR_PROTOCOL },
		{ "<file:///etc/passwd>; rel=next", "incomplete", ERROR_PROTOCOL },
		{ "</v2/a/tags/list?n=1>; rel=next", "incomplete", ERROR_PROTOCOL },
		{ "/v2/a/tags/list?last=b; rel=next", "incomplete", ERROR_PROTOCOL },
	};
	size_t i;

	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		script.page2 = rows[i].link;
		expect("a", NULL, &nobody, rows[i].wanted, rows[i].kind, NULL);
	}
	script.page2 = NULL;
}

static void
test_basic(void)
{
	script.challenge = "Basic realm=\"r\"";
	script.wanted = "Basic dTpw";
	renew();
	expect("a", NULL, &somebody, "\"a\"", ERROR_NONE, LIST("a") LIST("a"));
	expect("b", NULL, &somebody, "\"a\"", ERROR_NONE, LIST("b"));
	expect("b", NULL, &nobody, "none were found", ERROR_DENIED, LIST("b"));
	script.wanted = "Basic other";
	expect("b", NULL, &somebody, "refuses the credentials", ERROR_DENIED, LIST("b"));
	script.challenge = "Negotiate";
	renew();
	expect("b", NULL, &somebody, "not how to prove", ERROR_DENIED, LIST("b"));
}

#define TOKEN(path) "GET /token?service=s&scope=repository%3A" path "%3Apull|"

static void
test_bearer(void)
{
	const struct credential identity = { .identity_token = (char[]){ "id" } };
	const struct credential given = { .registry_token = (char[]){ "tok" } };

	script.challenge = "Bearer realm=\"/token\",service=\"s\"";
	script.wanted = "Bearer tok";
	script.token = "{\"token\":\"tok\",\"expires_in\":300}";
	renew();
	expect("a", NULL, &nobody, "\"a\"", ERROR_NONE, LIST("a") TOKEN("a") LIST("a"));
	expect("a", NULL, &nobody, "\"a\"", ERROR_NONE, LIST("a"));
	expect("b", NULL, &nobody, "\"a\"", ERROR_NONE, TOKEN("b") LIST("b"));
	expect("b", NULL, &somebody, "\"a\"", ERROR_NONE, TOKEN("b") LIST("b"));
	expect("b", NULL, &identity, "\"a\"", ERROR_NONE, "POST /token|" LIST("b"));
	expect("b", NULL, &given, "\"a\"", ERROR_NONE, LIST("b"));
	script.token = "{\"token\":\"other\"}";
	expect("b", NULL, &nobody, "\"a\"", ERROR_NONE, LIST("b"));
	script.wanted = "Bearer other";
	expect("b", NULL, &nobody, "\"a\"", ERROR_NONE, LIST("b") TOKEN("b") LIST("b"));
	script.wanted = "Bearer third";
	expect("b", NULL, &nobody, "(401)", ERROR_DENIED, LIST("b") TOKEN("b") LIST("b"));
	expect("c", NULL, &nobody, "does not show it to the public", ERROR_DENIED,
	       TOKEN("c") LIST("c"));
	expect("c", NULL, &somebody, "refuses the credentials", ERROR_DENIED,
	       TOKEN("c") LIST("c"));
}

static void
test_odd_scopes(void)
{
	script.challenge = "Bearer realm=\"/token\",service=\"s\",scope=\"repository:x/a:pull\"";
	script.wanted = "Bearer tok";
	script.token = "{\"access_token\":\"tok\",\"token\":\"no\"}";
	renew();
	expect("a", NULL, &nobody, "\"a\"", ERROR_NONE, LIST("a") TOKEN("x%2Fa") LIST("a"));
	expect("b", NULL, &nobody, "\"a\"", ERROR_NONE, LIST("b") LIST("b"));
}

static void
test_hostile_tokens(void)
{
	static const struct {
		const char *realm, *token, *wanted;
		enum error_kind kind;
	} rows[] = {
		{ "/token", NULL, "token-redirect", ERROR_PROTOCOL },
		{ "/token", "{\"token\":\"a\\r\\nX: y\"}", "no valid token", ERROR_PROTOCOL },
		{ "/token", "{\"token\":\"\"}", "no valid token", ERROR_PROTOCOL },
		{ "/token", "{\"token\":7}", "no valid token", ERROR_PROTOCOL },
		{ "/token", "<html>", "not JSON", ERROR_PROTOCOL },
		{ "https://evil.example/token", "{}", "realm-untrusted", ERROR_DENIED },
		{ "http://127.0.0.1:1/token", "{}", "realm-untrusted", ERROR_DENIED },
	};
	static const char *const ttls[] = { "-1", "0", "1e18", "\"300\"", "99999999999999999999",
					    "null" };
	size_t i;

	script.wanted = "Bearer tok";
	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		CLEANUP_FREE char *challenge = alloc_format("Bearer realm=\"%s\"", rows[i].realm);

		script.challenge = challenge;
		script.token = rows[i].token;
		renew();
		expect("a", NULL, &somebody, rows[i].wanted, rows[i].kind, NULL);
	}
	script.challenge = "Bearer realm=\"/token\"";
	for (i = 0; i < ALLOC_COUNT(ttls); i++) {
		CLEANUP_FREE char *token =
			alloc_format("{\"token\":\"tok\",\"expires_in\":%s}", ttls[i]);

		script.token = token;
		renew();
		expect("a", NULL, &nobody, "\"a\"", ERROR_NONE, NULL);
		expect("a", NULL, &nobody, "\"a\"", ERROR_NONE, LIST("a"));
	}
}

/* The token dies between two pages: one new one, and the list goes on. */
static void
test_expiry(void)
{
	script.challenge = "Bearer realm=\"/token\",service=\"s\"";
	script.wanted = "Bearer tok";
	script.token = "{\"token\":\"tok\"}";
	script.page2 = "</v2/a/tags/list?last=b>; rel=next";
	script.expires = true;
	renew();
	expect("a", NULL, &nobody, "\"a\",\"b\",\"c\"", ERROR_NONE,
	       LIST("a") TOKEN("a") LIST("a") "GET /v2/a/tags/list?last=b|" TOKEN("a")
	       "GET /v2/a/tags/list?last=b|");
	script.page2 = NULL;
	script.challenge = script.wanted = NULL;
}

static void
test_tries(void)
{
	renew();
	script.failures = 2;
	script.failure = "HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n";
	expect("a", NULL, &nobody, "\"a\"", ERROR_NONE, LIST("a") LIST("a") LIST("a"));
	script.failures = 1;
	script.failure = "HTTP/1.1 429 X\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";
	expect("a", NULL, &nobody, "\"a\"", ERROR_NONE, LIST("a") LIST("a"));
	script.failures = 100;
	script.failure = "HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n";
	expect("a", NULL, &nobody, "after 4 tries: the registry answers 500", ERROR_TEMPORARY,
	       LIST("a") LIST("a") LIST("a") LIST("a"));
	script.failures = 0;
}

/* Many at once to a registry that is not known yet: one goes first, the others know then what
 * it wants; and one token serves all who want it. */
static void
test_crowd(void)
{
	struct outcome outcomes[6];
	size_t i;

	script.challenge = "Basic realm=\"r\"";
	script.wanted = "Basic dTpw";
	renew();
	for (i = 0; i < 6; i++)
		ask("a", NULL, &somebody, &outcomes[i]);
	for (i = 0; i < 6; i++)
		check(httpd_turn_until(server.loop, &outcomes[i].done) && outcomes[i].kind == ERROR_NONE,
		      "one of a crowd");
	check_text(buf_string(&server.log),
		   LIST("a") LIST("a") LIST("a") LIST("a") LIST("a") LIST("a") LIST("a"),
		   "one request more than there are lists");
	script.challenge = "Bearer realm=\"/token\",service=\"s\"";
	script.wanted = "Bearer tok";
	script.token = "{\"token\":\"tok\"}";
	renew();
	for (i = 0; i < 3; i++)
		ask("a", NULL, &somebody, &outcomes[i]);
	for (i = 0; i < 3; i++)
		check(httpd_turn_until(server.loop, &outcomes[i].done), "one of three");
	check_text(buf_string(&server.log), LIST("a") TOKEN("a") LIST("a") LIST("a") LIST("a"),
		   "one token");
	script.challenge = script.wanted = NULL;
}

static void
test_cancelling(void)
{
	struct outcome outcome, other;

	renew();
	registry_cancel(ask("a", NULL, &nobody, &outcome));
	ask("a", NULL, &nobody, &other);
	check(httpd_turn_until(server.loop, &other.done) && !outcome.done, "cancelled");
	ask("a", NULL, &nobody, &outcome);
	renew();
	check(!outcome.done, "freed with a list in flight");
}

int
main(void)
{
	struct loop *loop = loop_new();

	httpd_open(&server, loop, answer, NULL);
	http = http_new(loop, 0, 0);
	test_open();
	test_pages();
	test_basic();
	test_bearer();
	test_odd_scopes();
	test_hostile_tokens();
	test_expiry();
	test_tries();
	test_crowd();
	test_cancelling();
	registry_free(registry);
	http_free(http);
	httpd_close(&server);
	loop_free(loop);
	return check_done();
}
