/*
 * One interface for what a filter reads from and writes to: stdio, or ZeroMQ with
 * the retained protocol (link.h). Address syntax:
 *   -                      stdin or stdout
 *   @ipc://PATH @tcp://HOST:PORT   bind        ipc://PATH tcp://HOST:PORT   connect
 * Knows addresses and bytes, not message types; the filter harness owns endpoints.
 */
#ifndef WEIR_ENDPOINT_H
#define WEIR_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "loop.h"

struct endpoint;
struct retain; /* retain.h: what a writer keeps per key; NULL when all outputs are stdio */

struct endpoint_settings {
	bool insecure_tcp;	/* --insecure-tcp: tcp:// without CURVE */
	unsigned shard, shards; /* this reader takes keys with hash % shards == shard; 0,0: all */
	unsigned readers;	/* so many must take a writer's end before it is flushed; 0: one */
};

/* What happens at an endpoint. Readers: record, too_long, gone, synced, end.
 * Writers: left, room. None may be NULL. Called from loop turns only. */
struct endpoint_events {
	/* One message, or an empty line of stdin; text is valid during the call, NUL-terminated. */
	void (*record)(void *arg, const char *text, size_t len);
	void (*too_long)(void *arg);
	/* ZeroMQ only: this key is not there any more (deleted, or not in a snapshot). */
	void (*gone)(void *arg, const char *key, size_t len);
	/* ZeroMQ only: all that the writer retains has arrived. May come again after a
	 * reconnect. stdio inputs never call it. */
	void (*synced)(void *arg);
	/* The input has ended: end of file, or the writer said so. */
	void (*end)(void *arg);
	/* The reader of this output has gone for good (EPIPE); stop writing. */
	void (*left)(void *arg);
	/* The output was full and has room again. */
	void (*room)(void *arg);
};

/* CONFIG error for a bad address, SYSTEM when it cannot be opened. */
struct endpoint *endpoint_open_reader(struct loop *loop, const char *address,
				      const struct endpoint_settings *settings,
				      const struct endpoint_events *events, void *arg,
				      struct error *err);
struct endpoint *endpoint_open_writer(struct loop *loop, const char *address,
				      const struct endpoint_settings *settings,
				      struct retain *retain, const struct endpoint_events *events,
				      void *arg, struct error *err);
bool endpoint_is_retained(const char *address); /* ipc:// or tcp:// */

/* Reader: stop or resume delivering (back-pressure). A ZeroMQ reader gives no credit
 * while it is paused. */
void endpoint_pause(struct endpoint *endpoint, bool paused);

/* stdio writer: queue one record (a newline is added). ZeroMQ writer: send a record that has
 * no key (best effort, in order, bounded). */
void endpoint_write(struct endpoint *endpoint, const char *text, size_t len);
/* ZeroMQ writer: the retained store changed for this key; send it when there is credit.
 * stdio: nothing. */
void endpoint_changed(struct endpoint *endpoint, const char *key, size_t len);
/* ZeroMQ writer: from now on the store is a whole snapshot (SYNC may be sent). */
void endpoint_complete(struct endpoint *endpoint);
/* Writer: no room; the harness stops reading. */
bool endpoint_is_full(const struct endpoint *endpoint);
/* Writer: nothing more will come; tell readers (END) when end is true. Flushing goes on in
 * the loop until endpoint_is_flushed. */
void endpoint_finish(struct endpoint *endpoint, bool end);
/* stdio: all bytes written. ZeroMQ: every reader that is connected has acknowledged all. */
bool endpoint_is_flushed(const struct endpoint *endpoint);
void endpoint_close(struct endpoint *endpoint);

#endif
