/* The pure parts of the Kubernetes client: paths, what answers mean, waiting, plugins' texts; and
 * that what was begun can be given up at any time. */
#include "../check.h"

#include <stdlib.h>
#include <unistd.h>

#include "../../bus/alloc.h"
#include "../../filters/kube-backoff.h"
#include "../../filters/kube-discovery.h"
#include "../../filters/kube-follow.h"
#include "../../filters/kube-plugin.h"
#include "../../filters/kube-priv.h"
#include "../../filters/kube-streams.h"
#include "../../filters/kube.h"

static void
test_names(void)
{
	static const char *const good[] = { "a", "a-b", "a.b", "0", "a1.b-2.c" };
	static const char *const bad[] = { "",	  "A",	 "-a",	 "a-",	 ".a",	"a.", "a..b",
					   "a/b", "a_b", "a.-b", "a-.b", "a b", "..", "a\nb" };
	char longest[256];
	size_t i;

	for (i = 0; i < ALLOC_COUNT(good); i++)
		check(kube_is_name(good[i]), "a name: %s", good[i]);
	for (i = 0; i < ALLOC_COUNT(bad); i++)
		check(!kube_is_name(bad[i]), "no name: row %zu", i);
	memset(longest, 'a', 255);
	longest[253] = '\0';
	check(kube_is_name(longest), "253 bytes");
	longest[253] = 'a';
	longest[254] = '\0';
	check(!kube_is_name(longest), "254 bytes");
}

static void
check_path(const char *api, const char *namespace, const char *plural, const char *name,
	   const char *want)
{
	char *path = kube_path(api, namespace, plural, name);

	check_text(path, want, want ? want : "no path");
	free(path);
}

static void
test_paths(void)
{
	char *escaped = kube_query_escape("a in (b,c),d!=e \xc3\xa9-._~");

	check_path("v1", "n", "secrets", "s", "/api/v1/namespaces/n/secrets/s");
	check_path("v1", NULL, "secrets", NULL, "/api/v1/secrets");
	check_path("argoproj.io/v1alpha1", "n", "applications", NULL,
		   "/apis/argoproj.io/v1alpha1/namespaces/n/applications");
	check_path("argoproj.io/v1alpha1", "n", "applications", "../x", NULL);
	check_path("argoproj.io/v1alpha1", "n/pods", "applications", "x", NULL);
	check_path("argoproj.io/v1alpha1", "", "applications", "x", NULL);
	check_path("argoproj.io/../v1", "n", "applications", "x", NULL);
	check_text(escaped, "a%20in%20%28b%2Cc%29%2Cd%21%3De%20%C3%A9-._~", "a query's text");
	free(escaped);
}

struct answer_row {
	const char *method, *path;
	long status;
	enum error_kind kind;
	const char *want;
};

static const struct answer_row answers[] = {
	{ "GET", "/api/v1/namespaces/n/secrets/s", 403, ERROR_DENIED,
	  "get secrets s in namespace n: not allowed (403); grant this account the verb \"get\" on "
	  "secrets" },
	{ "GET", "/apis/argoproj.io/v1alpha1/applications?limit=500", 403, ERROR_DENIED,
	  "list applications.argoproj.io in all namespaces: not allowed (403); grant this account "
	  "the verb \"list\" on applications.argoproj.io" },
	{ "GET", "/apis/argoproj.io/v1alpha1/applications?watch=1&x=y", 403, ERROR_DENIED,
	  "the verb \"watch\" on applications.argoproj.io" },
	{ "PATCH", "/apis/argoproj.io/v1alpha1/namespaces/n/applications/a?dryRun=All", 403,
	  ERROR_DENIED, "the verb \"patch\" on applications.argoproj.io" },
	{ "PATCH", "/apis/deckhouse.io/v1alpha1/werfsources/x/status?fieldManager=weir", 403,
	  ERROR_DENIED, "the verb \"patch\" on werfsources.deckhouse.io/status" },
	{ "PATCH", "/api/v1/namespaces/n/configmaps/x/status", 403, ERROR_DENIED,
	  "patch configmaps x in namespace n: not allowed (403); grant this account the verb "
	  "\"patch\" on configmaps/status" },
	{ "DELETE", "/api/v1/namespaces/n/secrets/s", 403, ERROR_DENIED,
	  "delete secrets s in namespace n: not allowed (403); grant this account the verb "
	  "\"delete\" on secrets" },
	{ "GET", "/api/v1/namespaces/n", 404, ERROR_NOT_FOUND, "get namespaces n" },
	{ "GET", "/api", 401, ERROR_DENIED, "does not accept our credentials (401)" },
	{ "GET", "/api/v1/secrets", 404, ERROR_NOT_FOUND, "answered 404" },
	{ "PATCH", "/api/v1/namespaces/n/secrets/s", 409, ERROR_CONFLICT, "answered 409" },
	{ "PATCH", "/api/v1/namespaces/n/secrets/s", 422, ERROR_CONFLICT, "answered 422" },
	{ "GET", "/api/v1/secrets", 410, ERROR_CONFLICT, "answered 410" },
	{ "GET", "/api/v1/secrets", 429, ERROR_TEMPORARY, "answered 429" },
	{ "GET", "/api/v1/secrets", 500, ERROR_TEMPORARY, "answered 500" },
	{ "GET", "/api/v1/secrets", 504, ERROR_TEMPORARY, "answered 504" },
	{ "GET", "/api/v1/secrets", 302, ERROR_PROTOCOL, "answered 302" },
	{ "GET", "/api/v1/secrets", 400, ERROR_PROTOCOL, "answered 400" },
};

