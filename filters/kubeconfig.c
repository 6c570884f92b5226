/*
 * kubeconfig files, merged: which exist, what is in them, which entry wins. What a context then
 * comes to is kubeconfig-choose.c's. Knows the format; must not open a file or ask a server.
 */
#include "kubeconfig.h"

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/message.h"
#include "../bus/yaml-value.h"
#include "kubeconfig-priv.h"

/* --- lists of texts --- */

void
kubeconfig_list_add(char ***list, char *take)
{
	size_t n = 0;

	while (*list && (*list)[n])
		n++;
	*list = alloc_grow(*list, n + 2, sizeof(**list));
	(*list)[n] = take;
	(*list)[n + 1] = NULL;
}

void
kubeconfig_free_list(char **list)
{
	size_t i;

	for (i = 0; list && list[i]; i++)
		alloc_free_secret(list[i]);
	free(list);
}

static bool
list_has(char **list, const char *text, size_t len)
{
	for (; list && *list; list++)
		if (strlen(*list) == len && memcmp(*list, text, len) == 0)
			return true;
	return false;
}

char **
kubeconfig_paths(const char *explicit_path, const char *kubeconfig_env, const char *home)
{
	char **paths = alloc_zero(1, sizeof(*paths));
	const char *at = kubeconfig_env ? kubeconfig_env : "";
	size_t len;

	if (explicit_path) {
		kubeconfig_list_add(&paths, alloc_string(explicit_path));
		return paths;
	}
	for (; *at; at += len + (at[len] == ':')) {
		len = strcspn(at, ":");
		if (len > 0 && !list_has(paths, at, len))
			kubeconfig_list_add(&paths, alloc_text(at, len));
	}
	if (!(kubeconfig_env && *kubeconfig_env) && home && *home)
		kubeconfig_list_add(&paths, alloc_format("%s/.kube/config", home));
	return paths;
}

/* --- files --- */

struct kubeconfig *
kubeconfig_new(void)
{
	return alloc_zero(1, sizeof(struct kubeconfig));
}

void
kubeconfig_free(struct kubeconfig *config)
{
	size_t i;

	if (!config)
		return;
	for (i = 0; i < config->count; i++) {
		free(config->files[i].path);
		jv_free(config->files[i].body);
	}
	free(config->files);
	free(config);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_text_blank(const char *text, size_t len)
{
	while (len > 0 && is_blank(*text)) {
		text++;
		len--;
	}
	return len == 0;
}

jv
kubeconfig_entry(jv body, const char *list_name, const char *name)
{
	jv list = message_get(body, list_name), found = jv_invalid();
	int i, count = jv_get_kind(list) == JV_KIND_ARRAY ? jv_array_length(jv_copy(list)) : 0;

	for (i = 0; i < count && !jv_is_valid(found); i++) {
		jv entry = jv_array_get(jv_copy(list), i);
		const char *have = message_string(entry, "name");

		if (have && strcmp(have, name) == 0)
			found = jv_copy(entry);
		jv_free(entry);
	}
	jv_free(list);
	return found;
}

static int
check_entry(jv list, int index, const char *path, const char *list_name, struct error *err)
{
	jv entry = jv_array_get(jv_copy(list), index), wrapped = jv_object();
	const char *name = message_string(entry, "name");
	int status = 0;

	if (!name) {
		status = error_set(err, ERROR_CONFIG, 0, "%s: entry %d of %s has no name", path,
				   index + 1, list_name);
	} else {
		jv before = jv_array_slice(jv_copy(list), 0, index), same;

		wrapped = jv_object_set(wrapped, jv_string(list_name), before);
		same = kubeconfig_entry(wrapped, list_name, name);
		if (jv_is_valid(same))
			status = error_set(err, ERROR_CONFIG, 0,
					   "%s: the name \"%s\" stands twice in %s", path, name,
					   list_name);
		jv_free(same);
	}
	jv_free(wrapped);
	jv_free(entry);
	return status;
}

static int
check_list(jv body, const char *path, const char *list_name, struct error *err)
{
	jv list = message_get(body, list_name);
	int i, count, status = 0;

	if (jv_get_kind(list) == JV_KIND_ARRAY) {
		count = jv_array_length(jv_copy(list));
		for (i = 0; i < count && status == 0; i++)
			status = check_entry(list, i, path, list_name, err);
	} else if (jv_is_valid(list) && jv_get_kind(list) != JV_KIND_NULL) {
		status = error_set(err, ERROR_CONFIG, 0, "%s: %s is not a list", path, list_name);
	}
	jv_free(list);
	return status;
}

static int
check_body(jv body, const char *path, struct error *err)
{
	if (jv_get_kind(body) != JV_KIND_OBJECT)
		return error_set(err, ERROR_CONFIG, 0, "%s: this is no kubeconfig", path);
	if (check_list(body, path, "clusters", err) || check_list(body, path, "users", err))
		return -1;
	return check_list(body, path, "contexts", err);
}

int
kubeconfig_add(struct kubeconfig *config, const char *path, const char *text, size_t len,
	       struct error *err)
{
	jv body = jv_invalid();

	if (is_text_blank(text, len))
		return 0;
	if (yaml_value_parse(text, len, &body, err)) {
		if (err)
			err->kind = ERROR_CONFIG;
		return error_prepend(err, "%s", path);
	}
	if (check_body(body, path, err)) {
		jv_free(body);
		return -1;
	}
	config->files = alloc_grow(config->files, config->count + 1, sizeof(*config->files));
	config->files[config->count].path = alloc_string(path);
	config->files[config->count++].body = body;
	return 0;
}
