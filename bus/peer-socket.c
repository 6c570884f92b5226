/*
 * libzmq, loaded by name, one context per process. Options are set for small bounded queues and
 * quick reconnects; what they mean for loss is link.h's matter.
 */
#include "peer-socket.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "alloc.h"
#include "wire.h"

#define LIBRARY "libzmq.so.5"
#define QUEUE_MAX 2048 /* frames per peer and direction; above any window, see link.h */

#define FUNCTIONS(X)                                                                              \
	X(ctx_new)                                                                                \
	X(ctx_term)                                                                               \
	X(socket)                                                                                 \
	X(close)                                                                                  \
	X(setsockopt)                                                                             \
	X(getsockopt)                                                                             \
	X(bind)                                                                                   \
	X(connect)                                                                                \
	X(send)                                                                                   \
	X(msg_init)                                                                               \
	X(msg_close)                                                                              \
	X(msg_recv)                                                                               \
	X(msg_data)                                                                               \
	X(msg_size)                                                                               \
	X(msg_more)                                                                               \
	X(strerror)

static struct {
#define FIELD(name) __typeof__(&zmq_##name)(name);
	FUNCTIONS(FIELD)
#undef FIELD
	void *library;
	void *context;
	unsigned sockets;
} mq;

struct peer_socket {
	void *handle;
	bool binds;
	int fd;
	zmq_msg_t peer, bytes;
};

/* --- loading --- */

static int
find_function(const char *name, void *pointer, struct error *err)
{
	void *symbol = dlsym(mq.library, name);

	if (symbol == NULL)
		return error_set(err, ERROR_SYSTEM, 0, "%s has no %s", LIBRARY, name);
	memcpy(pointer, &symbol, sizeof(symbol));
	return 0;
}

