/*
 * A ZeroMQ reader: each writer has its link, and what comes out of the links goes to the
 * harness. A connecting reader has one writer; one that binds has as many as connect, and
 * several of them may have the same key.
 */
#include <stdlib.h>

#include "alloc.h"
#include "endpoint-zmq-priv.h"

#define EVENTS_PER_TURN 256u /* then the loop looks at the others */

/* --- what writers hear --- */

/* A binding socket knows by this that a writer has gone: it stays known, with its keys. */
static bool
hello(struct retained *end, struct peer *peer)
{
	link_reader_hello(peer->reader, &end->frame);
	peer->is_there = retained_send(end, peer->id, peer->id_len) || !end->binds;
	return peer->is_there;
}

static void
hello_all(struct retained *end, bool only_owed)
{
	struct peer *peer;

	for (peer = end->peers; peer != NULL; peer = peer->next)
		if (peer->is_there && (!only_owed || link_reader_owes(peer->reader)))
			hello(end, peer);
}

static void
reader_tick(struct retained *end)
{
	if (!end->has_ended)
		hello_all(end, false);
}

/* --- which writers there are --- */

static struct peer *
add_writer(struct retained *end, const struct peer_frame *from)
{
	struct peer *peer = retained_add(end, from);

	if (peer != NULL)
		peer->reader = link_reader_new(retained_seed(end), end->shard, end->shards);
	return peer;
}

/* One of this name that has gone. Whether it has is found out by writing to it. */
static struct peer *
find_gone(struct retained *end, uint64_t name)
{
	struct peer *peer;

	for (peer = end->peers; peer != NULL; peer = peer->next)
		if (peer->name == name && !(peer->is_there && hello(end, peer)))
			return peer;
	return NULL;
}

/* A writer has connected to us. It takes the place of one of the same name that has gone, so
 * that what it does not have any more is swept at its SYNC. */
static void
take_offer(struct retained *end, const struct peer_frame *from, uint64_t name)
{
	struct peer *peer = retained_find(end, from);

	if (peer == NULL && (peer = find_gone(end, name)) != NULL) {
		free(peer->id);
		peer->id = alloc_text(from->peer, from->peer_len);
		peer->id_len = from->peer_len;
		link_reader_restart(peer->reader);
	}
	if (peer == NULL && (peer = add_writer(end, from)) == NULL)
		return;
	peer->name = name;
	hello(end, peer);
}

static void
reader_init(struct retained *end)
{
	static const struct peer_frame only = { .peer = "" };

	if (!end->binds)
		add_writer(end, &only);
}

/* --- what comes from them --- */

static bool
every_writer(const struct retained *end, bool (*is_so)(const struct peer *))
{
	const struct peer *peer;

	for (peer = end->peers; peer != NULL; peer = peer->next)
		if (!is_so(peer))
			return false;
	return true;
}

static bool
peer_is_synced(const struct peer *peer)
{
	return peer->is_synced;
}

static bool
peer_has_ended(const struct peer *peer)
{
	return link_reader_is_ended(peer->reader);
}

static bool
another_has(const struct retained *end, const struct peer *but, const struct link_item *item)
{
	const struct peer *peer;

	for (peer = end->peers; peer != NULL; peer = peer->next)
		if (peer != but && link_reader_has(peer->reader, item->key, item->key_len))
			return true;
	return false;
}

static void
on_event(struct retained *end, struct peer *peer, enum link_event event,
	 const struct link_item *item)
{
	const struct endpoint_events *events = end->base.events;

	switch (event) {
	case LINK_NONE:
		end->reading = NULL;
		break;
	case LINK_RECORD:
		events->record(end->base.arg, item->text, item->len);
		break;
	case LINK_GONE:
		if (!another_has(end, peer, item))
			events->gone(end->base.arg, item->key, item->key_len);
		break;
	case LINK_SYNCED:
		peer->is_synced = true;
		if (every_writer(end, peer_is_synced))
			events->synced(end->base.arg);
		break;
	case LINK_ENDED:
		if (every_writer(end, peer_has_ended)) {
			end->has_ended = true;
			events->end(end->base.arg);
		}
		break;
	}
}

/* Take the next frame that has entries. False: none is there. */
static bool
next_data(struct retained *end)
{
	struct peer_frame from;
	struct wire_frame frame;
	struct peer *peer;

	while (end->reading == NULL && retained_receive(end, &from, &frame)) {
		switch (frame.type) {
		case WIRE_HELLO:
			retained_refuse(end, "the other end is a reader, too");
			break;
		case WIRE_OFFER:
			if (end->binds && !end->has_ended)
				take_offer(end, &from, frame.sequence);
			break;
		case WIRE_DATA:
			peer = retained_find(end, &from);
			if (peer != NULL && link_reader_take(peer->reader, &frame))
				end->reading = peer;
			break;
		}
	}
	return end->reading != NULL;
}

static bool
reader_turn(struct retained *end)
{
	struct link_item item;
	unsigned budget = EVENTS_PER_TURN;
	struct peer *peer;

	while (!end->is_paused && budget > 0 && next_data(end)) {
		peer = end->reading;
		on_event(end, peer, link_reader_next(peer->reader, &item), &item);
		budget--;
	}
	hello_all(end, true);
	return budget < EVENTS_PER_TURN;
}

static void
reader_pause(struct endpoint *endpoint, bool paused)
{
	((struct retained *)endpoint)->is_paused = paused;
}

static void
reader_fini(struct retained *end)
{
	(void)end;
}

const struct retained_role retained_reader = {
	.ops = { .pause = reader_pause, .close = retained_close },
	.init = reader_init,
	.turn = reader_turn,
	.tick = reader_tick,
	.fini = reader_fini,
};
