/* Unit test of filters/dockerconfig.c: threats T7 and T8, and how keys are spelled. */
#include "../../filters/dockerconfig.h"

#include <stdlib.h>
#include <string.h>

#include "../../bus/alloc.h"
#include "../check.h"

#define ENTRY(key, user) "\"" key "\":{\"username\":\"" user "\",\"password\":\"p\"}"

static const struct {
	const char *auths;
	const char *repository, *api_host;
	const char *user; /* NULL: no entry */
} keys[] = {
	{ ENTRY("reg.example", "u"), "reg.example/app", NULL, "u" },
	{ ENTRY("https://reg.example", "u"), "reg.example/app", NULL, "u" },
	{ ENTRY("https://reg.example/", "u"), "reg.example/app", NULL, "u" },
	{ ENTRY("http://REG.Example.:443/v2/", "u"), "reg.example/app", NULL, "u" },
	{ ENTRY("reg.example/v1", "u"), "reg.example/app", NULL, "u" },
	{ ENTRY("reg.example/v2/team", "u"), "reg.example/team/app", NULL, "u" },
	{ ENTRY("https://index.docker.io/v1/", "u"), "docker.io/library/app", NULL, "u" },
	{ ENTRY("docker.io", "u"), "docker.io/a/b", NULL, "u" },
	{ ENTRY("registry-1.docker.io", "u"), "docker.io/a/b", NULL, "u" },
	{ ENTRY("reg.example:5000", "u"), "reg.example:5000/app", NULL, "u" },
	{ ENTRY("api.example", "u"), "reg.example/app", "api.example", "u" },
	{ ENTRY("api.example", "a") "," ENTRY("reg.example", "i"), "reg.example/app", "api.example",
	  "i" },
	{ ENTRY("reg.example", "host") "," ENTRY("reg.example/team", "team"), "reg.example/team/app",
	  NULL, "team" },
	{ ENTRY("reg.example/team", "team") "," ENTRY("reg.example", "host"), "reg.example/team/app",
	  NULL, "team" },
	{ ENTRY("reg.example/team", "team") "," ENTRY("reg.example", "host"), "reg.example/team-b/app",
	  NULL, "host" },
	{ ENTRY("https://reg.example", "b") "," ENTRY("http://reg.example", "a"), "reg.example/app",
	  NULL, "a" },
	{ ENTRY("http://reg.example", "a") "," ENTRY("https://reg.example", "b"), "reg.example/app",
	  NULL, "a" },
	{ "\"reg.example\":{}," ENTRY("https://reg.example", "u"), "reg.example/app", NULL, "u" },
	{ "\"reg.example\":{}", "reg.example/app", NULL, NULL },
	/* who looks alike */
	{ ENTRY("registry.company.com", "u"), "registry.company.co/x", NULL, NULL },
	{ ENTRY("reg.example.com", "u"), "reg.example.com.evil.tld/x", NULL, NULL },
	{ ENTRY("gcr.io", "u"), "gcr.io.evil.tld/x", NULL, NULL },
	{ ENTRY("gcr.io", "u"), "gcr.iox/x", NULL, NULL },
	{ ENTRY("gcr.io", "u"), "gcr.io:5000/x", NULL, NULL },
	{ ENTRY("gcr.io", "u"), "gcr.io:443/x", NULL, "u" },
	{ ENTRY("gcr.io", "u"), "GCR.IO/x", NULL, "u" },
	{ ENTRY("gcr.io", "u"), "gcr.io./x", NULL, "u" },
	{ ENTRY("*.example.com", "u"), "reg.example.com/x", NULL, NULL },
	{ ENTRY("*", "u"), "reg.example.com/x", NULL, NULL },
	{ ENTRY("", "u"), "reg.example.com/x", NULL, NULL },
	{ ENTRY("reg.example/team", "u"), "reg.example/team-b/app", NULL, NULL },
	{ ENTRY("reg.example/team/app/x", "u"), "reg.example/team/app", NULL, NULL },
};

static int
find(const char *text, const char *repository, const char *api_host,
     struct credential *credential, struct error *err)
{
	struct reference reference;
	int found;

	reference_parse(&reference, repository, NULL);
	found = dockerconfig_find(text, strlen(text), &reference, api_host, credential, err);
	reference_fini(&reference);
	return found;
}

