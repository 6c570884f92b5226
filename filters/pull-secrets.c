/* See pull-secrets.h. */
#include "pull-secrets.h"

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/table.h"
#include "secret-field.h"
#include "url.h"

struct pull_secrets {
	const char *namespace;
	struct table *by_name; /* struct pull_secret */
};

struct pull_secret {
	char *config; /* docker's config.json; NULL: */
	size_t len;
	char *problem;
};

static void
free_secret(void *value)
{
	struct pull_secret *secret = value;

	if (secret->config != NULL)
		explicit_bzero(secret->config, secret->len);
	free(secret->config);
	free(secret->problem);
	free(secret);
}

struct pull_secrets *
pull_secrets_new(const char *namespace)
{
	struct pull_secrets *secrets = alloc_zero(1, sizeof(*secrets));

	secrets->namespace = namespace;
	secrets->by_name = table_new(free_secret);
	return secrets;
}

void
pull_secrets_free(struct pull_secrets *secrets)
{
	if (secrets != NULL)
		table_free(secrets->by_name);
	free(secrets);
}

static bool
is_same(const struct pull_secret *a, const struct pull_secret *b)
{
	if (a->config == NULL || b->config == NULL)
		return a->config == b->config && strcmp(a->problem, b->problem) == 0;
	return a->len == b->len && memcmp(a->config, b->config, a->len) == 0;
}

bool
pull_secrets_put(struct pull_secrets *secrets, const char *name, struct json_slice object)
{
	const struct pull_secret *old = table_get(secrets->by_name, name, strlen(name));
	struct pull_secret *secret = alloc_zero(1, sizeof(*secret));
	struct error err;

	secret->config =
		secret_field(object, PULL_SECRET_TYPE, PULL_SECRET_FIELD, &secret->len, &err);
	if (secret->config == NULL)
		secret->problem = alloc_string(err.text);
	if (old != NULL && is_same(old, secret)) {
		free_secret(secret);
		return false;
	}
	table_put(secrets->by_name, name, strlen(name), secret);
	return true;
}

bool
pull_secrets_drop(struct pull_secrets *secrets, const char *name)
{
	return table_remove(secrets->by_name, name, strlen(name));
}

/* --- finding --- */

/* The host of the registry's API, as reference_host spells it; NULL: none of its own. */
static char *
api_host(const struct werf_source *source)
{
	struct url url;

	if (source->api_url == NULL || url_parse(&url, source->api_url, NULL) != 0)
		return NULL;
	return reference_host(url.authority, url.authority_len);
}

/* Host and path of what compares; both owned by the caller, text borrowed. */
static struct reference
reference_of(const struct werf_source *source)
{
	size_t host = strcspn(source->repository, "/");
	const char *path = source->repository + host;

	return (struct reference){ .host = alloc_text(source->repository, host),
				   .path = alloc_string(path[0] == '/' ? path + 1 : path),
				   .text = source->repository };
}

static int
check_credential(const struct credential *credential, const char *host, struct error *err)
{
	if (credential->user == NULL)
		return error_set(err, ERROR_INPUT, 0,
				 "what it holds for %s is a token; Argo CD needs a user name and a "
				 "password there",
				 host);
	if (!json_is_utf8(credential->user, strlen(credential->user)))
		return error_set(err, ERROR_INPUT, 0,
				 "the user name that it holds for %s is not UTF-8 text", host);
	if (!json_is_utf8(credential->password, strlen(credential->password)))
		return error_set(err, ERROR_INPUT, 0,
				 "the password that it holds for %s is not UTF-8 text, and Argo CD "
				 "takes no other",
				 host);
	return 0;
}

/* The user asks why: the entry for the registry's API is there. It is none for this repository. */
static bool
has_api_entry(const struct pull_secret *secret, const struct werf_source *source,
	      const struct reference *reference)
{
	CLEANUP_FREE char *api = api_host(source);
	struct credential credential = { .user = NULL };
	bool has_one = api != NULL && dockerconfig_find(secret->config, secret->len, reference, api,
							&credential, NULL) != 0;

	credential_fini(&credential);
	return has_one;
}

/* Argo CD sends what is found here to the host of the repository: the entry must name that one,
 * whatever host spec.apiUrl names. */
static int
find_in(const struct pull_secret *secret, const struct werf_source *source,
	struct credential *credential, struct error *err)
{
	static const char only_api[] =
		", only for the host of spec.apiUrl, which Argo CD does not use";
	struct reference reference = reference_of(source);
	CLEANUP_FREE char *host = reference.host;
	CLEANUP_FREE char *path = reference.path;
	int found;

	(void)path;
	if (secret->config == NULL)
		return error_set(err, ERROR_INPUT, 0, "%s", secret->problem);
	found = dockerconfig_find(secret->config, secret->len, &reference, NULL, credential, err);
	if (found < 0)
		return -1;
	if (found == 0)
		return error_set(err, ERROR_INPUT, 0,
				 "its auths hold nothing for %s%s: add an entry for %s",
				 source->repository,
				 has_api_entry(secret, source, &reference) ? only_api : "", host);
	return check_credential(credential, host, err);
}

int
pull_secrets_find(const struct pull_secrets *secrets, const struct werf_source *source,
		  struct credential *credential, struct error *err)
{
	const char *name = source->pull_secret;
	const struct pull_secret *secret = table_get(secrets->by_name, name, strlen(name));

	*credential = (struct credential){ .user = NULL };
	if (secret == NULL)
		return error_set(err, ERROR_NOT_FOUND, 0,
				 "spec.pullSecretName: there is no Secret %s in namespace %s", name,
				 secrets->namespace);
	if (find_in(secret, source, credential, err) == 0)
		return 0;
	credential_fini(credential);
	return error_prepend(err, "spec.pullSecretName: Secret %s/%s", secrets->namespace, name);
}
