/* See docker-helper.h. */
#include "docker-helper.h"

#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/buf.h"
#include "../bus/json.h"

#define TEXT_MAX ((size_t)64 * 1024)
#define HUB_SERVER "https://index.docker.io/v1/" /* what docker calls its own Hub */

void
docker_helper_fini(struct docker_helper *helper)
{
	free(helper->program);
	free(helper->server);
	*helper = (struct docker_helper){ .program = NULL };
}

/* --- texts --- */

/* Owned by the caller; NULL: it is no text, or holds a NUL. */
static char *
text_of(struct json_slice value)
{
	CLEANUP_BUF struct buf text = BUF_INIT(TEXT_MAX);
	char *copy = NULL;

	if (value.text != NULL && json_is_string(value) && json_string(value, &text) &&
	    strlen(buf_string(&text)) == text.len)
		copy = alloc_string(buf_string(&text));
	buf_wipe(&text);
	return copy;
}

/* A key of credHelpers names a registry, as those of auths do. */
static bool
names_registry(const char *key, const struct reference *reference, const char *api_host)
{
	const char *scheme = strstr(key, "://");
	const char *start = scheme != NULL ? scheme + 3 : key;
	CLEANUP_FREE char *host = reference_host(start, strcspn(start, "/"));

	return host != NULL && (strcmp(host, reference->host) == 0 ||
				(api_host != NULL && strcmp(host, api_host) == 0));
}

/* --- which --- */

/* name: of the helper, which becomes part of a program's: no path. */
static int
found(struct docker_helper *helper, struct json_slice name, const char *server,
      struct error *err)
{
	CLEANUP_FREE char *text = text_of(name);

	if (text == NULL || text[0] == '\0' ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") !=
		    strlen(text))
		return error_set(err, ERROR_INPUT, 0,
				 "the credential helper for %s is to be named by letters, digits, "
				 ". _ and -",
				 server);
	helper->program = alloc_format("docker-credential-%s", text);
	helper->server = alloc_string(server);
	return 1;
}

int
docker_helper_of_registry(const char *text, size_t len, const struct reference *reference,
			  const char *api_host, struct docker_helper *helper, struct error *err)
{
	struct json_slice whole = { text, len }, helpers, key, name;
	size_t cursor = 0;

	*helper = (struct docker_helper){ .program = NULL };
	if (json_check(text, len, &json_limits_message, NULL) != 0)
		return error_set(err, ERROR_INPUT, 0, "it is not valid JSON");
	helpers = json_member(whole, "credHelpers");
	if (helpers.text == NULL || !json_is_object(helpers))
		return 0;
	while (json_next(helpers, &cursor, &key, &name)) {
		struct json_slice quoted = { key.text - 1, key.len + 2 };
		CLEANUP_FREE char *server = text_of(quoted);

		if (server != NULL && names_registry(server, reference, api_host))
			return found(helper, name, server, err);
	}
	return 0;
}

int
docker_helper_of_store(const char *text, size_t len, const struct reference *reference,
		       struct docker_helper *helper, struct error *err)
{
	struct json_slice whole = { text, len }, name;

	*helper = (struct docker_helper){ .program = NULL };
	if (json_check(text, len, &json_limits_message, NULL) != 0)
		return error_set(err, ERROR_INPUT, 0, "it is not valid JSON");
	name = json_member(whole, "credsStore");
	if (name.text == NULL || json_string_is(name, ""))
		return 0;
	return found(helper, name,
		     strcmp(reference->host, "docker.io") == 0 ? HUB_SERVER : reference->host, err);
}

/* --- what it answers --- */

int
docker_helper_read(const char *text, size_t len, struct credential *credential,
		   struct error *err)
{
	struct json_slice whole = { text, len };
	char *user, *secret;

	*credential = (struct credential){ .user = NULL };
	if (len == 0)
		return 0;
	if (json_check(text, len, &json_limits_message, NULL) != 0)
		return error_set(err, ERROR_INPUT, 0, "what it printed is not valid JSON");
	user = text_of(json_member(whole, "Username"));
	secret = text_of(json_member(whole, "Secret"));
	if (user == NULL || secret == NULL || user[0] == '\0' || secret[0] == '\0') {
		alloc_free_secret(user);
		alloc_free_secret(secret);
		return error_set(err, ERROR_INPUT, 0, "what it printed has no Username and Secret");
	}
	if (strcmp(user, "<token>") == 0) {
		credential->identity_token = secret;
		free(user);
		return 0;
	}
	credential->user = user;
	credential->password = secret;
	return 0;
}

bool
docker_helper_has_none(const char *text, size_t len)
{
	static const char none[] = "credentials not found in native keychain";

	return memmem(text, len, none, sizeof(none) - 1) != NULL;
}