static void
test_keys(void)
{
	struct credential credential;
	struct error err;
	size_t i;

	for (i = 0; i < ALLOC_COUNT(keys); i++) {
		char *text = alloc_format("{\"auths\":{%s}}", keys[i].auths);
		int found = find(text, keys[i].repository, keys[i].api_host, &credential, &err);

		check_text(found == 1 ? credential.user : NULL, keys[i].user, keys[i].auths);
		check(found >= 0, "no error");
		credential_fini(&credential);
		free(text);
	}
}

static const struct {
	const char *entry;
	int found;
	const char *user, *password, *identity_token, *registry_token;
} entries[] = {
	{ "{\"auth\":\"dXNlcjphOmI6Yw==\"}", 1, "user", "a:b:c", NULL, NULL },
	{ "{\"auth\":\"dXNlcjphOmI6Yw\"}", 1, "user", "a:b:c", NULL, NULL },
	{ "{\"auth\":\"dXNlcjpwAAA=\"}", 1, "user", "p", NULL, NULL }, /* NULs at the end */
	{ "{\"auth\":\"dTpw\",\"username\":\"x\",\"password\":\"y\"}", 1, "u", "p", NULL, NULL },
	{ "{\"username\":\"x\",\"password\":\"y:z\"}", 1, "x", "y:z", NULL, NULL },
	{ "{\"identitytoken\":\"t\"}", 1, NULL, NULL, "t", NULL },
	{ "{\"registrytoken\":\"t\"}", 1, NULL, NULL, NULL, "t" },
	{ "{\"auth\":\"dTpw\",\"identitytoken\":\"t\"}", 1, "u", "p", "t", NULL },
	{ "{\"auth\":\"dTo=\",\"identitytoken\":\"t\"}", 1, NULL, NULL, "t", NULL }, /* "u:", as docker does */
	{ "{\"username\":\"x\"}", 0, NULL, NULL, NULL, NULL },
	{ "{\"auth\":\"\"}", 0, NULL, NULL, NULL, NULL },
	{ "{\"auth\":\"not base64!\"}", -1, NULL, NULL, NULL, NULL },
	{ "{\"auth\":\"OnA=\"}", -1, NULL, NULL, NULL, NULL },  /* ":p" */
	{ "{\"auth\":\"dTo=\"}", -1, NULL, NULL, NULL, NULL },  /* "u:" */
	{ "{\"auth\":\"dXNlcg==\"}", -1, NULL, NULL, NULL, NULL }, /* "user" */
	{ "{\"auth\":\"dTpwAHE=\"}", -1, NULL, NULL, NULL, NULL }, /* a NUL inside */
	{ "{\"auth\":7}", 0, NULL, NULL, NULL, NULL },
	{ "null", 0, NULL, NULL, NULL, NULL },
};

static void
test_entries(void)
{
	struct credential credential, copy;
	struct error err;
	size_t i;

	for (i = 0; i < ALLOC_COUNT(entries); i++) {
		char *text = alloc_format("{\"auths\":{\"reg.example\":%s}}", entries[i].entry);

		check_number(find(text, "reg.example/app", NULL, &credential, &err), entries[i].found,
			     entries[i].entry);
		credential_copy(&copy, &credential);
		check_text(copy.user, entries[i].user, "user");
		check_text(copy.password, entries[i].password, "password");
		check_text(copy.identity_token, entries[i].identity_token, "identity token");
		check_text(copy.registry_token, entries[i].registry_token, "registry token");
		check(credential_is_anonymous(&copy) == (entries[i].found != 1), "anonymous");
		credential_fini(&copy);
		credential_fini(&credential);
		free(text);
	}
}

static const struct {
	const char *text;
	int found;
} files[] = {
	{ "{}", 0 }, { "{\"credsStore\":\"x\"}", 0 }, { "[]", 0 }, { "{\"auths\":[]}", -1 },
	{ "{\"auths\":\"hunter2\"}", -1 }, { "", -1 }, { "{\"auths\":{\"reg.example\":hunter2", -1 },
};

int
main(void)
{
	struct credential credential;
	struct error err;
	size_t i;

	test_keys();
	test_entries();
	for (i = 0; i < ALLOC_COUNT(files); i++) {
		err.text[0] = '\0';
		check_number(find(files[i].text, "reg.example/app", NULL, &credential, &err),
			     files[i].found, files[i].text);
		check(strstr(err.text, "hunter2") == NULL, "never quoted");
		credential_fini(&credential);
	}
	return check_done();
}
