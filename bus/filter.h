/*
 * The harness: what is the same in every filter. Common options (--in, --out, --shard,
 * --ready-fd, --log-level, --help, --version, ...), endpoints, back-pressure, passing on,
 * ERROR messages, traces, readiness, drain on SIGTERM, exit status. It never knows what a
 * filter does.
 *
 * A filter's main: declare its options, filter_open, check and acquire what it needs,
 * return filter_run.
 */
#ifndef WEIR_FILTER_H
#define WEIR_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include <jv.h>

#include "error.h"
#include "loop.h"
#include "message.h"
#include "options.h"

struct filter;
struct filter_work;

#define FILTER_SOURCE 1u      /* reads no messages: no --in */
#define FILTER_SINK 2u	      /* writes text, no messages (show): no --out; gets every type */
#define FILTER_READY_LATER 4u /* calls filter_ready itself (watch: after the first list) */
#define FILTER_OWN_KEYS                                                                          \
	8u		      /* outputs are not derived one input key at a time (tag-scan): the \
			       * filter retracts its keys itself with filter_gone */
#define FILTER_EVERY_TYPE 32u /* consumes all messages, also of types that weir does not know */
#define FILTER_OWN_SHARD \
	16u /* --shard is applied by the filter (filter_takes), not per input key */

struct filter_program {
	const char *name;     /* "tag-scan" */
	const char *synopsis; /* "[option ...] [oci://REPOSITORY ...]" */
	const char *summary;
	unsigned flags;
	const struct option_row *options;  /* the filter's own; ends with a NULL name */
	const enum message_type *consumes; /* ends with MESSAGE_OTHER; NULL: none */
	size_t busy_max; /* works in flight above which reading stops; 0: no bound */
};

/* Callbacks; those not needed are NULL. All run in loop turns; self is the filter's own. */
struct filter_callbacks {
	/* A message of a consumed type. Emits made here (or later through a filter_work taken
	 * here) are caused by it. */
	void (*on_message)(void *self, struct message *message);
	/* The message last seen under this key is no longer there (ZeroMQ inputs). For DELETED
	 * events on stdio on_message is called instead. key is NUL-terminated. */
	void (*on_gone)(void *self, const char *key, size_t len);
	/* The first list is complete. proven: by the initial-events-end bookmark, the end of input,
	 * or a whole snapshot; false: by 200 ms of silence, and then it is called once more when
	 * proof comes. Only proof may prune. */
	void (*on_complete)(void *self, bool proven);
	/* Text mode (filter_text was called): one line of input, NUL-terminated. */
	void (*on_line)(void *self, const char *line, size_t len);
	/* Input has ended: start what was waiting for more. Work in flight is waited for. */
	void (*on_end)(void *self);
	/* SIGTERM: take up no new work; work in flight is waited for within a deadline. */
	void (*on_stop)(void *self);
	/* The loop is about to go: free what lives on it (http, timers, watches). */
	void (*on_close)(void *self);
};

/* Parses options. --help and --version print and exit 0; wrong usage prints what is wrong and
 * exits 100. Never NULL. Sets SIGPIPE to ignored, umask 077 is NOT touched. */
struct filter *filter_open(const struct filter_program *program, int argc, char **argv);
struct loop *filter_loop(struct filter *filter);
const struct option_list *filter_operands(const struct filter *filter);

/* Input and output are lines of text, not messages (--text). Before filter_run. */
void filter_text(struct filter *filter);
/* There is no input to read (operands were given instead). Before filter_run. */
void filter_no_input(struct filter *filter);
/* Print a usage or configuration error and return the exit status for it: for use in main as
 * `return filter_fail(filter, &err)`. Frees the filter. */
int filter_fail(struct filter *filter, const struct error *err);

/* Opens endpoints, runs until the input has ended (or filter_finish, or SIGTERM) and all work
 * is done and written; returns the exit status; frees the filter. */
int filter_run(struct filter *filter, const struct filter_callbacks *callbacks, void *self);

/* --- emitting --- */
/* Takes message. Adds `trace` from the current cause when it has none. */
void filter_emit(struct filter *filter, jv message);
/* The same for text that is already one compact JSON object (checked by the caller). */
void filter_emit_text(struct filter *filter, const char *text, size_t len);
/* Pass a consumed message on as it came, byte for byte. */
void filter_pass(struct filter *filter, const struct message *message);
/* Report a failure: an ERROR message with `about` (taken; jv_invalid() for none), a line on
 * stderr, exit status 1 at the end. */
void filter_error(struct filter *filter, jv about, const struct error *err);
/* Exit status 1 at the end without an ERROR (a text question without an answer, a failed RESULT).
 */
void filter_failed(struct filter *filter);
/* Something that ends the process: log it and leave filter_run with its exit status. */
void filter_die(struct filter *filter, const struct error *err);
/* Retract an output key (message_key form). Only with FILTER_OWN_KEYS. */
void filter_gone(struct filter *filter, const char *key, size_t len);
/* A line of text to stdout (text mode, FILTER_SINK); a newline is added. */
void filter_print(struct filter *filter, const char *text, size_t len);

/* --- sources --- */
void filter_ready(struct filter *filter);    /* FILTER_READY_LATER */
void filter_complete(struct filter *filter); /* a source's first list is out */
void filter_finish(struct filter *filter);   /* a source has ended (--once) */
/* The outputs have no room: a source must not emit while this is true; on_room is called when it
 * may go on. */
bool filter_is_full(const struct filter *filter);
void filter_on_room(struct filter *filter, void (*on_room)(void *self));

/* --- work in flight --- */
/* Remember the current cause (key and trace) for work that ends later; counts as in flight. */
struct filter_work *filter_work_start(struct filter *filter);
/* Emits from here on (until the callback that we are in returns) are caused by this work. */
void filter_work_resume(struct filter_work *work);
/* It waits for something that may never come (a registry that is down): it stays what it is, but
 * neither the end of input nor the completeness of outputs waits for it until it is resumed. */
void filter_work_rest(struct filter_work *work);
/* A later message of the same key, or its end, has come since this work was started. */
bool filter_work_is_stale(const struct filter_work *work);
/* The work is done; frees it. */
void filter_work_end(struct filter_work *work);
size_t filter_busy(const struct filter *filter);

/* Does this shard (--shard I/N) take the key? true when not sharded. */
bool filter_takes(const struct filter *filter, const char *key, size_t len);
bool filter_is_sharded(const struct filter *filter);
/* The current trace id ("" when none): what a filter without filter_work must keep by itself.
 * filter_set_trace sets it until the next message or filter_work_resume. */
const char *filter_trace(const struct filter *filter);
void filter_set_trace(struct filter *filter, const char *trace);

#endif
