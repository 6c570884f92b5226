/*
 * Tokens: asked for once however many calls wait, kept as long as they live (within bounds of our
 * own, by the monotonic clock), never given to another origin or credential than theirs.
 */
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/json.h"
#include "digest.h"
#include "realm.h"
#include "registry-priv.h"
#include "retry.h"
#include "url.h"

#define TOKEN_MAX ((size_t)16 * 1024)
#define ANSWER_MAX ((size_t)64 * 1024)
#define TTL_MIN_S 60
#define TTL_MAX_S 3600
#define TIMEOUT_MS 15000
#define TOKENS_MAX 4096 /* above: those that nobody holds and that have expired are dropped */

/* --- texts --- */

static void
add_encoded(struct buf *out, const char *text)
{
	static const char hex[] = "0123456789ABCDEF";

	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    strchr("-._~", c) != NULL) {
			buf_append_char(out, (char)c);
		} else {
			buf_append_char(out, '%');
			buf_append_char(out, hex[c >> 4]);
			buf_append_char(out, hex[c & 15]);
		}
	}
}

static void
add_parameter(struct buf *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	if (out->len > 0)
		buf_append_char(out, '&');
	buf_append_string(out, name);
	buf_append_char(out, '=');
	add_encoded(out, value);
}

static char *
scope_of(const struct registry_call *call)
{
	if (call->scope != NULL)
		return alloc_string(call->scope);
	return alloc_format("repository:%s:pull", call->path);
}

/* The credential takes part as a digest, so that no table holds it in clear. */
static char *
key_of(const struct registry_call *call, const char *scope)
{
	const struct challenge *challenge = &call->origin->challenge;
	const struct credential *credential = &call->credential;
	char digest[DIGEST_TEXT_SIZE];
	char *secret = alloc_format("%s\n%s\n%s", credential->user ? credential->user : "",
				    credential->password ? credential->password : "",
				    credential->identity_token ? credential->identity_token : "");

	digest_sha256(digest, secret, strlen(secret));
	alloc_free_secret(secret);
	return alloc_format("%s\n%s\n%s\n%s\n%s", call->origin->url, challenge->realm,
			    challenge->service ? challenge->service : "", scope, digest);
}

/* --- the answer --- */

/* RFC 6750: 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"=" */
static bool
is_token(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789-._~+/");

	return len > 0 && text[len + strspn(text + len, "=")] == '\0';
}

static char *
read_token(struct json_slice body, const char *name)
{
	struct json_slice value = json_member(body, name);
	struct buf buf = BUF_INIT(TOKEN_MAX);
	char *text = NULL;

	if (value.text != NULL && json_is_string(value) && json_string(value, &buf) &&
	    strlen(buf_string(&buf)) == buf.len && is_token(buf_string(&buf)))
		text = alloc_string(buf_string(&buf));
	buf_wipe(&buf);
	buf_fini(&buf);
	return text;
}

/* What is not a sensible number counts as the default, which is the least. */
static int64_t
read_ttl_s(struct json_slice body)
{
	struct json_slice value = json_member(body, "expires_in");
	size_t digits;

	if (value.text == NULL)
		return TTL_MIN_S;
	for (digits = 0; digits < value.len; digits++)
		if (value.text[digits] < '0' || value.text[digits] > '9')
			return TTL_MIN_S;
	if (digits > 6)
		return TTL_MAX_S;
	int64_t ttl_s = strtoll(value.text, NULL, 10);

	if (ttl_s < TTL_MIN_S)
		return TTL_MIN_S;
	return ttl_s > TTL_MAX_S ? TTL_MAX_S : ttl_s;
}

