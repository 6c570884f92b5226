/*
 * HTTP requests on the loop. The only file that names libcurl is http.c. Knows methods,
 * headers, bodies, TLS, deadlines; not Kubernetes, not registries, no retry policy.
 *
 * Rules of the house: no redirect is followed, no proxy, no netrc, no cookies, no content
 * encoding unless asked for, http and https only, TLS >= 1.2 verified, headers and bodies
 * bounded, a write is never replayed silently on a dead connection.
 */
#ifndef WEIR_HTTP_H
#define WEIR_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../bus/buf.h"
#include "../bus/error.h"
#include "../bus/loop.h"

struct http;	     /* one per process: connection cache, limits */
struct http_request; /* one waiting or in flight */

struct http_tls {
	const char *ca_file;  /* NULL: the system's CAs (hashed folder); else ONLY this file, unless
			       * ca_added */
	const char *ca_data;  /* PEM, instead of ca_file */
	bool ca_added;	      /* ca_file or ca_data is trusted beside the system's CAs */
	const char *cert_file, *key_file; /* client certificate (PEM paths) */
	const char *cert_data, *key_data; /* or PEM in memory */
	const char *server_name; /* SNI and verified name, NULL: the URL's host */
	bool insecure;		 /* no verification: only by the administrator's word */
};

struct http_response {
	long status;	/* HTTP status; 0 when the transport failed */
	const char *body; /* NUL-terminated; "" when streamed */
	size_t body_len;
};

/* Called once at the end. err is NULL when an HTTP answer came (whatever its status); else it says
 * what failed and where (scheme, host, port): TEMPORARY for transport failures and deadlines,
 * PROTOCOL for a broken answer or one over its bound, DENIED for TLS verification and refused
 * addresses, CONFIG for a URL or a TLS file that cannot be used. Headers are read with http_header
 * during the call. New requests may be started from it, others cancelled; the request itself is
 * freed after the call. */
typedef void http_done_fn(void *arg, struct http_request *request,
			  const struct http_response *response, const struct error *err);
/* Streaming: pieces of a 2xx body as they come (other statuses are collected for on_done).
 * Non-zero aborts the request (on_done then gets err PROTOCOL "stopped by its reader"). */
typedef int http_body_fn(void *arg, const char *bytes, size_t len);

struct http_options {
	const char *method; /* "GET" when NULL */
	const char *url;    /* without user or password */
	const char *const *headers; /* NULL-ended list of "Name: value"; no control characters */
	const char *basic_user, *basic_password; /* Basic authorization when user is set */
	const char *bearer;			 /* or a Bearer token */
	const char *body; /* NULL: none. A POST, PUT or PATCH names its Content-Type in headers */
	size_t body_len;
	/* NULL: the system's CAs. Kept by address: it must not change while http lives, or be
	 * taken leave of with http_forget_tls. */
	const struct http_tls *tls;
	size_t body_max;	    /* bound of a collected body; 0: 4 MiB */
	int64_t connect_timeout_ms; /* 0: 10 s */
	int64_t timeout_ms;	    /* the whole request, once it has its turn; 0: 30 s; -1: none */
	bool fresh_connection;	    /* a new connection, whatever the method */
	bool idempotent_write;	    /* a write that may be sent twice (JSON Patch with tests): may
				     * reuse a connection; others never do */
	bool compressed;	    /* accept gzip (never for watches) */
	bool secret;		    /* the answer is a secret: wiped after on_done */
	bool foreign;		    /* the URL was named by a peer, not by us: refuse addresses of
				     * this machine and link-local ones */
	http_body_fn *on_body;	    /* NULL: collect */
	http_done_fn *on_done;
	void *arg;
};

/* per_host: connections at most to one origin (0: 8); total: in all (0: 32). More wait their
 * turn, origins in rotation, so that a slow one delays nobody else. Costs nothing until the first
 * request. */
struct http *http_new(struct loop *loop, unsigned per_host, unsigned total);
/* Aborts what is in flight without on_done. Not from a callback of http. NULL is fine. */
void http_free(struct http *http);
/* Strings and body are copied. Never NULL; what is wrong with options is told to on_done, which is
 * called at the earliest in the next loop turn. */
struct http_request *http_start(struct http *http, const struct http_options *options);
/* Abort; on_done is not called. Not from the request's own on_done. */
void http_cancel(struct http_request *request);
/* Pause or resume the delivery of a streamed body (back-pressure). on_body is called only from
 * loop turns. */
void http_pause(struct http_request *request, bool paused);
/* A response header's value, or NULL. For repeated headers n = 0, 1, ... Valid in on_done. */
const char *http_header(const struct http_request *request, const char *name, size_t n);
/* This tls is about to go away: forget what was made from it. No request with it may be waiting
 * or in flight. */
void http_forget_tls(struct http *http, const struct http_tls *tls);
/* How many requests were made (for tests and metrics). */
uint64_t http_count(const struct http *http);
/* A User-Agent is always sent: weir/VERSION (never curl's: some servers indent for it). */

#endif
