/* What the files of the registry client share: one request and how it gets through
 * (registry.c), tokens (registry-token.c), lists and manifests (registry-job.c). */
#ifndef WEIR_REGISTRY_PRIV_H
#define WEIR_REGISTRY_PRIV_H

#include "../bus/table.h"
#include "challenge.h"
#include "registry.h"

struct registry_call;
struct registry_token;

/* What was learnt of one origin, "https://host:port". */
struct registry_origin {
	char *url;
	struct challenge challenge; /* of its last 401 */
	bool is_known;		     /* it has answered: the challenge is what it wants */
	bool is_scope_odd;	     /* its scopes cannot be foreseen from the path */
	struct registry_call *scout; /* the first call, whose answer the others wait for */
	int64_t pause_until_ms;	     /* it said "later" */
	double limit;
	double next_slot_ms; /* of the limit */
};

struct registry {
	struct loop *loop;
	struct http *http;
	const char *const *trusted_realms;
	size_t trusted_count;
	struct table *origins, *tokens;
	struct registry_call *calls;
	struct registry_job *jobs;
};

/* --- registry.c: one GET --- */

/* err NULL: an answer that settles it (not 401, 429 or 5xx), and http for its headers. Else it
 * has been given up, and http and response are NULL. */
typedef void registry_call_fn(void *arg, struct http_request *http,
			      const struct http_response *response, const struct error *err);

struct registry_call {
	struct registry *registry;
	struct registry_call *next, **prev;
	struct registry_origin *origin;
	char *url, *path, *accept; /* path: of the repository, for the scope */
	const struct http_tls *tls;
	struct credential credential;
	char *scope; /* that a challenge asked for; NULL: the plain one */
	size_t body_max;
	struct http_request *request;
	struct loop_timer timer;
	struct registry_token *token; /* held */
	struct registry_call *next_waiting; /* for the same token */
	bool is_gated;	 /* waits for the origin's scout */
	bool is_proven;	 /* this request was sent with a credential or token */
	bool is_fresh;	 /* the token was fetched for this call */
	unsigned failures;
	registry_call_fn *on_done;
	void *arg;
};

struct registry_call *registry_call_start(struct registry *registry,
					  const struct registry_target *target, const char *url,
					  const char *accept, size_t body_max,
					  registry_call_fn *on_done, void *arg);
void registry_call_cancel(struct registry_call *call);
/* The token server has answered. err NULL: call->token has a text. */
void registry_call_token(struct registry_call *call, const struct error *err);

/* --- registry-token.c: one token for each origin, realm, service, scope and credential --- */

struct registry_token {
	char *key;
	char *text;	    /* NULL: none (any more) */
	int64_t expires_ms; /* by the loop's clock */
	unsigned users;
	bool is_anonymous;
	struct registry *registry;
	struct http_request *request;  /* while it is fetched */
	struct registry_call *waiting; /* whom registry_call_token is told to */
};

/* Sets call->token and holds it. 1: it can be used; 0: it is fetched, registry_call_token will be
 * called; -1: the realm is not trusted. */
int registry_token_get(struct registry_call *call, struct error *err);
/* The registry did not accept it. */
void registry_token_forget(struct registry_token *token);
/* call gives it back, and waits for it no longer. */
void registry_token_release(struct registry_call *call);
void registry_token_free(void *value);

/* --- registry-job.c: lists and manifests --- */
void registry_jobs_cancel(struct registry *registry);

#endif
