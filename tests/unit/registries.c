/* Unit test of filters/registries.c. */
#include "../../filters/registries.h"

#include <stdlib.h>
#include <string.h>

#include "../../bus/alloc.h"
#include "../../bus/buf.h"
#include "../check.h"

#define ENTRY(more) "registries:\n- name: one\n  prefix: reg.example\n" \
		    "  api_url: https://reg.example\n" more

static const char whole[] =
	"# as the predecessors' documentation has it\n"
	"registries:\n"
	"- name: Docker Hub\n"
	"  api_url: https://docker.io/\n"
	"  ping: yes\n"
	"  credentials: secret:foo/bar#creds\n"
	"  defaultns: library\n"
	"  default: true\n"
	"  tagsortmode: Latest-First\n"
	"- name: team\n"
	"  prefix: reg.example:5000/team\n"
	"  api_url: http://10.0.0.1:5000/api//\n"
	"  credentials: pullsecret:d8-delivery/s\n"
	"  credsexpire: 1h30m\n"
	"  insecure: yes\n"
	"  ca_file: /etc/ca.pem\n"
	"  limit: 5\n"
	"- name: all\n"
	"  prefix: Reg.Example:5000\n"
	"  api_url: https://reg.example:5000\n"
	"  credentials:\n"
	"  limit: -1\n"
	"  default: no\n";

static void
test_whole(void)
{
	struct error err;
	struct registries *registries = registries_parse(whole, strlen(whole), &err);
	const struct registries_entry *entry;

	if (!check(registries != NULL && registries_count(registries) == 3, "three entries"))
		return;
	entry = registries_at(registries, 0);
	check_text(entry->api_url, "https://registry-1.docker.io", "Docker Hub's API");
	check_text(entry->default_namespace, "library", "defaultns");
	check(entry->host == NULL && entry->is_default, "the default, without a prefix");
	entry = registries_at(registries, 1);
	check_text(entry->host, "reg.example:5000", "host");
	check_text(entry->path, "team", "path");
	check_text(entry->api_url, "http://10.0.0.1:5000/api", "api_url without its last slashes");
	check_text(entry->credentials, "pullsecret:d8-delivery/s", "credentials");
	check_number(entry->credentials_expire_ms, 5400000, "credsexpire");
	check(entry->is_insecure, "insecure: yes");
	check_text(entry->ca_file, "/etc/ca.pem", "ca_file");
	check(entry->limit > 4.9 && entry->limit < 5.1, "limit");
	entry = registries_at(registries, 2);
	check(entry->credentials == NULL, "no credentials");
	check(entry->limit >= 0 && entry->limit <= 0, "a negative limit is none");
	check(!entry->is_default && !entry->is_insecure, "off");
	registries_free(registries);
}

/* One entry with this line; its reading as text. */
static const struct {
	const char *line, *wanted;
} values[] = {
	{ "prefix: reg.example:443/a/b//", "reg.example a/b" },
	{ "prefix: '[2001:DB8::1]:5000'", "[2001:db8::1]:5000 " },
	{ "prefix: index.docker.io", "docker.io " },
	{ "prefix: registry-1.docker.io/team", "docker.io team" },
	{ "prefix: ''", "none" },
	{ "api_url: https://reg.example///", "api https://reg.example" },
	{ "api_url: https://index.docker.io/v1/", "api https://registry-1.docker.io" },
	{ "api_url: http://reg.example:8080/a/b/", "api http://reg.example:8080/a/b" },
	{ "ping: true", "nothing" },
	{ "credentials: env:X", "credentials env:X" },
	{ "credentials: ''", "nothing" },
	{ "credsexpire: 5h", "expire 18000000" },
	{ "credsexpire: 90s", "expire 90000" },
	{ "credsexpire:", "nothing" },
	{ "tagsortmode: LATEST-last", "nothing" },
	{ "tagsortmode: none", "nothing" },
	{ "insecure: true", "insecure" },
	{ "insecure: 'On'", "insecure" },
	{ "insecure: Y", "insecure" },
	{ "insecure: off", "nothing" },
	{ "insecure: N", "nothing" },
	{ "insecure:", "nothing" },
	{ "ca_file: /a/b.pem", "ca_file /a/b.pem" },
	{ "ca_data: |\n    -----BEGIN\n    END", "ca_data -----BEGIN\nEND\n" },
	{ "defaultns: library", "defaultns library" },
	{ "limit: 20", "limit 20.0" },
	{ "limit: 0.5", "limit 0.5" },
	{ "limit: 0", "nothing" },
	{ "limit: -20", "nothing" },
	{ "limit:", "nothing" },
	{ "default: yes", "default" },
	{ "default: false", "nothing" },
};