static int
load(struct error *err)
{
	if (mq.library != NULL)
		return 0;
	mq.library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (mq.library == NULL)
		return error_set(err, ERROR_SYSTEM, 0,
				 "unable to load %s, which ipc:// and tcp:// need (Debian: "
				 "libzmq5): %s", LIBRARY, dlerror());
#define FIND(name)                                                                                \
	if (find_function("zmq_" #name, &mq.name, err) < 0)                                       \
		return -1;
	FUNCTIONS(FIND)
#undef FIND
	return 0;
}

static int
fail(struct error *err, const char *what)
{
	int code = errno;

	return error_set(err, ERROR_SYSTEM, code, "%s: %s", what, mq.strerror(code));
}

/* --- opening --- */

struct option {
	int name, value;
};

static int
set_options(void *handle, const struct option *options, size_t count, struct error *err)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (mq.setsockopt(handle, options[i].name, &options[i].value, sizeof(int)) < 0)
			return fail(err, "unable to set a socket option");
	return 0;
}

static int
configure(const struct peer_socket *socket, const char *address, struct error *err)
{
	static const struct option common[] = {
		{ ZMQ_SNDHWM, QUEUE_MAX },	 { ZMQ_RCVHWM, QUEUE_MAX },
		{ ZMQ_LINGER, 0 },
		{ ZMQ_RECONNECT_IVL, 20 },	 { ZMQ_RECONNECT_IVL_MAX, 200 },
		{ ZMQ_HANDSHAKE_IVL, 3000 },	 { ZMQ_BACKLOG, 256 },
	};
	static const struct option router[] = { { ZMQ_ROUTER_MANDATORY, 1 } };
	static const struct option tcp[] = {
		{ ZMQ_IPV6, 1 },
		{ ZMQ_CONNECT_TIMEOUT, 3000 },
		{ ZMQ_HEARTBEAT_IVL, 1000 },
		{ ZMQ_HEARTBEAT_TIMEOUT, 3000 },
	};
	const int64_t size_max = (int64_t)WIRE_FRAME_MAX;

	if (mq.setsockopt(socket->handle, ZMQ_MAXMSGSIZE, &size_max, sizeof(size_max)) < 0)
		return fail(err, "unable to set a socket option");
	if (set_options(socket->handle, common, ALLOC_COUNT(common), err) < 0)
		return -1;
	if (socket->binds &&
	    set_options(socket->handle, router, ALLOC_COUNT(router), err) < 0)
		return -1;
	if (strncmp(address, "tcp://", 6) == 0)
		return set_options(socket->handle, tcp, ALLOC_COUNT(tcp), err);
	return 0;
}

static int
find_fd(struct peer_socket *socket, struct error *err)
{
	size_t size = sizeof(socket->fd);

	if (mq.getsockopt(socket->handle, ZMQ_FD, &socket->fd, &size) < 0)
		return fail(err, "unable to watch a socket");
	return 0;
}

static int
attach(struct peer_socket *socket, const char *address, struct error *err)
{
	if (mq.context == NULL && (mq.context = mq.ctx_new()) == NULL)
		return fail(err, "unable to start ZeroMQ");
	socket->handle = mq.socket(mq.context, socket->binds ? ZMQ_ROUTER : ZMQ_DEALER);
	if (socket->handle == NULL)
		return fail(err, "unable to open a socket");
	if (configure(socket, address, err) < 0 || find_fd(socket, err) < 0)
		return -1;
	if ((socket->binds ? mq.bind : mq.connect)(socket->handle, address) < 0)
		return fail(err, socket->binds ? "unable to bind" : "unable to connect");
	return 0;
}

struct peer_socket *
peer_socket_open(const char *address, bool bind, struct error *err)
{
	struct peer_socket *socket;

	if (load(err) < 0)
		return NULL;
	socket = alloc_zero(1, sizeof(*socket));
	socket->binds = bind;
	mq.msg_init(&socket->peer);
	mq.msg_init(&socket->bytes);
	mq.sockets++;
	if (attach(socket, address, err) == 0)
		return socket;
	peer_socket_close(socket, 0);
	return NULL;
}

void
peer_socket_close(struct peer_socket *socket, int linger_ms)
{
	if (socket == NULL)
		return;
	mq.msg_close(&socket->peer);
	mq.msg_close(&socket->bytes);
	if (socket->handle != NULL) {
		mq.setsockopt(socket->handle, ZMQ_LINGER, &linger_ms, sizeof(linger_ms));
		mq.close(socket->handle);
	}
	free(socket);
	if (--mq.sockets > 0 || mq.context == NULL)
		return;
	while (mq.ctx_term(mq.context) < 0 && errno == EINTR) {
	}
	mq.context = NULL;
}

/* --- frames --- */

int
peer_socket_fd(const struct peer_socket *socket)
{
	return socket->fd;
}

bool
peer_socket_is_readable(struct peer_socket *socket)
{
	int events = 0;
	size_t size = sizeof(events);

	return mq.getsockopt(socket->handle, ZMQ_EVENTS, &events, &size) == 0 &&
	       (events & ZMQ_POLLIN) != 0;
}

/* The parts of a message come together: what follows a part that is here is here too. */
static bool
skip_parts(struct peer_socket *socket, zmq_msg_t *part)
{
	bool skipped = false;

	while (mq.msg_more(part) && mq.msg_recv(part, socket->handle, ZMQ_DONTWAIT) >= 0)
		skipped = true;
	return skipped;
}

bool
peer_socket_receive(struct peer_socket *socket, struct peer_frame *frame)
{
	*frame = (struct peer_frame){ .peer = "" };
	if (socket->binds) {
		if (mq.msg_recv(&socket->peer, socket->handle, ZMQ_DONTWAIT) < 0)
			return false;
		frame->peer = mq.msg_data(&socket->peer);
		frame->peer_len = mq.msg_size(&socket->peer);
		if (!mq.msg_more(&socket->peer))
			return true;
	}
	if (mq.msg_recv(&socket->bytes, socket->handle, ZMQ_DONTWAIT) < 0)
		return socket->binds;
	if (skip_parts(socket, &socket->bytes))
		return true;
	frame->bytes = mq.msg_data(&socket->bytes);
	frame->len = mq.msg_size(&socket->bytes);
	return true;
}

bool
peer_socket_send(struct peer_socket *socket, const char *peer, size_t peer_len, const char *bytes,
		 size_t len)
{
	if (socket->binds &&
	    mq.send(socket->handle, peer, peer_len, ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0)
		return false;
	return mq.send(socket->handle, bytes, len, ZMQ_DONTWAIT) >= 0;
}
