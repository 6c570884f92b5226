/*
 * Why a request came to no answer, apart from libcurl's numbers, and what a person and a
 * policy are told about it. Pure.
 */
#ifndef WEIR_HTTP_FAILURE_H
#define WEIR_HTTP_FAILURE_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/error.h"

enum http_failure {
	HTTP_FAILURE_NONE,
	HTTP_FAILURE_LIBRARY,	/* libcurl cannot be loaded */
	HTTP_FAILURE_HEADERS,	/* refused by us: too long */
	HTTP_FAILURE_ENCODING,	/* refused: compressed without having been asked to */
	HTTP_FAILURE_BODY,	/* refused: over its bound */
	HTTP_FAILURE_READER,	/* on_body said stop */
	HTTP_FAILURE_ADDRESS,	/* refused: a foreign URL that leads to this machine */
	HTTP_FAILURE_TRUST,	/* the certificate did not verify */
	HTTP_FAILURE_TLS_FILE,	/* a CA, certificate or key that cannot be used */
	HTTP_FAILURE_TLS,	/* no common TLS */
	HTTP_FAILURE_TIME,	/* a deadline */
	HTTP_FAILURE_NAME,	/* not in DNS */
	HTTP_FAILURE_CONNECT,	/* nobody listens */
	HTTP_FAILURE_NOT_HTTP,	/* the peer speaks something else */
	HTTP_FAILURE_BROKEN	/* the connection broke off */
};

/* Fills err (kinds as http.h says); -1, or 0 for NONE. */
int http_failure_error(enum http_failure failure, struct error *err);

struct sockaddr;
/* An IPv4 or IPv6 address of this machine, unspecified or link-local, in any spelling; anything
 * but IP too. */
bool http_address_is_local(const struct sockaddr *address);

/* Is this header line (not NUL-terminated) a Content-Encoding other than identity? */
bool http_header_is_encoding(const char *line, size_t len);

#endif
