/*
 * Bare libzmq, PUSH to PULL, to measure the bus beside it:
 *
 *   bench-zmq push ADDRESS COUNT SIZE    binds, sends COUNT messages of SIZE bytes
 *   bench-zmq pull ADDRESS COUNT         connects; prints messages, seconds, CPU seconds
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <zmq.h>

#include "../../bus/alloc.h"

static void
push(void *socket, unsigned long count, size_t size)
{
	char *text = alloc_zero(1, size + 1);

	while (count > 0 && zmq_send(socket, text, size, 0) >= 0)
		count--;
	free(text);
}

static void
pull(void *socket, unsigned long count)
{
	struct timespec first = { 0 }, now;
	struct rusage usage;
	unsigned long n;
	zmq_msg_t message;

	zmq_msg_init(&message);
	for (n = 0; n < count && zmq_msg_recv(&message, socket, 0) >= 0; n++)
		if (n == 0)
			clock_gettime(CLOCK_MONOTONIC, &first);
	zmq_msg_close(&message);
	clock_gettime(CLOCK_MONOTONIC, &now);
	getrusage(RUSAGE_SELF, &usage);
	printf("%lu %.6f %.3f\n", n,
	       (double)(now.tv_sec - first.tv_sec) + (double)(now.tv_nsec - first.tv_nsec) / 1e9,
	       (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
}

int
main(int argc, char **argv)
{
	bool is_push = argc == 5 && strcmp(argv[1], "push") == 0;
	void *context = zmq_ctx_new(), *socket;

	if (!is_push && argc != 4)
		return 100;
	socket = zmq_socket(context, is_push ? ZMQ_PUSH : ZMQ_PULL);
	if ((is_push ? zmq_bind : zmq_connect)(socket, argv[2]) < 0)
		return 111;
	if (is_push)
		push(socket, strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
	else
		pull(socket, strtoul(argv[3], NULL, 10));
	zmq_close(socket);
	zmq_ctx_term(context);
	return 0;
}
