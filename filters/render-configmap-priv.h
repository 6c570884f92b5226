/* Shared by render-configmap.c (what comes in), render-configmap-kept.c (what stays as it stands)
 * and render-configmap-output.c (what is told, and when). */
#ifndef WEIR_RENDER_CONFIGMAP_PRIV_H
#define WEIR_RENDER_CONFIGMAP_PRIV_H

#include "../bus/filter.h"
#include "../bus/table.h"
#include "jq-program.h"
#include "rendered.h"
#include "werf-sources.h"

#define TRACE_SIZE 64
#define CONFIGMAP_NAME "argocd-image-updater-config"
#define CONFIGMAP_KEY "registries.conf"

/* One of the two things to tell. */
struct part {
	bool is_known; /* whether there are any */
	bool is_dirty; /* to be rendered */
	char trace[TRACE_SIZE]; /* of what changed it last */
};

struct render_configmap {
	struct filter *filter;
	const char *namespace, *program_file;
	struct jq_program *program;
	struct rendered *rendered;
	bool is_proven; /* the first lists are complete */
	bool has_seen_source, has_others_source, has_listed_files;
	struct loop_timer settle;
	int64_t settle_by_ms; /* the timer runs, and goes off by then; 0: it does not run */
	int64_t not_before_ms;

	struct part registries;
	char *told;	    /* registries.conf, the last one; NULL: none yet */
	struct buf own_key; /* of the events of the ConfigMap */
	char *live;	    /* registries.conf as the cluster has it; NULL: not seen, or gone */
	struct werf_sources *sources;
	struct table *broken; /* key of an event -> a source that never was whole */
	struct table *clashes; /* the texts of those that were reported */

	struct part settings;
	jv module; /* spec.settings of the ModuleConfig; null: there is none */
	struct buf module_key;
};

/* An ERROR about object (a reference or invalid; taken); origin is of the message, or absent. */
void render_report(struct render_configmap *self, jv object, struct json_slice origin,
		   struct error *err);
/* Something of this part is another than before. */
void render_mark(struct render_configmap *self, struct part *part);
/* Somebody else has changed or deleted the ConfigMap: it is to be told again. */
void render_restore(struct render_configmap *self);
void kept_init(struct render_configmap *self);
void kept_fini(struct render_configmap *self);
/* The ConfigMap of the cluster holds this; NULL: nothing. */
void kept_live(struct render_configmap *self, const char *text);
/* The source of this key is broken, and no earlier one is known; is whole, or gone. */
void kept_broken(struct render_configmap *self, const struct buf *key,
		 const struct werf_source *source);
void kept_whole(struct render_configmap *self, const struct buf *key);
/* The entries of broken sources: {"name", "registry", "prefix", "apiUrl", "credentials"}. */
jv kept_entries(const struct render_configmap *self);
/* The registries of broken sources, as far as they can be read: an array of texts. */
jv kept_registries(const struct render_configmap *self);

/* Render what is known, proven and marked: now, or after a moment. */
void render_now(struct render_configmap *self);
void render_soon(struct render_configmap *self);
void render_stop(struct render_configmap *self);

#endif
