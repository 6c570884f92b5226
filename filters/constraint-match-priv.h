/* What the files of constraint-match share: messages (constraint-match.c), reading TAGS
 * (constraint-match-listing.c), text mode (constraint-match-text.c). */
#ifndef WEIR_CONSTRAINT_MATCH_PRIV_H
#define WEIR_CONSTRAINT_MATCH_PRIV_H

#include <stdbool.h>

#include "../bus/buf.h"
#include "../bus/filter.h"
#include "choose.h"

/* Enough for verify to find a chart among them, and for a person to see what else there is. */
#define MATCHES_MAX 10

struct constraint_match {
	struct filter *filter;
	int dialect; /* index in the option's choices; -1: not given */
	bool pin_ranges, explain;

	bool text; /* and with it: */
	const char *constraint, *current, *strategy, *allow_tags, *ignore_tags;
	struct buf lines; /* the tags that were read, each ended by a newline */
};

/* The settings that hold for every rule. */
struct choose_rule match_rule(const struct constraint_match *self);

/* --- constraint-match-listing.c --- */

/* One TAGS, taken apart. */
struct listing {
	struct json_slice repository, credential;
	struct choose_tags *tags;
	struct semver_text *texts;
	struct buf unescaped; /* the tags, when some were spelled with escapes */
};

/* Borrows the message. INPUT error that names the member; no listing that is not known to be whole
 * is read. Close it in any case. */
int match_listing_read(struct listing *listing, const struct message *message,
		       struct error *err);
void match_listing_close(struct listing *listing);
/* 0, or an INPUT error that names the member. */
int match_is_array(struct json_slice value, const char *name, struct error *err);
/* Tags that a registry may hold, also with `+` for `_`. */
bool match_is_legal(const char *tag, size_t len);

/* --- constraint-match-text.c --- */

/* Is the rule of the options understood? Then the lines, and at the end the answer. */
int match_text_check(const struct constraint_match *self, struct error *err);
void match_text_line(struct constraint_match *self, const char *line, size_t len);
void match_text_end(struct constraint_match *self);

#endif