static int
status_error(const struct registry_token *token, long status, struct error *err)
{
	if (status == 401 || status == 403)
		return error_set(err, ERROR_DENIED, (int)status, "the token server %s (%ld)",
				 token->is_anonymous ?
					 "wants credentials, and none were found for the registry" :
					 "refuses the credentials that were found for the registry",
				 status);
	if (status / 100 == 3)
		return error_set(err, ERROR_PROTOCOL, (int)status,
				 "token-redirect: the token server answers with a redirect (%ld), "
				 "which is not followed",
				 status);
	if (retry_is_worth(status))
		return error_set(err, ERROR_TEMPORARY, (int)status, "the token server answers %ld",
				 status);
	return error_set(err, ERROR_PROTOCOL, (int)status, "the token server answers %ld", status);
}

static const struct json_limits answer_limits = { .depth = 16,
						  .containers = 1000,
						  .values = 5000 };

static int
read_answer(struct registry_token *token, const struct http_response *response,
	    struct error *err)
{
	struct json_slice body = { response->body, response->body_len };

	if (response->status / 100 != 2)
		return status_error(token, response->status, err);
	if (json_check(body.text, body.len, &answer_limits, NULL) != 0)
		return error_set(err, ERROR_PROTOCOL, 0, "the token server's answer is not JSON");
	token->text = read_token(body, "access_token");
	if (token->text == NULL)
		token->text = read_token(body, "token");
	if (token->text == NULL)
		return error_set(err, ERROR_PROTOCOL, 0,
				 "the token server's answer holds no valid token");
	token->expires_ms = loop_now_ms(token->registry->loop) + read_ttl_s(body) * 900;
	return 0;
}

static void
on_answer(void *arg, struct http_request *http, const struct http_response *response,
	  const struct error *err)
{
	struct registry_token *token = arg;
	struct registry_call *call;
	struct error failure;
	bool failed = err != NULL;

	(void)http;
	token->request = NULL;
	if (err != NULL)
		failure = *err;
	else
		failed = read_answer(token, response, &failure) != 0;
	if (failed && err != NULL)
		error_prepend(&failure, "the token server");
	token->users++; /* stay while it is told */
	while ((call = token->waiting) != NULL) {
		token->waiting = call->next_waiting;
		call->next_waiting = NULL;
		registry_call_token(call, failed ? &failure : NULL);
	}
	token->users--;
}

/* --- the question --- */

/* What the administrator said of the registry's TLS holds for its token server, but that it need
 * not be verified holds for the registry alone. */
static const struct http_tls *
tls_for(const struct registry_call *call, const char *realm)
{
	struct url registry, server;

	if (call->tls == NULL || !call->tls->insecure)
		return call->tls;
	if (url_parse(&registry, call->origin->url, NULL) == 0 &&
	    url_parse(&server, realm, NULL) == 0 && url_same_origin(&registry, &server))
		return call->tls;
	return NULL;
}

/* What both ways of asking have in common. */
static struct http_options
options_of(struct registry_token *token, const struct registry_call *call, const char *realm,
	   bool foreign)
{
	return (struct http_options){
		.tls = tls_for(call, realm),
		.body_max = ANSWER_MAX,
		.timeout_ms = TIMEOUT_MS,
		.secret = true,
		.foreign = foreign,
		.on_done = on_answer,
		.arg = token,
	};
}

/* GET realm?service=S&scope=A, with Basic when there is a user. */
static void
ask(struct registry_token *token, const struct registry_call *call, const char *realm,
    bool foreign, const char *scope)
{
	struct buf query = BUF_INIT((size_t)16 * 1024);
	CLEANUP_FREE char *url = NULL;
	struct http_options options = options_of(token, call, realm, foreign);

	add_parameter(&query, "service", call->origin->challenge.service);
	add_parameter(&query, "scope", scope);
	url = alloc_format("%s%c%s", realm, strchr(realm, '?') != NULL ? '&' : '?',
			   buf_string(&query));
	options.url = url;
	options.basic_user = call->credential.user;
	options.basic_password = call->credential.password;
	token->request = http_start(token->registry->http, &options);
	buf_fini(&query);
}

