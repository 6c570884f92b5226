/* filters/pull-secrets.c: whose user name and password a source gets, and what is said when none. */
#include "../../filters/pull-secrets.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../../bus/buf.h"
#include "../../filters/base64.h"
#include "../check.h"

#define CANARY "hunter2"

static struct pull_secrets *secrets;

static struct werf_source
source_of(const char *repository, const char *api_url)
{
	return (struct werf_source){ .name = (char[]){ "s" }, .repository = alloc_string(repository),
				     .api_url = alloc_string(api_url),
				     .pull_secret = alloc_string("x") };
}

/* "user password", or the error. */
static void
find(const char *repository, const char *api_url, char got[ERROR_TEXT_MAX], enum error_kind *kind)
{
	struct werf_source source = source_of(repository, api_url);
	struct credential credential;
	struct error err = { .kind = ERROR_NONE };

	if (pull_secrets_find(secrets, &source, &credential, &err) == 0) {
		snprintf(got, ERROR_TEXT_MAX, "%s %s", credential.user, credential.password);
		credential_fini(&credential);
	} else {
		snprintf(got, ERROR_TEXT_MAX, "%s", err.text);
	}
	*kind = err.kind;
	free(source.repository);
	free(source.api_url);
	free(source.pull_secret);
}

static bool
put(const char *config, const char *type)
{
	CLEANUP_FREE char *encoded = base64_encode(config, strlen(config));
	CLEANUP_FREE char *object = alloc_format("{\"type\":\"%s\",\"data\":{\".dockerconfigjson\":\"%s\"}}",
						 type, encoded);
	struct json_slice slice = { object, strlen(object) };

	return pull_secrets_put(secrets, "x", slice);
}

static void
test_configs(void)
{
#define AUTHS(text) "{\"auths\":{" text "}}"
#define HOST "\"reg.example\":"
#define PREFIX "spec.pullSecretName: Secret ns/x: "
	static const struct {
		const char *config, *want;
	} rows[] = {
		{ AUTHS(HOST "{\"auth\":\"dXNlcjphOmI6Yw==\"}"), "user a:b:c" },
		{ AUTHS(HOST "{\"username\":\"u\",\"password\":\"a:b\"}"), "u a:b" },
		{ AUTHS("\"https://REG.example/v2/\":{\"username\":\"u\",\"password\":\"p\"}"), "u p" },
		{ AUTHS("\"api.example\":{\"username\":\"u\",\"password\":\"hunter2\"}"), PREFIX
		  "its auths hold nothing for reg.example/team, only for the host of spec.apiUrl, which "
		  "Argo CD does not use: add an entry for reg.example" },
		{ AUTHS("\"api.example/team\":{\"username\":\"u\",\"password\":\"p\"}," HOST
			"{\"username\":\"v\",\"password\":\"q\"}"), "v q" },
		{ AUTHS("\"api.example/team\":{\"auth\":\"hunter2!\"}," HOST
			"{\"username\":\"v\",\"password\":\"q\"}"), "v q" },
		{ AUTHS("\"reg.example/team\":{\"username\":\"u\",\"password\":\"p\"}," HOST
			"{\"username\":\"v\",\"password\":\"q\"}"), "u p" },
		{ AUTHS("\"reg.example/tea\":{\"username\":\"u\",\"password\":\"p\"}," HOST
			"{\"username\":\"v\",\"password\":\"q\"}"), "v q" },
		{ AUTHS("\"reg.example.evil\":{\"username\":\"u\",\"password\":\"hunter2\"}"),
		  PREFIX "its auths hold nothing for reg.example/team: add an entry for reg.example" },
		{ "{}", PREFIX "its auths hold nothing for reg.example/team: add an entry for reg.example" },
		{ AUTHS(HOST "{\"auth\":\"hunter2!\"}"), PREFIX "the entry reg.example: its auth is not base64" },
		{ AUTHS(HOST "{\"auth\":\"aHVudGVyMg==\"}"),
		  PREFIX "the entry reg.example: its auth, decoded: it is not user:password" },
		{ AUTHS(HOST "{\"auth\":\"dTpodW50ZXIy/w==\"}"), PREFIX
		  "the password that it holds for reg.example is not UTF-8 text, and Argo CD takes no other" },
		{ AUTHS(HOST "{\"auth\":\"/zpodW50ZXIy\"}"), PREFIX
		  "the user name that it holds for reg.example is not UTF-8 text" },
		{ AUTHS(HOST "{\"identitytoken\":\"hunter2\"}"), PREFIX
		  "what it holds for reg.example is a token; Argo CD needs a user name and a password there" },
		{ AUTHS(HOST "{\"auth\":\"dTo=\",\"identitytoken\":\"hunter2\"}"), PREFIX
		  "what it holds for reg.example is a token; Argo CD needs a user name and a password there" },
		{ AUTHS(HOST "{\"registrytoken\":\"hunter2\"}"), PREFIX
		  "what it holds for reg.example is a token; Argo CD needs a user name and a password there" },
		{ AUTHS(HOST "{\"auth\":\"dTpw\",\"identitytoken\":\"t\"}"), "u p" },
		{ "hunter2", PREFIX "it is not valid JSON" },
		{ "{\"auths\":[\"hunter2\"]}", PREFIX "its auths is not an object" },
	};
	char got[ERROR_TEXT_MAX];
	enum error_kind kind;

	for (size_t i = 0; i < ALLOC_COUNT(rows); i++) {
		check(put(rows[i].config, "kubernetes.io/dockerconfigjson"), "row %zu is new", i);
		find("reg.example/team", "https://api.example", got, &kind);
		check_text(got, rows[i].want, rows[i].config);
		check(strstr(got, CANARY) == NULL && kind != ERROR_NOT_FOUND, "row %zu: kind, no secret", i);
	}
}

