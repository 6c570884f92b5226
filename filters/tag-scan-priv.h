/* What the files of tag-scan share: what Applications claim (tag-scan-claims.c), scans
 * (tag-scan-repository.c), text mode (tag-scan-text.c). */
#ifndef WEIR_TAG_SCAN_PRIV_H
#define WEIR_TAG_SCAN_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "../bus/buf.h"
#include "../bus/filter.h"
#include "access.h"
#include "reference.h"
#include "watchlist.h"

/* --- tag-scan-claims.c: what an Application follows --- */

/* Borrowed. */
struct claims {
	struct filter *filter;
	struct access *access;
	struct watchlist *watchlist;
};

/* Enter what the Application of this event claims. Whatever is wrong with it is an ERROR, and what
 * it claimed before is taken back. */
void claims_take(const struct claims *claims, const struct message *message, const struct buf *key);

/* --- tag-scan-repository.c: the listing of one repository, kept up to date --- */

struct scan;

struct scan_settings {
	struct filter *filter;
	struct access *access;
	int64_t interval_ms; /* 0: no scan by the clock */
	/* A scan has ended with a whole list, which differs from the one before (or is the
	 * first). */
	void (*on_listed)(void *arg, struct scan *scan);
	/* A scan has failed; what was listed before stays. Another try comes by itself. */
	void (*on_failed)(void *arg, struct scan *scan, const struct error *err);
	bool is_ended; /* the input has ended: no more tries, no more scans by the clock */
	bool is_held;  /* nothing may be asked yet; scans wait for scan_release */
};

/* Everything but settings is copied; arg is given to the callbacks. The first scan is started. */
struct scan *scan_new(const struct scan_settings *settings, const struct reference *reference,
		      const char *credential, void *arg);
void scan_free(struct scan *scan);
/* Look now; while a scan is running: once more after it, however often this is called. Hints that
 * come thick and fast are slowed down. */
void scan_hint(struct scan *scan);
/* The inside of a JSON array of tags; NULL: none was ever listed. */
const char *scan_tags(const struct scan *scan, size_t *len);
/* is_held is no longer true: what waited starts now. */
void scan_release(struct scan *scan);
/* Give up what is in flight, start nothing more. */
void scan_stop(struct scan *scan);

/* --- tag-scan-text.c: tags of repositories, one per line --- */

struct tag_text;
/* *status: 0 until a question fails, then the exit status that fits the first failure. */
struct tag_text *tag_text_new(struct filter *filter, struct access *access, int *status);
void tag_text_free(struct tag_text *text);
/* Another repository, as a person spells it. */
void tag_text_add(struct tag_text *text, const char *repository);
/* No more will come. */
void tag_text_end(struct tag_text *text);

#endif
