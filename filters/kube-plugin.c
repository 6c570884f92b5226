/*
 * What a credential plugin is told (KUBERNETES_EXEC_INFO) and what it answers (ExecCredential).
 * Pure; never quotes an answer, which holds secrets.
 */
#include "kube-plugin.h"

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/json.h"
#include "../bus/message.h"
#include "base64.h"

#define INFO_MAX ((size_t)2 * 1024 * 1024)

/* --- what a plugin is told --- */

static jv
set_text(jv object, const char *name, const char *value)
{
	return value ? jv_object_set(object, jv_string(name), jv_string(value)) : object;
}

static jv
cluster_info(const struct kubeconfig_choice *choice, const char *ca)
{
	jv cluster = set_text(jv_object(), "server", choice->server);
	char *encoded = ca ? base64_encode(ca, strlen(ca)) : NULL;

	cluster = set_text(cluster, "tls-server-name", choice->tls_server_name);
	cluster = set_text(cluster, "certificate-authority-data", encoded);
	if (choice->insecure)
		cluster = jv_object_set(cluster, jv_string("insecure-skip-tls-verify"), jv_true());
	if (jv_is_valid(choice->exec->cluster_config))
		cluster = jv_object_set(cluster, jv_string("config"),
					jv_copy(choice->exec->cluster_config));
	free(encoded);
	return cluster;
}

char *
kube_plugin_info(const struct kubeconfig_choice *choice, const char *ca)
{
	CLEANUP_BUF struct buf text = BUF_INIT(INFO_MAX);
	jv spec = jv_object_set(jv_object(), jv_string("interactive"), jv_false());
	jv info = set_text(jv_object(), "kind", "ExecCredential");

	if (choice->exec->cluster_info)
		spec = jv_object_set(spec, jv_string("cluster"), cluster_info(choice, ca));
	info = set_text(info, "apiVersion", choice->exec->api_version);
	info = jv_object_set(info, jv_string("spec"), spec);
	buf_append_string(&text, "KUBERNETES_EXEC_INFO=");
	message_dump(info, &text);
	jv_free(info);
	return alloc_string(buf_string(&text));
}

/* --- what it answers --- */

/* RFC 3339; 0 when it is none. */
static time_t
parse_time(const char *text)
{
	struct tm tm = { 0 };
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	long offset = 0;

	if (rest && *rest == '.')
		rest += 1 + strspn(rest + 1, "0123456789");
	if (rest && (*rest == '+' || *rest == '-') && strlen(rest) == 6 && rest[3] == ':')
		offset = (strtol(rest + 1, NULL, 10) * 60 + strtol(rest + 4, NULL, 10)) *
			 (*rest == '+' ? 60 : -60);
	else if (!rest || (strcmp(rest, "Z") != 0 && strcmp(rest, "z") != 0))
		return 0;
	return timegm(&tm) - offset;
}

static char *
take_text(jv status, const char *name)
{
	const char *text = message_string(status, name);

	return text && *text ? alloc_string(text) : NULL;
}

static int
check_result(const struct kube_plugin_result *result, struct error *err)
{
	if (!result->cert != !result->key)
		return error_set(err, ERROR_CONFIG, 0,
				 "it gave a certificate without a key or a key "
				 "without a certificate");
	if (!result->cert && !result->token)
		return error_set(err, ERROR_CONFIG, 0, "it gave neither a token nor a certificate");
	if (result->token && strpbrk(result->token, "\r\n"))
		return error_set(err, ERROR_CONFIG, 0, "its token holds a line break");
	return 0;
}

static int
read_result(jv body, const char *api_version, struct kube_plugin_result *result, struct error *err)
{
	const char *kind = message_string(body, "kind");
	const char *version = message_string(body, "apiVersion");
	const char *expires;
	jv status;

	if (!kind || strcmp(kind, "ExecCredential") != 0)
		return error_set(err, ERROR_CONFIG, 0, "it did not print an ExecCredential");
	if (!version || strcmp(version, api_version) != 0)
		return error_set(err, ERROR_CONFIG, 0, "it did not answer in %s", api_version);
	status = message_get(body, "status");
	result->token = take_text(status, "token");
	result->cert = take_text(status, "clientCertificateData");
	result->key = take_text(status, "clientKeyData");
	expires = message_string(status, "expirationTimestamp");
	result->expires = expires ? parse_time(expires) : 0;
	jv_free(status);
	return check_result(result, err);
}

void
kube_plugin_result_fini(struct kube_plugin_result *result)
{
	alloc_free_secret(result->token);
	alloc_free_secret(result->cert);
	alloc_free_secret(result->key);
	memset(result, 0, sizeof(*result));
}

int
kube_plugin_parse(const char *text, size_t len, const char *api_version,
		  struct kube_plugin_result *result, struct error *err)
{
	struct error why;
	char *copy;
	jv body;
	int status;

	memset(result, 0, sizeof(*result));
	if (json_check(text, len, &json_limits_message, &why))
		return error_set(err, ERROR_CONFIG, 0, "it did not print JSON (%s)", why.text);
	copy = alloc_text(text, len);
	body = jv_parse_sized(copy, (int)len);
	status = read_result(body, api_version, result, err);
	if (status)
		kube_plugin_result_fini(result);
	jv_free(body);
	alloc_free_secret(copy);
	return status;
}
