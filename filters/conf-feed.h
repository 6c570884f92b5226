/*
 * registries.conf from a cluster: the watch events of one ConfigMap, for filters that ask
 * registries. Takes each good one into use, in place; while none was good they must wait. Knows the
 * ConfigMap and what is said about it; not what is in registries.conf (access.h does).
 */
#ifndef WEIR_CONF_FEED_H
#define WEIR_CONF_FEED_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/filter.h"
#include "access.h"

struct conf_feed;

/* on_known: the first good one is in use. settings, filter and access must outlive it. NULL when
 * settings name no ConfigMap; NULL is fine below, and means that nothing need be waited for. */
struct conf_feed *conf_feed_new(struct filter *filter, struct access *access,
					    const struct access_settings *settings,
					    void (*on_known)(void *arg), void *arg);
void conf_feed_free(struct conf_feed *feed);

/* Is registries.conf known, or not expected from events? */
bool conf_feed_is_known(const struct conf_feed *feed);
/* False: the message is no event of the ConfigMap. True: it is, and has been dealt with; a broken
 * one is an ERROR, and the last good one stays. */
bool conf_feed_take(struct conf_feed *feed, const struct message *message);
/* A key that is gone (filter.h): the last good one stays. */
void conf_feed_gone(struct conf_feed *feed, const char *key, size_t len);
/* The first list is complete: when the ConfigMap does not come soon, that is an ERROR. */
void conf_feed_complete(struct conf_feed *feed);
/* The input has ended: when nothing is known by now, that is an ERROR. */
void conf_feed_end(struct conf_feed *feed);

#endif
