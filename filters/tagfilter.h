/*
 * Which tags an owner wants looked at: the annotations allow-tags and ignore-tags, and
 * tags that belong to another tag's artifact. Knows text only, no versions. Pure.
 *
 * Both annotations are anybody's who may edit an Application, so each has its bounds.
 */
#ifndef WEIR_TAGFILTER_H
#define WEIR_TAGFILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/error.h"

#define TAGFILTER_LEN_MAX 1024 /* of each annotation */

struct tagfilter;

enum tagfilter_answer {
	TAGFILTER_TAKE,
	TAGFILTER_NOT_ALLOWED, /* allow-tags does not match */
	TAGFILTER_IGNORED      /* ignore-tags matches */
};

/* allow: `any` or `regexp:` and an RE2 expression, matched anywhere in a tag; ignore: globs divided
 * by commas (as Go's path.Match), of which one that is no glob matches nothing. NULL: absent.
 * Returns NULL when allow is something else, uses what RE2 does not have, or is too large: the
 * INPUT error quotes it. Free with tagfilter_free. */
struct tagfilter *tagfilter_new(const char *allow, const char *ignore, struct error *err);
void tagfilter_free(struct tagfilter *filter); /* NULL is fine */

/* 0 and *answer; -1: the expression needs too many steps (INPUT error that quotes it), and from
 * then on for each tag. */
int tagfilter_ask(struct tagfilter *filter, const char *tag, size_t len,
		  enum tagfilter_answer *answer, struct error *err);

/* An element of ignore-tags that is no glob; NULL: all are. Valid as long as the filter. */
const char *tagfilter_bad_glob(const struct tagfilter *filter);

/* Is this the tag of a signature, attestation or bill of materials: sha256-*, *.sig, *.att,
 * *.sbom? */
bool tagfilter_is_artifact(const char *tag, size_t len);

#endif
