/*
 * A ZeroMQ endpoint on the loop: its address, its socket, its peers. Sockets are looked at
 * before each wait, since their descriptor says only that something happened.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "alloc.h"
#include "endpoint-zmq-priv.h"
#include "ipc-path.h"
#include "log.h"

#define PEERS_MAX 1000u
#define FRAME_KEPT ((size_t)256 * 1024) /* a buffer that a large message has made larger is freed */
#define LINGER_MS 200 /* for a reader's last acknowledgement */
#define SEED_STEP (1u << 20) /* epochs that a link may use before it meets the next one's */

/* --- addresses --- */

static const char *
after(const char *address, const char *scheme)
{
	size_t len = strlen(scheme);

	return strncmp(address, scheme, len) == 0 ? address + len : NULL;
}

static int
check_tcp(const char *rest, bool insecure, struct error *err)
{
	const char *colon = strrchr(rest, ':');
	char *end = NULL;
	unsigned long port = colon != NULL ? strtoul(colon + 1, &end, 10) : 0;

	if (colon == NULL || colon == rest || colon[1] < '0' || colon[1] > '9' || *end != '\0' ||
	    port < 1 || port > 65535)
		return error_set(err, ERROR_CONFIG, 0, "it is not of the form tcp://HOST:PORT");
	if (!insecure)
		return error_set(err, ERROR_CONFIG, 0,
				 "tcp is not encrypted and anyone may connect: use ipc://, or "
				 "--insecure-tcp where the network is trusted");
	return 0;
}

static int
check_address(const char *address, const struct endpoint_settings *settings, struct error *err)
{
	const char *path = after(address, "ipc://"), *rest = after(address, "tcp://");

	if (path != NULL)
		return ipc_path_check(path, err);
	if (rest != NULL)
		return check_tcp(rest, settings->insecure_tcp, err);
	return error_set(err, ERROR_CONFIG, 0, "it is neither ipc:// nor tcp://");
}

/* --- frames --- */

void
retained_refuse(struct retained *end, const char *why)
{
	if (end->malformed++ == 0)
		log_warning("%s: a frame was dropped: %s (more of them are only counted)",
			    end->address, why);
}

bool
retained_receive(struct retained *end, struct peer_frame *from, struct wire_frame *frame)
{
	const char *why;

	while (peer_socket_receive(end->socket, from)) {
		why = from->bytes != NULL ? wire_open(frame, from->bytes, from->len) :
					    "it is not one part";
		if (why == NULL)
			return true;
		retained_refuse(end, why);
	}
	return false;
}

bool
retained_send(struct retained *end, const char *id, size_t id_len)
{
	bool sent = peer_socket_send(end->socket, id, id_len, end->frame.data, end->frame.len);

	if (end->frame.cap > FRAME_KEPT)
		buf_fini(&end->frame);
	return sent;
}

/* --- peers --- */

struct peer *
retained_find(const struct retained *end, const struct peer_frame *from)
{
	struct peer *peer;

	for (peer = end->peers; peer != NULL; peer = peer->next)
		if (peer->id_len == from->peer_len &&
		    memcmp(peer->id, from->peer, from->peer_len) == 0)
			return peer;
	return NULL;
}

struct peer *
retained_add(struct retained *end, const struct peer_frame *from)
{
	struct peer *peer;

	if (end->peer_count >= PEERS_MAX) {
		retained_refuse(end, "there are too many peers");
		return NULL;
	}
	peer = alloc_zero(1, sizeof(*peer));
	peer->id = alloc_text(from->peer, from->peer_len);
	peer->id_len = from->peer_len;
	peer->heard_ms = loop_now_ms(end->base.loop);
	peer->is_there = true;
	peer->next = end->peers;
	end->peers = peer;
	end->peer_count++;
	return peer;
}

void
retained_remove(struct retained *end, struct peer *peer)
{
	struct peer **place = &end->peers;

	while (*place != peer)
		place = &(*place)->next;
	*place = peer->next;
	end->peer_count--;
	link_writer_free(peer->writer);
	link_reader_free(peer->reader);
	free(peer->id);
	free(peer);
}

