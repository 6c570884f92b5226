/* kubeconfig files: which count, how they merge, what a context comes to, what is refused. */
#include "../check.h"

#include <stdlib.h>

#include "../../bus/alloc.h"
#include "../../filters/kubeconfig.h"

static void
check_paths(const char *explicit_path, const char *env, const char *home, const char *want)
{
	char **paths = kubeconfig_paths(explicit_path, env, home);
	char joined[512] = "";
	size_t i, len = 0;

	for (i = 0; paths[i]; i++)
		len += (size_t)snprintf(joined + len, sizeof(joined) - len, "%s|", paths[i]);
	check_text(joined, want, want);
	kubeconfig_free_list(paths);
}

static void
test_paths(void)
{
	check_paths("/x", "/a:/b", "/home/u", "/x|");
	check_paths(NULL, "/a:/b", "/home/u", "/a|/b|");
	check_paths(NULL, ":/a::/b:/a:", "/home/u", "/a|/b|");
	check_paths(NULL, "", "/home/u", "/home/u/.kube/config|");
	check_paths(NULL, NULL, "/home/u", "/home/u/.kube/config|");
	check_paths(NULL, NULL, NULL, "");
	check_paths(NULL, ":", "/home/u", "");
}

#define CONTEXT                \
	"current-context: c\n" \
	"contexts: [{name: c, context: {cluster: k, user: u}}]\n"
#define CLUSTER "clusters: [{name: k, cluster: {server: \"https://h:6443\"}}]\n"
#define USER(body) "users: [{name: u, user: {" body "}}]\n"
#define WHOLE(body) CONTEXT CLUSTER USER(body)

/* One file through kubeconfig_choose: its status, or the error's text. */
static int
choose(const char *text, const char *context, struct kubeconfig_choice *choice, struct error *err)
{
	struct kubeconfig *config = kubeconfig_new();
	int status = kubeconfig_add(config, "/etc/kube/one", text, strlen(text), err);

	if (status == 0)
		status = kubeconfig_choose(config, context, choice, err);
	kubeconfig_free(config);
	return status;
}

struct refusal {
	const char *name, *text, *context, *want;
};

static const struct refusal refusals[] = {
	{ "not YAML", "a: [", NULL, "/etc/kube/one: " },
	{ "a text", "hello", NULL, "/etc/kube/one: this is no kubeconfig" },
	{ "no list", "clusters: {}", NULL, "/etc/kube/one: clusters is not a list" },
	{ "no name", "users: [{user: {}}]", NULL, "/etc/kube/one: entry 1 of users has no name" },
	{ "twice", "contexts: [{name: a}, {name: b}, {name: a}]", NULL,
	  "/etc/kube/one: the name \"a\" stands twice in contexts" },
	{ "unknown context", WHOLE(""), "d", "the kubeconfig has no context called \"d\"" },
	{ "unknown cluster", CONTEXT, NULL, "the kubeconfig has no cluster called \"k\"" },
	{ "unknown user", CONTEXT CLUSTER, NULL, "the kubeconfig has no user called \"u\"" },
	{ "context without a cluster", "contexts: [{name: c, context: {user: u}}]", "c",
	  "/etc/kube/one: context \"c\": it names no cluster" },
	{ "no server", CONTEXT "clusters: [{name: k, cluster: {}}]\n" USER(""), NULL,
	  "/etc/kube/one: cluster \"k\": it has no server" },
	{ "CA and insecure",
	  CONTEXT "clusters: [{name: k, cluster: {server: h, insecure-skip-tls-verify: true, "
		  "certificate-authority: ca.pem}}]\n" USER(""),
	  NULL, "insecure-skip-tls-verify and a certificate authority" },
	{ "CA twice",
	  CONTEXT "clusters: [{name: k, cluster: {server: h, certificate-authority-data: YQ==, "
		  "certificate-authority: ca.pem}}]\n" USER(""),
	  NULL, "certificate-authority and certificate-authority-data are both given" },
	{ "CA that is no base64",
	  CONTEXT
	  "clusters: [{name: k, cluster: {server: h, certificate-authority-data: \"*\"}}]\n" USER(
		  ""),
	  NULL, "cluster \"k\": certificate-authority-data is not base64" },
	{ "a proxy",
	  CONTEXT "clusters: [{name: k, cluster: {server: h, proxy-url: \"http://p\"}}]\n" USER(""),
	  NULL, "proxy-url is not supported" },
	{ "flag of a wrong type",
	  CONTEXT
	  "clusters: [{name: k, cluster: {server: h, insecure-skip-tls-verify: maybe}}]\n" USER(""),
	  NULL, "insecure-skip-tls-verify is neither true nor false" },
	{ "certificate alone", WHOLE("client-certificate: c.pem"), NULL, "one is missing" },
	{ "key alone", WHOLE("client-key: k.pem"), NULL, "one is missing" },
	{ "token and password", WHOLE("token: s3cr3t, username: u, password: p4ss"), NULL,
	  "a token and a username exclude each other" },
	{ "token of a wrong type", WHOLE("token: {s3cr3t: 1}"), NULL,
	  "user \"u\": token is not a text" },
	{ "token in two lines", WHOLE("token: \"s3cr3t\\nX: y\""), NULL, "line break" },
	{ "auth-provider", WHOLE("auth-provider: {name: gcp}"), NULL,
	  "auth-provider is not supported" },
	{ "groups without a user", WHOLE("as-groups: [g]"), NULL, "need as" },
	{ "impersonation in two lines", WHOLE("as: \"a\\nX: y\""), NULL, "line break" },
	{ "plugin without a command",
	  WHOLE("exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}"),
	  NULL, "exec.command is missing" },
	{ "plugin without a version", WHOLE("exec: {command: x}"), NULL, "exec.apiVersion" },
	{ "plugin of an old version",
	  WHOLE("exec: {command: x, apiVersion: client.authentication.k8s.io/v1alpha1}"), NULL,
	  "exec.apiVersion" },
	{ "plugin without a mode",
	  WHOLE("exec: {command: x, apiVersion: client.authentication.k8s.io/v1}"), NULL,
	  "exec.interactiveMode is missing" },
	{ "plugin that must ask",
	  WHOLE("exec: {command: x, apiVersion: client.authentication.k8s.io/v1, "
		"interactiveMode: Always}"),
	  NULL, "Always cannot work" },
	{ "plugin with an odd argument",
	  WHOLE("exec: {command: x, apiVersion: client.authentication.k8s.io/v1, "
		"interactiveMode: Never, args: [{}]}"),
	  NULL, "exec.args" },
	{ "plugin with an odd variable",
	  WHOLE("exec: {command: x, apiVersion: client.authentication.k8s.io/v1, "
		"interactiveMode: Never, env: [{name: \"A=B\", value: c}]}"),
	  NULL, "exec.env" },
};

