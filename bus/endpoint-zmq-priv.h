/*
 * What the parts of a ZeroMQ endpoint share: endpoint-zmq.c (opening, turning, peers),
 * endpoint-zmq-reader.c and endpoint-zmq-writer.c (the two roles). A role is independent of who
 * binds; state is kept for each peer.
 */
#ifndef WEIR_ENDPOINT_ZMQ_PRIV_H
#define WEIR_ENDPOINT_ZMQ_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "endpoint-priv.h"
#include "link.h"
#include "loop.h"
#include "notes.h"
#include "peer-socket.h"
#include "retain.h"

#define TICK_MS 100 /* HELLO and OFFER are repeated so often */

struct peer {
	struct peer *next;
	char *id; /* the socket's name of it */
	size_t id_len;
	int64_t heard_ms;
	struct link_writer *writer; /* this peer reads */
	struct link_reader *reader; /* this peer writes, and: */
	uint64_t name;		    /* what a connecting writer calls itself */
	bool is_there, is_synced;
	bool took_end; /* this peer reads, and has all of it */
};

struct retained {
	struct endpoint base;
	const struct retained_role *role;
	struct peer_socket *socket;
	char *address;
	bool binds;
	char *path; /* of an ipc socket that we bind, with its lock; else NULL */
	int lock_fd;
	struct peer *peers;
	size_t peer_count;
	uint64_t seed;
	struct loop_timer tick;
	struct buf frame; /* being put together */
	size_t malformed;

	/* reader */
	unsigned shard, shards;
	struct peer *reading; /* its link has a frame that is not used up */
	bool is_paused, has_ended;

	/* writer */
	struct retain *retain;
	struct notes waiting; /* not all readers are there yet */
	size_t lost;	      /* of those, dropped */
	uint64_t name;
	bool was_full, is_complete, is_finishing, is_ending;
	unsigned ends_wanted;  /* how many are to read it */
	unsigned ends_taken;   /* readers that have all of it, also those that left */
	unsigned readers_seen; /* also those that left */
	int64_t finish_ms, heard_ms;
};

struct retained_role {
	struct endpoint_ops ops;
	/* Receive and send. True: there may be more to do at once. */
	bool (*turn)(struct retained *end);
	void (*init)(struct retained *end); /* the socket is open */
	void (*tick)(struct retained *end);
	void (*fini)(struct retained *end); /* peers are still there; also after a failed open */
};

extern const struct retained_role retained_reader, retained_writer;

/* The next well-formed frame; the others are counted and reported once. */
bool retained_receive(struct retained *end, struct peer_frame *from, struct wire_frame *frame);
/* Count a frame that may not come here, and say why, once. */
void retained_refuse(struct retained *end, const char *why);
/* Send end->frame. False: the peer is not there any more. */
bool retained_send(struct retained *end, const char *id, size_t id_len);
/* NULL: unknown. */
struct peer *retained_find(const struct retained *end, const struct peer_frame *from);
/* NULL: there are too many. */
struct peer *retained_add(struct retained *end, const struct peer_frame *from);
void retained_remove(struct retained *end, struct peer *peer);
/* The roles' close: frees it. */
void retained_close(struct endpoint *endpoint);
/* A seed for one more link. */
uint64_t retained_seed(struct retained *end);

#endif
