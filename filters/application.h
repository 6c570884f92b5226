/*
 * The shape of an Argo CD Application, as far as chart tracking goes: which sources are
 * tracked, by which rule, and where the value stands. Pure: JSON bytes in, structs out.
 */
#ifndef WEIR_APPLICATION_H
#define WEIR_APPLICATION_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/buf.h"
#include "../bus/error.h"
#include "../bus/json.h"

#define APPLICATION_PREFIX "argocd-image-updater.argoproj.io/"

struct application_source {
	int index;	/* in spec.sources; -1: spec.source */
	char *repo_url; /* as the object spells it */
	char *chart;	/* as the object spells it */
	char *current;	/* its targetRevision, "" when absent */
};

struct application {
	char *namespace, *name, *uid; /* "" when the object has none (files) */
	char *constraint; /* annotation chart-version; NULL: not tracked */
	char *strategy, *allow_tags, *ignore_tags, *pull_secret; /* NULL when absent */
	struct application_source *sources; /* those with a chart */
	size_t source_count;
};

/* True when the object is an argoproj.io Application (any version). Like the functions below it
 * takes what json_check has accepted. */
bool application_is(struct json_slice object);
/* Read what matters. 0, also when the Application is not tracked (constraint NULL, no sources);
 * INPUT error that names the member when something has the wrong type, or when a rule is there
 * but no chart. Free with application_fini in any case: what could be read is in it. */
int application_read(struct application *application, struct json_slice object,
		     struct error *err);
void application_fini(struct application *application);
/* Append {"namespace","name","uid"} as messages carry it; uid only when known. */
bool application_reference(const struct application *application, struct buf *out);
/* Append an element of TAGS' applications for one of its sources; origin (absent: text NULL) is
 * copied as it stands. */
bool application_follower(const struct application *application,
			  const struct application_source *source, struct json_slice origin,
			  struct buf *out);

#endif
