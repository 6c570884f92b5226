/* Shared by filter.c (running), filter-options.c (starting), filter-input.c (reading),
 * filter-emit.c (writing) and filter-cause.c (what caused what). */
#ifndef WEIR_FILTER_PRIV_H
#define WEIR_FILTER_PRIV_H

#include "endpoint.h"
#include "filter.h"
#include "progress.h"
#include "retain.h"
#include "table.h"

#define TRACE_MAX 64

/* An input key: its latest message's generation, the work it has in flight, the output keys
 * it made. Exists while it has any of them (and always when outputs are retained). */
struct cause {
	char *key;
	size_t len;
	unsigned generation;
	unsigned works;
	bool gone;
	struct table *outputs; /* key -> generation + 1 as a pointer; NULL until needed */
};

struct filter_work {
	struct filter *filter;
	struct cause *cause; /* NULL: the message had no key */
	unsigned generation;
	bool rests; /* not counted in busy */
	char trace[TRACE_MAX];
};

struct input {
	struct filter *filter;
	struct endpoint *endpoint;
	uint64_t lines; /* of a stdio input, until now */
	bool retained, complete, proven, ended;
};

struct common_options {
	struct option_list in, out;
	const char *shard;
	bool insecure_tcp, help, version;
	uint64_t ready_fd, readers;
	int level;
};

struct filter {
	const struct filter_program *program;
	const struct filter_callbacks *callbacks;
	void *self;
	struct loop *loop;
	struct common_options common;
	struct option_row rows[10];
	const struct option_row *tables[3];
	struct option_list operands;
	struct endpoint_settings settings; /* shard, shards, readers, insecure_tcp */

	struct input *inputs;
	size_t input_count;
	struct endpoint **outputs;
	size_t output_count;
	struct retain *retain; /* NULL: no retained output */
	void (*on_room)(void *self);

	bool text, no_input, paused;
	bool failed, died, stopping, source_done, ending, finished;
	bool told_ready, told_complete, told_proven, outputs_complete, input_end_told;
	int die_status;
	struct loop_timer silence, deadline, later;

	struct table *causes; /* key -> struct cause */
	struct table *owners; /* output key -> struct cause; only with retain */
	struct cause *cause;  /* of what is being handled */
	struct buf key;	      /* of the message that is being handled */
	char trace[TRACE_MAX];
	size_t busy;
	size_t started, emitted; /* works and messages, for progress */
	struct progress progress;
	struct buf out;
};

/* filter-options.c */
int filter_parse(struct filter *filter, int argc, char **argv, struct error *err);

/* filter-cause.c */
void cause_init(struct filter *filter);
void cause_fini(struct filter *filter);
/* A message with filter->key begins; sets filter->cause. */
void cause_begin(struct filter *filter);
/* Its callback has returned: outputs that it did not make again are dropped. */
void cause_settle(struct filter *filter, struct cause *cause);
void cause_gone(struct filter *filter, const char *key, size_t len);
/* The current cause made this output key. */
void cause_owns(struct filter *filter, const char *key, size_t len);

/* filter-emit.c */
void emit_drop(struct filter *filter, const char *key, size_t len);

/* filter-input.c: what endpoints tell. */
extern const struct endpoint_events filter_reader_events, filter_writer_events;

/* filter.c: the first list may be complete now. */
void filter_tell_complete(struct filter *filter);
/* A timer's way to filter_check. */
void filter_look_again(void *arg);
/* Pause or resume inputs, and see whether all is done. */
void filter_check(struct filter *filter);

#endif
