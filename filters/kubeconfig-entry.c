/*
 * One entry of a kubeconfig file: its members by type, with errors that name the file and the
 * entry. Must not know what the members mean.
 */
#include "kubeconfig-priv.h"

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/message.h"
#include "base64.h"

int
kubeconfig_entry_error(const struct kubeconfig_item *entry, struct error *err, const char *text)
{
	return error_set(err, ERROR_CONFIG, 0, "%s: %s \"%s\": %s", entry->path, entry->what,
			 entry->name, text);
}

int
kubeconfig_read_text(const struct kubeconfig_item *entry, jv object, const char *name, char **out,
		     struct error *err)
{
	jv value = message_get(object, name);
	const char *text = message_string(object, name);
	int status = 0;

	if (text && *text)
		*out = alloc_string(text);
	else if (!text && jv_is_valid(value) && jv_get_kind(value) != JV_KIND_NULL)
		status = error_set(err, ERROR_CONFIG, 0, "%s: %s \"%s\": %s is not a text",
				   entry->path, entry->what, entry->name, name);
	jv_free(value);
	return status;
}

int
kubeconfig_read_flag(const struct kubeconfig_item *entry, const char *name, bool *out,
		     struct error *err)
{
	jv value = message_get(entry->body, name);
	jv_kind kind = jv_get_kind(value);

	jv_free(value);
	*out = kind == JV_KIND_TRUE;
	if (kind == JV_KIND_TRUE || kind == JV_KIND_FALSE || kind == JV_KIND_NULL ||
	    kind == JV_KIND_INVALID)
		return 0;
	return error_set(err, ERROR_CONFIG, 0, "%s: %s \"%s\": %s is neither true nor false",
			 entry->path, entry->what, entry->name, name);
}

char *
kubeconfig_resolve(const struct kubeconfig_item *entry, char *path)
{
	const char *slash = strrchr(entry->path, '/');
	char *whole;

	if (!path || *path == '/' || !slash)
		return path;
	whole = alloc_format("%.*s/%s", (int)(slash - entry->path), entry->path, path);
	free(path);
	return whole;
}

int
kubeconfig_read_path(const struct kubeconfig_item *entry, const char *name, char **out,
		     struct error *err)
{
	if (kubeconfig_read_text(entry, entry->body, name, out, err))
		return -1;
	*out = kubeconfig_resolve(entry, *out);
	return 0;
}

/* PEM in base64; NULL when it is not, or holds a NUL byte. */
static char *
decode(const char *encoded)
{
	size_t len = 0;
	char *text = base64_decode(encoded, strlen(encoded), &len);

	if (!text || strlen(text) == len)
		return text;
	alloc_free_secret(text);
	return NULL;
}

int
kubeconfig_read_file_or_data(const struct kubeconfig_item *entry, const char *name, char **file,
			     char **data, struct error *err)
{
	char *data_name = alloc_format("%s-data", name), *encoded = NULL;
	int status = kubeconfig_read_path(entry, name, file, err);

	if (status == 0)
		status = kubeconfig_read_text(entry, entry->body, data_name, &encoded, err);
	if (status == 0 && encoded && *file)
		status = error_set(err, ERROR_CONFIG, 0,
				   "%s: %s \"%s\": %s and %s are both given; keep one", entry->path,
				   entry->what, entry->name, name, data_name);
	if (status == 0 && encoded && !(*data = decode(encoded)))
		status =
			error_set(err, ERROR_CONFIG, 0, "%s: %s \"%s\": %s is not base64 of a text",
				  entry->path, entry->what, entry->name, data_name);
	alloc_free_secret(encoded);
	free(data_name);
	return status;
}
