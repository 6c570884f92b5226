/* Unit test of filters/http-queue.c: fault F21, a slow origin delays nobody else. */
#include "../../filters/http-queue.h"

#include <stddef.h>
#include <string.h>

#include "../check.h"

#define TURNS 64

struct waiter {
	struct http_turn turn; /* first */
	const char *origin;
};

static struct waiter waiters[TURNS];

static struct waiter *
push(struct http_queue *queue, int i, const char *origin)
{
	waiters[i].origin = origin;
	http_queue_push(queue, origin, &waiters[i].turn);
	return &waiters[i];
}

/* The origins that may start now, one letter each. */
static const char *
start_all(struct http_queue *queue, struct waiter **last)
{
	static char text[TURNS + 1];
	struct http_turn *turn;
	size_t n = 0;

	while ((turn = http_queue_next(queue)) != NULL) {
		struct waiter *waiter = (struct waiter *)(void *)turn;

		text[n++] = waiter->origin[0];
		*last = waiter;
	}
	text[n] = '\0';
	return text;
}

static void
test_limits(void)
{
	struct http_queue *queue = http_queue_new(2, 4);
	struct waiter *last = NULL, *slow;
	int i;

	for (i = 0; i < 10; i++)
		push(queue, i, "slow");
	check_text(start_all(queue, &slow), "ss", "two of one origin");
	push(queue, 10, "a");
	push(queue, 11, "a");
	push(queue, 12, "b");
	check_text(start_all(queue, &last), "ab", "others go on, up to four in all");
	http_queue_end(queue, &last->turn);
	check_text(start_all(queue, &last), "a", "who waited gets the place");
	http_queue_end(queue, &slow->turn);
	check_text(start_all(queue, &last), "s", "so does the slow one, later");
	http_queue_end(queue, &waiters[9].turn);
	http_queue_end(queue, &waiters[3].turn);
	check(http_queue_next(queue) == NULL, "who gives up while waiting frees no place");
	http_queue_end(queue, &last->turn);
	start_all(queue, &last);
	check(last == &waiters[4], "the order is kept where somebody gave up");
	http_queue_free(queue);
}

static void
test_rotation(void)
{
	struct http_queue *queue = http_queue_new(8, 3);
	struct waiter *last = NULL;
	int i;

	for (i = 0; i < 6; i++)
		push(queue, i, i < 4 ? "x" : "y");
	push(queue, 6, "z");
	check_text(start_all(queue, &last), "xyz", "origins take turns");
	http_queue_end(queue, &waiters[0].turn);
	check_text(start_all(queue, &last), "x", "and again");
	http_queue_end(queue, &waiters[4].turn);
	check_text(start_all(queue, &last), "y", "and again");
	http_queue_end(queue, &waiters[6].turn);
	check_text(start_all(queue, &last), "x", "without who has nothing left");
	http_queue_free(queue);
}

static void
test_emptied(void)
{
	struct http_queue *queue = http_queue_new(1, 1);
	struct waiter *last = NULL;

	push(queue, 0, "a");
	http_queue_end(queue, &waiters[0].turn);
	check(http_queue_next(queue) == NULL, "all that waited gave up");
	push(queue, 1, "a");
	check_text(start_all(queue, &last), "a", "the origin can be used again");
	push(queue, 2, "b");
	http_queue_end(queue, &waiters[1].turn);
	push(queue, 3, "a");
	check_text(start_all(queue, &last), "b", "first come, first served");
	http_queue_free(queue);
}

int
main(void)
{
	test_limits();
	test_rotation();
	test_emptied();
	return check_done();
}
