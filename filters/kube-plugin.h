/*
 * The texts of the exec credential protocol (client.authentication.k8s.io/v1, /v1beta1). Pure:
 * runs nothing, see kube-exec.c.
 */
#ifndef WEIR_KUBE_PLUGIN_H
#define WEIR_KUBE_PLUGIN_H

#include <stddef.h>
#include <time.h>

#include "../bus/error.h"
#include "kubeconfig.h"

struct kube_plugin_result {
	char *token, *cert, *key; /* NULL when absent; cert and key are PEM */
	time_t expires;		  /* 0: not said */
};
void kube_plugin_result_fini(struct kube_plugin_result *result); /* wipes; zeroed afterwards */

/* The variable "KUBERNETES_EXEC_INFO=...", owned by the caller. choice has an exec; ca: PEM that
 * the plugin may be told with provideClusterInfo, or NULL. */
char *kube_plugin_info(const struct kubeconfig_choice *choice, const char *ca);
/* What a plugin printed: an ExecCredential of the very version that was configured, with a token,
 * or a certificate and its key. CONFIG error that never quotes it. */
int kube_plugin_parse(const char *text, size_t len, const char *api_version,
		      struct kube_plugin_result *result, struct error *err);

#endif
