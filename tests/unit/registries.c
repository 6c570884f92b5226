/* Unit test of filters/registries.c. */
#include "../../filters/registries.h"

#include <stdlib.h>
#include <string.h>

#include "../../bus/alloc.h"
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
	{ ENTRY("  credsexpire: soon\n"), "credsexpire" },
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
	test_find();
	test_files();
	return check_done();
}
