/*
 * The one change that weir makes to an Application, as a JSON Patch that applies only to the
 * object that was decided from. Pure: texts in, text out.
 */
#ifndef WEIR_PATCH_H
#define WEIR_PATCH_H

#include <stdbool.h>
#include <stddef.h>

#include <jv.h>

#include "../bus/buf.h"
#include "../bus/error.h"

#define PATCH_CONSTRAINT_ANNOTATION "argocd-image-updater.argoproj.io/chart-version"

struct patch_change {
	const char *uid;
	int source; /* index in spec.sources; -1: spec.source */
	const char *constraint, *repo_url, *chart;
	const char *from, *to; /* from "": targetRevision is absent, or empty */
	bool from_is_empty;    /* it is there and empty */
};

/* Append [test uid, test constraint, test repoURL, test chart, test targetRevision = from (or that
 * it is absent), replace (or add) targetRevision], with strings as Go's encoder writes them, which
 * is what the API server compares bytes with. False when out is full. */
bool patch_build(const struct patch_change *change, struct buf *out);

/* What a fresh copy of the object (borrowed) says about the change. */
enum patch_verdict {
	PATCH_APPLIES,	/* every test holds */
	PATCH_DONE,	/* the value is already `to`, all else as it was */
	PATCH_OVERTAKEN /* something else changed: reason says what */
};
enum patch_verdict patch_judge(const struct patch_change *change, jv object, char *reason,
			       size_t reason_size);
/* Is there a targetRevision in it, if an empty one? For from_is_empty. */
bool patch_has_revision(const struct patch_change *change, jv object);

/* A version as it may be written into targetRevision: a tag, with + for _. */
bool patch_is_revision(const char *text);

#endif
