/*
 * bus/endpoint-zmq*.c: readers and writers of one process on one loop, over real sockets. Either
 * side binds. Waiting is turning the loop until something is so, within a generous bound.
 */
#include "../../bus/endpoint.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../bus/alloc.h"
#include "../../bus/buf.h"
#include "../../bus/link.h"
#include "../../bus/peer-socket.h"
#include "../../bus/retain.h"
#include "../check.h"

#define BOUND_MS 20000

/* What an end was told, and what it knows. */
struct side {
	struct endpoint *end;
	struct retain *store; /* of a writer */
	struct buf log;	      /* of a reader: "record gone- synced. end! " */
	unsigned records, gone, synced, ended, room;
	unsigned pause_at;    /* pause at this record */
};

static struct loop *loop;
static char folder[64], address[128], bound[132];
static const struct endpoint_settings settings;

static void
on_record(void *arg, const char *text, size_t len)
{
	struct side *side = arg;

	side->records++;
	if (len < 100)
		buf_printf(&side->log, "%s ", text);
	if (side->records == side->pause_at)
		endpoint_pause(side->end, true);
}

static void
on_too_long(void *arg)
{
	(void)arg;
}

static void
on_gone(void *arg, const char *key, size_t len)
{
	struct side *side = arg;

	side->gone++;
	buf_append(&side->log, key, len);
	buf_append_string(&side->log, "- ");
}

static void
on_synced(void *arg)
{
	struct side *side = arg;

	side->synced++;
	buf_append_string(&side->log, ". ");
}

static void
on_end(void *arg)
{
	struct side *side = arg;

	side->ended++;
	buf_append_string(&side->log, "! ");
}

static void
on_left(void *arg)
{
	(void)arg;
}

static void
on_room(void *arg)
{
	((struct side *)arg)->room++;
}

static const struct endpoint_events events = { on_record, on_too_long, on_gone, on_synced,
					       on_end,	  on_left,     on_room };

static bool
open_reader(struct side *side, const char *where, const struct endpoint_settings *how)
{
	struct error err;

	memset(side, 0, sizeof(*side));
	buf_init(&side->log, 1 << 20);
	side->end = endpoint_open_reader(loop, where, how, &events, side, &err);
	if (side->end == NULL)
		printf("# %s\n", err.text);
	return side->end != NULL;
}

static bool
open_writer_as(struct side *side, const char *where, const struct endpoint_settings *how)
{
	struct error err;

	memset(side, 0, sizeof(*side));
	side->store = retain_new();
	side->end = endpoint_open_writer(loop, where, how, side->store, &events, side, &err);
	if (side->end == NULL)
		printf("# %s\n", err.text);
	return side->end != NULL;
}

static bool
open_writer(struct side *side, const char *where)
{
	return open_writer_as(side, where, &settings);
}

static void
close_side(struct side *side)
{
	endpoint_close(side->end);
	retain_free(side->store);
	buf_fini(&side->log);
	memset(side, 0, sizeof(*side));
}

static void
put(struct side *side, const char *key, const char *text)
{
	if (retain_put(side->store, key, strlen(key), text, strlen(text)))
		endpoint_changed(side->end, key, strlen(key));
}

static void
drop(struct side *side, const char *key)
{
	if (retain_drop(side->store, key, strlen(key)))
		endpoint_changed(side->end, key, strlen(key));
}

static void
note(struct side *side, const char *text)
{
	endpoint_write(side->end, text, strlen(text));
}

/* Turn until *value is wanted, or the bound. */
static bool
until(const unsigned *value, unsigned wanted, const char *what)
{
	struct error err;
	int64_t end = loop_now_fresh_ms(loop) + BOUND_MS;

	while (*value < wanted && loop_now_fresh_ms(loop) < end)
		if (loop_turn(loop, 100, &err) < 0)
			break;
	if (!check(*value == wanted, "%s", what))
		printf("# want: %u\n# got:  %u\n", wanted, *value);
	return *value == wanted;
}

static bool
until_flushed(const struct side *side)
{
	struct error err;
	int64_t end = loop_now_fresh_ms(loop) + BOUND_MS;

	while (!endpoint_is_flushed(side->end) && loop_now_fresh_ms(loop) < end)
		if (loop_turn(loop, 5, &err) < 0)
			break;
	return endpoint_is_flushed(side->end);
}

