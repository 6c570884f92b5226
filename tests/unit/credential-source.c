/* Unit test of filters/credential-source.c: threats T25, T27 and T28. */
#include "../../filters/credential-source.h"

#include <stdlib.h>
#include <string.h>

#include "../../bus/alloc.h"
#include "../check.h"

static const struct {
	const char *text, *wanted; /* NULL: refused */
} sources[] = {
	{ "pullsecret:ns/name", "pullsecret:ns/name" },
	{ "PullSecret:ns/a.b-c", "pullsecret:ns/a.b-c" },
	{ "pullsecret:name", "pullsecret:name" },
	{ "reg.example=pullsecret:ns/name", "pullsecret:ns/name" },
	{ "secret:ns/name#field", "secret:ns/name#field" },
	{ "secret:ns/name#.docker_Config-1", "secret:ns/name#.docker_Config-1" },
	{ "env:CREDS", "env:CREDS" },
	{ "reg=env:CREDS", "env:CREDS" },
	{ "ext:/usr/bin/creds", "ext:/usr/bin/creds" },
	{ "", NULL },
	{ "ns/name", NULL },
	{ "pullsecret:", NULL },
	{ "pullsecret:/name", NULL },
	{ "pullsecret:ns/", NULL },
	{ "pullsecret:ns/name/", NULL },
	{ "pullsecret:ns/name/x", NULL },
	{ "pullsecret:NS/name", NULL },
	{ "pullsecret:n.s/name", NULL },
	{ "pullsecret: ns/name", NULL },
	{ "pullsecret:ns/name ", NULL },
	{ "pullsecret:../name", NULL },
	{ "pullsecret:ns/..", NULL },
	{ "pullsecret:ns%2fname", NULL },
	{ "pullsecret:ns/-name", NULL },
	{ "pullsecret:ns/name-", NULL },
	{ "pullsecret:ns/a..b", NULL },
	{ "pullsecret:ns\xe2\x88\x95name", NULL },
	{ "secret:ns/name", NULL },
	{ "secret:name#field", NULL },
	{ "secret:ns/name#", NULL },
	{ "secret:ns/name#a/b", NULL },
	{ "env:", NULL },
	{ "env:A B", NULL },
	{ "env:1A", NULL },
	{ "ext:creds", NULL },
	{ "ext:/a:b", NULL },
	{ "ext:/a=b", NULL },
	{ "vault:x", NULL },
};

/* In an Application of namespace apps, weir's own namespace is weir, shared is allowed. */
static const struct {
	const char *annotation, *wanted;
	enum error_kind kind;
} annotations[] = {
	{ "pullsecret:apps/name", "pullsecret:apps/name", ERROR_NONE },
	{ "pullsecret:weir/name", "pullsecret:weir/name", ERROR_NONE },
	{ "pullsecret:shared/name", "pullsecret:shared/name", ERROR_NONE },
	{ "pullsecret:name", "pullsecret:apps/name", ERROR_NONE },
	{ "x=PULLSECRET:apps/name", "pullsecret:apps/name", ERROR_NONE },
	{ "pullsecret:other/name", NULL, ERROR_DENIED },
	{ "apps=pullsecret:other/name", NULL, ERROR_DENIED },
	{ "pullsecret:apps-b/name", NULL, ERROR_DENIED },
	{ "pullsecret:app/name", NULL, ERROR_DENIED },
	{ "secret:apps/name#field", NULL, ERROR_DENIED },
	{ "env:CANARY", NULL, ERROR_DENIED },
	{ "ext:/bin/sh", NULL, ERROR_DENIED },
	{ "pullsecret:apps/../other/name", NULL, ERROR_INPUT },
	{ "nonsense", NULL, ERROR_INPUT },
};

int
main(void)
{
	static const char *const allowed[] = { "shared" };
	struct credential_source source;
	struct error err;
	char *text;
	size_t i;

	for (i = 0; i < ALLOC_COUNT(sources); i++) {
		bool ok = credential_source_parse(&source, sources[i].text, &err) == 0;

		text = ok ? credential_source_text(&source) : NULL;
		check_text(text, sources[i].wanted, sources[i].text);
		free(text);
		if (ok)
			credential_source_fini(&source);
	}
	for (i = 0; i < ALLOC_COUNT(annotations); i++) {
		int status = credential_source_of_annotation(annotations[i].annotation, "apps", "weir",
							     allowed, 1, &text, &err);

		check_text(text, annotations[i].wanted, annotations[i].annotation);
		check_number(status != 0 ? (long long)err.kind : ERROR_NONE, annotations[i].kind,
			     "its kind of error");
		free(text);
	}
	credential_source_of_annotation("pullsecret:name", "", "weir", NULL, 0, &text, &err);
	check_text(text, "pullsecret:weir/name", "without a namespace (files): ours");
	free(text);
	check(credential_source_of_annotation("pullsecret:a/b", "", "", NULL, 0, &text, &err) != 0,
	      "no namespace is everybody's");
	return check_done();
}
