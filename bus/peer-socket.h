/*
 * A ZeroMQ socket that carries frames to and from peers: a ROUTER when it binds, so that it
 * knows its peers, a DEALER when it connects. Nothing here blocks. Knows bytes, never what they
 * mean; this is where libzmq is named. It is loaded when the first socket is opened: a process
 * that uses only stdio does not pay for it.
 *
 * peer_socket_fd is edge-triggered in effect: it may be silent while messages are queued. Before
 * each wait, and after the last receive or send, ask peer_socket_is_readable.
 */
#ifndef WEIR_PEER_SOCKET_H
#define WEIR_PEER_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

struct peer_socket;

struct peer_frame {
	const char *peer; /* who sent it, an opaque name of peer_len bytes; empty when connecting */
	size_t peer_len;
	const char *bytes; /* NULL: it was malformed (not one part) */
	size_t len;
};

/* address: ipc:// or tcp://, without the @. */
struct peer_socket *peer_socket_open(const char *address, bool bind, struct error *err);
/* What is on its way out is given linger_ms. NULL is fine. */
void peer_socket_close(struct peer_socket *socket, int linger_ms);
int peer_socket_fd(const struct peer_socket *socket);
bool peer_socket_is_readable(struct peer_socket *socket);
/* The next frame, valid until the next call; false: none for now. */
bool peer_socket_receive(struct peer_socket *socket, struct peer_frame *frame);
/* Copies. A connecting socket queues while there is no connection, up to 2,048 frames. False: the
 * peer is not there any more, or takes no more; the frame is lost. */
bool peer_socket_send(struct peer_socket *socket, const char *peer, size_t peer_len,
		      const char *bytes, size_t len);

#endif
