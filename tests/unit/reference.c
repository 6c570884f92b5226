/* Unit test of filters/reference.c. */
#include "../../filters/reference.h"

#include <stdlib.h>
#include <string.h>

#include "../../bus/alloc.h"
#include "../check.h"

static const struct {
	const char *text, *wanted; /* NULL: refused */
} names[] = {
	{ "reg.example/app", "reg.example/app" },
	{ "oci://reg.example/a/b/c", "reg.example/a/b/c" },
	{ "OCI://Reg.Example:443/app/", "reg.example/app" },
	{ "reg.example.:5000/app//", "reg.example:5000/app" },
	{ "localhost:5000/app", "localhost:5000/app" },
	{ "127.0.0.1:5000/ns/app", "127.0.0.1:5000/ns/app" },
	{ "[::1]:5000/ns/app", "[::1]:5000/ns/app" },
	{ "docker.io/app", "docker.io/library/app" },
	{ "index.docker.io/app", "docker.io/library/app" },
	{ "registry-1.docker.io/bitnami/app", "docker.io/bitnami/app" },
	{ "docker.io:5000/app", "docker.io:5000/app" },
	{ "reg.example/a.b_c__d-e---f/0", "reg.example/a.b_c__d-e---f/0" },
	{ "registry/app", "registry/app" },
	{ "app", NULL },
	{ "", NULL },
	{ "/", NULL },
	{ "/app", NULL },
	{ "reg.example/", NULL },
	{ "reg.example", NULL },
	{ "https://reg.example/app", NULL },
	{ "http://reg.example/app", NULL },
	{ "git+ssh://reg.example/app", NULL },
	{ "reg.example/App", NULL },
	{ "reg.example/a//b", NULL },
	{ "reg.example/a/../b", NULL },
	{ "reg.example/.a", NULL },
	{ "reg.example/a.", NULL },
	{ "reg.example/a..b", NULL },
	{ "reg.example/a___b", NULL },
	{ "reg.example/-a", NULL },
	{ "reg.example/a:1.0", NULL },
	{ "reg.example/a@sha256", NULL },
	{ "reg.example/a%2fb", NULL },
	{ "reg.example/a?b", NULL },
	{ "reg.example/a b", NULL },
	{ "user@reg.example/a", NULL },
	{ "reg.example:port/a", NULL },
	{ "0x7f.1/a", NULL },
};

static void
test_parse(void)
{
	struct reference reference;
	struct error err;
	size_t i;

	for (i = 0; i < ALLOC_COUNT(names); i++) {
		bool ok = reference_parse(&reference, names[i].text, &err) == 0;

		check_text(ok ? reference.text : NULL, names[i].wanted, names[i].text);
		if (!ok)
			check_number(err.kind, ERROR_INPUT, "its kind of error");
		else
			reference_fini(&reference);
	}
}

static void
test_length(void)
{
	struct reference reference;
	char text[300] = "reg.example/";
	struct error err;

	memset(text + 12, 'a', 255 - 12);
	check(reference_parse(&reference, text, &err) == 0, "255 bytes");
	reference_fini(&reference);
	text[255] = 'a';
	check(reference_parse(&reference, text, &err) != 0, "256 bytes are too many");
}

static const struct {
	const char *repo_url, *chart, *wanted;
} sources[] = {
	{ "reg.example:5000/ns", "app", "reg.example:5000/ns/app" },
	{ "oci://reg.example/ns/", "app", "reg.example/ns/app" },
	{ "reg.example", "ns/app", "reg.example/ns/app" },
	{ "reg.example/", "app", "reg.example/app" },
	{ "REG.example/a/b", "c/d", "reg.example/a/b/c/d" },
	{ "https://charts.example", "app", NULL },
	{ "reg.example/ns", "../app", NULL },
	{ "reg.example/ns", "app:1", NULL },
	{ "reg.example/ns", "App", NULL },
	{ "localhost:5000/ns:1.0.0+b1", "app", NULL },
	{ ">=1.0/x", "app", NULL },
	{ "", "app", NULL },
};

static void
test_sources(void)
{
	struct reference reference;
	struct error err;
	size_t i;

	for (i = 0; i < ALLOC_COUNT(sources); i++) {
		bool ok = reference_of_source(&reference, sources[i].repo_url, sources[i].chart,
					      &err) == 0;

		check_text(ok ? reference.text : NULL, sources[i].wanted, sources[i].repo_url);
		if (ok)
			reference_fini(&reference);
	}
}

static const struct {
	const char *path, *prefix;
	bool below;
} paths[] = {
	{ "team/app", "", true },	   { "team/app", "team", true },
	{ "team/app", "team/app", true },  { "team-b/app", "team", false },
	{ "team/app", "team/app/x", false }, { "teams", "team", false },
};

static const struct {
	const char *tag;
	bool ok;
} tags[] = {
	{ "1.0.0", true },    { "_x", true },  { "1.0.0_b1", true }, { "v1", true },
	{ "1.0.0+b1", false }, { "", false },  { ".x", false },	     { "-x", false },
	{ "a b", false },     { "a/b", false }, { "\xc3\xa9", false }, { "a\n", false },
	{ "%s", false },
};

int
main(void)
{
	char tag[130];
	size_t i;
	char *text;

	test_parse();
	test_length();
	test_sources();
	for (i = 0; i < ALLOC_COUNT(paths); i++)
		check(reference_is_below(paths[i].path, paths[i].prefix) == paths[i].below,
		      "%s below '%s'", paths[i].path, paths[i].prefix);
	for (i = 0; i < ALLOC_COUNT(tags); i++)
		check(reference_is_tag(tags[i].tag, strlen(tags[i].tag)) == tags[i].ok, "tag %zu", i);
	memset(tag, 'a', sizeof(tag));
	check(reference_is_tag(tag, 128), "a tag of 128 bytes");
	check(!reference_is_tag(tag, 129), "a tag of 129 bytes");
	text = reference_tag_of("1.0.0+b1+x");
	check_text(text, "1.0.0_b1_x", "plus becomes underscore");
	free(text);
	check(reference_is_digest("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
	      "a digest");
	check(!reference_is_digest("sha256:E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
	      "upper case is none");
	check(!reference_is_digest("sha256:../../etc/passwd"), "a path is none");
	check(!reference_is_digest("sha512:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
	      "another algorithm is none");
	return check_done();
}