static void
test_refusals(void)
{
	size_t i;

	for (i = 0; i < ALLOC_COUNT(refusals); i++) {
		const struct refusal *row = &refusals[i];
		struct kubeconfig_choice choice;
		struct error err = { ERROR_NONE, 0, "" };

		check_number(choose(row->text, row->context, &choice, &err), -1, row->name);
		check_number(err.kind, ERROR_CONFIG, "as a matter of configuration");
		check(strstr(err.text, row->want) != NULL, "%s: %s", row->name, err.text);
		check(!strstr(err.text, "s3cr3t") && !strstr(err.text, "p4ss"), "without a secret");
	}
}

struct server_row {
	const char *cluster, *want;
	bool secure;
};

static const struct server_row servers[] = {
	{ "server: \"https://h:6443\"", "https://h:6443", true },
	{ "server: \"https://h:6443/\"", "https://h:6443", true },
	{ "server: \"HTTPS://h/k8s/c-1//\"", "HTTPS://h/k8s/c-1", true },
	{ "server: \"https://h/p?q=1#f\"", "https://h/p", true },
	{ "server: \"http://127.0.0.1:8001\"", "http://127.0.0.1:8001", false },
	{ "server: \"h:8080\"", "http://h:8080", false },
	{ "server: \"h:8080\", insecure-skip-tls-verify: true", "https://h:8080", true },
	{ "server: \"h:8080\", certificate-authority: ca.pem", "https://h:8080", true },
};

static void
test_servers(void)
{
	size_t i;

	for (i = 0; i < ALLOC_COUNT(servers); i++) {
		char *text = alloc_format(CONTEXT
					  "clusters: [{name: k, cluster: {%s}}]\n" USER("token: t"),
					  servers[i].cluster);
		struct kubeconfig_choice choice;
		struct error err = { ERROR_NONE, 0, "" };

		if (!check_number(choose(text, NULL, &choice, &err), 1, servers[i].cluster)) {
			printf("# %s\n", err.text);
			free(text);
			continue;
		}
		check_text(choice.server, servers[i].want, "its server");
		check(choice.secure == servers[i].secure, "its security");
		check_text(choice.token, servers[i].secure ? "t" : NULL,
			   "a token goes over https only");
		kubeconfig_choice_fini(&choice);
		free(text);
	}
}

