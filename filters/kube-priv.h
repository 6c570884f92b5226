/* What the files of the Kubernetes client share. Not for filters. */
#ifndef WEIR_KUBE_PRIV_H
#define WEIR_KUBE_PRIV_H

#include "kube.h"
#include "kube-plugin.h"
#include "kubeconfig.h"

/* --- kube-config.c: from files and environment to a choice --- */

/* Free with kubeconfig_choice_fini after 0. */
int kube_config_load(const struct kube_settings *settings, struct kubeconfig_choice *choice,
		     struct error *err);
/* A small text file, NUL-terminated, owned by the caller (alloc_free_secret); SYSTEM error that
 * names it, also when it holds a NUL byte or is above 1 MiB. */
char *kube_config_read(const char *path, struct error *err);

/* --- kube-credential.c: what proves who we are, kept fresh --- */

/* What one request is sent with. Immutable; shared by the requests that were started with it. */
struct kube_credential {
	struct http_tls tls;
	char *token;
	char *ca, *cert, *key; /* what tls points to */
	unsigned users;
};

struct kube_keeper;
/* on_ready is called when an exec plugin has ended: err NULL, or why there is no credential. */
typedef void kube_ready_fn(void *arg, const struct error *err);
/* Reads what the choice names (borrowed, must outlive the keeper). */
struct kube_keeper *kube_keeper_open(struct loop *loop, struct http *http,
				     const struct kubeconfig_choice *choice,
				     kube_ready_fn *on_ready, void *arg, struct error *err);
void kube_keeper_close(struct kube_keeper *keeper);
/* A fresh credential, to be given back with kube_keeper_release; NULL: a plugin is running, wait
 * for on_ready. */
struct kube_credential *kube_keeper_take(struct kube_keeper *keeper);
void kube_keeper_release(struct kube_keeper *keeper, struct kube_credential *credential);
/* The server did not accept this one (401). True: there may be another by now, try again. */
bool kube_keeper_refused(struct kube_keeper *keeper, const struct kube_credential *credential);

/* --- kube-exec.c: credential plugins --- */

struct kube_exec;
/* result is the receiver's to take texts from. */
typedef void kube_exec_fn(void *arg, struct kube_plugin_result *result, const struct error *err);
/* Runs the plugin; on_done is called once from the loop, and frees nothing but the run. NULL with
 * err set when it cannot be started. ca: PEM for provideClusterInfo, or NULL. */
struct kube_exec *kube_exec_start(struct loop *loop, const struct kubeconfig_choice *choice,
				  const char *ca, kube_exec_fn *on_done, void *arg,
				  struct error *err);
void kube_exec_cancel(struct kube_exec *run); /* kills it; NULL is fine */

/* --- kube-answer.c: what an answer means, for policy and for a person --- */

/* Fills err for a status that is not 2xx; nothing of the body gets into it. */
void kube_answer_error(struct error *err, const char *method, const char *path, long status);

/* --- kube.c --- */

/* path and body are copied; method, accept and content_type are constants. */
struct kube_request {
	const char *method; /* NULL: GET */
	const char *path;
	const char *accept, *content_type; /* NULL: JSON, none */
	const char *body;
	size_t body_len, answer_max; /* answer_max 0: http.h's bound */
	int64_t timeout_ms;	     /* as in http.h */
	bool is_compressed;	     /* the answer may be; never for a watch */
	http_body_fn *on_body;
	kube_done_fn *on_done;
	void *arg;
};
struct kube_call *kube_start(struct kube *kube, const struct kube_request *request);
struct loop *kube_loop(const struct kube *kube);

#endif
