/*
 * A client of one Kubernetes API server, asynchronous, over http.h. Knows where the
 * configuration comes from, how to prove who we are (and keeps that fresh), how paths are
 * spelled and what the answers mean. Knows no kind of object, makes no decision about retries:
 * its callers have those policies.
 *
 * Credentials go to the origin of the chosen cluster only, over https only; a body of the
 * server never becomes part of an error's text.
 */
#ifndef WEIR_KUBE_H
#define WEIR_KUBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../bus/error.h"
#include "../bus/loop.h"
#include "http.h"

struct kube;
struct kube_call; /* one request in flight */

struct kube_settings {
	const char *kubeconfig; /* --kubeconfig: this file alone; NULL: $KUBECONFIG, else
				 * ~/.kube/config, else in-cluster */
	const char *context;	/* --context; NULL: current-context */
};

/* Reads the configuration; asks nobody yet. NULL with a CONFIG error that names the file and the
 * remedy when there is none or it cannot work. loop and http must outlive it. */
struct kube *kube_open(struct loop *loop, struct http *http, const struct kube_settings *settings,
		       struct error *err);
/* Cancels what is in flight. NULL is fine. Start no request through the same http between this
 * and http_free. */
void kube_close(struct kube *kube);
/* The namespace of the context; in-cluster $POD_NAMESPACE or the mounted one; "default". */
const char *kube_namespace(const struct kube *kube);
/* Scheme, host and port, for texts. */
const char *kube_server(const struct kube *kube);

struct kube_answer {
	long status;	  /* HTTP status; 0 when none came */
	const char *body; /* NUL-terminated; "" for a stream that went well */
	size_t body_len;
	int64_t retry_after_ms; /* what Retry-After asks for, at most 5 minutes; -1: nothing */
};

/*
 * Called once per call, never before the loop's next turn. err is NULL for 2xx, else its kind
 * says what to do (code is the HTTP status):
 *   DENIED     401, 403: text says which verb on what to allow; or TLS verification
 *   NOT_FOUND  404
 *   CONFLICT   409, 410 (Expired), 422 (a failed JSON Patch test, or not valid)
 *   TEMPORARY  429, 5xx, transport failures, deadlines
 *   PROTOCOL   anything else
 * The call is freed after it returns.
 */
typedef void kube_done_fn(void *arg, const struct kube_answer *answer, const struct error *err);

/* path begins with /api or /apis, with its query; see kube_path. Copied. A 401 is answered by one
 * more try with fresh credentials before on_done sees it. */
struct kube_call *kube_get(struct kube *kube, const char *path, kube_done_fn *on_done, void *arg);
/* A JSON Patch that begins with tests (so that it may be sent twice); the answer is asked for as
 * metadata only. body is copied. */
struct kube_call *kube_patch(struct kube *kube, const char *path, const char *body, size_t len,
			     kube_done_fn *on_done, void *arg);
/* Server-side apply by the field manager KUBE_MANAGER; see kube_apply. */
#define KUBE_MANAGER "weir"
struct kube_intent {
	const char *path; /* of the object or its subresource, without a query */
	const char *body; /* all that the manager wants to be set, as JSON; it should hold what
			   * makes it safe to send twice (a resourceVersion or uid) */
	size_t len;
	bool is_forced;	 /* take fields from other managers */
	bool is_dry_run; /* the answer is the whole object as it would be; else its metadata */
};
struct kube_call *kube_apply(struct kube *kube, const struct kube_intent *intent,
			     kube_done_fn *on_done, void *arg);
/* DELETE of exactly this state of exactly this object; 409 when it is another one. */
struct kube_call *kube_delete(struct kube *kube, const char *path, const char *uid,
			      const char *version, bool is_dry_run, kube_done_fn *on_done,
			      void *arg);
/* GET whose 2xx body is delivered in pieces; timeout_ms: for the whole request (-1: none).
 * Non-zero from on_body ends the call with PROTOCOL. */
struct kube_call *kube_stream(struct kube *kube, const char *path, int64_t timeout_ms,
			      http_body_fn *on_body, kube_done_fn *on_done, void *arg);
/* on_done is not called. */
void kube_cancel(struct kube_call *call);
/* Stop or resume a stream's delivery (back-pressure). */
void kube_pause(struct kube_call *call, bool paused);

/* --- paths --- */
/* A DNS subdomain (RFC 1123), as names of objects and groups are; at most 253 bytes. */
bool kube_is_name(const char *text);
/* "/api/v1/namespaces/NS/secrets/NAME": api is "v1" or "GROUP/VERSION"; namespace and name may be
 * NULL (all namespaces, collection). Owned by the caller; NULL when a part is no legal name. */
char *kube_path(const char *api, const char *namespace, const char *plural, const char *name);

#endif
