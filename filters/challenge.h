/*
 * The WWW-Authenticate header (RFC 9110, 11.6.1): several challenges in one header or in several,
 * parameters as tokens or quoted strings. And the Link header (RFC 8288), of which only the
 * next page matters. Pure.
 */
#ifndef WEIR_CHALLENGE_H
#define WEIR_CHALLENGE_H

#include <stddef.h>

enum challenge_scheme {
	CHALLENGE_NONE, /* no challenge that is understood */
	CHALLENGE_BASIC,
	CHALLENGE_BEARER
};

struct challenge {
	enum challenge_scheme scheme;
	char *realm, *service, *scope, *error; /* NULL when absent */
};

/* Of all challenges in these header values: the first Bearer that has a realm, else the first
 * Basic. What is malformed ends the reading of its header. challenge_fini it. */
void challenge_choose(struct challenge *challenge, const char *const *values, size_t count);
void challenge_fini(struct challenge *challenge);

/* The target of the link with rel=next in these header values, owned by the caller in *next:
 * 1: there is one, 0: there is none, -1: a header that is no list of links, or two different next
 * pages (then nobody can say where the list ends). */
int challenge_link_next(const char *const *values, size_t count, char **next);

#endif
