/* bus/peer-socket.c: frames there and back between one that binds and two that connect. */
#include "../../bus/peer-socket.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../bus/alloc.h"
#include "../../bus/wire.h"
#include "../check.h"

/* As the loop does: the descriptor is asked only when nothing is readable. */
static bool
receive(struct peer_socket *socket, struct peer_frame *frame)
{
	struct pollfd poll_fd = { .fd = peer_socket_fd(socket), .events = POLLIN };
	int tries;

	for (tries = 0; tries < 2000; tries++) {
		if (peer_socket_receive(socket, frame))
			return true;
		if (!peer_socket_is_readable(socket))
			poll(&poll_fd, 1, 10);
	}
	return false;
}

static bool
is_text(const struct peer_frame *frame, const char *text)
{
	return frame->bytes != NULL && frame->len == strlen(text) &&
	       memcmp(frame->bytes, text, frame->len) == 0;
}

static void
check_talk(struct peer_socket *server, struct peer_socket *one, struct peer_socket *two)
{
	struct peer_frame frame;
	char name[64];
	size_t name_len;
	int i, n = 0;

	check(peer_socket_send(one, "", 0, "hello", 5), "one sends");
	check(receive(server, &frame) && is_text(&frame, "hello"), "it arrives");
	check(frame.peer_len > 0 && frame.peer_len < sizeof(name), "with a name");
	name_len = frame.peer_len;
	memcpy(name, frame.peer, name_len);
	check(peer_socket_send(two, "", 0, "", 0), "an empty frame is sent");
	check(receive(server, &frame) && frame.bytes != NULL && frame.len == 0, "and arrives");
	check(frame.peer_len != name_len || memcmp(frame.peer, name, name_len) != 0,
	      "two has another name");
	check(peer_socket_send(server, name, name_len, "answer", 6), "an answer goes to one");
	check(receive(one, &frame) && is_text(&frame, "answer") && frame.peer_len == 0,
	      "and to nobody else");
	check(!peer_socket_receive(two, &frame), "two gets nothing");
	for (i = 0; i < 200; i++)
		peer_socket_send(server, name, name_len, "x", 1);
	while (n < 200 && receive(one, &frame))
		n++;
	check_number(n, 200, "no wake-up is lost among many");
	check(!peer_socket_send(server, "nobody", 6, "x", 1), "an unknown peer is no peer");
}

static void
check_size(struct peer_socket *server, struct peer_socket *one)
{
	char *big = alloc_zero(1, WIRE_FRAME_MAX + 1);
	struct peer_frame frame;

	check(peer_socket_send(one, "", 0, big, WIRE_FRAME_MAX), "the largest frame is sent");
	check(receive(server, &frame) && frame.len == WIRE_FRAME_MAX, "and arrives");
	peer_socket_send(one, "", 0, big, WIRE_FRAME_MAX + 1);
	peer_socket_send(one, "", 0, "after", 5);
	check(receive(server, &frame) && is_text(&frame, "after"), "a larger one does not");
	free(big);
}

int
main(void)
{
	char folder[] = "/tmp/weir-socket.XXXXXX", *address;
	struct peer_socket *server, *one, *two;
	struct error err;

	if (mkdtemp(folder) == NULL)
		return 1;
	address = alloc_format("ipc://%s/s", folder);
	one = peer_socket_open(address, false, &err);
	server = peer_socket_open(address, true, &err);
	two = peer_socket_open(address, false, &err);
	check(one != NULL && server != NULL && two != NULL, "in any order");
	check_talk(server, one, two);
	check_size(server, one);
	peer_socket_close(one, 0);
	peer_socket_close(two, 0);
	peer_socket_close(server, 0);
	check(peer_socket_open("ipc:///nowhere/s", true, &err) == NULL && err.kind == ERROR_SYSTEM,
	      "%s", err.text);
	unlink(address + strlen("ipc://"));
	check(rmdir(folder) == 0, "nothing is left behind");
	free(address);
	return check_done();
}