static void
turn_for(int ms)
{
	struct error err;
	int64_t end = loop_now_fresh_ms(loop) + ms;

	while (loop_now_fresh_ms(loop) < end)
		if (loop_turn(loop, ms, &err) < 0)
			break;
}

/* --- the usual life, whoever binds --- */

static void
check_life(const char *writes, const char *reads)
{
	struct side writer, reader;

	printf("# writer %s, reader %s\n", writes, reads);
	if (!check(open_reader(&reader, reads, &settings) && open_writer(&writer, writes),
		   "both open"))
		return;
	put(&writer, "a", "{\"a\":1}");
	put(&writer, "b", "{\"b\":1}");
	until(&reader.records, 2, "what was retained arrives");
	check_number(reader.synced, 0, "SYNC only when the writer is complete");
	endpoint_complete(writer.end);
	until(&reader.synced, 1, "then SYNC");
	put(&writer, "a", "{\"a\":2}");
	drop(&writer, "b");
	until(&reader.gone, 1, "changes and deletions arrive");
	note(&writer, "{\"note\":1}");
	note(&writer, "{\"note\":2}");
	until(&reader.records, 5, "records without a key arrive");
	check_text(buf_string(&reader.log),
		   "{\"a\":1} {\"b\":1} . {\"a\":2} b- {\"note\":1} {\"note\":2} ", "in order");
	endpoint_finish(writer.end, true);
	until(&reader.ended, 1, "the end arrives");
	check(until_flushed(&writer), "and is acknowledged");
	close_side(&writer);
	close_side(&reader);
}

/* The reader acknowledges the end and leaves at once. */
static void
check_quick_leave(const char *writes, const char *reads)
{
	struct side writer, reader;
	unsigned i, slow = 0;
	int64_t start;

	for (i = 0; i < 20; i++) {
		if (!open_writer(&writer, writes) || !open_reader(&reader, reads, &settings))
			break;
		put(&writer, "a", "1");
		endpoint_finish(writer.end, true);
		while (reader.ended == 0)
			turn_for(1);
		start = loop_now_fresh_ms(loop);
		endpoint_close(reader.end);
		reader.end = NULL;
		until_flushed(&writer);
		slow += loop_now_fresh_ms(loop) - start > 4000; /* 5 s: it gave up */
		close_side(&writer);
		close_side(&reader);
	}
	check(i == 20 && slow == 0, "a reader that leaves at the end has acknowledged it");
}

static void
check_restarts(const char *writes, const char *reads)
{
	struct side writer, reader;

	if (!open_reader(&reader, reads, &settings) || !open_writer(&writer, writes))
		return;
	put(&writer, "a", "a1");
	put(&writer, "b", "b1");
	endpoint_complete(writer.end);
	until(&reader.synced, 1, "a first writer");
	close_side(&writer);
	turn_for(50);
	check_number(reader.gone, 0, "nothing is gone because its writer is");
	open_writer(&writer, writes);
	put(&writer, "a", "a2");
	until(&reader.records, 3, "a second writer sends what it has");
	check_number(reader.gone, 0, "what it does not have stays until SYNC");
	endpoint_complete(writer.end);
	until(&reader.synced, 2, "SYNC");
	check_text(buf_string(&reader.log), "a1 b1 . a2 b- . ", "then it goes");
	close_side(&reader);
	turn_for(20);
	put(&writer, "c", "c1");
	open_reader(&reader, reads, &settings);
	until(&reader.synced, 1, "a second reader");
	check_text(buf_string(&reader.log), "a2 c1 . ", "gets everything");
	close_side(&reader);
	close_side(&writer);
}

/* --- readers and writers in number --- */

static void
check_copies(void)
{
	struct endpoint_settings shards[2] = { { .shard = 0, .shards = 2 },
					       { .shard = 1, .shards = 2 } };
	struct side writer, readers[4];
	char key[16];
	unsigned i;

	open_writer(&writer, bound);
	for (i = 0; i < 4; i++)
		open_reader(&readers[i], address, i < 2 ? &settings : &shards[i - 2]);
	for (i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "k%u", i);
		put(&writer, key, key);
	}
	endpoint_complete(writer.end);
	for (i = 0; i < 4; i++)
		until(&readers[i].synced, 1, "each reader syncs");
	check(readers[0].records == 1000 && readers[1].records == 1000, "each gets a copy");
	check(readers[2].records > 400 && readers[3].records > 400 &&
		      readers[2].records + readers[3].records == 1000, "shards share one");
	for (i = 0; i < 4; i++)
		close_side(&readers[i]);
	close_side(&writer);
}