/* The first file wins per entry, whole; paths are relative to their own file. */
static void
test_merge(void)
{
	static const char first[] =
		"contexts:\n- {name: c, context: {cluster: k, user: u, namespace: n1}}\n"
		"users:\n- {name: u, user: {tokenFile: t/one}}\n"
		"current-context: ''\n";
	static const char second[] =
		"apiVersion: v1\nkind: Config\nunknown: {x: 1}\n"
		"current-context: c\n"
		"contexts:\n- {name: c, context: {cluster: other, user: other}}\n"
		"clusters:\n- {name: k, cluster: {server: 'https://s', certificate-authority: "
		"ca.pem,"
		" tls-server-name: api.internal}}\n"
		"users:\n- {name: u, user: {username: x, password: y}}\n";
	struct kubeconfig *config = kubeconfig_new();
	struct kubeconfig_choice choice;
	struct error err = { ERROR_NONE, 0, "" };

	check_number(kubeconfig_add(config, "/a/one", first, sizeof(first) - 1, &err), 0,
		     "add one");
	check_number(kubeconfig_add(config, "/empty", " \n", 2, &err), 0, "add an empty one");
	check_number(kubeconfig_choose(config, NULL, &choice, &err), 0,
		     "no context is current yet");
	check_number(kubeconfig_add(config, "/b/two", second, sizeof(second) - 1, &err), 0,
		     "add two");
	check_number(kubeconfig_choose(config, NULL, &choice, &err), 1, "choose");
	check_text(choice.context, "c", "current-context is the first that is set");
	check_text(choice.namespace, "n1", "the context of the first file");
	check_text(choice.server, "https://s", "the cluster of the second");
	check_text(choice.ca_file, "/b/ca.pem", "its path is relative to the second");
	check_text(choice.tls_server_name, "api.internal", "tls-server-name");
	check_text(choice.token_file, "/a/t/one", "the user of the first, relative to it");
	check_text(choice.username, NULL, "nothing of the second file's user is mixed in");
	kubeconfig_choice_fini(&choice);
	kubeconfig_free(config);
}

static void
test_user(void)
{
	struct kubeconfig_choice choice;
	struct error err = { ERROR_NONE, 0, "" };

	check_number(choose(WHOLE("client-certificate-data: Q0VSVA==, client-key-data: S0VZ, "
				  "as: jane, as-groups: [g1, g2], as-uid: id, "
				  "as-user-extra: {scope: [a, b]}, exec: {}"),
			    "c", &choice, &err),
		     1, "a certificate");
	check_text(choice.cert_data, "CERT", "decoded");
	check_text(choice.key_data, "KEY", "with its key");
	check(!choice.exec, "a plugin is not asked beside a certificate");
	check_text(choice.namespace, "default", "the namespace is default");
	check(choice.impersonate && choice.impersonate[4], "five or more impersonation headers");
	check_text(choice.impersonate[0], "Impersonate-User: jane", "user");
	check_text(choice.impersonate[1], "Impersonate-Group: g1", "group");
	check_text(choice.impersonate[2], "Impersonate-Group: g2", "group");
	check_text(choice.impersonate[3], "Impersonate-Extra-scope: a", "extra");
	kubeconfig_choice_fini(&choice);
}

static void
test_exec(void)
{
	static const char text[] = CONTEXT
		"clusters:\n- name: k\n  cluster:\n    server: https://h\n    extensions:\n"
		"    - name: client.authentication.k8s.io/exec\n      extension: {audience: "
		"x}\n" USER("exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: "
			    "bin/login, "
			    "args: [\"--a b\", \"$HOME\"], env: [{name: X, value: \"1 2\"}], "
			    "installHint: get it, provideClusterInfo: true}");
	struct kubeconfig_choice choice;
	struct error err = { ERROR_NONE, 0, "" };
	jv audience;

	check_number(choose(text, NULL, &choice, &err), 1, "a plugin");
	check_text(choice.exec->command, "/etc/kube/bin/login",
		   "a command with a slash is relative");
	check_text(choice.exec->args[0], "--a b", "arguments as they are");
	check_text(choice.exec->args[1], "$HOME", "no shell");
	check(!choice.exec->args[2], "two of them");
	check_text(choice.exec->env[0], "X=1 2", "environment");
	check_text(choice.exec->install_hint, "get it", "hint");
	check(choice.exec->interactive == KUBECONFIG_IF_AVAILABLE, "the default of v1beta1");
	check(choice.exec->cluster_info, "cluster info is wanted");
	audience = jv_object_get(jv_copy(choice.exec->cluster_config), jv_string("audience"));
	check_text(jv_string_value(audience), "x", "with the cluster's extension");
	jv_free(audience);
	kubeconfig_choice_fini(&choice);
}

static void
test_in_cluster(void)
{
	struct kubeconfig_choice choice;

	kubeconfig_in_cluster("fd00::1", "443", "/run/sa", "ns", &choice);
	check_text(choice.server, "https://[fd00::1]:443", "IPv6 gets brackets");
	check_text(choice.token_file, "/run/sa/token", "token");
	check_text(choice.ca_file, "/run/sa/ca.crt", "CA");
	check_text(choice.namespace, "ns", "namespace");
	check(choice.secure, "https");
	kubeconfig_choice_fini(&choice);
	kubeconfig_in_cluster("10.0.0.1", "443", "/run/sa", "", &choice);
	check_text(choice.server, "https://10.0.0.1:443", "IPv4 does not");
	check_text(choice.namespace, "default", "no namespace is default");
	kubeconfig_choice_fini(&choice);
}

int
main(void)
{
	test_paths();
	test_refusals();
	test_servers();
	test_merge();
	test_user();
	test_exec();
	test_in_cluster();
	return check_done();
}
