/*
 * Who a context's user is: tokens, certificates, passwords, exec plugins, impersonation, and which
 * of them exclude each other. Must not run a plugin or read a file that an entry names.
 */
#include "kubeconfig-priv.h"

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/message.h"

#define EXEC_GROUP KUBECONFIG_EXEC_GROUP

/* --- exec plugins --- */

static void
read_extension(const struct kubeconfig_item *entry, jv *out)
{
	jv found = kubeconfig_entry(entry->body, "extensions", EXEC_GROUP "exec");

	*out = message_get(found, "extension");
	jv_free(found);
}

static int
read_exec_args(const struct kubeconfig_item *entry, jv exec, char ***args, struct error *err)
{
	jv list = message_get(exec, "args");
	int i, status = 0;
	int count = jv_get_kind(list) == JV_KIND_ARRAY ? jv_array_length(jv_copy(list)) : 0;

	for (i = 0; i < count && status == 0; i++) {
		jv value = jv_array_get(jv_copy(list), i);

		if (jv_get_kind(value) == JV_KIND_STRING)
			kubeconfig_list_add(args, alloc_string(jv_string_value(value)));
		else
			status =
				kubeconfig_entry_error(entry, err,
						       "exec.args holds something that is no text");
		jv_free(value);
	}
	jv_free(list);
	return status;
}

static int
read_exec_env(const struct kubeconfig_item *entry, jv exec, char ***env, struct error *err)
{
	jv list = message_get(exec, "env");
	int i, status = 0;
	int count = jv_get_kind(list) == JV_KIND_ARRAY ? jv_array_length(jv_copy(list)) : 0;

	for (i = 0; i < count && status == 0; i++) {
		jv pair = jv_array_get(jv_copy(list), i);
		const char *name = message_string(pair, "name");
		const char *value = message_string(pair, "value");

		if (name && *name && value && !strchr(name, '='))
			kubeconfig_list_add(env, alloc_format("%s=%s", name, value));
		else
			status = kubeconfig_entry_error(entry, err,
							"exec.env holds an entry without a name or "
							"a value");
		jv_free(pair);
	}
	jv_free(list);
	return status;
}

/* Mandatory in v1; v1beta1 has a default. */
static int
read_interactive(const struct kubeconfig_item *entry, jv body, struct kubeconfig_exec *exec,
		 struct error *err)
{
	const char *mode = message_string(body, "interactiveMode");

	exec->interactive = KUBECONFIG_IF_AVAILABLE;
	if (!mode && strcmp(exec->api_version, EXEC_GROUP "v1") == 0)
		return kubeconfig_entry_error(entry, err, "exec.interactiveMode is missing");
	if (!mode || strcmp(mode, "IfAvailable") == 0)
		return 0;
	exec->interactive = KUBECONFIG_NEVER;
	if (strcmp(mode, "Never") == 0)
		return 0;
	exec->interactive = KUBECONFIG_ALWAYS;
	if (strcmp(mode, "Always") == 0)
		return kubeconfig_entry_error(entry, err,
					      "exec.interactiveMode Always cannot work: filters "
					      "have no terminal to ask at");
	return kubeconfig_entry_error(entry, err,
				      "exec.interactiveMode is none of Never, IfAvailable, Always");
}

static int
read_exec_names(const struct kubeconfig_item *entry, jv body, struct kubeconfig_exec *exec,
		struct error *err)
{
	if (kubeconfig_read_text(entry, body, "apiVersion", &exec->api_version, err) ||
	    kubeconfig_read_text(entry, body, "command", &exec->command, err) ||
	    kubeconfig_read_text(entry, body, "installHint", &exec->install_hint, err))
		return -1;
	if (!exec->command)
		return kubeconfig_entry_error(entry, err, "exec.command is missing");
	if (strchr(exec->command, '/'))
		exec->command = kubeconfig_resolve(entry, exec->command);
	if (!exec->api_version || (strcmp(exec->api_version, EXEC_GROUP "v1") != 0 &&
				   strcmp(exec->api_version, EXEC_GROUP "v1beta1") != 0))
		return kubeconfig_entry_error(entry, err,
					      "exec.apiVersion is neither " EXEC_GROUP
					      "v1 nor " EXEC_GROUP "v1beta1");
	return 0;
}

static int
read_exec(const struct kubeconfig_item *entry, jv body, struct kubeconfig_choice *choice,
	  const struct kubeconfig_item *cluster, struct error *err)
{
	struct kubeconfig_exec *exec = alloc_zero(1, sizeof(*exec));
	jv flag = message_get(body, "provideClusterInfo");

	choice->exec = exec;
	exec->cluster_config = jv_invalid();
	exec->cluster_info = jv_get_kind(flag) == JV_KIND_TRUE;
	jv_free(flag);
	if (exec->cluster_info)
		read_extension(cluster, &exec->cluster_config);
	if (read_exec_names(entry, body, exec, err) || read_interactive(entry, body, exec, err) ||
	    read_exec_args(entry, body, &exec->args, err))
		return -1;
	return read_exec_env(entry, body, &exec->env, err);
}