/* POST of an OAuth2 refresh token. */
static void
ask_oauth(struct registry_token *token, const struct registry_call *call, const char *realm,
	  bool foreign, const char *scope)
{
	static const char *const headers[] = {
		"Content-Type: application/x-www-form-urlencoded", NULL
	};
	struct buf form = BUF_INIT((size_t)256 * 1024);
	struct http_options options = options_of(token, call, realm, foreign);

	add_parameter(&form, "grant_type", "refresh_token");
	add_parameter(&form, "service", call->origin->challenge.service);
	add_parameter(&form, "client_id", "weir");
	add_parameter(&form, "scope", scope);
	add_parameter(&form, "refresh_token", call->credential.identity_token);
	options.method = "POST";
	options.url = realm;
	options.headers = headers;
	options.body = buf_string(&form);
	options.body_len = form.len;
	token->request = http_start(token->registry->http, &options);
	buf_wipe(&form);
	buf_fini(&form);
}

/* --- keeping --- */

void
registry_token_free(void *value)
{
	struct registry_token *token = value;

	if (token->request != NULL)
		http_cancel(token->request);
	alloc_free_secret(token->text);
	free(token->key);
	free(token);
}

static void
drop_expired(struct registry *registry)
{
	int64_t now_ms = loop_now_ms(registry->loop);
	size_t cursor = 0, len;
	const char *key;
	void *value;

	if (table_count(registry->tokens) < TOKENS_MAX)
		return;
	while (table_next(registry->tokens, &cursor, &key, &len, &value)) {
		struct registry_token *token = value;

		if (token->users == 0 && token->request == NULL && token->expires_ms <= now_ms)
			table_remove(registry->tokens, key, len);
	}
}

static struct registry_token *
find_token(struct registry *registry, const char *key)
{
	struct registry_token *token = table_get(registry->tokens, key, strlen(key));

	if (token != NULL)
		return token;
	drop_expired(registry);
	token = alloc_zero(1, sizeof(*token));
	token->registry = registry;
	token->key = alloc_string(key);
	table_put(registry->tokens, key, strlen(key), token);
	return token;
}

void
registry_token_forget(struct registry_token *token)
{
	alloc_free_secret(token->text);
	token->text = NULL;
}

void
registry_token_release(struct registry_call *call)
{
	struct registry_call **at;

	if (call->token == NULL)
		return;
	for (at = &call->token->waiting; *at != NULL; at = &(*at)->next_waiting) {
		if (*at == call) {
			*at = call->next_waiting;
			break;
		}
	}
	call->next_waiting = NULL;
	call->token->users--;
	call->token = NULL;
}

static int
fetch(struct registry_call *call, struct registry_token *token, const char *scope,
      struct error *err)
{
	const struct registry *registry = call->registry;
	CLEANUP_FREE char *realm = NULL;
	bool foreign = false;

	if (realm_check(call->origin->url, call->origin->challenge.realm, registry->trusted_realms,
			registry->trusted_count, &realm, &foreign, err) != 0)
		return -1;
	token->is_anonymous = credential_is_anonymous(&call->credential);
	if (call->credential.identity_token != NULL)
		ask_oauth(token, call, realm, foreign, scope);
	else
		ask(token, call, realm, foreign, scope);
	return 0;
}

int
registry_token_get(struct registry_call *call, struct error *err)
{
	CLEANUP_FREE char *scope = scope_of(call);
	CLEANUP_FREE char *key = key_of(call, scope);
	struct registry_token *token = find_token(call->registry, key);

	if (token->text != NULL && token->expires_ms <= loop_now_ms(call->registry->loop))
		registry_token_forget(token);
	if (token->text == NULL && token->request == NULL &&
	    fetch(call, token, scope, err) != 0)
		return -1;
	call->token = token;
	token->users++;
	if (token->text != NULL)
		return 1;
	call->next_waiting = token->waiting;
	token->waiting = call;
	return 0;
}
