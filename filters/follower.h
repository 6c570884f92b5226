/*
 * Who follows a repository: one element of TAGS' `applications`, read and checked, for the
 * filter that decides. (application.h writes them.) Pure: JSON bytes in, a struct out.
 */
#ifndef WEIR_FOLLOWER_H
#define WEIR_FOLLOWER_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/buf.h"
#include "../bus/error.h"
#include "../bus/json.h"

struct follower {
	/* As they came; absent: text NULL. What is to be carried on is copied from here. */
	struct json_slice application, source, repo_url, chart, constraint, current, origin;
	/* Unescaped. */
	char *rule, *revision; /* constraint, current */
	char *strategy, *allow_tags, *ignore_tags; /* NULL: absent */
	char *label; /* "namespace/name", with the file before it, for errors */
};

/* Read what json_check has accepted. INPUT error that names the member when one is missing or has
 * the wrong type; then the slices hold what is right. Free with follower_fini in any case. */
int follower_read(struct follower *follower, struct json_slice value, struct error *err);
void follower_fini(struct follower *follower);

/* Append the members that name it (application, source, origin, as far as they are right), each
 * with a comma behind it. */
bool follower_append_names(const struct follower *follower, struct buf *out);

/* Append JSON text without the blanks between its parts, so that it fits one line. */
bool follower_append_compact(struct buf *out, struct json_slice value);

#endif
