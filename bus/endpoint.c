/* Address syntax, and the way to the endpoint's own kind. */
#include "endpoint.h"

#include <string.h>

#include "endpoint-priv.h"

bool
endpoint_is_retained(const char *address)
{
	if (*address == '@')
		address++;
	return strncmp(address, "ipc://", 6) == 0 || strncmp(address, "tcp://", 6) == 0;
}

static int
refuse(const char *address, struct error *err)
{
	return error_set(
		err, ERROR_USAGE, 0,
		"'%s' is no endpoint: use - or [@]ipc://PATH or [@]tcp://HOST:PORT (@ binds)",
		address);
}

static struct endpoint *
open_retained(struct loop *loop, const char *address, const struct endpoint_settings *settings,
	      struct retain *retain, const struct endpoint_events *events, void *arg,
	      struct error *err)
{
	bool bind = address[0] == '@';

	if (!endpoint_is_retained(address)) {
		refuse(address, err);
		return NULL;
	}
	return endpoint_zmq_open(loop, address + (bind ? 1 : 0), bind, settings, retain, events,
				 arg, err);
}

struct endpoint *
endpoint_open_reader(struct loop *loop, const char *address,
		     const struct endpoint_settings *settings, const struct endpoint_events *events,
		     void *arg, struct error *err)
{
	if (strcmp(address, "-") == 0)
		return endpoint_stdio_reader(loop, events, arg, err);
	return open_retained(loop, address, settings, NULL, events, arg, err);
}

struct endpoint *
endpoint_open_writer(struct loop *loop, const char *address,
		     const struct endpoint_settings *settings, struct retain *retain,
		     const struct endpoint_events *events, void *arg, struct error *err)
{
	if (strcmp(address, "-") == 0)
		return endpoint_stdio_writer(loop, events, arg, err);
	return open_retained(loop, address, settings, retain, events, arg, err);
}

void
endpoint_pause(struct endpoint *endpoint, bool paused)
{
	endpoint->ops->pause(endpoint, paused);
}

void
endpoint_write(struct endpoint *endpoint, const char *text, size_t len)
{
	endpoint->ops->write(endpoint, text, len);
}

void
endpoint_changed(struct endpoint *endpoint, const char *key, size_t len)
{
	endpoint->ops->changed(endpoint, key, len);
}

void
endpoint_complete(struct endpoint *endpoint)
{
	endpoint->ops->complete(endpoint);
}

bool
endpoint_is_full(const struct endpoint *endpoint)
{
	return endpoint->ops->is_full(endpoint);
}

void
endpoint_finish(struct endpoint *endpoint, bool end)
{
	endpoint->ops->finish(endpoint, end);
}

bool
endpoint_is_flushed(const struct endpoint *endpoint)
{
	return endpoint->ops->is_flushed(endpoint);
}

void
endpoint_close(struct endpoint *endpoint)
{
	if (endpoint != NULL)
		endpoint->ops->close(endpoint);
}
