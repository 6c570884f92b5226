/* See http-queue.h. A lane stands in the ring while one of its turns may start. */
#include "http-queue.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/table.h"

struct http_lane {
	struct http_turn *head, **tail; /* waiting, oldest first */
	struct http_lane *next;		/* in the ring */
	unsigned active;
	bool is_in_ring;
	size_t origin_len;
	char origin[];
};

struct http_queue {
	struct table *lanes;
	struct http_lane *ring, **ring_tail;
	unsigned per_host, total, active;
};

struct http_queue *
http_queue_new(unsigned per_host, unsigned total)
{
	struct http_queue *queue = alloc_zero(1, sizeof(*queue));

	queue->lanes = table_new(free);
	queue->ring_tail = &queue->ring;
	queue->per_host = per_host;
	queue->total = total;
	return queue;
}

void
http_queue_free(struct http_queue *queue)
{
	if (queue == NULL)
		return;
	table_free(queue->lanes);
	free(queue);
}

static struct http_lane *
find_lane(struct http_queue *queue, const char *origin)
{
	size_t len = strlen(origin);
	struct http_lane *lane = table_get(queue->lanes, origin, len);

	if (lane != NULL)
		return lane;
	lane = alloc_zero(1, sizeof(*lane) + len + 1);
	lane->tail = &lane->head;
	lane->origin_len = len;
	memcpy(lane->origin, origin, len);
	table_put(queue->lanes, origin, len, lane);
	return lane;
}

/* Into the ring when one of it may start, out of the world when there is nobody in it. */
static void
settle(struct http_queue *queue, struct http_lane *lane)
{
	if (lane->is_in_ring)
		return;
	if (lane->head != NULL && lane->active < queue->per_host) {
		lane->is_in_ring = true;
		lane->next = NULL;
		*queue->ring_tail = lane;
		queue->ring_tail = &lane->next;
	} else if (lane->head == NULL && lane->active == 0) {
		table_remove(queue->lanes, lane->origin, lane->origin_len);
	}
}

void
http_queue_push(struct http_queue *queue, const char *origin, struct http_turn *turn)
{
	struct http_lane *lane = find_lane(queue, origin);

	turn->next = NULL;
	turn->lane = lane;
	turn->is_active = false;
	*lane->tail = turn;
	lane->tail = &turn->next;
	settle(queue, lane);
}

static struct http_lane *
leave_ring(struct http_queue *queue)
{
	struct http_lane *lane = queue->ring;

	queue->ring = lane->next;
	if (queue->ring == NULL)
		queue->ring_tail = &queue->ring;
	lane->is_in_ring = false;
	return lane;
}

struct http_turn *
http_queue_next(struct http_queue *queue)
{
	while (queue->ring != NULL && queue->active < queue->total) {
		struct http_lane *lane = leave_ring(queue);
		struct http_turn *turn = lane->head;

		if (turn != NULL) { /* else: all that waited have given up */
			lane->head = turn->next;
			if (lane->head == NULL)
				lane->tail = &lane->head;
			turn->next = NULL;
			turn->is_active = true;
			lane->active++;
			queue->active++;
		}
		settle(queue, lane);
		if (turn != NULL)
			return turn;
	}
	return NULL;
}

static void
remove_waiting(struct http_lane *lane, struct http_turn *turn)
{
	struct http_turn **at = &lane->head;

	while (*at != turn)
		at = &(*at)->next;
	*at = turn->next;
	if (turn->next == NULL)
		lane->tail = at;
}

void
http_queue_end(struct http_queue *queue, struct http_turn *turn)
{
	struct http_lane *lane = turn->lane;

	if (turn->is_active) {
		lane->active--;
		queue->active--;
	} else {
		remove_waiting(lane, turn);
	}
	turn->lane = NULL;
	turn->is_active = false;
	settle(queue, lane);
}
