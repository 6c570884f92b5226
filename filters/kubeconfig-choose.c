/*
 * What a context of the merged kubeconfig files comes to: server, trust, identity. Knows which
 * combinations kubectl refuses; must not read the files that an entry names.
 */
#include "kubeconfig.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../bus/alloc.h"
#include "../bus/message.h"
#include "kubeconfig-priv.h"

/* Finds the first file that has the entry; its member `what` becomes the body. */
static int
find_entry(const struct kubeconfig *config, const char *list_name, struct kubeconfig_item *entry,
	   struct error *err)
{
	size_t i;

	for (i = 0; i < config->count; i++) {
		jv found = kubeconfig_entry(config->files[i].body, list_name, entry->name);

		if (!jv_is_valid(found)) {
			jv_free(found);
			continue;
		}
		entry->path = config->files[i].path;
		entry->body = message_get(found, entry->what);
		jv_free(found);
		return 0;
	}
	return error_set(err, ERROR_CONFIG, 0, "the kubeconfig has no %s called \"%s\"",
			 entry->what, entry->name);
}

/* --- cluster --- */

/* The scheme may be missing: https when anything of TLS is set, as kubectl has it. */
static void
set_server(struct kubeconfig_choice *choice, const char *text)
{
	bool tls = choice->ca_file || choice->ca_data || choice->insecure || choice->cert_file ||
		   choice->cert_data;
	size_t len = strcspn(text, "?#");

	while (len > 0 && text[len - 1] == '/')
		len--;
	choice->server = alloc_format("%s%.*s",
				      strstr(text, "://") ? "" :
				      tls		  ? "https://" :
							    "http://",
				      (int)len, text);
	choice->secure = strncasecmp(choice->server, "https://", 8) == 0;
}

static int
check_cluster(const struct kubeconfig_item *entry, struct kubeconfig_choice *choice,
	      const char *server, const char *proxy, struct error *err)
{
	if (!server)
		return kubeconfig_entry_error(entry, err, "it has no server");
	if (choice->insecure && (choice->ca_file || choice->ca_data))
		return kubeconfig_entry_error(entry, err,
					      "insecure-skip-tls-verify and a certificate "
					      "authority exclude each other; remove one");
	if (proxy)
		return kubeconfig_entry_error(entry, err,
					      "proxy-url is not supported: weir talks to the API "
					      "server directly; remove it");
	return 0;
}

/* *server is handed out, since its scheme depends on the user's entry too. */
static int
read_cluster(const struct kubeconfig_item *entry, struct kubeconfig_choice *choice, char **server,
	     struct error *err)
{
	CLEANUP_FREE char *proxy = NULL;

	if (kubeconfig_read_text(entry, entry->body, "server", server, err) ||
	    kubeconfig_read_text(entry, entry->body, "tls-server-name", &choice->tls_server_name,
				 err) ||
	    kubeconfig_read_text(entry, entry->body, "proxy-url", &proxy, err) ||
	    kubeconfig_read_flag(entry, "insecure-skip-tls-verify", &choice->insecure, err) ||
	    kubeconfig_read_file_or_data(entry, "certificate-authority", &choice->ca_file,
					 &choice->ca_data, err))
		return -1;
	return check_cluster(entry, choice, *server, proxy, err);
}

/* --- context --- */

static void
free_text(char **text)
{
	alloc_free_secret(*text);
	*text = NULL;
}

static void
free_list(char ***list)
{
	kubeconfig_free_list(*list);
	*list = NULL;
}

static void
free_exec(struct kubeconfig_exec *exec)
{
	if (!exec)
		return;
	free(exec->api_version);
	free(exec->command);
	free(exec->install_hint);
	kubeconfig_free_list(exec->args);
	kubeconfig_free_list(exec->env);
	jv_free(exec->cluster_config);
	free(exec);
}

