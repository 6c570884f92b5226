/* What http.c (libcurl) and http-request.c (whose turn it is, what is told to whom) share. */
#ifndef WEIR_HTTP_PRIV_H
#define WEIR_HTTP_PRIV_H

#include "http-failure.h"
#include "http-queue.h"
#include "http-text.h"
#include "http.h"

struct http_handle; /* an easy handle and what belongs to it */
struct http_engine; /* the multi handle on the loop */

struct http_request {
	struct http_turn turn; /* first: a turn is its request */
	struct http *http;
	struct http_request *next, **prev; /* all that wait or are active */
	struct http_request *next_deferred;
	struct http_handle *handle;	   /* while it is active */
	struct http_text text;
	const struct http_tls *tls;
	size_t body_max, header_bytes;
	int64_t connect_timeout_ms, timeout_ms;
	http_body_fn *on_body;
	http_done_fn *on_done;
	void *arg;
	struct error *bad;	   /* why its options cannot be used; NULL: they can */
	enum http_failure refusal; /* why it was ended from our side */
	bool is_compressed, is_secret, is_foreign;
	bool is_cancelled; /* inside a callback of curl: taken out afterwards */
	bool is_paused, is_stopped, wants_resume; /* stopped: curl keeps bytes back */
};

/* ended: a request has come to its end (response is filled when failure is NONE); it must be taken
 * out before ended returns. settled: all that had ended has been told. */
struct http_engine_events {
	void (*ended)(void *arg, struct http_request *request, enum http_failure failure,
		      const struct http_response *response);
	void (*settled)(void *arg);
};

struct http_engine *http_engine_new(struct loop *loop, unsigned connections,
				    const struct http_engine_events *events, void *arg);
void http_engine_free(struct http_engine *engine);
/* False: libcurl cannot be loaded. */
bool http_engine_begin(struct http_engine *engine, struct http_request *request);
void http_engine_take_out(struct http_engine *engine, struct http_request *request);
/* Let curl deliver what it keeps back. */
void http_engine_resume(struct http_engine *engine, struct http_request *request);
/* Are we inside a callback of curl, where none of the above may be called? */
bool http_engine_is_busy(const struct http_engine *engine);
void http_engine_forget(struct http_engine *engine, const struct http_tls *tls);

#endif
