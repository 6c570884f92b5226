/* Unit test of filters/challenge.c. */
#include "../../filters/challenge.h"

#include <stdlib.h>
#include <string.h>

#include "../../bus/alloc.h"
#include "../check.h"

#define VALUES 4

static const struct {
	const char *values[VALUES];
	enum challenge_scheme scheme;
	const char *realm, *service, *scope;
} challenges[] = {
	{ { "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\","
	    "scope=\"repository:a/b:pull,push\"" },
	  CHALLENGE_BEARER, "https://auth.docker.io/token", "registry.docker.io",
	  "repository:a/b:pull,push" },
	{ { "Basic realm=\"Registry Realm\"" }, CHALLENGE_BASIC, "Registry Realm", NULL, NULL },
	{ { "Basic" }, CHALLENGE_BASIC, NULL, NULL, NULL },
	{ { "bEaReR REALM = \"r\" , Service = s" }, CHALLENGE_BEARER, "r", "s", NULL },
	{ { "Bearer realm=https://r/t,service=s" }, CHALLENGE_BEARER, "https://r/t", "s", NULL },
	{ { "Bearer realm=\"a\\\"b\\\\c\"" }, CHALLENGE_BEARER, "a\"b\\c", NULL, NULL },
	{ { "Basic realm=\"x\", Bearer realm=\"y\"" }, CHALLENGE_BEARER, "y", NULL, NULL },
	{ { "Bearer realm=\"y\", Basic realm=\"x\"" }, CHALLENGE_BEARER, "y", NULL, NULL },
	{ { "Basic realm=\"x\"", "Bearer realm=\"y\",service=\"s\"" },
	  CHALLENGE_BEARER, "y", "s", NULL },
	{ { "Bearer realm=\"one\"", "Bearer realm=\"two\"" }, CHALLENGE_BEARER, "one", NULL, NULL },
	{ { "Bearer realm=\"one\",realm=\"two\"" }, CHALLENGE_BEARER, "one", NULL, NULL },
	{ { "Bearer service=\"s\", Basic realm=\"x\"" }, CHALLENGE_BASIC, "x", NULL, NULL },
	{ { "Negotiate YII==, Basic realm=\"x\"" }, CHALLENGE_BASIC, "x", NULL, NULL },
	{ { "Negotiate, NTLM, Basic realm=\"x\"" }, CHALLENGE_BASIC, "x", NULL, NULL },
	{ { "Digest realm=\"d\", nonce=\"n,m\", qop=\"auth\", Basic realm=\"x\"" },
	  CHALLENGE_BASIC, "x", NULL, NULL },
	{ { ",, ,Basic realm=\"x\",," }, CHALLENGE_BASIC, "x", NULL, NULL },
	{ { "Bearer realm=\"y\" service=\"s\"" }, CHALLENGE_BEARER, "y", "s", NULL },
	{ { "Bearer realm=\"\"" }, CHALLENGE_BEARER, "", NULL, NULL },
	{ { "Bearer realm=\"cut off" }, CHALLENGE_NONE, NULL, NULL, NULL },
	{ { "Bearer realm=\"cut off\\" }, CHALLENGE_NONE, NULL, NULL, NULL },
	{ { "Bearer realm=" }, CHALLENGE_NONE, NULL, NULL, NULL },
	{ { "Bearer" }, CHALLENGE_NONE, NULL, NULL, NULL },
	{ { "" }, CHALLENGE_NONE, NULL, NULL, NULL },
	{ { "\"Bearer\" realm=\"x\"" }, CHALLENGE_NONE, NULL, NULL, NULL },
	{ { "BearerX realm=\"x\"" }, CHALLENGE_NONE, NULL, NULL, NULL },
	{ { NULL }, CHALLENGE_NONE, NULL, NULL, NULL },
};

static const struct {
	const char *values[VALUES];
	int found;
	const char *next;
} links[] = {
	{ { NULL }, 0, NULL },
	{ { "</v2/a/tags/list?last=x&n=100>; rel=\"next\"" }, 1, "/v2/a/tags/list?last=x&n=100" },
	{ { "</x>;rel=next" }, 1, "/x" },
	{ { "</x> ; REL = \"prev NEXT\" ; title=\"a,b;c\"" }, 1, "/x" },
	{ { "</a,b;c>; rel=next" }, 1, "/a,b;c" },
	{ { "</p>; rel=prev, </n>; rel=next" }, 1, "/n" },
	{ { "</p>; rel=prev", "</n>; rel=next" }, 1, "/n" },
	{ { "</n>; rel=next", "</n>; rel=next" }, 1, "/n" },
	{ { "</p>; rel=prev" }, 0, NULL },
	{ { "</p>; rel=nextish" }, 0, NULL },
	{ { "</p>; rel=prev; rel=next" }, 0, NULL },
	{ { "</p>" }, 0, NULL },
	{ { "</p>; async; rel=next" }, 1, "/p" },
	{ { "" }, 0, NULL },
	{ { "<>; rel=next" }, 1, "" },
	{ { "</a>; rel=next", "</b>; rel=next" }, -1, NULL },
	{ { "</a>; rel=next, </b>; rel=next" }, -1, NULL },
	{ { "/x; rel=next" }, -1, NULL },
	{ { "</x; rel=next" }, -1, NULL },
	{ { "</x> rel=next" }, -1, NULL },
	{ { "</x>; rel=\"next" }, -1, NULL },
	{ { "</x>; rel=" }, -1, NULL },
	{ { "nonsense" }, -1, NULL },
};

static size_t
count_of(const char *const *values)
{
	size_t n = 0;

	while (n < VALUES && values[n] != NULL)
		n++;
	return n;
}

int
main(void)
{
	struct challenge challenge;
	char *next;
	size_t i;

	for (i = 0; i < ALLOC_COUNT(challenges); i++) {
		const char *name = challenges[i].values[0] ? challenges[i].values[0] : "(none)";

		challenge_choose(&challenge, challenges[i].values, count_of(challenges[i].values));
		check_number(challenge.scheme, challenges[i].scheme, name);
		check_text(challenge.realm, challenges[i].realm, "its realm");
		check_text(challenge.service, challenges[i].service, "its service");
		check_text(challenge.scope, challenges[i].scope, "its scope");
		challenge_fini(&challenge);
	}
	for (i = 0; i < ALLOC_COUNT(links); i++) {
		const char *name = links[i].values[0] ? links[i].values[0] : "(none)";

		check_number(challenge_link_next(links[i].values, count_of(links[i].values), &next),
			     links[i].found, name);
		check_text(next, links[i].next, "its target");
		free(next);
	}
	return check_done();
}
