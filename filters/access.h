/*
 * Which registry a repository is at, how it is reached and as whom: registries.conf (read again
 * when it changes), credentials and the registry client put together, for whoever wants tags or
 * manifests. Knows no messages.
 */
#ifndef WEIR_ACCESS_H
#define WEIR_ACCESS_H

#include "../bus/error.h"
#include "../bus/loop.h"
#include "../bus/options.h"
#include "kube.h"
#include "reference.h"
#include "registry.h"

struct access;
struct access_task;

#define ACCESS_NAMESPACE "d8-delivery" /* the predecessor's */

struct access_settings {
	const char *registries; /* --registries: registries.conf; NULL: none */
	const char *configmap;	/* --registries-configmap: instead of a file the owner hands in what
				 * a ConfigMap says (conf-feed.h, access_use); NULL: none */
	const char *namespace;	/* --namespace: the ConfigMap's; NULL: ACCESS_NAMESPACE */
	const char *ca_dir;	/* --ca-dir: see trust.h; NULL: TRUST_DIR */
	struct option_list realms, namespaces;
	struct kube_settings kube;
};

/* Rows of an options table for these settings (an lvalue). */
#define ACCESS_OPTIONS(settings)                                                          \
	{ .name = "registries", .kind = OPTION_STRING, .arg = "FILE",                      \
	  .field = &(settings).registries, .help = "registries.conf, read again on changes" }, \
	{ .name = "registries-configmap", .kind = OPTION_STRING, .arg = "NAME",            \
	  .field = &(settings).configmap, .help = "or events of the ConfigMap that holds it" }, \
	{ .name = "namespace", .letter = 'n', .kind = OPTION_STRING, .arg = "NS",          \
	  .field = &(settings).namespace, .help = "of that ConfigMap (" ACCESS_NAMESPACE ")" }, \
	{ .name = "ca-dir", .kind = OPTION_STRING, .arg = "DIR",                           \
	  .field = &(settings).ca_dir, .help = "a PEM file per host, beside the system's CAs" }, \
	{ .name = "realm", .kind = OPTION_STRINGS, .arg = "HOST[:PORT]",                   \
	  .field = &(settings).realms, .help = "trust this token server of another domain" }, \
	{ .name = "secret-namespace", .kind = OPTION_STRINGS, .arg = "NS",     \
	  .field = &(settings).namespaces,                                                \
	  .help = "Applications may name pull secrets of it" },                           \
	{ .name = "kubeconfig", .kind = OPTION_STRING, .arg = "FILE",                      \
	  .field = &(settings).kube.kubeconfig, .help = "where pull secrets are" },        \
	{ .name = "context", .kind = OPTION_STRING, .arg = "NAME",                         \
	  .field = &(settings).kube.context, .help = "of the kubeconfig" }

/* settings must outlive it. NULL with a CONFIG error: registries.conf cannot be used. That there
 * is no such file (yet) is a warning. on_change: another registries.conf is in use from now on;
 * NULL: no need to know. A broken one is reported in the log, and the last good one stays. */
struct access *access_open(struct loop *loop, const struct access_settings *settings,
			   void (*on_change)(void *arg), void *arg, struct error *err);
/* Take this registries.conf into use: on_change is called. CONFIG error: it is broken, and the last
 * good one stays. */
int access_use(struct access *access, const char *text, size_t len, struct error *err);
/* From on_change only: is this repository asked in another way than before? */
bool access_has_changed(const struct access *access, const struct reference *reference);
/* Cancels what is in flight. NULL is fine. */
void access_close(struct access *access);

/* What an Application's pull-secret annotation means, as the `credential` of messages: owned by the
 * caller in *credential. INPUT or DENIED error: not that. */
int access_credential(struct access *access, const char *annotation,
		      const char *application_namespace, char **credential, struct error *err);

/* credential: of a message, NULL: what registries.conf and docker's config say. on_done as in
 * registry.h, where errors may also be about the credential; never before the next loop turn; the
 * task is freed after it. */
struct access_task *access_tags(struct access *access, const struct reference *reference,
				const char *credential, registry_tags_fn *on_done, void *arg);
struct access_task *access_manifest(struct access *access, const struct reference *reference,
				    const char *credential, const char *tag,
				    registry_manifest_fn *on_done, void *arg);
void access_cancel(struct access_task *task); /* on_done is not called; NULL is fine */

#endif
