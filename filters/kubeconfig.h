/*
 * kubeconfig files as kubectl reads them: which files count, how they merge, what a context
 * means. Pure: it is given texts, paths and the values of environment variables; it opens
 * nothing and asks nobody. Holds secrets, and never puts one into an error.
 */
#ifndef WEIR_KUBECONFIG_H
#define WEIR_KUBECONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include <jv.h>

#include "../bus/error.h"

struct kubeconfig; /* files, merged: the first that has an entry wins, whole */

/* The files that count: explicit_path alone, else those named in the value of KUBECONFIG, else
 * home/.kube/config. A NULL-ended list, owned by the caller (kubeconfig_free_list). */
char **kubeconfig_paths(const char *explicit_path, const char *kubeconfig_env, const char *home);
void kubeconfig_free_list(char **list); /* NULL is fine */

struct kubeconfig *kubeconfig_new(void);
void kubeconfig_free(struct kubeconfig *config);
/* Adds a file's text, in the order of kubeconfig_paths. An empty text is an empty configuration.
 * CONFIG error that names the path (no YAML, a name given twice, a wrong type). */
int kubeconfig_add(struct kubeconfig *config, const char *path, const char *text, size_t len,
		   struct error *err);

enum kubeconfig_interactive { KUBECONFIG_NEVER, KUBECONFIG_IF_AVAILABLE, KUBECONFIG_ALWAYS };

struct kubeconfig_exec {
	char *api_version; /* client.authentication.k8s.io/v1 or /v1beta1 */
	char *command;	   /* resolved against its file when it holds a slash */
	char **args;	   /* NULL-ended, without the command */
	char **env;	   /* NULL-ended NAME=VALUE, added to the environment */
	char *install_hint;
	enum kubeconfig_interactive interactive;
	bool cluster_info; /* provideClusterInfo */
	jv cluster_config; /* extension client.authentication.k8s.io/exec, or invalid */
};

/* What one context comes to. Absent texts are NULL; *_data is decoded (PEM). */
struct kubeconfig_choice {
	char *context;	 /* "in-cluster" for kubeconfig_in_cluster */
	char *server;	 /* with scheme, with a path prefix, without a slash at the end */
	char *namespace; /* never NULL */
	bool secure;	 /* https: only then may any credential be sent */
	char *ca_file, *ca_data, *tls_server_name;
	bool insecure;
	char *cert_file, *key_file, *cert_data, *key_data;
	char *token, *token_file;
	char *username, *password;
	char **impersonate; /* NULL-ended header lines "Impersonate-User: x"; NULL: none */
	struct kubeconfig_exec *exec;
};

/* 1: chosen; 0: no context is given and none is current; -1: CONFIG error that says which entry
 * of which file is wrong or missing. context NULL: current-context. Free with
 * kubeconfig_choice_fini after 1. Over plain http no credential is chosen at all. */
int kubeconfig_choose(const struct kubeconfig *config, const char *context,
		      struct kubeconfig_choice *choice, struct error *err);
/* The Pod's own account: folder is the mounted one (token, ca.crt), namespace what is to be the
 * default one. host and port are the values of KUBERNETES_SERVICE_HOST and _PORT. */
void kubeconfig_in_cluster(const char *host, const char *port, const char *folder,
			   const char *namespace, struct kubeconfig_choice *choice);
void kubeconfig_choice_fini(struct kubeconfig_choice *choice);

#endif
