/*
 * A ZeroMQ writer: each reader has its link to the retained store, and a queue of records that
 * have no key. Readers come and go; one that is not heard is forgotten, and begins anew when it
 * comes back.
 */
#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"
#include "endpoint-zmq-priv.h"
#include "log.h"
#include "table.h"

#define FORGET_MS 3000	     /* a reader that was not heard for so long */
#define RECENT_MS 1000	     /* one that was heard since is waited for at the end */
#define OFFER_MS 150	     /* not heard for so long: offer again */
#define READER_WAIT_MS 5000  /* at the end, for readers that take it all */
#define FRAMES_PER_TURN 64u

/* --- readers --- */

/* Those who are to read have all been there: nobody new is waited for. */
static bool
has_all_readers(const struct retained *end)
{
	return end->readers_seen >= end->ends_wanted;
}

/* What a reader did not get of records without a key is kept for the next one, if no other
 * reader got them. */
static void
forget(struct retained *end, struct peer *peer)
{
	if (end->peer_count == 1 && has_all_readers(end))
		notes_move(&end->waiting, link_writer_notes(peer->writer));
	retained_remove(end, peer);
}

/* Each of those who are to read gets what was written before it came. */
static void
take_waiting(struct retained *end, struct notes *notes)
{
	size_t i;

	end->readers_seen++;
	if (has_all_readers(end)) {
		notes_move(notes, &end->waiting);
		return;
	}
	for (i = 0; i < end->waiting.count; i++)
		notes_push(notes, notes_at(&end->waiting, i));
}

static struct peer *
add_reader(struct retained *end, const struct peer_frame *from)
{
	struct peer *peer = retained_add(end, from);

	if (peer == NULL)
		return NULL;
	peer->writer = link_writer_new(end->retain, retained_seed(end));
	take_waiting(end, link_writer_notes(peer->writer));
	if (end->is_complete)
		link_writer_complete(peer->writer);
	if (end->is_finishing)
		link_writer_finish(peer->writer, end->is_ending);
	return peer;
}

static void
take_hello(struct retained *end, const struct peer_frame *from, const struct wire_frame *frame)
{
	struct peer *peer = retained_find(end, from);

	if (peer == NULL && (peer = add_reader(end, from)) == NULL)
		return;
	link_writer_hello(peer->writer, frame);
	peer->heard_ms = end->heard_ms = loop_now_ms(end->base.loop);
	if (link_writer_is_ended(peer->writer) && !peer->took_end) {
		peer->took_end = true;
		end->ends_taken++;
	}
}

static void
flush_to(struct retained *end, struct peer *peer)
{
	while (link_writer_fill(peer->writer, &end->frame))
		if (!retained_send(end, peer->id, peer->id_len)) {
			forget(end, peer);
			return;
		}
}

static bool
any_is_full(const struct retained *end)
{
	const struct peer *peer;

	for (peer = end->peers; peer != NULL; peer = peer->next)
		if (notes_are_full(link_writer_notes(peer->writer)))
			return true;
	return false;
}

static bool
writer_turn(struct retained *end)
{
	struct peer_frame from;
	struct wire_frame frame;
	struct peer *peer, *next;
	unsigned budget = FRAMES_PER_TURN;

	for (; budget > 0 && retained_receive(end, &from, &frame); budget--) {
		if (frame.type == WIRE_HELLO)
			take_hello(end, &from, &frame);
		else
			retained_refuse(end, "the other end is a writer, too");
	}
	for (peer = end->peers; peer != NULL; peer = next) {
		next = peer->next;
		flush_to(end, peer);
	}
	if (end->was_full && !any_is_full(end)) {
		end->was_full = false;
		end->base.events->room(end->base.arg);
		return true;
	}
	return budget == 0;
}

/* --- a writer that connects --- */

/* The same command has the same name when it is started again. */
static uint64_t
own_name(void)
{
	FILE *file = fopen("/proc/self/cmdline", "re");
	char text[4096];
	size_t len = file != NULL ? fread(text, 1, sizeof(text), file) : 0;

	if (file != NULL)
		fclose(file);
	return table_hash(text, len);
}

