/*
 * What a request says, as text: method, URL, header lines, body, checked and copied from
 * its options. Pure: knows no socket and no libcurl.
 */
#ifndef WEIR_HTTP_TEXT_H
#define WEIR_HTTP_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/buf.h"
#include "../bus/error.h"
#include "http.h"

struct http_text {
	const char *method; /* a word of its own list, not owned */
	char *url, *origin; /* origin: "" when the URL is not valid */
	char *connect_to;   /* "name:port:host:port" when TLS wants another name; else NULL */
	char *payload;	    /* NULL: none */
	size_t payload_len;
	struct buf headers; /* lines, each ended by a NUL */
	size_t header_count;
	bool may_reuse; /* a connection that may be found dead: what it carried is sent again */
};

/* CONFIG error for a method or URL that cannot be used, PROTOCOL for a header that holds what would
 * end it early. In any case http_text_fini it. */
int http_text_init(struct http_text *text, const struct http_options *options, struct error *err);
/* Wipes and frees. */
void http_text_fini(struct http_text *text);

#endif
