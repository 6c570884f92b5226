/*
 * Absolute http and https URLs: what they are made of, whether two have one origin, what a
 * reference means beside a base. Strict where another reading could send a credential elsewhere.
 * Pure: text in, structs out; resolves no names.
 */
#ifndef WEIR_URL_H
#define WEIR_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/error.h"

#define URL_HOST_MAX 256
#define URL_MAX 8192

struct url {
	bool is_https;
	char host[URL_HOST_MAX]; /* lower case, without a last dot; IPv6 in brackets */
	unsigned port;		 /* the scheme's when none was written */
	const char *authority;	 /* host and port as spelled, authority_len bytes of the text */
	unsigned authority_len;
	const char *rest; /* path and query, pointing into the text; "" when there is none */
};

/* INPUT error for another scheme, user info, a fragment, control characters, blanks, bytes that are
 * not ASCII, and hosts that could be read in two ways (0x7f.1, 127.1, [::1%lo]). */
int url_parse(struct url *url, const char *text, struct error *err);
/* The same scheme, host and port. */
bool url_same_origin(const struct url *a, const struct url *b);
/* "https://host", with ":port" unless it is the scheme's; owned by the caller. */
char *url_origin(const struct url *url);
/* What reference (absolute, //host/path, /path, ?query, path) means in a document at base; owned by
 * the caller. The result is not checked. base has been parsed from base_text. */
char *url_resolve(const struct url *base, const char *base_text, const char *reference);

/* A host name's syntax (letters, digits, - and _ in labels, IPv4, [IPv6]); len bytes. Writes the
 * one spelling that compares: lower case, no last dot. */
bool url_host(char out[URL_HOST_MAX], const char *host, size_t len);
/* 127.0.0.0/8, [::1], localhost or below it. */
bool url_host_is_loopback(const char *host);
/* An IPv4 or IPv6 address. */
bool url_host_is_address(const char *host);

#endif
