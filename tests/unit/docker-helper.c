/* Unit test of filters/docker-helper.c: whom docker would ask, and what comes of it. */
#include "../../filters/docker-helper.h"

#include <stdlib.h>
#include <string.h>

#include "../../bus/alloc.h"
#include "../check.h"

#define HELPERS(text) "{\"credHelpers\":{" text "}}"

static const struct {
	const char *config, *repository, *api_host;
	const char *program, *server; /* NULL: none */
} registries[] = {
	{ HELPERS("\"reg.example\":\"ecr-login\""), "reg.example/app", NULL,
	  "docker-credential-ecr-login", "reg.example" },
	{ HELPERS("\"https://REG.example/v2/\":\"x\""), "reg.example/app", NULL,
	  "docker-credential-x", "https://REG.example/v2/" },
	{ HELPERS("\"reg.example:5000\":\"x\""), "reg.example:5000/app", NULL,
	  "docker-credential-x", "reg.example:5000" },
	{ HELPERS("\"api.example\":\"x\""), "reg.example/app", "api.example",
	  "docker-credential-x", "api.example" },
	{ HELPERS("\"https://index.docker.io/v1/\":\"x\""), "docker.io/library/app", NULL,
	  "docker-credential-x", "https://index.docker.io/v1/" },
	{ HELPERS("\"a.example\":\"a\",\"reg.example\":\"b\""), "reg.example/app", NULL,
	  "docker-credential-b", "reg.example" },
	{ HELPERS("\"reg.example\":\"x\""), "reg.example.evil/app", NULL, NULL, NULL },
	{ HELPERS("\"reg.example\":\"x\""), "a.reg.example/app", NULL, NULL, NULL },
	{ HELPERS("\"reg.example\":\"x\""), "reg.example:5000/app", NULL, NULL, NULL },
	{ HELPERS(""), "reg.example/app", NULL, NULL, NULL },
	{ "{\"credHelpers\":[]}", "reg.example/app", NULL, NULL, NULL },
	{ "{}", "reg.example/app", NULL, NULL, NULL },
};

static const char *const bad_names[] = { "\"\"", "\"../x\"", "\"a/b\"", "\"a b\"", "\"a\\u0000b\"",
					 "7", "null", "{}", "\"\\n\"" };

static const struct {
	const char *text, *user, *password, *token, *error;
} answers[] = {
	{ "{\"ServerURL\":\"s\",\"Username\":\"u\",\"Secret\":\"p:q\"}\n", "u", "p:q", NULL, NULL },
	{ "{\"Username\":\"<token>\",\"Secret\":\"t\"}", NULL, NULL, "t", NULL },
	{ "", NULL, NULL, NULL, NULL },
	{ "{\"Username\":\"canary\"}", NULL, NULL, NULL,
	  "what it printed has no Username and Secret" },
	{ "{\"Username\":\"u\",\"Secret\":\"\"}", NULL, NULL, NULL,
	  "what it printed has no Username and Secret" },
	{ "{\"Username\":\"u\",\"Secret\":\"a\\u0000b\"}", NULL, NULL, NULL,
	  "what it printed has no Username and Secret" },
	{ "canary", NULL, NULL, NULL, "what it printed is not valid JSON" },
	{ "[]", NULL, NULL, NULL, "what it printed has no Username and Secret" },
};

static void
check_helper(int found, struct docker_helper *helper, const char *program, const char *server,
	     const char *name)
{
	check_number(found, program != NULL, name);
	check_text(helper->program, program, "the program");
	check_text(helper->server, server, "the server");
	docker_helper_fini(helper);
}

static void
test_registries(void)
{
	for (size_t i = 0; i < ALLOC_COUNT(registries); i++) {
		struct reference reference;
		struct docker_helper helper;
		const char *config = registries[i].config;
		int found;

		reference_parse(&reference, registries[i].repository, NULL);
		found = docker_helper_of_registry(config, strlen(config), &reference,
						  registries[i].api_host, &helper, NULL);
		check_helper(found, &helper, registries[i].program, registries[i].server, config);
		reference_fini(&reference);
	}
}

static void
test_store(void)
{
	static const char config[] = "{\"credsStore\":\"pass\"}", none[] = "{\"credsStore\":\"\"}";
	struct reference hub, other;
	struct docker_helper helper;
	int found;

	reference_parse(&hub, "docker.io/library/app", NULL);
	reference_parse(&other, "reg.example:5000/team/app", NULL);
	found = docker_helper_of_store(config, strlen(config), &hub, &helper, NULL);
	check_helper(found, &helper, "docker-credential-pass", "https://index.docker.io/v1/", "Hub");
	found = docker_helper_of_store(config, strlen(config), &other, &helper, NULL);
	check_helper(found, &helper, "docker-credential-pass", "reg.example:5000", "others");
	found = docker_helper_of_store(none, strlen(none), &other, &helper, NULL);
	check_helper(found, &helper, NULL, NULL, "an empty name");
	reference_fini(&hub);
	reference_fini(&other);
}

static void
test_bad(void)
{
	struct reference reference;
	struct docker_helper helper;
	struct error err;

	reference_parse(&reference, "reg.example/app", NULL);
	for (size_t i = 0; i < ALLOC_COUNT(bad_names); i++) {
		CLEANUP_FREE char *config =
			alloc_format(HELPERS("\"reg.example\":%s"), bad_names[i]);

		check_number(docker_helper_of_registry(config, strlen(config), &reference, NULL,
						       &helper, &err),
			     -1, config);
		check_text(err.text,
			   "the credential helper for reg.example is to be named by letters, "
			   "digits, . _ and -",
			   "told");
		check(helper.program == NULL, "none is named");
	}
	check_number(docker_helper_of_store("canary", 6, &reference, &helper, &err), -1, "no JSON");
	check_text(err.text, "it is not valid JSON", "told without it");
	reference_fini(&reference);
}

static void
test_answers(void)
{
	for (size_t i = 0; i < ALLOC_COUNT(answers); i++) {
		struct credential credential;
		struct error err = { .kind = ERROR_NONE };
		int status = docker_helper_read(answers[i].text, strlen(answers[i].text),
						&credential, &err);

		check_number(status, answers[i].error != NULL ? -1 : 0, answers[i].text);
		check_text(credential.user, answers[i].user, "its user");
		check_text(credential.password, answers[i].password, "its password");
		check_text(credential.identity_token, answers[i].token, "its token");
		check_text(err.text, answers[i].error != NULL ? answers[i].error : "", "its error");
		credential_fini(&credential);
	}
	check(docker_helper_has_none("credentials not found in native keychain\n", 41), "none");
	check(!docker_helper_has_none("locked\n", 7), "another failure");
}

int
main(void)
{
	test_registries();
	test_store();
	test_bad();
	test_answers();
	return check_done();
}
