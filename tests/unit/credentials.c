/* Unit test of filters/credentials.c and its parts, as far as no cluster is needed: docker's
 * files, variables, programs. Threats T27 and T28. */
#include "../../filters/credentials.h"
#include "../../filters/credentials-priv.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "../check.h"
#include "../httpd.h"

struct outcome {
	bool done;
	char text[ERROR_TEXT_MAX]; /* "user password", "anonymous", or the error */
	enum error_kind kind;
};

static struct loop *loop;
static struct credentials *credentials;
static char folder[] = "/tmp/weir-credentials.XXXXXX";

static void
on_credential(void *arg, const struct credential *credential, const struct error *err)
{
	struct outcome *outcome = arg;

	outcome->done = true;
	outcome->kind = err != NULL ? err->kind : ERROR_NONE;
	if (err != NULL)
		snprintf(outcome->text, sizeof(outcome->text), "%s", err->text);
	else if (credential_is_anonymous(credential))
		snprintf(outcome->text, sizeof(outcome->text), "anonymous");
	else
		snprintf(outcome->text, sizeof(outcome->text), "%s %s", credential->user,
			 credential->password);
}

static struct credentials_wait *
ask(const char *source, int64_t keep_ms, struct outcome *outcome)
{
	struct reference reference;
	struct credentials_wait *wait;

	reference_parse(&reference, "reg.example/team/app", NULL);
	*outcome = (struct outcome){ .done = false };
	wait = credentials_get(credentials, source, keep_ms, &reference, NULL, on_credential,
			       outcome);
	reference_fini(&reference);
	return wait;
}

static void
expect(const char *source, const char *wanted, enum error_kind kind, const char *name)
{
	struct outcome outcome;

	ask(source, 0, &outcome);
	check(httpd_turn_until(loop, &outcome.done), "%s: an answer", name);
	check(strstr(outcome.text, wanted) != NULL, "%s: %s (wanted: %s)", name, outcome.text,
	      wanted);
	check_number(outcome.kind, kind, "its kind");
}

/* A file in our folder; gives its path. */
static char *
put(const char *name, const char *text, mode_t mode)
{
	char *path = alloc_format("%s/%s", folder, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);
	return path;
}

static void
put_away(char *path)
{
	unlink(path);
	free(path);
}

static void
test_docker(void)
{
	char *path;

	setenv("HOME", "/nonexistent", 1);
	unsetenv("DOCKER_CONFIG");
	unsetenv("DOCKER_AUTH_CONFIG");
	expect(NULL, "anonymous", ERROR_NONE, "no file at all");
	setenv("DOCKER_CONFIG", folder, 1);
	path = put("config.json", "{\"auths\":{\"reg.example\":{\"auth\":\"dTpw\"}}}", 0600);
	expect(NULL, "u p", ERROR_NONE, "DOCKER_CONFIG");
	setenv("DOCKER_AUTH_CONFIG", "{\"auths\":{\"reg.example/team\":{\"auth\":\"djpx\"}}}", 1);
	expect(NULL, "v q", ERROR_NONE, "DOCKER_AUTH_CONFIG first");
	setenv("DOCKER_AUTH_CONFIG", "{\"auths\":{\"other\":{\"auth\":\"djpx\"}}}", 1);
	expect(NULL, "u p", ERROR_NONE, "then the file");
	setenv("DOCKER_AUTH_CONFIG", "hunter2", 1);
	expect(NULL, "DOCKER_AUTH_CONFIG: it is not valid JSON", ERROR_INPUT, "a broken variable");
	unsetenv("DOCKER_AUTH_CONFIG");
	put_away(path);
	path = put("config.json", "{\"auths\":hunter2", 0600);
	expect(NULL, "config.json: it is not valid JSON", ERROR_INPUT, "a broken file");
	put_away(path);
	setenv("DOCKER_CONFIG", "/etc/hostname", 1);
	expect(NULL, "anonymous", ERROR_NONE, "a folder that is none");
	unsetenv("DOCKER_CONFIG");
}

static void
test_variables(void)
{
	setenv("WEIR_TEST_CREDS", "u:a:b", 1);
	setenv("WEIR_TEST_BROKEN", "hunter2", 1);
	expect("env:WEIR_TEST_CREDS", "u a:b", ERROR_NONE, "a variable");
	setenv("WEIR_TEST_CREDS", "changed:x", 1);
	expect("env:WEIR_TEST_CREDS", "u a:b", ERROR_NONE, "is read once");
	expect("env:WEIR_TEST_NONE", "env:WEIR_TEST_NONE: the variable is not set", ERROR_CONFIG,
	       "a variable that is not there");
	expect("env:WEIR_TEST_BROKEN", "env:WEIR_TEST_BROKEN: it is not user:password", ERROR_INPUT,
	       "a broken variable");
}

static void
expect_program(const char *script, const char *wanted, enum error_kind kind, const char *name)
{
	static int number;
	CLEANUP_FREE char *file = alloc_format("program%d", number++);
	CLEANUP_FREE char *text = alloc_format("#!/bin/sh\n%s\n", script);
	char *path = put(file, text, 0700);
	CLEANUP_FREE char *source = alloc_format("ext:%s", path);

	expect(source, wanted, kind, name);
	put_away(path);
}

