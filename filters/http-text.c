/* See http-text.h. */
#include "http-text.h"

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "base64.h"
#include "url.h"

#define HEADERS_MAX ((size_t)1024 * 1024)

/* Appends one header line; false: it holds what would end it early. */
static bool
add_header(struct http_text *text, const char *name, const char *value)
{
	const char *at;

	for (at = value; *at != '\0'; at++)
		if ((*at > '\0' && *at < ' ' && *at != '\t') || *at == 127)
			return false;
	text->header_count++;
	return buf_append_string(&text->headers, name) &&
	       buf_append(&text->headers, value, strlen(value) + 1);
}

static bool
add_basic(struct http_text *text, const char *user, const char *password)
{
	char *pair = alloc_format("%s:%s", user, password != NULL ? password : "");
	char *encoded = base64_encode(pair, strlen(pair));
	bool ok = add_header(text, "Authorization: Basic ", encoded);

	alloc_free_secret(pair);
	alloc_free_secret(encoded);
	return ok;
}

static int
set_headers(struct http_text *text, const struct http_options *options, struct error *err)
{
	bool ok = true;
	size_t i;

	for (i = 0; options->headers != NULL && options->headers[i] != NULL; i++)
		ok = ok && add_header(text, "", options->headers[i]);
	if (options->basic_user != NULL)
		ok = ok && add_basic(text, options->basic_user, options->basic_password);
	else if (options->bearer != NULL)
		ok = ok && add_header(text, "Authorization: Bearer ", options->bearer);
	if (options->body != NULL) /* no waiting for leave to send it */
		ok = ok && add_header(text, "Expect:", "");
	if (!ok)
		return error_set(err, ERROR_PROTOCOL, 0,
				 "a request header holds a control character or is too long");
	return 0;
}

/* Another name for TLS than the URL's: the name goes into the URL, the connection to where the URL
 * said, the Host header stays as it was. */
static void
rename_server(struct http_text *text, const struct url *url, const char *name)
{
	const char *scheme = url->is_https ? "https" : "http";
	char *authority = alloc_text(url->authority, url->authority_len), *old = text->url;

	text->connect_to = alloc_format("%s:%u:%s:%u", name, url->port, url->host, url->port);
	add_header(text, "Host: ", authority);
	text->url = alloc_format("%s://%s:%u%s", scheme, name, url->port, url->rest);
	free(authority);
	free(old);
}

static int
set_url(struct http_text *text, const struct http_options *options, struct error *err)
{
	struct url url;

	text->url = alloc_string(options->url);
	if (url_parse(&url, text->url, err) != 0) {
		err->kind = ERROR_CONFIG;
		text->origin = alloc_string("");
		return -1;
	}
	text->origin = url_origin(&url);
	if (options->tls != NULL && options->tls->server_name != NULL)
		rename_server(text, &url, options->tls->server_name);
	return 0;
}

static int
set_method(struct http_text *text, const struct http_options *options, struct error *err)
{
	static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE" };
	const char *method = options->method != NULL ? options->method : methods[0];
	size_t i;

	for (i = 0; i < ALLOC_COUNT(methods); i++) {
		if (strcmp(method, methods[i]) != 0)
			continue;
		text->method = methods[i];
		text->may_reuse = !options->fresh_connection &&
				  (i < 2 || options->idempotent_write);
		return 0;
	}
	text->method = methods[0];
	return error_set(err, ERROR_CONFIG, 0, "%s is no method that is used here", method);
}

int
http_text_init(struct http_text *text, const struct http_options *options, struct error *err)
{
	struct error other = { .kind = ERROR_NONE };
	int status = 0;

	*text = (struct http_text){ .headers = BUF_INIT(HEADERS_MAX) };
	if (options->body != NULL) {
		text->payload = alloc_text(options->body, options->body_len);
		text->payload_len = options->body_len;
	}
	status |= set_url(text, options, &other);
	status |= set_method(text, options, &other);
	status |= set_headers(text, options, &other);
	if (status != 0 && err != NULL)
		*err = other;
	return status;
}

void
http_text_fini(struct http_text *text)
{
	if (text->payload != NULL)
		explicit_bzero(text->payload, text->payload_len);
	buf_wipe(&text->headers);
	buf_fini(&text->headers);
	free(text->payload);
	free(text->connect_to);
	free(text->origin);
	free(text->url);
}
