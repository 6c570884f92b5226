/*
 * A scripted HTTP server on the loop of a unit program: a function answers each request, also
 * with nothing, with half of something, or by hanging up. Loopback only, one port.
 */
#ifndef WEIR_TESTS_HTTPD_H
#define WEIR_TESTS_HTTPD_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../bus/alloc.h"
#include "../bus/buf.h"
#include "../bus/loop.h"

struct httpd;
/* Append to out what is to be sent; hang_up: close then. request: headers and body as text. */
typedef void httpd_answer_fn(struct httpd *httpd, const char *request, struct buf *out,
			     bool *hang_up);

struct httpd_connection {
	struct httpd *httpd;
	struct httpd_connection *next;
	int fd;
	struct buf in, out;
	bool hang_up;
};

struct httpd {
	struct loop *loop;
	int fd;
	unsigned port, requests, connections;
	httpd_answer_fn *answer;
	void *arg;
	struct buf log; /* "GET /path|" for each request */
	struct httpd_connection *first;
};

static void
httpd_close_connection(struct httpd_connection *connection)
{
	struct httpd_connection **at = &connection->httpd->first;

	while (*at != connection)
		at = &(*at)->next;
	*at = connection->next;
	loop_forget(connection->httpd->loop, connection->fd);
	close(connection->fd);
	buf_fini(&connection->in);
	buf_fini(&connection->out);
	free(connection);
}

/* Where the request in the buffer ends; 0: not yet. */
static size_t
httpd_request_end(const struct buf *in)
{
	const char *end = in->len > 0 ? strstr(in->data, "\r\n\r\n") : NULL;
	const char *length;
	size_t size;

	if (end == NULL)
		return 0;
	length = strcasestr(in->data, "\r\nContent-Length:");
	size = (size_t)(end - in->data) + 4;
	if (length != NULL && length < end)
		size += strtoul(length + 17, NULL, 10);
	return in->len >= size ? size : 0;
}

static void httpd_on_connection(void *arg, int fd, unsigned events);

/* False: the connection is gone. */
static bool
httpd_flush(struct httpd_connection *connection)
{
	ssize_t sent;

	while (connection->out.len > 0) {
		sent = send(connection->fd, connection->out.data, connection->out.len,
			    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno != EAGAIN) {
			httpd_close_connection(connection);
			return false;
		}
		if (sent < 0)
			break;
		buf_drop(&connection->out, (size_t)sent);
	}
	if (connection->out.len == 0 && connection->hang_up) {
		httpd_close_connection(connection);
		return false;
	}
	loop_watch(connection->httpd->loop, connection->fd,
		   LOOP_READ | (connection->out.len > 0 ? LOOP_WRITE : 0u), httpd_on_connection,
		   connection);
	return true;
}

static void
httpd_on_connection(void *arg, int fd, unsigned events)
{
	struct httpd_connection *connection = arg;
	struct httpd *httpd = connection->httpd;
	ssize_t got = -1;
	size_t end;

	if (events & (LOOP_READ | LOOP_HANGUP))
		got = recv(fd, buf_room(&connection->in, 65536), 65536, MSG_DONTWAIT);
	if (got == 0 || (got < 0 && errno != EAGAIN && events & LOOP_HANGUP)) {
		httpd_close_connection(connection);
		return;
	}
	if (got > 0)
		buf_added(&connection->in, (size_t)got);
	while ((end = httpd_request_end(&connection->in)) > 0) {
		char *request = alloc_text(connection->in.data, end);

		httpd->requests++;
		buf_printf(&httpd->log, "%.*s|", (int)(strchr(strchr(request, ' ') + 1, ' ') - request),
			   request);
		buf_drop(&connection->in, end);
		httpd->answer(httpd, request, &connection->out, &connection->hang_up);
		free(request);
	}
	httpd_flush(connection);
}

static void
httpd_on_accept(void *arg, int fd, unsigned events)
{
	struct httpd *httpd = arg;
	struct httpd_connection *connection;
	int peer = accept(fd, NULL, NULL);

	(void)events;
	if (peer < 0)
		return;
	httpd->connections++;
	connection = alloc_zero(1, sizeof(*connection));
	connection->httpd = httpd;
	connection->fd = peer;
	buf_init(&connection->in, (size_t)1024 * 1024);
	buf_init(&connection->out, (size_t)64 * 1024 * 1024);
	connection->next = httpd->first;
	httpd->first = connection;
	loop_watch(httpd->loop, peer, LOOP_READ, httpd_on_connection, connection);
}

__attribute__((unused)) static void
httpd_open(struct httpd *httpd, struct loop *loop, httpd_answer_fn *answer, void *arg)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);

	*httpd = (struct httpd){ .loop = loop, .answer = answer, .arg = arg };
	buf_init(&httpd->log, (size_t)1024 * 1024);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	httpd->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (httpd->fd < 0 || bind(httpd->fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(httpd->fd, 128) != 0 ||
	    getsockname(httpd->fd, (struct sockaddr *)&address, &len) != 0)
		abort();
	httpd->port = ntohs(address.sin_port);
	loop_watch(loop, httpd->fd, LOOP_READ, httpd_on_accept, httpd);
}

__attribute__((unused)) static void
httpd_close(struct httpd *httpd)
{
	while (httpd->first != NULL)
		httpd_close_connection(httpd->first);
	loop_forget(httpd->loop, httpd->fd);
	close(httpd->fd);
	buf_fini(&httpd->log);
}

/* A whole answer; headers: lines that end in \r\n, or "". */
__attribute__((unused)) static void
httpd_reply(struct buf *out, int status, const char *headers, const char *body)
{
	buf_printf(out, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n%s", status, strlen(body),
		   headers, body);
}

/* Turn the loop until *done, at most for some seconds. */
__attribute__((unused)) static bool
httpd_turn_until(struct loop *loop, const bool *done)
{
	int64_t until_ms = loop_now_fresh_ms(loop) + 20000;

	while (!*done && loop_now_ms(loop) < until_ms)
		if (loop_turn(loop, 100, NULL) != 0)
			return false;
	return *done;
}

#endif
