/*
 * The shape of an Argo CD Application, as far as chart tracking goes: which sources are
 * tracked, by which rule, and where the value stands. Pure: jv in, structs out.
 */
#ifndef WEIR_APPLICATION_H
#define WEIR_APPLICATION_H

#include <stdbool.h>
#include <stddef.h>

#include <jv.h>

#include "../bus/error.h"

#define APPLICATION_PREFIX "argocd-image-updater.argoproj.io/"

struct application_source {
	int index; /* in spec.sources; -1: spec.source */
	char *repo_url;	  /* as the object spells it */
	char *chart;	  /* as the object spells it */
	char *current;	  /* spec...targetRevision, "" when absent */
};

struct application {
	char *namespace, *name, *uid; /* "" when the object has none (files) */
	char *constraint; /* annotation chart-version; NULL: not tracked */
	char *strategy, *allow_tags, *ignore_tags, *pull_secret; /* NULL when absent */
	struct application_source *sources; /* those with a chart */
	size_t source_count;
};

/* True when the object is an argoproj.io Application (any version). */
bool application_is(jv object);
/* Read what matters. 0, also when the Application is not tracked (constraint NULL, no sources);
 * INPUT error that names the member when something has the wrong type. Free with application_fini
 * in any case. */
int application_read(struct application *application, jv object, struct error *err);
void application_fini(struct application *application);
/* {"namespace","name","uid"} as messages carry it; uid only when known. Owned by the caller. */
jv application_reference(const struct application *application);

#endif