static void
check_fan_in(void)
{
	struct side one, two, reader;

	open_reader(&reader, bound, &settings);
	open_writer(&one, address);
	put(&one, "x", "x-one");
	put(&one, "y", "y-one");
	endpoint_complete(one.end);
	until(&reader.synced, 1, "one writer syncs");
	open_writer(&two, address);
	put(&two, "x", "x-two");
	until(&reader.records, 3, "a second one of the same name is another one");
	check_number(reader.synced, 1, "not synced while the second one is not");
	endpoint_complete(two.end);
	until(&reader.synced, 2, "then it is");
	drop(&one, "x");
	put(&one, "z", "z-one");
	until(&reader.records, 4, "what one has dropped");
	check_number(reader.gone, 0, "the other one still has");
	close_side(&one);
	turn_for(50);
	open_writer(&one, address);
	put(&one, "z", "z-one");
	endpoint_complete(one.end);
	until(&reader.synced, 3, "a new one takes the place of the old one");
	check_text(buf_string(&reader.log),
		   "x-one y-one . x-two . z-one z-one y- . ", "and what it lacks is gone");
	endpoint_finish(one.end, true);
	until_flushed(&one);
	check_number(reader.ended, 0, "one end is not the end");
	endpoint_finish(two.end, true);
	until(&reader.ended, 1, "both are");
	until_flushed(&two);
	close_side(&one);
	close_side(&two);
	close_side(&reader);
}

/* --- back-pressure --- */

static void
check_pause(void)
{
	struct side writer, reader;
	char key[16];
	unsigned i;

	open_writer(&writer, bound);
	open_reader(&reader, address, &settings);
	for (i = 0; i < 500; i++) {
		snprintf(key, sizeof(key), "k%u", i);
		put(&writer, key, "1");
	}
	endpoint_complete(writer.end);
	reader.pause_at = 10;
	until(&reader.records, 10, "records until the reader pauses");
	turn_for(350);
	check_number(reader.records, 10, "then no more");
	for (i = 0; i < 500; i++) {
		snprintf(key, sizeof(key), "k%u", i);
		put(&writer, key, "2");
	}
	endpoint_pause(reader.end, false);
	until(&reader.synced, 1, "then it goes on");
	check(reader.records <= 500 + 10 + LINK_WINDOW, "each key once, but for what was on its way (%u)",
	      reader.records);
	close_side(&writer);
	close_side(&reader);
}

static void
check_full(void)
{
	struct side writer, reader;
	char text[32];
	unsigned i;

	open_writer(&writer, bound);
	for (i = 0; i < 1100; i++) {
		snprintf(text, sizeof(text), "n%u", i);
		note(&writer, text);
	}
	check(!endpoint_is_full(writer.end), "without a reader a writer is never full");
	open_reader(&reader, address, &settings);
	until(&reader.records, 1024, "the newest 1,024 records wait for a reader");
	check(strncmp(buf_string(&reader.log), "n76 n77 ", 8) == 0, "the oldest are dropped");
	turn_for(150);
	check_number(reader.records, 1024, "and not more");
	endpoint_pause(reader.end, true);
	for (i = 0; i < 5000 && !endpoint_is_full(writer.end); i++)
		note(&writer, "x");
	check_number(i, 1024, "a reader that rests makes its writer full");
	turn_for(150);
	check(endpoint_is_full(writer.end) || writer.room == 1, "until there is room");
	endpoint_pause(reader.end, false);
	until(&reader.records, 2048, "nothing of it is dropped");
	check_number(writer.room, 1, "the writer is told that there is room");
	close_side(&reader);
	close_side(&writer);
}

static void
check_large(void)
{
	struct side writer, reader;
	size_t len = (size_t)16 * 1024 * 1024;
	char *text = alloc_zero(1, len + 1);

	memset(text, 'x', len);
	open_writer(&writer, bound);
	open_reader(&reader, address, &settings);
	retain_put(writer.store, "a", 1, text, len);
	endpoint_complete(writer.end);
	until(&reader.synced, 1, "16 MiB in one message");
	check_number(reader.records, 1, "arrive");
	close_side(&reader);
	close_side(&writer);
	free(text);
}

/* --- the end --- */