static void
test_answers(void)
{
	size_t i;

	for (i = 0; i < ALLOC_COUNT(answers); i++) {
		const struct answer_row *row = &answers[i];
		struct error err;

		kube_answer_error(&err, row->method, row->path, row->status);
		check_number(err.kind, row->kind, row->path);
		check_number(err.code, row->status, "its code");
		check(strstr(err.text, row->want) != NULL, "%s", err.text);
	}
}

static void
test_backoff(void)
{
	static const int64_t least[] = { 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000 };
	struct kube_backoff backoff = { 0 };
	int64_t now = 1000;
	size_t i;

	for (i = 0; i < ALLOC_COUNT(least); i++)
		check_number(kube_backoff_next(&backoff, now, -1, 0), least[i],
			     "twice as long, half a minute in the end");
	check(kube_backoff_next(&backoff, now, -1, 30000) == 60000,
	      "up to as much again by chance");
	check_number(kube_backoff_next(&backoff, now, 90000, 500), 90500,
		     "not before the server wants it, nor all at once");
	check_number(kube_backoff_next(&backoff, now + 90500 + 120000, -1, 0), 800,
		     "forgotten after two minutes");
	check_number(kube_backoff_next(&backoff, now + 90500 + 120000 + 800, -1, 0), 1600,
		     "not before");
}

struct plugin_row {
	const char *text, *want; /* NULL: taken */
};

#define CREDENTIAL "\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\""

static const struct plugin_row plugins[] = {
	{ "{" CREDENTIAL ",\"status\":{\"token\":\"s3cr3t\"}}", NULL },
	{ "{" CREDENTIAL
	  ",\"status\":{\"clientCertificateData\":\"C\",\"clientKeyData\":\"s3cr3t\"}}",
	  NULL },
	{ "s3cr3t", "did not print JSON" },
	{ "", "did not print JSON" },
	{ "[\"s3cr3t\"]", "ExecCredential" },
	{ "{\"kind\":\"Secret\",\"status\":{\"token\":\"s3cr3t\"}}", "ExecCredential" },
	{ "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1beta1\","
	  "\"status\":{\"token\":\"s3cr3t\"}}",
	  "did not answer in client.authentication.k8s.io/v1" },
	{ "{" CREDENTIAL ",\"status\":{}}", "neither a token nor a certificate" },
	{ "{" CREDENTIAL ",\"status\":{\"token\":\"\"}}", "neither a token nor a certificate" },
	{ "{" CREDENTIAL ",\"status\":{\"token\":{\"s3cr3t\":1}}}",
	  "neither a token nor a certificate" },
	{ "{" CREDENTIAL ",\"status\":{\"token\":\"s3cr3t\\nX: y\"}}", "line break" },
	{ "{" CREDENTIAL ",\"status\":{\"clientCertificateData\":\"s3cr3t\"}}",
	  "a certificate without a key" },
};

static void
test_plugin(void)
{
	size_t i;

	for (i = 0; i < ALLOC_COUNT(plugins); i++) {
		const struct plugin_row *row = &plugins[i];
		struct error err = { ERROR_NONE, 0, "" };
		struct kube_plugin_result result;
		int status = kube_plugin_parse(row->text, strlen(row->text),
					       "client.authentication.k8s.io/v1", &result, &err);

		check_number(status, row->want ? -1 : 0, row->text);
		check(!row->want || strstr(err.text, row->want), "%s", err.text);
		check(!strstr(err.text, "s3cr3t"), "without the secret");
		kube_plugin_result_fini(&result);
	}
}

static void
check_expiry(const char *stamp, long long want)
{
	struct kube_plugin_result result;
	char *text = alloc_format("{" CREDENTIAL ",\"status\":{\"token\":\"t\","
				  "\"expirationTimestamp\":\"%s\"}}",
				  stamp);

	kube_plugin_parse(text, strlen(text), "client.authentication.k8s.io/v1", &result, NULL);
	check_number(result.expires, want, stamp);
	kube_plugin_result_fini(&result);
	free(text);
}

