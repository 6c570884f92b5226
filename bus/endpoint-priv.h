/* What endpoint.c needs of each kind of endpoint: a table of functions. */
#ifndef WEIR_ENDPOINT_PRIV_H
#define WEIR_ENDPOINT_PRIV_H

#include "endpoint.h"

struct endpoint_ops {
	void (*pause)(struct endpoint *endpoint, bool paused);
	void (*write)(struct endpoint *endpoint, const char *text, size_t len);
	void (*changed)(struct endpoint *endpoint, const char *key, size_t len);
	void (*complete)(struct endpoint *endpoint);
	bool (*is_full)(const struct endpoint *endpoint);
	void (*finish)(struct endpoint *endpoint, bool end);
	bool (*is_flushed)(const struct endpoint *endpoint);
	void (*close)(struct endpoint *endpoint); /* frees it */
};

/* First member of each kind's own struct. */
struct endpoint {
	const struct endpoint_ops *ops;
	struct loop *loop;
	const struct endpoint_events *events;
	void *arg;
};

struct endpoint *endpoint_stdio_reader(struct loop *loop, const struct endpoint_events *events,
				       void *arg, struct error *err);
struct endpoint *endpoint_stdio_writer(struct loop *loop, const struct endpoint_events *events,
				       void *arg, struct error *err);
/* address without the @; bind says whether it had one. retain NULL: a reader. */
struct endpoint *endpoint_zmq_open(struct loop *loop, const char *address, bool bind,
				   const struct endpoint_settings *settings, struct retain *retain,
				   const struct endpoint_events *events, void *arg,
				   struct error *err);

#endif
