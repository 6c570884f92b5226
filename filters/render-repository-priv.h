/* Shared by the files of render-repository: what is there, and what was made of it. */
#ifndef WEIR_RENDER_REPOSITORY_PRIV_H
#define WEIR_RENDER_REPOSITORY_PRIV_H

#include "../bus/filter.h"
#include "../bus/loop.h"
#include "../bus/table.h"
#include "jq-program.h"
#include "pull-secrets.h"
#include "rendered.h"
#include "werf-sources.h"
#include "werf-status.h"

/* How long a pull secret may come after the source that names it: one `kubectl apply` creates both,
 * and two watches tell of them. Longer while there are bookmarks, but none of Secrets yet. */
#define PATIENCE_MS 1000
#define PATIENCE_UNLISTED_MS 10000

/* What is known of first lists. An input may be several lists, one behind the other, and counts as
 * complete after the first: a bookmark of WerfSources is asked for, too, or of a folder that holds
 * some. weir's own sources (their messages have a trace) always give one; of others' the end of the
 * input is all that can be had, and a snapshot's end is none. */
struct lists {
	bool are_complete, are_proven; /* as the harness says */
	bool have_bookmark;
	bool have_traced, have_untraced, have_filed; /* such WerfSources came */
	bool have_sources, have_secrets, have_files; /* all of them were seen */
	bool have_ended;
};

struct render_repository {
	struct filter *filter;
	/* Options. */
	const char *namespace, *program_file;
	const char *name, *url, *username, *project;
	bool password_stdin, enable_oci;

	struct jq_program *program;
	char *text; /* one-shot: what is to be printed */

	struct rendered *rendered;
	struct werf_sources *sources; /* those without a mistake */
	struct pull_secrets *pull_secrets;
	struct table *entries;	      /* the event's key -> struct entry, owned */
	struct table *by_source;      /* a source of the set (its address) -> its entry */
	struct table *by_name;	      /* name -> first entry of that name */
	struct table *by_pull_secret; /* Secret's name -> table of entries, owned */
	struct table *outputs;	      /* key of an APPLY -> struct output, owned */
	struct table *owned;	      /* repository Secrets that weir owns: name -> uid, owned */
	struct table *secret_names;   /* key of an event from a file -> Secret's name, owned */
	struct lists lists;
	bool is_complete, is_proven; /* sources are judged; what has no source is pruned */
	bool is_timing;
	struct loop_timer patience;
};

/* One WerfSource, as an event tells of it. */
struct entry {
	char *key;
	size_t key_len;
	const struct werf_source *source; /* in the set; else &broken */
	struct werf_source broken;	  /* as much as could be read */
	char *problem;			  /* what is wrong with it; NULL: nothing */
	struct entry *same_name;	  /* the next one of by_name */
	char *trace;			  /* of its last event */
	struct table *outputs;		  /* key -> struct output that it has asked for */
	char *reported;			  /* the last ERROR */
	int64_t waits_until;		  /* for its pull secret; 0: it does not */
	bool has_waited;
	/* The last status. */
	bool has_status, was_ready;
	char since[WERF_STATUS_TIME_SIZE];
};

/* An object that was asked for. */
struct output {
	struct entry *entry;
	jv reference;
	bool is_fresh; /* asked for in this round */
};

/* A Secret as it is in the cluster now, where that is why a source is looked at. */
struct live {
	const char *name;
	jv object; /* borrowed; invalid: it is gone */
};

/* --- render-repository-entry.c: which sources there are --- */

void entries_init(struct render_repository *self);
void entries_fini(struct render_repository *self);
/* object: of an ADDED or MODIFIED event; all that depends on it is rendered. */
void entry_put(struct render_repository *self, const char *key, size_t len,
	       struct json_slice object);
/* Unknown keys are nothing. */
void entry_drop(struct render_repository *self, const char *key, size_t len);
struct entry *entry_of(const struct render_repository *self, const struct werf_source *source);
/* The first entry of this name; NULL: there is none. */
struct entry *entry_named(const struct render_repository *self, const char *name);
/* Those who name this pull secret; NULL: nobody. */
const struct table *entries_by_pull_secret(const struct render_repository *self,
					   const char *secret);

/* --- render-repository-judge.c: what is to be done for one --- */

/* Look at it, render it, tell its status, report what is wrong: whatever has changed of that since
 * the last time. Nothing before the first list is complete. live: NULL, or see there. */
void judge(struct render_repository *self, struct entry *entry, const struct live *live);
/* All of them, each with the trace of its last event. */
void judge_all(struct render_repository *self);
/* All Secrets were seen: those that wait for one do so no longer than usual. */
void judge_soon(struct render_repository *self);
/* The input has ended: no pull secret will come any more. */
void judge_waiting(struct render_repository *self);

/* --- render-repository-output.c: what was asked for --- */

void outputs_init(struct render_repository *self);
void outputs_fini(struct render_repository *self);
/* Emit what the program gave (taken) for the entry. INPUT error: it is no message to emit. */
int output_emit(struct render_repository *self, struct entry *entry, jv message,
		const struct live *live, struct error *err);
/* Ends a round of output_emit. is_whole: PRUNE what the entry had asked for before, and not in this
 * one. */
void output_settle(struct render_repository *self, struct entry *entry, bool is_whole);
/* PRUNE the Secret of this source unless somebody asks for it; "", whose name is none, never had
 * one. */
void output_prune(struct render_repository *self, const char *source_name);
/* Is a Secret of this name (in our namespace) asked for? NULL: by nobody. */
struct entry *output_wants(const struct render_repository *self, const char *secret_name);
/* Emit a status of the entry's source (taken). */
void output_status(struct render_repository *self, jv message);
/* The source is gone, and so is the object of its status. */
void output_forget_status(struct render_repository *self, const struct werf_source *source);
/* What was told of this Secret holds no more: to be told again, when it is to be. */
void output_forget_secret(struct render_repository *self, const char *secret_name);

/* --- render-repository-secret.c: Secrets that come and go --- */

void secret_put(struct render_repository *self, const char *name, struct message *message);
void secret_drop(struct render_repository *self, const char *name);
/* PRUNE all that weir owns and no source is there for. Only with proof that all were seen. */
void secrets_prune(struct render_repository *self);

/* --- render-repository-text.c: without messages --- */

bool text_is_asked_for(const struct render_repository *self);
/* Reads stdin where that is asked for, and fills self->text. USAGE, CONFIG or INPUT error. */
int text_prepare(struct render_repository *self, struct error *err);

/* The program's input for a source; credential NULL: none. Owned by the caller. */
jv render_input(const struct render_repository *self, const struct werf_source *source,
		const struct credential *credential);
/* "repo-NAME", owned by the caller. */
char *repository_secret_name(const char *source_name);

#endif