/* One of two readers is late: the end waits for it. */
static void
check_two_ends(void)
{
	static const struct endpoint_settings two = { .readers = 2 };
	CLEANUP_BUF struct buf first_log = BUF_INIT(4096);
	struct side writer, first, second;

	open_writer_as(&writer, bound, &two);
	put(&writer, "a", "1");
	note(&writer, "n");
	endpoint_complete(writer.end);
	endpoint_finish(writer.end, true);
	open_reader(&first, address, &settings);
	until(&first.ended, 1, "one of two readers has all");
	turn_for(300);
	check(!endpoint_is_flushed(writer.end), "the other is waited for");
	buf_append_string(&first_log, buf_string(&first.log));
	close_side(&first);
	open_reader(&second, address, &settings);
	until(&second.ended, 1, "it gets all, too");
	check_text(buf_string(&second.log), buf_string(&first_log), "what has no key as well");
	check(until_flushed(&writer), "then it is done");
	close_side(&second);
	close_side(&writer);
}

static void
check_ends(void)
{
	struct side writer, reader;

	open_writer(&writer, bound);
	put(&writer, "a", "1");
	endpoint_finish(writer.end, false);
	check(until_flushed(&writer), "without a reader there is nothing to wait for at SIGTERM");
	close_side(&writer);

	open_writer(&writer, bound);
	put(&writer, "a", "1");
	endpoint_finish(writer.end, true);
	turn_for(100);
	check(!endpoint_is_flushed(writer.end), "at the end a reader is waited for");
	open_reader(&reader, address, &settings);
	until(&reader.ended, 1, "which gets it all");
	check_text(buf_string(&reader.log), "1 . ! ", "in order");
	check(until_flushed(&writer), "and that is that");
	close_side(&writer);
	turn_for(150);
	check_number(reader.ended, 1, "the end comes once");
	close_side(&reader);
}

/* --- what must not be --- */

static void
send_raw(const char *bytes, size_t len)
{
	struct error err;
	struct peer_socket *socket = peer_socket_open(address, false, &err);

	peer_socket_send(socket, "", 0, bytes, len);
	peer_socket_close(socket, 1000);
}

static void
check_garbage(void)
{
	struct side writer, reader;
	char junk[4096];
	size_t i;

	for (i = 0; i < sizeof(junk); i++)
		junk[i] = (char)(i * 7919 >> 3);
	open_writer(&writer, bound);
	send_raw("", 0);
	send_raw("\1\3", 2);
	send_raw("\2\1\0\0", 4);
	send_raw(junk, sizeof(junk));
	put(&writer, "a", "1");
	endpoint_complete(writer.end);
	open_reader(&reader, address, &settings);
	until(&reader.synced, 1, "garbage does not keep a reader from its data");
	check_text(buf_string(&reader.log), "1 . ", "which is all there");
	close_side(&writer);
	close_side(&reader);
}

static void
check_tcp(void)
{
	struct endpoint_settings insecure = { .insecure_tcp = true };
	struct side writer, reader;
	struct error err;
	char where[64];
	unsigned port;

	memset(&writer, 0, sizeof(writer));
	writer.store = retain_new();
	for (port = 20000 + (unsigned)getpid() % 10000; writer.end == NULL && port < 32000; port++) {
		snprintf(where, sizeof(where), "@tcp://127.0.0.1:%u", port);
		writer.end = endpoint_open_writer(loop, where, &insecure, writer.store, &events,
						  &writer, &err);
	}
	check(writer.end != NULL && open_reader(&reader, where + 1, &insecure), "over tcp");
	put(&writer, "a", "1");
	endpoint_finish(writer.end, true);
	until(&reader.ended, 1, "all arrives");
	check_text(buf_string(&reader.log), "1 . ! ", "in order");
	check(until_flushed(&writer), "and is acknowledged");
	close_side(&reader);
	close_side(&writer);
}

int
main(void)
{
	snprintf(folder, sizeof(folder), "/tmp/weir-endpoint.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(address, sizeof(address), "ipc://%s/s", folder);
	snprintf(bound, sizeof(bound), "@%s", address);
	loop = loop_new();
	check_life(bound, address);
	check_life(address, bound);
	check_quick_leave(bound, address);
	check_quick_leave(address, bound);
	check_restarts(bound, address);
	check_restarts(address, bound);
	check_copies();
	check_fan_in();
	check_pause();
	check_full();
	check_large();
	check_ends();
	check_two_ends();
	check_garbage();
	check_tcp();
	loop_free(loop);
	check(rmdir(folder) == 0, "nothing is left behind");
	return check_done();
}
