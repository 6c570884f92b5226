/*
 * Two filters that do nothing but send and count, to measure what the bus costs:
 *
 *   bench-bus source COUNT SIZE key|note --out ENDPOINT    COUNT messages of SIZE bytes
 *   bench-bus sink --in ENDPOINT                           prints messages, seconds, CPU seconds
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "../../bus/alloc.h"
#include "../../bus/filter.h"

#define PER_TURN 200u
#define START_MS 300 /* by then the sink is there: what has no key does not wait for it */

struct bench {
	struct filter *filter;
	struct loop_timer timer;
	unsigned long sent, count, size;
	bool has_keys;
	char *padding;
	unsigned long received;
	struct timespec first;
};

static void
emit(struct bench *bench)
{
	char text[512];
	int len = snprintf(text, sizeof(text), bench->has_keys ?
			   "{\"type\":\"HOLD\",\"application\":{\"namespace\":\"n\",\"name\":\"app%lu\"},"
			   "\"reason\":\"" : "{\"type\":\"NOTE\",\"number\":%lu,\"reason\":\"",
			   bench->sent);
	struct buf message = BUF_INIT(1 << 20);

	buf_append(&message, text, (size_t)len);
	if ((size_t)len + 2 < bench->size)
		buf_append(&message, bench->padding, bench->size - (size_t)len - 2);
	buf_append_string(&message, "\"}");
	filter_emit_text(bench->filter, message.data, message.len);
	buf_fini(&message);
}

static void
go_on(void *arg)
{
	struct bench *bench = arg;
	unsigned n;

	for (n = 0; n < PER_TURN && bench->sent < bench->count; n++, bench->sent++) {
		if (filter_is_full(bench->filter))
			return;
		emit(bench);
	}
	if (bench->sent == bench->count)
		filter_finish(bench->filter);
	else
		loop_timer_start(filter_loop(bench->filter), &bench->timer, 0, go_on, bench);
}

static void
on_message(void *self, struct message *message)
{
	struct bench *bench = self;

	(void)message;
	if (bench->received++ == 0)
		clock_gettime(CLOCK_MONOTONIC, &bench->first);
}

static void
on_close(void *self)
{
	struct bench *bench = self;
	struct timespec now;
	struct rusage usage;

	loop_timer_stop(filter_loop(bench->filter), &bench->timer);
	free(bench->padding);
	if (bench->received == 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	getrusage(RUSAGE_SELF, &usage);
	printf("%lu %.6f %.3f\n", bench->received,
	       (double)(now.tv_sec - bench->first.tv_sec) +
		       (double)(now.tv_nsec - bench->first.tv_nsec) / 1e9,
	       (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
}

int
main(int argc, char **argv)
{
	static const struct filter_program source = { .name = "bench-source",
						      .flags = FILTER_SOURCE },
					   sink = { .name = "bench-sink", .flags = FILTER_SINK };
	static const struct filter_callbacks callbacks = { .on_message = on_message,
							   .on_close = on_close };
	bool is_source = argc > 4 && strcmp(argv[1], "source") == 0;
	struct bench bench = { .filter = filter_open(is_source ? &source : &sink, argc, argv) };
	const struct option_list *words = filter_operands(bench.filter);

	if (is_source && words->count == 4) {
		bench.count = strtoul(words->items[1], NULL, 10);
		bench.size = strtoul(words->items[2], NULL, 10);
		bench.has_keys = strcmp(words->items[3], "key") == 0;
		bench.padding = alloc_zero(1, bench.size + 1);
		memset(bench.padding, 'x', bench.size);
		loop_timer_start(filter_loop(bench.filter), &bench.timer, START_MS, go_on, &bench);
		filter_on_room(bench.filter, go_on);
	}
	return filter_run(bench.filter, &callbacks, &bench);
}