static void
describe(const struct registries_entry *entry, const char *line, struct buf *out)
{
	if (strncmp(line, "prefix", 6) == 0)
		buf_printf(out, "%s%s%s", entry->host != NULL ? entry->host : "none",
			   entry->host != NULL ? " " : "", entry->host != NULL ? entry->path : "");
	else if (strncmp(line, "api_url", 7) == 0)
		buf_printf(out, "api %s", entry->api_url);
	else if (entry->credentials != NULL)
		buf_printf(out, "credentials %s", entry->credentials);
	else if (entry->credentials_expire_ms > 0)
		buf_printf(out, "expire %lld", (long long)entry->credentials_expire_ms);
	else if (entry->ca_file != NULL)
		buf_printf(out, "ca_file %s", entry->ca_file);
	else if (entry->ca_data != NULL)
		buf_printf(out, "ca_data %s", entry->ca_data);
	else if (entry->default_namespace != NULL)
		buf_printf(out, "defaultns %s", entry->default_namespace);
	else if (entry->limit > 0)
		buf_printf(out, "limit %.1f", entry->limit);
	else
		buf_append_string(out, entry->is_insecure ? "insecure"
						: entry->is_default ? "default" : "nothing");
}

static void
test_values(void)
{
	size_t i;

	for (i = 0; i < ALLOC_COUNT(values); i++) {
		bool is_url = strncmp(values[i].line, "api_url", 7) == 0;
		CLEANUP_FREE char *text =
			alloc_format("registries:\n- name: x\n%s  %s\n",
				     is_url ? "" : "  api_url: https://reg.example\n",
				     values[i].line);
		CLEANUP_BUF struct buf got = BUF_INIT((size_t)4096);
		struct error err = { ERROR_NONE, 0, "" };
		struct registries *registries = registries_parse(text, strlen(text), &err);

		if (registries != NULL)
			describe(registries_at(registries, 0), values[i].line, &got);
		check_text(registries != NULL ? buf_string(&got) : err.text, values[i].wanted,
			   values[i].line);
		registries_free(registries);
	}
}

static const struct {
	const char *a, *b;
	bool is_same;
} pairs[] = {
	{ "", "", true },
	{ "limit: 1", "limit: 2", true },
	{ "credentials: env:A", "credentials: env:A", true },
	{ "credentials: env:A", "credentials: env:B", false },
	{ "credentials: env:A", "", false },
	{ "insecure: true", "", false },
	{ "ca_file: /a", "ca_file: /b", false },
	{ "ca_data: a", "ca_data: b", false },
	{ "defaultns: a", "defaultns: b", false },
};

static void
test_same(void)
{
	struct registries *two;
	struct error err;
	size_t i;

	for (i = 0; i < ALLOC_COUNT(pairs); i++) {
		CLEANUP_FREE char *text = alloc_format(
			"registries:\n- prefix: a\n  api_url: https://a\n  name: a\n  %s\n"
			"- prefix: b\n  api_url: https://a\n  name: b\n  %s\n",
			pairs[i].a, pairs[i].b);

		two = registries_parse(text, strlen(text), &err);
		if (!check(two != NULL, "read: %s", two == NULL ? err.text : ""))
			continue;
		check(registries_is_same(registries_at(two, 0), registries_at(two, 1)) ==
			      pairs[i].is_same,
		      "\"%s\" and \"%s\"", pairs[i].a, pairs[i].b);
		check(!registries_is_same(registries_at(two, 0), NULL), "one and none");
		registries_free(two);
	}
	check(registries_is_same(NULL, NULL), "none and none");
}

static const struct {
	const char *repository, *name;
} places[] = {
	{ "reg.example:5000/app", "all" },	{ "reg.example:5000/team/app", "team" },
	{ "reg.example:5000/team", "team" },	{ "reg.example:5000/team-b/app", "all" },
	{ "reg.example/app", NULL },		{ "reg.example:5001/app", NULL },
	{ "docker.io/app", NULL },		{ "xreg.example:5000/app", NULL },
};