static void
test_programs(void)
{
	setenv("WEIR_TEST_CANARY", "seen", 1);
	expect_program("echo '  u:p  '", "u p", ERROR_NONE, "a program");
	expect_program("echo \"u:[$WEIR_TEST_CANARY$#]\"", "u [0]", ERROR_NONE,
		       "gets no environment and no arguments");
	expect_program("echo u:p; exit 3", "it ended with status 3", ERROR_TEMPORARY, "one that fails");
	expect_program("kill -9 $$", "killed by signal 9", ERROR_TEMPORARY, "one that is killed");
	expect_program("head -c 9000 /dev/zero", "more than 8192 bytes", ERROR_CONFIG, "a talkative one");
	expect_program("echo hunter2", "not user:password", ERROR_INPUT, "one that prints nonsense");
	expect_program("(sleep 100 & echo u:p)", "u p", ERROR_NONE,
		       "one that leaves a child with its output");
	expect("ext:/nonexistent", "ext:/nonexistent: it cannot be started", ERROR_SYSTEM,
	       "one that is not there");
	expect("ext:/etc/hostname", "it cannot be started", ERROR_SYSTEM, "one that is no program");
}

/* Its output is kept, and forgotten when a registry did not like it. */
static void
test_keeping(void)
{
	CLEANUP_FREE char *count = alloc_format("%s/count", folder);
	CLEANUP_FREE char *text = alloc_format("#!/bin/sh\necho x >>%s\necho u:$(wc -l <%s)\n", count,
					       count);
	char *path = put("counter", text, 0700);
	CLEANUP_FREE char *source = alloc_format("ext:%s", path);
	struct outcome first, second;

	ask(source, 0, &first);
	ask(source, 0, &second);
	check(httpd_turn_until(loop, &first.done) && httpd_turn_until(loop, &second.done),
	      "two who wait");
	check_text(first.text, "u 1", "the first");
	check_text(second.text, "u 1", "the second of the same run");
	expect(source, "u 1", ERROR_NONE, "kept");
	credentials_forget(credentials, source);
	expect(source, "u 2", ERROR_NONE, "forgotten");
	credentials_forget(credentials, source);
	credentials_cancel(ask(source, 0, &first));
	expect(source, "u 3", ERROR_NONE, "who cancels is not told");
	check(!first.done, "indeed");
	put_away(path);
	unlink(count);
}

/* docker's order: the helper of a registry, a secret in the file, the helper of all others. */
static void
test_helpers(void)
{
	CLEANUP_FREE char *path = alloc_format("%s:%s", folder, getenv("PATH"));
	CLEANUP_FREE char *mine = alloc_string(getenv("PATH"));
	char *config, *own, *store, *count = alloc_format("%s/asked", folder);
	CLEANUP_FREE char *script = alloc_format(
		"#!/bin/sh\nread -r server; [ \"$1\" = get ] || exit 7; echo x >>%s\n"
		"echo \"{\\\"Username\\\":\\\"$server\\\",\\\"Secret\\\":\\\"$(wc -l <%s)\\\"}\"\n",
		count, count);

	setenv("PATH", path, 1);
	setenv("DOCKER_CONFIG", folder, 1);
	own = put("docker-credential-own", script, 0700);
	store = put("docker-credential-all",
		    "#!/bin/sh\necho credentials not found in native keychain; exit 1\n", 0700);
	config = put("config.json", "{\"credsStore\":\"all\"}", 0600);
	expect(NULL, "anonymous", ERROR_NONE, "the helper of all has nothing");
	put_away(store);
	credentials_forget(credentials, NULL);
	expect(NULL, "docker-credential-all for reg.example: it cannot be started", ERROR_SYSTEM,
	       "a helper that is not there");
	store = put("docker-credential-all", "#!/bin/sh\necho hunter2; exit 1\n", 0700);
	credentials_forget(credentials, NULL);
	expect(NULL, "docker-credential-all for reg.example: it ended with status 1",
	       ERROR_TEMPORARY, "a helper that fails");
	put_away(config);
	config = put("config.json",
		     "{\"credsStore\":\"all\",\"auths\":{\"reg.example\":{\"auth\":\"dTpw\"}}}", 0600);
	expect(NULL, "u p", ERROR_NONE, "a secret in the file before the helper of all");
	put_away(config);
	config = put("config.json",
		     "{\"credHelpers\":{\"reg.example\":\"own\"},\"auths\":{\"reg.example\":"
		     "{\"auth\":\"dTpw\"}}}", 0600);
	expect(NULL, "reg.example 1", ERROR_NONE, "its own helper before a secret in the file");
	expect(NULL, "reg.example 1", ERROR_NONE, "asked once");
	credentials_forget(credentials, NULL);
	expect(NULL, "reg.example 2", ERROR_NONE, "and again when a registry does not accept it");
	setenv("PATH", mine, 1);
	unsetenv("DOCKER_CONFIG");
	put_away(config);
	put_away(own);
	put_away(store);
	put_away(count);
}

static void
test_cluster(void)
{
	expect("pullsecret:ns/name", "pullsecret:ns/name: ", ERROR_CONFIG, "no cluster to be found");
	expect("nonsense", "nonsense", ERROR_INPUT, "no source");
	check_text(credentials_namespace(credentials), "", "no namespace either");
}

int
main(void)
{
	static const struct kube_settings settings = { .kubeconfig = "/nonexistent" };
	struct http *http;
	struct outcome outcome;

	if (mkdtemp(folder) == NULL)
		return 1;
	loop = loop_new();
	http = http_new(loop, 0, 0);
	credentials = credentials_new(loop, http, &settings);
	test_docker();
	test_variables();
	test_programs();
	test_keeping();
	test_helpers();
	test_cluster();
	ask("ext:/bin/cat", 0, &outcome);
	credentials_free(credentials);
	http_free(http);
	loop_free(loop);
	check(rmdir(folder) == 0, "nothing is left");
	return check_done();
}
