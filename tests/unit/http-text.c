/* Unit test of filters/http-text.c. */
#include "../../filters/http-text.h"

#include <stdlib.h>
#include <string.h>

#include "../../bus/alloc.h"
#include "../check.h"

/* The header lines, each in [ ]. */
static char *
lines_of(const struct http_text *text)
{
	struct buf lines = BUF_INIT((size_t)65536);
	const char *at = text->headers.data;
	size_t i;
	char *copy;

	for (i = 0; i < text->header_count; i++, at += strlen(at) + 1)
		buf_printf(&lines, "[%s]", at);
	copy = alloc_string(buf_string(&lines));
	buf_fini(&lines);
	return copy;
}

static const char *const accept_header[] = { "Accept: a/b", "X: y\tz", NULL };
static const char *const bad_header[] = { "Accept: a\r\nX: y", NULL };
static const struct http_tls renamed = { .server_name = "kube.internal" };

static const struct {
	struct http_options options;
	int kind; /* of the error; ERROR_NONE: fine */
	const char *method, *url, *origin, *connect_to, *lines;
	bool may_reuse;
} rows[] = {
	{ { .url = "https://R.example/x?y" }, ERROR_NONE, "GET", "https://R.example/x?y",
	  "https://r.example", NULL, "", true },
	{ { .url = "https://r.example/", .headers = accept_header, .bearer = "t" }, ERROR_NONE, "GET",
	  "https://r.example/", "https://r.example", NULL,
	  "[Accept: a/b][X: y\tz][Authorization: Bearer t]", true },
	{ { .url = "http://r:5000/", .basic_user = "u", .basic_password = "a:b" }, ERROR_NONE, "GET",
	  "http://r:5000/", "http://r:5000", NULL, "[Authorization: Basic dTphOmI=]", true },
	{ { .url = "http://r/", .method = "HEAD" }, ERROR_NONE, "HEAD", "http://r/", "http://r", NULL,
	  "", true },
	{ { .url = "http://r/", .fresh_connection = true }, ERROR_NONE, "GET", "http://r/", "http://r",
	  NULL, "", false },
	{ { .url = "http://r/", .method = "POST", .body = "x", .body_len = 1 }, ERROR_NONE, "POST",
	  "http://r/", "http://r", NULL, "[Expect:]", false },
	{ { .url = "http://r/", .method = "PATCH", .body = "x", .body_len = 1,
	    .idempotent_write = true }, ERROR_NONE, "PATCH", "http://r/", "http://r", NULL,
	  "[Expect:]", true },
	{ { .url = "http://r/", .method = "DELETE" }, ERROR_NONE, "DELETE", "http://r/", "http://r",
	  NULL, "", false },
	{ { .url = "https://10.0.0.1:6443/api?x", .tls = &renamed }, ERROR_NONE, "GET",
	  "https://kube.internal:6443/api?x", "https://10.0.0.1:6443",
	  "kube.internal:6443:10.0.0.1:6443", "[Host: 10.0.0.1:6443]", true },
	{ { .url = "https://[::1]/api", .tls = &renamed }, ERROR_NONE, "GET",
	  "https://kube.internal:443/api", "https://[::1]", "kube.internal:443:[::1]:443",
	  "[Host: [::1]]", true },
	{ { .url = "ftp://r/" }, ERROR_CONFIG, "GET", "ftp://r/", "", NULL, "", true },
	{ { .url = "http://r/", .method = "TRACE" }, ERROR_CONFIG, "GET", "http://r/", "http://r", NULL,
	  "", false },
	{ { .url = "http://r/", .headers = bad_header }, ERROR_PROTOCOL, "GET", "http://r/", "http://r",
	  NULL, "", true },
	{ { .url = "http://r/", .bearer = "t\nX: y" }, ERROR_PROTOCOL, "GET", "http://r/", "http://r",
	  NULL, "", true },
};

int
main(void)
{
	struct http_text text;
	struct error err;
	size_t i;

	for (i = 0; i < ALLOC_COUNT(rows); i++) {
		int status = http_text_init(&text, &rows[i].options, &err);
		char *lines = lines_of(&text);

		check_number(status == 0 ? ERROR_NONE : (long long)err.kind, rows[i].kind,
			     rows[i].options.url);
		check_text(text.method, rows[i].method, "its method");
		check_text(text.url, rows[i].url, "its url");
		check_text(text.origin, rows[i].origin, "its origin");
		check_text(text.connect_to, rows[i].connect_to, "where it connects to");
		check_text(lines, rows[i].lines, "its headers");
		check(text.may_reuse == rows[i].may_reuse, "may it reuse a connection?");
		free(lines);
		http_text_fini(&text);
	}
	return check_done();
}
