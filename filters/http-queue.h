/*
 * Whose turn it is: requests wait per origin, at most per_host of one origin and total in
 * all are active, and origins take turns, so that a slow one delays nobody else. Pure: knows
 * no request, no socket, no clock.
 */
#ifndef WEIR_HTTP_QUEUE_H
#define WEIR_HTTP_QUEUE_H

#include <stdbool.h>

struct http_queue;
struct http_lane;

/* Embedded by what waits; it finds its owner again by container. */
struct http_turn {
	struct http_turn *next;
	struct http_lane *lane;
	bool is_active;
};

struct http_queue *http_queue_new(unsigned per_host, unsigned total);
void http_queue_free(struct http_queue *queue); /* the turns belong to their owners */
/* Wait at the end of origin's lane. */
void http_queue_push(struct http_queue *queue, const char *origin, struct http_turn *turn);
/* The next that may start now, which is active from here on; NULL: nobody may. */
struct http_turn *http_queue_next(struct http_queue *queue);
/* This one, waiting or active, has ended. */
void http_queue_end(struct http_queue *queue, struct http_turn *turn);

#endif
