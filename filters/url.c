/* See url.h. */
#include "url.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../bus/alloc.h"

static bool
is_label_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
is_digits(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return len > 0;
}

/* inet_pton(3) takes one spelling only: four decimal numbers without leading zeros. */
static bool
is_v4(const char *host)
{
	unsigned char address[4];

	return inet_pton(AF_INET, host, address) == 1;
}

static bool
is_v6(const char *host)
{
	unsigned char address[16];
	size_t len = strlen(host);
	char inner[URL_HOST_MAX];

	if (len < 4 || host[0] != '[' || host[len - 1] != ']')
		return false;
	memcpy(inner, host + 1, len - 2);
	inner[len - 2] = '\0';
	return inet_pton(AF_INET6, inner, address) == 1;
}

bool
url_host_is_address(const char *host)
{
	return is_v4(host) || is_v6(host);
}

/* Labels of 1 to 63 bytes; a last label that is a number is an address in some reader's eyes. */
static bool
is_name(const char *host)
{
	const char *label = host, *end;

	for (;;) {
		end = strchr(label, '.');
		size_t len = end != NULL ? (size_t)(end - label) : strlen(label), i;

		if (len == 0 || len > 63)
			return false;
		for (i = 0; i < len; i++)
			if (!is_label_byte(label[i]))
				return false;
		if (end == NULL)
			return !is_digits(label, len) && strncmp(label, "0x", 2) != 0;
		label = end + 1;
	}
}

bool
url_host(char out[URL_HOST_MAX], const char *host, size_t len)
{
	size_t i;

	if (len > 1 && host[len - 1] == '.')
		len--;
	if (len == 0 || len >= URL_HOST_MAX)
		return false;
	for (i = 0; i < len; i++) {
		if (host[i] <= ' ' || host[i] > '~')
			return false;
		out[i] = lower(host[i]);
	}
	out[len] = '\0';
	return url_host_is_address(out) || (out[0] != '[' && is_name(out));
}

bool
url_host_is_loopback(const char *host)
{
	size_t len = strlen(host);

	if (is_v4(host))
		return strncmp(host, "127.", 4) == 0;
	if (is_v6(host)) {
		unsigned char address[16];
		static const unsigned char loopback[16] = { [15] = 1 };
		char inner[URL_HOST_MAX];

		memcpy(inner, host + 1, len - 2);
		inner[len - 2] = '\0';
		return inet_pton(AF_INET6, inner, address) == 1 &&
		       memcmp(address, loopback, sizeof(address)) == 0;
	}
	return strcmp(host, "localhost") == 0 ||
	       (len > 10 && strcmp(host + len - 10, ".localhost") == 0);
}

static bool
parse_port(struct url *url, const char *text, size_t len)
{
	if (len > 5 || !is_digits(text, len))
		return false;
	url->port = (unsigned)strtoul(text, NULL, 10);
	return url->port > 0 && url->port < 65536;
}

static bool
parse_authority(struct url *url)
{
	const char *text = url->authority;
	size_t len = url->authority_len, host_len = len;
	const char *colon = memchr(text, ':', len);

	if (len > 0 && text[0] == '[') {
		const char *close = memchr(text, ']', len);

		if (close == NULL)
			return false;
		host_len = (size_t)(close - text) + 1;
		colon = host_len < len ? text + host_len : NULL;
		if (colon != NULL && *colon != ':')
			return false;
	} else if (colon != NULL) {
		host_len = (size_t)(colon - text);
	}
	url->port = url->is_https ? 443 : 80;
	if (colon != NULL && !parse_port(url, colon + 1, len - host_len - 1))
		return false;
	return url_host(url->host, text, host_len);
}

static bool
has_strange_byte(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~' || strchr("\"<>\\^`{|}#", *text) != NULL)
			return true;
	return false;
}

int
url_parse(struct url *url, const char *text, struct error *err)
{
	*url = (struct url){ .port = 0 };
	if (strlen(text) > URL_MAX)
		return error_set(err, ERROR_INPUT, 0, "the URL is longer than %d bytes", URL_MAX);
	if (has_strange_byte(text))
		return error_set(err, ERROR_INPUT, 0,
				 "the URL holds a character that no URL may hold");
	url->is_https = strncasecmp(text, "https://", 8) == 0;
	if (!url->is_https && strncasecmp(text, "http://", 7) != 0)
		return error_set(err, ERROR_INPUT, 0,
				 "the URL begins with neither https:// nor http://");
	url->authority = text + (url->is_https ? 8 : 7);
	url->authority_len = (unsigned)strcspn(url->authority, "/?");
	url->rest = url->authority + url->authority_len;
	if (memchr(url->authority, '@', url->authority_len) != NULL)
		return error_set(err, ERROR_INPUT, 0, "the URL holds a user name");
	if (!parse_authority(url))
		return error_set(err, ERROR_INPUT, 0, "the host or port in the URL is not valid");
	return 0;
}

bool
url_same_origin(const struct url *a, const struct url *b)
{
	return a->is_https == b->is_https && a->port == b->port && strcmp(a->host, b->host) == 0;
}

char *
url_origin(const struct url *url)
{
	const char *scheme = url->is_https ? "https" : "http";

	if (url->port == (url->is_https ? 443u : 80u))
		return alloc_format("%s://%s", scheme, url->host);
	return alloc_format("%s://%s:%u", scheme, url->host, url->port);
}

/* What is kept of base: up to its authority, its path, or the last slash in that. */
char *
url_resolve(const struct url *base, const char *base_text, const char *reference)
{
	size_t path_len = strcspn(base->rest, "?"), keep = path_len;
	int head = (int)(base->rest - base_text);

	if (reference[strcspn(reference, ":/?")] == ':') /* it has a scheme, whichever */
		return alloc_string(reference);
	if (strncmp(reference, "//", 2) == 0)
		return alloc_format("%s:%s", base->is_https ? "https" : "http", reference);
	if (reference[0] == '/')
		return alloc_format("%.*s%s", head, base_text, reference);
	if (reference[0] == '?')
		return alloc_format("%.*s%s", head + (int)path_len, base_text, reference);
	while (keep > 0 && base->rest[keep - 1] != '/')
		keep--;
	return alloc_format("%.*s%s%s", head + (int)keep, base_text, keep == 0 ? "/" : "",
			    reference);
}