static void
offer(struct retained *end)
{
	struct wire_frame frame = { .type = WIRE_OFFER, .sequence = end->name };

	buf_clear(&end->frame);
	wire_put_frame(&end->frame, &frame);
	retained_send(end, "", 0);
}

static void
writer_init(struct retained *end)
{
	if (!end->binds)
		end->name = own_name();
}

static void
writer_tick(struct retained *end)
{
	int64_t now = loop_now_ms(end->base.loop);
	struct peer *peer, *next;

	for (peer = end->peers; peer != NULL; peer = next) {
		next = peer->next;
		if (now - peer->heard_ms > FORGET_MS)
			forget(end, peer);
	}
	if (!end->binds && now - end->heard_ms > OFFER_MS)
		offer(end);
}

/* --- what the harness asks --- */

static void
wait_for_reader(struct retained *end, struct note *note)
{
	for (; notes_are_full(&end->waiting); notes_shift(&end->waiting))
		if (end->lost++ == 0)
			log_warning("%s: a reader is not there; the oldest messages that have no "
				    "key are dropped", end->address);
	notes_push(&end->waiting, note);
}

static void
writer_write(struct endpoint *endpoint, const char *text, size_t len)
{
	struct retained *end = (struct retained *)endpoint;
	struct note *note = note_new(text, len);
	struct peer *peer;

	if (end->peers == NULL || !has_all_readers(end))
		wait_for_reader(end, note);
	for (peer = end->peers; peer != NULL; peer = peer->next)
		notes_push(link_writer_notes(peer->writer), note);
	note_release(note);
	end->was_full = end->was_full || any_is_full(end);
}

/* Links look at the store by themselves, before the next wait. */
static void
writer_changed(struct endpoint *endpoint, const char *key, size_t len)
{
	(void)key;
	if (len > WIRE_KEY_MAX)
		log_error("%s: a message is not sent: its key has %zu bytes, more than %zu",
			  ((struct retained *)endpoint)->address, len, WIRE_KEY_MAX);
}

static void
writer_complete(struct endpoint *endpoint)
{
	struct retained *end = (struct retained *)endpoint;
	struct peer *peer;

	end->is_complete = true;
	for (peer = end->peers; peer != NULL; peer = peer->next)
		link_writer_complete(peer->writer);
}

static bool
writer_is_full(const struct endpoint *endpoint)
{
	return any_is_full((const struct retained *)endpoint);
}

static void
writer_finish(struct endpoint *endpoint, bool is_end)
{
	struct retained *end = (struct retained *)endpoint;
	struct peer *peer;

	end->is_finishing = true;
	end->is_ending = is_end;
	end->finish_ms = loop_now_ms(end->base.loop);
	for (peer = end->peers; peer != NULL; peer = peer->next)
		link_writer_finish(peer->writer, is_end);
}

/* At the end of the data those who are to read it must have taken it; one that is down or not yet
 * there is waited for. */
static bool
writer_is_flushed(const struct endpoint *endpoint)
{
	const struct retained *end = (const struct retained *)endpoint;
	int64_t now = loop_now_ms(end->base.loop), since = end->finish_ms;
	const struct peer *peer;

	for (peer = end->peers; peer != NULL; peer = peer->next)
		if (now - peer->heard_ms < RECENT_MS && !link_writer_is_flushed(peer->writer))
			return false;
	if (!end->is_ending || end->ends_taken >= end->ends_wanted)
		return true;
	if (end->heard_ms > since)
		since = end->heard_ms;
	return now - since > READER_WAIT_MS;
}

static void
writer_fini(struct retained *end)
{
	if (end->is_ending && end->ends_taken < end->ends_wanted)
		log_warning("%s: %u of %u readers have taken all messages", end->address,
			    end->ends_taken, end->ends_wanted);
	if (end->lost > 0)
		log_warning("%s: %zu messages without a key were dropped", end->address, end->lost);
	notes_fini(&end->waiting);
}

const struct retained_role retained_writer = {
	.ops = {
		.write = writer_write,
		.changed = writer_changed,
		.complete = writer_complete,
		.is_full = writer_is_full,
		.finish = writer_finish,
		.is_flushed = writer_is_flushed,
		.close = retained_close,
	},
	.init = writer_init,
	.turn = writer_turn,
	.tick = writer_tick,
	.fini = writer_fini,
};
