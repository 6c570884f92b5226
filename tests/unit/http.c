/* Unit test of filters/http.c and http-request.c, against a scripted server on the same loop. */
#include "../../filters/http.h"

#include <string.h>

#include "../check.h"
#include "../httpd.h"

#define BIG ((size_t)3 * 1024 * 1024)

/* What a request came to. */
struct outcome {
	struct loop *loop;
	struct http *http;
	struct http_request *request;
	bool done, has_error;
	long status;
	char body[64], header[64];
	struct error err;
	size_t got, stop_at, pause_at; /* streaming; 0: never */
	unsigned pauses;
	struct loop_timer resume;
	struct outcome *cancels;
};

static struct httpd server;

/* --- the server --- */

static void
big_body(struct buf *out, const char *status)
{
	char *body = alloc_zero(BIG, 1);

	memset(body, 'x', BIG);
	buf_printf(out, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n", status, BIG);
	buf_append(out, body, BIG);
	free(body);
}

static void
endless_headers(struct buf *out)
{
	int i;

	buf_append_string(out, "HTTP/1.1 200 X\r\n");
	for (i = 0; i < 20000; i++)
		buf_printf(out, "X-Header-%d: 0123456789012345678901234567890123456789\r\n", i);
	buf_append_string(out, "\r\n");
}

static void
echo(const char *request, struct buf *out)
{
	static char body[64];
	const char *lines = strstr(request, "\r\n\r\n") + 4;

	snprintf(body, sizeof(body), "%.5s %s %s", request, lines,
		 strstr(request, "\r\nAuthorization: Basic dTpw\r\n") ? "basic" :
		 strstr(request, "\r\nAuthorization: Bearer tok\r\n") ? "bearer" : "nobody");
	httpd_reply(out, 200, strstr(request, "\r\nUser-Agent: weir/") ? "X-A: 1\r\nX-A: 2\r\n" : "",
		    body);
}

static void
answer(struct httpd *httpd, const char *request, struct buf *out, bool *hang_up)
{
	(void)httpd;
	if (strstr(request, " /echo") != NULL)
		echo(request, out);
	else if (strstr(request, " /big") != NULL)
		big_body(out, "200 X");
	else if (strstr(request, " /bad-big") != NULL)
		big_body(out, "500 X");
	else if (strstr(request, " /headers") != NULL)
		endless_headers(out);
	else if (strstr(request, " /gzip") != NULL)
		httpd_reply(out, 200, "Content-Encoding: gzip\r\n", "\x1f\x8b");
	else if (strstr(request, " /redirect") != NULL)
		httpd_reply(out, 302, "Location: /echo\r\n", "");
	else if (strstr(request, " /cut") != NULL)
		*hang_up = buf_append_string(out, "HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\nabc");
	else if (strstr(request, " /nonsense") != NULL)
		*hang_up = buf_append_string(out, "SSH-2.0-OpenSSH\r\n");
	else if (strstr(request, " /die") != NULL)
		*hang_up = true;
	else if (strstr(request, " /hang") == NULL)
		httpd_reply(out, 404, "", "no");
}

/* --- the client --- */

static void
on_done(void *arg, struct http_request *request, const struct http_response *response,
	const struct error *err)
{
	struct outcome *outcome = arg;
	const char *second = http_header(request, "x-a", 1);

	outcome->done = true;
	outcome->status = response->status;
	snprintf(outcome->body, sizeof(outcome->body), "%.60s", response->body);
	snprintf(outcome->header, sizeof(outcome->header), "%s", second != NULL ? second : "");
	outcome->has_error = err != NULL;
	if (err != NULL)
		outcome->err = *err;
	if (outcome->cancels != NULL)
		http_cancel(outcome->cancels->request);
}

static void
on_resume(void *arg)
{
	struct outcome *outcome = arg;

	http_pause(outcome->request, false);
}

static int
on_body(void *arg, const char *bytes, size_t len)
{
	struct outcome *outcome = arg;

	(void)bytes;
	outcome->got += len;
	if (outcome->stop_at > 0 && outcome->got >= outcome->stop_at)
		return -1;
	if (outcome->pause_at > 0 && outcome->got >= outcome->pause_at) {
		outcome->pause_at += BIG / 4;
		outcome->pauses++;
		http_pause(outcome->request, true);
		loop_timer_start(outcome->loop, &outcome->resume, 2, on_resume, outcome);
	}
	return 0;
}

static int
on_body_cancel(void *arg, const char *bytes, size_t len)
{
	struct outcome *outcome = arg;

	(void)bytes;
	outcome->got += len;
	http_cancel(outcome->request);
	return 0;
}

static void
start(struct outcome *outcome, const char *path, struct http_options options)
{
	char *url = path[0] == '/' ? alloc_format("http://127.0.0.1:%u%s", server.port, path)
				   : alloc_string(path);

	outcome->loop = server.loop;
	options.url = url;
	options.on_done = on_done;
	options.arg = outcome;
	outcome->request = http_start(outcome->http, &options);
	free(url);
}

static struct outcome
get(struct http *http, const char *path, struct http_options options)
{
	struct outcome outcome = { .http = http };

	start(&outcome, path, options);
	check(!outcome.done, "%s: nothing is told at once", path);
	check(httpd_turn_until(server.loop, &outcome.done), "%s: it ends", path);
	return outcome;
}

static void
test_answers(struct http *http)
{
	static const char *const post_headers[] = { "Content-Type: text/plain", NULL };
	struct outcome outcome = get(http, "/echo", (struct http_options){ .basic_user = "u",
									   .basic_password = "p" });

	check_text(outcome.body, "GET /  basic", "Basic");
	check_text(outcome.header, "2", "the second of two headers, and our User-Agent");
	outcome = get(http, "/echo", (struct http_options){ .bearer = "tok" });
	check_text(outcome.body, "GET /  bearer", "Bearer");
	outcome = get(http, "/echo", (struct http_options){ 0 });
	check_text(outcome.body, "GET /  nobody", "nobody's credentials on a kept connection");
	outcome = get(http, "/echo", (struct http_options){ .method = "POST", .body = "hello",
							    .body_len = 5,
							    .headers = post_headers });
	check_text(outcome.body, "POST  hello nobody", "a body");
	outcome = get(http, "/echo", (struct http_options){ .method = "PATCH", .body = "x",
							    .body_len = 1,
							    .idempotent_write = true });
	check_text(outcome.body, "PATCH x nobody", "PATCH");
	outcome = get(http, "/echo", (struct http_options){ .method = "HEAD" });
	check(outcome.status == 200 && outcome.body[0] == '\0', "HEAD");
	outcome = get(http, "/none", (struct http_options){ 0 });
	check(outcome.status == 404 && !outcome.has_error, "a 404 is an answer");
	outcome = get(http, "/redirect", (struct http_options){ 0 });
	check_number(outcome.status, 302, "a redirect is not followed");
}

static void
expect_error(struct http *http, const char *path, struct http_options options,
	     enum error_kind kind, const char *part)
{
	struct outcome outcome = get(http, path, options);

	check(outcome.has_error && outcome.err.kind == kind &&
	      strstr(outcome.err.text, part) != NULL, "%s: %s", path,
	      outcome.has_error ? outcome.err.text : "no error");
	check(outcome.status == 0 && outcome.body[0] == '\0', "%s: no answer with it", path);
}

static void
test_failures(struct http *http)
{
	const struct http_options plain = { 0 };
	struct http_options foreign = { .foreign = true }, quick = { .timeout_ms = 100 };
	struct http_options small = { .body_max = 1000 }, stream = { .on_body = on_body };

	expect_error(http, "/big", small, ERROR_PROTOCOL, "longer than its bound");
	expect_error(http, "/bad-big", small, ERROR_PROTOCOL, "longer than its bound");
	stream.body_max = 1000;
	expect_error(http, "/bad-big", stream, ERROR_PROTOCOL, "longer than its bound");
	expect_error(http, "/headers", plain, ERROR_PROTOCOL, "headers");
	expect_error(http, "/gzip", plain, ERROR_PROTOCOL, "compressed");
	expect_error(http, "/cut", plain, ERROR_TEMPORARY, "broke off");
	expect_error(http, "/nonsense", plain, ERROR_PROTOCOL, "not HTTP");
	expect_error(http, "/die", plain, ERROR_TEMPORARY, "broke off");
	expect_error(http, "/hang", quick, ERROR_TEMPORARY, "in time");
	expect_error(http, "http://127.0.0.1:1/", plain, ERROR_TEMPORARY,
		     "http://127.0.0.1:1: no connection");
	expect_error(http, "http://u:hunter2@127.0.0.1/", plain, ERROR_CONFIG, "user name");
	expect_error(http, "http://localhost:9/", foreign, ERROR_DENIED, "this machine");
}

static void
test_streams(struct http *http)
{
	struct http_options options = { .on_body = on_body };
	struct outcome outcome = { .http = http, .pause_at = 1 };

	start(&outcome, "/big", options);
	check(httpd_turn_until(server.loop, &outcome.done), "a stream ends");
	check(!outcome.has_error && outcome.got == BIG, "all its bytes came");
	check(outcome.pauses >= 3 && outcome.body[0] == '\0', "with pauses");
	outcome = (struct outcome){ .http = http, .stop_at = 1000 };
	start(&outcome, "/big", options);
	httpd_turn_until(server.loop, &outcome.done);
	check(outcome.has_error && outcome.err.kind == ERROR_PROTOCOL, "its reader may stop it");
	options.on_body = on_body_cancel;
	outcome = (struct outcome){ .http = http };
	start(&outcome, "/big", options);
	while (outcome.got == 0)
		loop_turn(server.loop, 100, NULL);
	get(http, "/echo", (struct http_options){ 0 });
	check(!outcome.done, "or cancel it, and is told nothing more");
}

static void
test_cancelling(struct http *http)
{
	struct outcome waits = { .http = http }, cancels = { .http = http, .cancels = &waits };
	struct outcome bad = { .http = http };

	start(&waits, "/hang", (struct http_options){ 0 });
	start(&cancels, "/echo", (struct http_options){ 0 });
	check(httpd_turn_until(server.loop, &cancels.done) && !waits.done, "cancelled by another's end");
	start(&bad, "ftp://x/", (struct http_options){ 0 });
	http_cancel(bad.request);
	get(http, "/echo", (struct http_options){ 0 });
	check(!bad.done, "cancelled before it was told that it is bad");
}

/* A dead connection: a GET is sent again, a write is not, unless that does no harm. */
static void
test_replays(struct http *http)
{
	unsigned before;
	struct outcome outcome;

	get(http, "/echo", (struct http_options){ 0 });
	before = server.requests;
	outcome = get(http, "/die", (struct http_options){ .method = "POST", .body = "x",
							   .body_len = 1 });
	check(outcome.has_error && server.requests == before + 1, "a write is sent once");
	get(http, "/echo", (struct http_options){ 0 });
	before = server.requests;
	outcome = get(http, "/die", (struct http_options){ .method = "PATCH", .body = "x",
							   .body_len = 1,
							   .idempotent_write = true });
	check(outcome.has_error && server.requests > before + 1, "what may be sent twice is");
}

static void
test_limits(struct loop *loop)
{
	struct http *http = http_new(loop, 2, 8);
	struct outcome outcomes[9];
	unsigned before = server.connections;
	size_t i, done = 0;

	for (i = 0; i < 9; i++) {
		outcomes[i] = (struct outcome){ .http = http };
		start(&outcomes[i], i == 0 ? "/hang" : "/echo", (struct http_options){ 0 });
	}
	for (i = 1; i < 9; i++)
		done += httpd_turn_until(loop, &outcomes[i].done);
	check_number((long long)done, 8, "one that hangs holds nobody up");
	check_number(server.connections - before, 2, "over two connections");
	check_number((long long)http_count(http), 9, "requests");
	http_free(http);
}

int
main(void)
{
	struct loop *loop = loop_new();
	struct http *http = http_new(loop, 0, 0);

	httpd_open(&server, loop, answer, NULL);
	test_answers(http);
	test_failures(http);
	test_streams(http);
	test_cancelling(http);
	test_replays(http);
	test_limits(loop);
	http_free(http);
	httpd_close(&server);
	loop_free(loop);
	return check_done();
}