uint64_t
retained_seed(struct retained *end)
{
	end->seed += SEED_STEP;
	return end->seed;
}

/* --- on the loop --- */

static void
on_fd(void *arg, int fd, unsigned events)
{
	(void)arg;
	(void)fd;
	(void)events; /* before_wait looks after each turn */
}

static bool
before_wait(void *arg)
{
	struct retained *end = arg;
	bool is_busy = end->role->turn(end);

	return (peer_socket_is_readable(end->socket) && !end->is_paused) || is_busy;
}

static void
on_tick(void *arg)
{
	struct retained *end = arg;

	end->role->tick(end);
	loop_timer_start(end->base.loop, &end->tick, TICK_MS, on_tick, end);
}

/* --- opening and closing --- */

static int
open_ipc(struct retained *end, const char *path, struct error *err)
{
	mode_t mask;

	if (end->binds) {
		end->lock_fd = ipc_path_lock(path, err);
		if (end->lock_fd < 0)
			return -1;
		end->path = alloc_string(path);
	}
	mask = umask(077);
	end->socket = peer_socket_open(end->address, end->binds, err);
	umask(mask);
	return end->socket != NULL ? 0 : -1;
}

static int
open_socket(struct retained *end, struct error *err)
{
	const char *path = after(end->address, "ipc://");

	if (getrandom(&end->seed, sizeof(end->seed), 0) != (ssize_t)sizeof(end->seed))
		return error_set_errno(err, "no random number is to be had");
	if (path != NULL)
		return open_ipc(end, path, err);
	end->socket = peer_socket_open(end->address, end->binds, err);
	return end->socket != NULL ? 0 : -1;
}

void
retained_close(struct endpoint *endpoint)
{
	struct retained *end = (struct retained *)endpoint;

	if (end->socket != NULL) {
		loop_unprepare(end->base.loop, before_wait, end);
		loop_forget(end->base.loop, peer_socket_fd(end->socket));
		loop_timer_stop(end->base.loop, &end->tick);
	}
	end->role->fini(end);
	if (end->malformed > 1)
		log_warning("%s: %zu frames were dropped in all", end->address, end->malformed);
	while (end->peers != NULL)
		retained_remove(end, end->peers);
	peer_socket_close(end->socket, end->has_ended ? LINGER_MS : 0);
	if (end->path != NULL)
		ipc_path_release(end->path, end->lock_fd);
	buf_fini(&end->frame);
	free(end->path);
	free(end->address);
	free(end);
}

static struct retained *
new_retained(struct loop *loop, const char *address, bool bind,
	     const struct endpoint_settings *settings, struct retain *retain,
	     const struct retained_role *role)
{
	struct retained *end = alloc_zero(1, sizeof(*end));

	end->base.ops = &role->ops;
	end->base.loop = loop;
	end->role = role;
	end->address = alloc_string(address);
	end->binds = bind;
	end->retain = retain;
	end->shard = settings->shard;
	end->shards = settings->shards;
	end->ends_wanted = settings->readers > 0 ? settings->readers : 1;
	buf_init(&end->frame, WIRE_FRAME_MAX);
	return end;
}

struct endpoint *
endpoint_zmq_open(struct loop *loop, const char *address, bool bind,
		  const struct endpoint_settings *settings, struct retain *retain,
		  const struct endpoint_events *events, void *arg, struct error *err)
{
	const struct retained_role *role = retain != NULL ? &retained_writer : &retained_reader;
	struct retained *end = new_retained(loop, address, bind, settings, retain, role);

	end->base.events = events;
	end->base.arg = arg;
	if (check_address(address, settings, err) < 0 || open_socket(end, err) < 0) {
		error_prepend(err, "%s%s", bind ? "@" : "", address);
		retained_close(&end->base);
		return NULL;
	}
	loop_watch(loop, peer_socket_fd(end->socket), LOOP_READ, on_fd, end);
	loop_prepare(loop, before_wait, end);
	end->role->init(end);
	on_tick(end);
	return &end->base;
}