/* No credential goes over plain http, so none is kept. */
static void
drop_credentials(struct kubeconfig_choice *choice)
{
	free_text(&choice->cert_file);
	free_text(&choice->key_file);
	free_text(&choice->cert_data);
	free_text(&choice->key_data);
	free_text(&choice->token);
	free_text(&choice->token_file);
	free_text(&choice->username);
	free_text(&choice->password);
	free_list(&choice->impersonate);
	free_exec(choice->exec);
	choice->exec = NULL;
}

void
kubeconfig_choice_fini(struct kubeconfig_choice *choice)
{
	drop_credentials(choice);
	free_text(&choice->context);
	free_text(&choice->server);
	free_text(&choice->namespace);
	free_text(&choice->ca_file);
	free_text(&choice->ca_data);
	free_text(&choice->tls_server_name);
}

static int
read_context(const struct kubeconfig *config, const struct kubeconfig_item *context,
	     struct kubeconfig_choice *choice, struct error *err)
{
	CLEANUP_FREE char *cluster_name = NULL, *user_name = NULL, *server = NULL;
	struct kubeconfig_item cluster = { .what = "cluster", .body = jv_invalid() };
	struct kubeconfig_item user = { .what = "user", .body = jv_invalid() };
	int status = -1;

	if (kubeconfig_read_text(context, context->body, "cluster", &cluster_name, err) ||
	    kubeconfig_read_text(context, context->body, "user", &user_name, err) ||
	    kubeconfig_read_text(context, context->body, "namespace", &choice->namespace, err))
		return -1;
	if (!cluster_name)
		return kubeconfig_entry_error(context, err, "it names no cluster");
	cluster.name = cluster_name;
	user.name = user_name;
	if (find_entry(config, "clusters", &cluster, err) == 0 &&
	    read_cluster(&cluster, choice, &server, err) == 0 &&
	    (!user_name || (find_entry(config, "users", &user, err) == 0 &&
			    kubeconfig_read_user(&user, choice, &cluster, err) == 0)))
		status = 0;
	if (status == 0)
		set_server(choice, server);
	jv_free(cluster.body);
	jv_free(user.body);
	return status;
}

/* current-context of the first file that sets one. */
static char *
current_context(const struct kubeconfig *config)
{
	size_t i;

	for (i = 0; i < config->count; i++) {
		const char *name = message_string(config->files[i].body, "current-context");

		if (name && *name)
			return alloc_string(name);
	}
	return NULL;
}

int
kubeconfig_choose(const struct kubeconfig *config, const char *context,
		  struct kubeconfig_choice *choice, struct error *err)
{
	struct kubeconfig_item entry = { .what = "context", .body = jv_invalid() };
	int status;

	memset(choice, 0, sizeof(*choice));
	choice->context = context ? alloc_string(context) : current_context(config);
	if (!choice->context)
		return 0;
	entry.name = choice->context;
	status = find_entry(config, "contexts", &entry, err);
	if (status == 0)
		status = read_context(config, &entry, choice, err);
	jv_free(entry.body);
	if (status) {
		kubeconfig_choice_fini(choice);
		return -1;
	}
	if (!choice->namespace)
		choice->namespace = alloc_string("default");
	if (!choice->secure)
		drop_credentials(choice);
	return 1;
}

void
kubeconfig_in_cluster(const char *host, const char *port, const char *folder, const char *namespace,
		      struct kubeconfig_choice *choice)
{
	bool is_ipv6 = strchr(host, ':') != NULL;

	memset(choice, 0, sizeof(*choice));
	choice->context = alloc_string("in-cluster");
	choice->server = alloc_format("https://%s%s%s:%s", is_ipv6 ? "[" : "", host,
				      is_ipv6 ? "]" : "", port);
	choice->secure = true;
	choice->namespace = alloc_string(namespace && *namespace ? namespace : "default");
	choice->token_file = alloc_format("%s/token", folder);
	choice->ca_file = alloc_format("%s/ca.crt", folder);
}
