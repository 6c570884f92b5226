/*
 * HTTP requests on the loop. The only file that names libcurl is http.c. Knows methods,
 * headers, bodies, TLS, deadlines; not Kubernetes, not registries, no retry policy.
 *
 * Rules of the house: no redirect is followed, no proxy unless set, no netrc, no cookies, no
 * content encoding unless asked for, http and https only, TLS >= 1.2 verified, bodies
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
struct http_request; /* one in flight */

struct http_tls {
	const char *ca_file;  /* NULL: the system's CAs (hashed folder); else ONLY this file, unless
			       * ca_added */
	const char *ca_data;  /* PEM, instead of ca_file */
	bool ca_added;	      /* ca_file is trusted beside the system's CAs */
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
 * what failed (TEMPORARY for transport failures and deadlines, PROTOCOL for a body over its
 * bound, DENIED for TLS verification). Headers are read with http_header during the call. The
 * request is freed after the call. */
typedef void http_done_fn(void *arg, struct http_request *request,
			  const struct http_response *response, const struct error *err);
/* Streaming: pieces of a 2xx body as they come (other statuses are collected for on_done).
 * Non-zero aborts the request (on_done then gets err PROTOCOL "stopped by its reader"). */
typedef int http_body_fn(void *arg, const char *bytes, size_t len);

struct http_options {
	const char *method; /* "GET" when NULL */
	const char *url;
	const char *const *headers; /* NULL-ended list of "Name: value" */
	const char *basic_user, *basic_password; /* Basic authorization when user is set */
	const char *bearer;			 /* or a Bearer token */
	const char *body;
	size_t body_len;
	const struct http_tls *tls; /* copied by address: must live as long as http does */
	size_t body_max;	    /* bound of a collected body; 0: 4 MiB */
	int64_t connect_timeout_ms; /* 0: 10 s */
	int64_t timeout_ms;	    /* the whole request; 0: 30 s; -1: none (watches) */
	bool fresh_connection;	    /* for writes that must never be sent twice */
	bool idempotent_write;	    /* a write that may be sent twice (JSON Patch with tests): may
				     * reuse a connection */
	bool compressed;	    /* accept gzip (never for watches) */
	http_body_fn *on_body;	    /* NULL: collect */
	http_done_fn *on_done;
	void *arg;
};

/* per_host: connections at most to one host; total: in all (0: 8 and 32). More wait their turn. */
struct http *http_new(struct loop *loop, unsigned per_host, unsigned total);
void http_free(struct http *http); /* aborts what is in flight without on_done */
/* Strings are copied; on_done may be called at the earliest in the next loop turn. */
struct http_request *http_start(struct http *http, const struct http_options *options);
/* Abort; on_done is not called. */
void http_cancel(struct http_request *request);
/* Pause or resume the delivery of a streamed body (back-pressure). */
void http_pause(struct http_request *request, bool paused);
/* A response header's value, or NULL. For repeated headers n = 0, 1, ... */
const char *http_header(const struct http_request *request, const char *name, size_t n);
/* How many requests were made (for tests and metrics). */
uint64_t http_count(const struct http *http);
/* A User-Agent is always sent: weir/VERSION (never curl's: some servers indent for it). */

#endif