static void
test_hub(void)
{
	static const char *const keys[] = { "https://index.docker.io/v1/", "index.docker.io", "docker.io",
					    "registry-1.docker.io", "https://registry-1.docker.io/v2/" };
	char got[ERROR_TEXT_MAX];
	enum error_kind kind;

	for (size_t i = 0; i < ALLOC_COUNT(keys); i++) {
		CLEANUP_FREE char *config = alloc_format(
			"{\"auths\":{\"%s\":{\"username\":\"u\",\"password\":\"%zu\"}}}", keys[i], i);
		CLEANUP_FREE char *want = alloc_format("u %zu", i);

		put(config, "kubernetes.io/dockerconfigjson");
		find("docker.io/org/charts", "https://registry-1.docker.io", got, &kind);
		check_text(got, want, keys[i]);
	}
}

static void
test_changes(void)
{
	static const struct json_slice none = { "{\"type\":\"kubernetes.io/dockerconfigjson\"}", 41 };
	char got[ERROR_TEXT_MAX];
	enum error_kind kind;

	check(put("{}", "kubernetes.io/dockerconfigjson"), "a change");
	check(!put("{}", "kubernetes.io/dockerconfigjson"), "no change");
	check(put("{}", "Opaque"), "another type");
	check(!put("{ }", "Opaque"), "which is not looked into");
	find("reg.example/team", "https://reg.example", got, &kind);
	check_text(got, PREFIX "it is not of type kubernetes.io/dockerconfigjson", "its type");
	check(pull_secrets_put(secrets, "x", none), "without its field");
	find("reg.example/team", "https://reg.example", got, &kind);
	check_text(got, PREFIX "it has no field .dockerconfigjson", "its field");
	check(pull_secrets_drop(secrets, "x"), "it goes");
	check(!pull_secrets_drop(secrets, "x"), "once");
	find("reg.example/team", "https://reg.example", got, &kind);
	check_text(got, "spec.pullSecretName: there is no Secret x in namespace ns", "it is not there");
	check(kind == ERROR_NOT_FOUND, "as its kind says");
	put("{\"auths\":{\"reg.example:5000\":{\"username\":\"u\",\"password\":\"p\"}}}",
	    "kubernetes.io/dockerconfigjson");
	find("reg.example:5000", "https://reg.example:5000", got, &kind);
	check_text(got, "u p", "a whole registry, with a port");
}

int
main(void)
{
	secrets = pull_secrets_new("ns");
	test_configs();
	test_hub();
	test_changes();
	pull_secrets_free(secrets);
	pull_secrets_free(NULL);
	return check_done();
}
