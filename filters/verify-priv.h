/* What the files of verify share: verdicts on tags (verify-verdict.c), an UPDATE as text
 * (verify-update.c). */
#ifndef WEIR_VERIFY_PRIV_H
#define WEIR_VERIFY_PRIV_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/buf.h"
#include "../bus/error.h"
#include "../bus/loop.h"
#include "../bus/message.h"
#include "access.h"

/* --- verify-verdict.c: what a tag is, asked for once however many want to know --- */

struct verdicts;
struct verdict_wait;

struct verdict {
	bool exists, is_chart;
	char *what;   /* no chart: what it is; else NULL */
	char *digest; /* exists: of its manifest; else NULL */
};

/* access must outlive it. */
struct verdicts *verdicts_new(struct loop *loop, struct access *access);
void verdicts_free(struct verdicts *verdicts); /* nobody is told */
typedef void verdict_fn(void *arg, const struct verdict *verdict, const struct error *err);
/* The verdict, valid until the next call, when it is known. NULL: *wait is set and on_done will
 * be called once, from a loop turn. */
const struct verdict *verdicts_get(struct verdicts *verdicts, const struct reference *reference,
				   const char *credential, const char *tag, verdict_fn *on_done,
				   void *arg, struct verdict_wait **wait);
void verdict_cancel(struct verdict_wait *wait); /* on_done is not called */

/* --- verify-update.c: an UPDATE, and what is made of it --- */

struct update {
	char *text; /* the message */
	size_t len;
	struct reference reference;
	char *credential;	/* NULL: none */
	char *namespace;	/* of the application */
	char *from;
	char **versions; /* to, then the other candidates */
	size_t count;
};

/* INPUT error that names the member. update_fini it in any case. */
int update_read(struct update *update, const struct message *message, struct error *err);
void update_fini(struct update *update);
/* Would versions[i] lead backwards from `from`, where `to` leads forwards? */
bool update_is_backwards(const struct update *update, size_t i);
/* Append the UPDATE with versions[i] as its `to`, the rest as candidates, and the digest. */
bool update_write(const struct update *update, size_t i, const char *digest, struct buf *out);
/* Append the HOLD that takes its place. */
bool update_write_hold(const struct update *update, const char *reason, struct buf *out);
/* What an ERROR about it is about. */
jv update_about(const struct update *update);

#endif