static void
test_expiry(void)
{
	check_expiry("2026-01-02T03:04:05Z", 1767323045);
	check_expiry("2026-01-02T03:04:05.123456Z", 1767323045);
	check_expiry("2026-01-02T05:04:05+02:00", 1767323045);
	check_expiry("2026-01-01T22:34:05-04:30", 1767323045);
	check_expiry("tomorrow", 0);
	check_expiry("2026-01-02T03:04:05", 0);
}

static void
test_plugin_info(void)
{
	struct kubeconfig_exec exec = { .api_version = (char[]){ "v" }, .cluster_info = true };
	struct kubeconfig_choice choice = { .server = (char[]){ "https://h" }, .exec = &exec };
	char *info;

	exec.cluster_config = jv_parse("{\"audience\":\"x\"}");
	info = kube_plugin_info(&choice, "CA");
	check_text(
		info,
		"KUBERNETES_EXEC_INFO={\"kind\":\"ExecCredential\",\"apiVersion\":\"v\",\"spec\":"
		"{\"interactive\":false,\"cluster\":{\"server\":\"https://h\","
		"\"certificate-authority-data\":\"Q0E=\",\"config\":{\"audience\":\"x\"}}}}",
		"what a plugin is told");
	free(info);
	exec.cluster_info = false;
	info = kube_plugin_info(&choice, "CA");
	check_text(
		info,
		"KUBERNETES_EXEC_INFO={\"kind\":\"ExecCredential\",\"apiVersion\":\"v\",\"spec\":"
		"{\"interactive\":false}}",
		"nothing of the cluster unless asked for");
	free(info);
	jv_free(exec.cluster_config);
}

/* --- giving up --- */

static void
unexpected_list(void *arg, const struct resource *resource)
{
	(void)arg;
	(void)resource;
	check(false, "nothing is called after the end");
}

static void
unexpected_item(void *arg, struct json_slice object)
{
	(void)object;
	unexpected_list(arg, NULL);
}

static void
unexpected_listed(void *arg)
{
	unexpected_list(arg, NULL);
}

static void
unexpected_event(void *arg, enum message_type type, struct json_slice object)
{
	(void)type;
	unexpected_item(arg, object);
}

static void
unexpected_failure(void *arg, const struct error *err)
{
	(void)err;
	unexpected_list(arg, NULL);
}

static void
unexpected_resource(void *arg, struct resource *resource, const struct error *err)
{
	(void)err;
	unexpected_list(arg, resource);
}

static char *
write_kubeconfig(void)
{
	char *path = alloc_string("/tmp/weir-unit-kube.XXXXXX");
	int fd = mkstemp(path);
	static const char text[] =
		"current-context: c\ncontexts: [{name: c, context: {cluster: k, namespace: n}}]\n"
		"clusters: [{name: k, cluster: {server: 'http://127.0.0.1:1/prefix'}}]\n";

	check(fd >= 0 && write(fd, text, sizeof(text) - 1) > 0, "a kubeconfig is written");
	close(fd);
	return path;
}

static void
test_giving_up(void)
{
	static const struct kube_follow_events events = {
		.on_list = unexpected_list,
		.on_item = unexpected_item,
		.on_listed = unexpected_listed,
		.on_event = unexpected_event,
		.on_failed = unexpected_failure,
	};
	char *path = write_kubeconfig();
	struct kube_settings settings = { .kubeconfig = path };
	struct kube_follow_settings wanted = { .resource = "secrets" };
	struct loop *loop = loop_new();
	struct http *http = http_new(loop, 1, 1);
	struct error err = { ERROR_NONE, 0, "" };
	struct kube *kube = kube_open(loop, http, &settings, &err);
	struct kube_discovery *discovery;
	struct kube_follow *follow;

	check(kube != NULL, "it is opened %s", err.text);
	check_text(kube_namespace(kube), "n", "the namespace of the context");
	check_text(kube_server(kube), "http://127.0.0.1:1", "the server without its prefix");
	follow = kube_follow_start(kube, &wanted, &events, NULL);
	discovery = kube_discover(kube, "secrets", unexpected_resource, NULL);
	kube_follow_pause(follow, true);
	kube_discovery_cancel(discovery);
	kube_follow_stop(follow);
	follow = kube_follow_start(kube, &wanted, &events, NULL);
	loop_turn(loop, 0, &err);
	kube_follow_stop(follow);
	kube_close(kube);
	http_free(http);
	loop_free(loop);
	unlink(path);
	free(path);
}

int
main(void)
{
	test_names();
	test_paths();
	test_answers();
	test_backoff();
	test_plugin();
	test_expiry();
	test_plugin_info();
	test_giving_up();
	return check_done();
}
