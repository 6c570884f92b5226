/* See dockerconfig.h. Works on the bytes, so that no tree keeps copies of secrets. */
#include "dockerconfig.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../bus/alloc.h"
#include "../bus/buf.h"
#include "../bus/json.h"
#include "base64.h"

#define KEY_MAX ((size_t)1024)
#define SECRET_MAX ((size_t)64 * 1024)

/* --- credentials --- */

void
credential_fini(struct credential *credential)
{
	alloc_free_secret(credential->user);
	alloc_free_secret(credential->password);
	alloc_free_secret(credential->identity_token);
	alloc_free_secret(credential->registry_token);
	*credential = (struct credential){ .user = NULL };
}

bool
credential_is_anonymous(const struct credential *credential)
{
	return credential->user == NULL && credential->identity_token == NULL &&
	       credential->registry_token == NULL;
}

static char *
copy(const char *text)
{
	return text != NULL ? alloc_string(text) : NULL;
}

void
credential_copy(struct credential *to, const struct credential *from)
{
	to->user = copy(from->user);
	to->password = copy(from->password);
	to->identity_token = copy(from->identity_token);
	to->registry_token = copy(from->registry_token);
}

int
credential_parse(struct credential *credential, const char *text, size_t len, struct error *err)
{
	const char *colon = memchr(text, ':', len);
	size_t user_len = colon != NULL ? (size_t)(colon - text) : 0;

	*credential = (struct credential){ .user = NULL };
	while (len > 0 && text[len - 1] == '\0') /* old docker wrote these */
		len--;
	if (user_len == 0 || user_len + 1 >= len || memchr(text, '\0', len) != NULL)
		return error_set(err, ERROR_INPUT, 0, "it is not user:password");
	credential->user = alloc_text(text, user_len);
	credential->password = alloc_text(colon + 1, len - user_len - 1);
	return 0;
}

/* --- keys --- */

/* How closely a key of auths names a repository. */
struct match {
	size_t path_len;    /* of the key's path */
	bool is_image_host; /* not only the API's */
};

static const char *
without_scheme(const char *key)
{
	if (strncasecmp(key, "https://", 8) == 0)
		return key + 8;
	return strncasecmp(key, "http://", 7) == 0 ? key + 7 : key;
}

/* "/v1/", "/v2/" and what looks like it are the API, not a path. */
static const char *
path_of(const char *after_host)
{
	if (strncmp(after_host, "/v1", 3) == 0 || strncmp(after_host, "/v2", 3) == 0)
		if (after_host[3] == '\0' || after_host[3] == '/')
			after_host += 3;
	while (*after_host == '/')
		after_host++;
	return after_host;
}

static bool
key_matches(const char *key, const struct reference *reference, const char *api_host,
	    struct match *match)
{
	size_t host_len, path_len;
	char *host, *path;
	bool is_below;

	key = without_scheme(key);
	host_len = strcspn(key, "/");
	host = reference_host(key, host_len);
	if (host == NULL)
		return false;
	match->is_image_host = strcmp(host, reference->host) == 0;
	is_below = match->is_image_host || (api_host != NULL && strcmp(host, api_host) == 0);
	free(host);
	key = path_of(key + host_len);
	path_len = strlen(key);
	while (path_len > 0 && key[path_len - 1] == '/')
		path_len--;
	match->path_len = path_len;
	path = alloc_text(key, path_len);
	is_below = is_below && reference_is_below(reference->path, path);
	free(path);
	return is_below;
}

static bool
is_better(const struct match *a, const char *key_a, const struct match *b, const char *key_b)
{
	if (a->path_len != b->path_len)
		return a->path_len > b->path_len;
	if (a->is_image_host != b->is_image_host)
		return a->is_image_host;
	return strcmp(key_a, key_b) < 0;
}

/* --- entries --- */

static bool
has_text(struct json_slice entry, const char *name)
{
	struct json_slice value = json_member(entry, name);

	return value.text != NULL && json_is_string(value) && value.len > 2;
}

