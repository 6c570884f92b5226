/*
 * Which sources of which Applications follow which repository (with which credential). Keeps
 * what each Application claims, and says of which repositories the followers have changed. Pure:
 * knows no registry, no message.
 */
#ifndef WEIR_WATCHLIST_H
#define WEIR_WATCHLIST_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/buf.h"
#include "reference.h"

struct watchlist;
struct watchlist_claim;

/* A repository that somebody follows. */
struct watchlist_entry {
	struct reference reference;
	char *credential; /* NULL: none was named */
	size_t count;	  /* its followers */
	void *owner;	  /* the caller's own */
	struct watchlist_claim *first, **last; /* private */
};

/* Another set of followers. When entry->count is 0 the entry is freed after the call, so that owner
 * is to be freed there. */
typedef void watchlist_changed_fn(void *arg, struct watchlist_entry *entry);

struct watchlist *watchlist_new(watchlist_changed_fn *changed, void *arg);
/* changed is called for each entry, without followers. */
void watchlist_free(struct watchlist *watchlist);

/* What an Application (a key of any bytes) claims from now on: begin, claim for each source, end.
 * Entries change at end, all others keep what they had, and a claim that is repeated word for
 * word is no change. */
void watchlist_begin(struct watchlist *watchlist, const char *key, size_t len);
/* follower: what is to be told of it, as a JSON object; copied, as all is. */
void watchlist_claim(struct watchlist *watchlist, const struct reference *reference,
		     const char *credential, const char *follower, size_t len);
void watchlist_end(struct watchlist *watchlist);
/* It claims nothing any more. */
void watchlist_drop(struct watchlist *watchlist, const char *key, size_t len);

/* Append the followers, divided by commas, in the order in which they came. */
bool watchlist_followers(const struct watchlist_entry *entry, struct buf *out);
/* Start with *cursor = 0; NULL at the end. */
struct watchlist_entry *watchlist_next(const struct watchlist *watchlist, size_t *cursor);

#endif