static void
test_find(void)
{
	struct registries *registries = registries_parse(whole, strlen(whole), NULL);
	const struct registries_entry *entry;
	struct reference reference;
	size_t i;

	for (i = 0; i < ALLOC_COUNT(places); i++) {
		reference_parse(&reference, places[i].repository, NULL);
		entry = registries_find(registries, &reference);
		check_text(entry != NULL ? entry->name : NULL, places[i].name, places[i].repository);
		reference_fini(&reference);
	}
	registries_free(registries);
}

static const struct {
	const char *text, *part; /* of the error; NULL: fine */
} files[] = {
	{ "", NULL },
	{ "# nothing\n", NULL },
	{ "registries: []\n", NULL },
	{ "registries:\n", NULL },
	{ ENTRY(""), NULL },
	{ "registries: [{name: a, prefix: b, api_url: 'https://b'}]\n", NULL },
	{ "registry: []\n", "registries" },
	{ "registries: []\nmore: 1\n", "registries" },
	{ "[]\n", "registries" },
	{ "registries: {}\n", "list" },
	{ "registries: [1]\n", "registries[0]" },
	{ "registries: []\n---\nregistries: []\n", "second document" },
	{ ENTRY("  insecur: true\n"), "registries[0] (one): insecur is no key" },
	{ ENTRY("  insecure: perhaps\n"), "insecure" },
	{ ENTRY("  insecure: 1\n"), "insecure" },
	{ ENTRY("  ping: [x]\n"), "ping" },
	{ ENTRY("  limit: fast\n"), "limit" },
	{ ENTRY("  limit: '20'\n"), "limit" },
	{ ENTRY("  credsexpire: soon\n"), "credsexpire" },
	{ ENTRY("  credsexpire: -5h\n"), "credsexpire" },
	{ ENTRY("  defaultns: [a]\n"), "defaultns" },
	{ ENTRY("  default: 2\n"), "default" },
	{ ENTRY("  name: [a]\n"), "line" },
	{ ENTRY("  tagsortmode: newest\n"), "tagsortmode" },
	{ ENTRY("  credentials: x\n"), "credentials" },
	{ ENTRY("  credentials: pullsecret:name\n"), "NAMESPACE/NAME" },
	{ ENTRY("  ca_file: a\n  ca_data: b\n"), "ca_file and ca_data" },
	{ "registries:\n- prefix: a\n  api_url: https://a\n", "registries[0]: has no name" },
	{ "registries:\n- name: a\n  prefix: a\n", "has no api_url" },
	{ "registries:\n- name: a\n  prefix: https://a\n  api_url: https://a\n", "prefix" },
	{ "registries:\n- name: a\n  prefix: a\n  api_url: a\n", "api_url" },
	{ "registries:\n- name: a\n  prefix: a\n  api_url: https://u@a\n", "api_url" },
	{ "registries:\n- name: a\n  prefix: a\n  api_url: https://a?b\n", "api_url" },
	{ ENTRY("- name: two\n  prefix: REG.example:443\n  api_url: https://x\n"),
	  "registries[1] (two): has the prefix of one" },
	{ ENTRY("- name: two\n  prefix: reg.example/a\n  api_url: https://x\n"), NULL },
	{ "registries:\n- name: a\n  api_url: https://a\n- name: b\n  api_url: https://b\n",
	  "no prefix" },
	{ "registries:\n- name: a\n  prefix: a\n  default: true\n  api_url: https://a\n"
	  "- name: b\n  prefix: b\n  default: true\n  api_url: https://b\n", "default" },
	{ "registries:\n- name: a\n  name: b\n", "line 3" },
	{ "registries:\n- {name: a\n", "line" },
};

static void
test_files(void)
{
	struct error err;
	size_t i;

	for (i = 0; i < ALLOC_COUNT(files); i++) {
		struct registries *registries =
			registries_parse(files[i].text, strlen(files[i].text), &err);

		if (files[i].part == NULL) {
			check(registries != NULL, "fine: %zu", i);
		} else {
			check(registries == NULL && strstr(err.text, files[i].part) != NULL,
			      "%s: %s", files[i].part, registries == NULL ? err.text : "accepted");
			check_number(err.kind, ERROR_CONFIG, "its kind of error");
		}
		registries_free(registries);
	}
}

int
main(void)
{
	test_whole();
	test_values();
	test_same();
	test_find();
	test_files();
	return check_done();
}