/* An empty entry says that the secret lies in a credential store. */
static bool
has_secret(struct json_slice entry)
{
	return has_text(entry, "auth") || has_text(entry, "identitytoken") ||
	       has_text(entry, "registrytoken") ||
	       (has_text(entry, "username") && has_text(entry, "password"));
}

/* A member's text, owned by the caller; NULL: absent or empty. */
static char *
text_of(struct json_slice entry, const char *name)
{
	struct buf buf = BUF_INIT(SECRET_MAX);
	char *text = NULL;

	if (has_text(entry, name) && json_string(json_member(entry, name), &buf) &&
	    strlen(buf_string(&buf)) == buf.len)
		text = alloc_string(buf_string(&buf));
	buf_wipe(&buf);
	buf_fini(&buf);
	return text;
}

static int
read_auth(struct json_slice entry, struct credential *credential, struct error *err)
{
	char *encoded = text_of(entry, "auth"), *pair;
	size_t len = 0;
	int status;

	pair = encoded != NULL ? base64_decode(encoded, strlen(encoded), &len) : NULL;
	alloc_free_secret(encoded);
	if (pair == NULL)
		return error_set(err, ERROR_INPUT, 0, "its auth is not base64");
	status = credential_parse(credential, pair, len, err);
	explicit_bzero(pair, len);
	free(pair);
	return status != 0 ? error_prepend(err, "its auth, decoded") : 0;
}

static int
read_entry(struct json_slice entry, struct credential *credential, struct error *err)
{
	*credential = (struct credential){ .user = NULL };
	if (has_text(entry, "auth")) {
		/* Beside an identity token docker writes a user without a password. */
		if (read_auth(entry, credential, err) != 0 && !has_text(entry, "identitytoken"))
			return -1;
	} else if (has_text(entry, "username") && has_text(entry, "password")) {
		credential->user = text_of(entry, "username");
		credential->password = text_of(entry, "password");
	}
	credential->identity_token = text_of(entry, "identitytoken");
	credential->registry_token = text_of(entry, "registrytoken");
	if (credential_is_anonymous(credential))
		return error_set(err, ERROR_INPUT, 0, "it holds no text that can be used");
	return 0;
}

/* The entry that is meant for the repository; text NULL: none. best_key: its key. */
static struct json_slice
choose_entry(struct json_slice auths, const struct reference *reference, const char *api_host,
	     struct buf *best_key)
{
	struct json_slice name, entry, best = { .text = NULL };
	struct match match, best_match = { .path_len = 0 };
	size_t cursor = 0;

	while (json_next(auths, &cursor, &name, &entry)) {
		struct json_slice quoted = { name.text - 1, name.len + 2 };
		struct buf key = BUF_INIT(KEY_MAX);

		if (json_string(quoted, &key) && has_secret(entry) &&
		    key_matches(buf_string(&key), reference, api_host, &match) &&
		    (best.text == NULL || is_better(&match, buf_string(&key), &best_match,
						    buf_string(best_key)))) {
			best = entry;
			best_match = match;
			buf_clear(best_key);
			buf_append(best_key, buf_string(&key), key.len);
		}
		buf_fini(&key);
	}
	return best;
}

int
dockerconfig_find(const char *text, size_t len, const struct reference *reference,
		  const char *api_host, struct credential *credential, struct error *err)
{
	struct json_slice whole = { text, len }, auths, entry;
	struct buf key = BUF_INIT(KEY_MAX);
	int status;

	*credential = (struct credential){ .user = NULL };
	if (json_check(text, len, &json_limits_message, NULL) != 0)
		return error_set(err, ERROR_INPUT, 0, "it is not valid JSON");
	auths = json_member(whole, "auths");
	if (auths.text == NULL)
		return 0;
	if (!json_is_object(auths))
		return error_set(err, ERROR_INPUT, 0, "its auths is not an object");
	entry = choose_entry(auths, reference, api_host, &key);
	status = entry.text != NULL ? read_entry(entry, credential, err) : 0;
	if (status != 0)
		error_prepend(err, "the entry %s", buf_string(&key));
	buf_fini(&key);
	return status != 0 ? -1 : entry.text != NULL;
}