/* --- user --- */

static int
impersonate_one(const struct kubeconfig_item *entry, const char *member, const char *header,
		char ***lines, struct error *err)
{
	char *text = NULL;

	if (kubeconfig_read_text(entry, entry->body, member, &text, err))
		return -1;
	if (text)
		kubeconfig_list_add(lines, alloc_format("%s: %s", header, text));
	free(text);
	return 0;
}

static void
impersonate_list(jv list, const char *header, char ***lines)
{
	int i, count = jv_get_kind(list) == JV_KIND_ARRAY ? jv_array_length(jv_copy(list)) : 0;

	for (i = 0; i < count; i++) {
		jv value = jv_array_get(jv_copy(list), i);

		if (jv_get_kind(value) == JV_KIND_STRING)
			kubeconfig_list_add(lines,
					    alloc_format("%s: %s", header, jv_string_value(value)));
		jv_free(value);
	}
}

static void
impersonate_groups_and_extra(const struct kubeconfig_item *entry, char ***lines)
{
	jv groups = message_get(entry->body, "as-groups");
	jv extra = message_get(entry->body, "as-user-extra");

	impersonate_list(groups, "Impersonate-Group", lines);
	if (jv_get_kind(extra) == JV_KIND_OBJECT) {
		jv_object_foreach(extra, key, values)
		{
			char *header = alloc_format("Impersonate-Extra-%s", jv_string_value(key));

			impersonate_list(values, header, lines);
			free(header);
			jv_free(key);
			jv_free(values);
		}
	}
	jv_free(groups);
	jv_free(extra);
}

static bool
has_line_break(char **lines)
{
	for (; lines && *lines; lines++)
		if (strpbrk(*lines, "\r\n"))
			return true;
	return false;
}

static int
read_impersonation(const struct kubeconfig_item *entry, struct kubeconfig_choice *choice,
		   struct error *err)
{
	char ***lines = &choice->impersonate;

	if (impersonate_one(entry, "as", "Impersonate-User", lines, err))
		return -1;
	if (!*lines) {
		impersonate_groups_and_extra(entry, lines);
		if (impersonate_one(entry, "as-uid", "Impersonate-Uid", lines, err))
			return -1;
		return *lines ? kubeconfig_entry_error(
					entry, err, "as-uid, as-groups or as-user-extra need as") :
				0;
	}
	impersonate_groups_and_extra(entry, lines);
	if (impersonate_one(entry, "as-uid", "Impersonate-Uid", lines, err))
		return -1;
	return has_line_break(*lines) ?
		       kubeconfig_entry_error(entry, err, "as: a name with a line break") :
		       0;
}

static int
check_user(const struct kubeconfig_item *entry, const struct kubeconfig_choice *choice,
	   bool provider, struct error *err)
{
	bool cert = choice->cert_file || choice->cert_data;
	bool key = choice->key_file || choice->key_data;
	bool token = choice->token || choice->token_file;

	if (cert != key)
		return kubeconfig_entry_error(entry, err,
					      "client-certificate and client-key come as a pair; "
					      "one is missing");
	if (token && choice->username)
		return kubeconfig_entry_error(entry, err,
					      "a token and a username exclude each other; remove "
					      "one");
	if (choice->token && strpbrk(choice->token, "\r\n"))
		return kubeconfig_entry_error(entry, err, "the token holds a line break");
	if (provider && !cert && !token && !choice->username)
		return kubeconfig_entry_error(entry, err,
					      "auth-provider is not supported; use an exec plugin");
	return 0;
}

int
kubeconfig_read_user(const struct kubeconfig_item *entry, struct kubeconfig_choice *choice,
		     const struct kubeconfig_item *cluster, struct error *err)
{
	jv exec = message_get(entry->body, "exec"), provider;
	int status = -1;

	if (kubeconfig_read_text(entry, entry->body, "token", &choice->token, err) == 0 &&
	    kubeconfig_read_path(entry, "tokenFile", &choice->token_file, err) == 0 &&
	    kubeconfig_read_text(entry, entry->body, "username", &choice->username, err) == 0 &&
	    kubeconfig_read_text(entry, entry->body, "password", &choice->password, err) == 0 &&
	    kubeconfig_read_file_or_data(entry, "client-certificate", &choice->cert_file,
					 &choice->cert_data, err) == 0 &&
	    kubeconfig_read_file_or_data(entry, "client-key", &choice->key_file, &choice->key_data,
					 err) == 0)
		status = read_impersonation(entry, choice, err);
	if (status == 0) {
		provider = message_get(entry->body, "auth-provider");
		status = check_user(entry, choice, jv_get_kind(provider) == JV_KIND_OBJECT, err);
		jv_free(provider);
	}
	/* A plugin is not asked when the entry proves the user by itself. */
	if (status == 0 && jv_get_kind(exec) == JV_KIND_OBJECT && !choice->token &&
	    !choice->token_file && !choice->username && !choice->cert_file && !choice->cert_data)
		status = read_exec(entry, exec, choice, cluster, err);
	jv_free(exec);
	return status;
}
