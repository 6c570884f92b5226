/*
 * Following one resource of a cluster for good: find it, list it, watch it, and again after
 * whatever goes wrong, so that its reader sees every object's last state and every deletion. Knows
 * when to try again and when to list again; not what the objects mean.
 */
#ifndef WEIR_KUBE_FOLLOW_H
#define WEIR_KUBE_FOLLOW_H

#include <stdbool.h>

#include "../bus/json.h"
#include "../bus/message.h"
#include "kube.h"
#include "resource.h"

struct kube_follow_settings {
	const char *resource;  /* as kubectl names it */
	const char *namespace; /* NULL: all; ignored for resources of the cluster's scope */
	const char *labels;    /* selectors, as kubectl spells them; NULL: all */
	const char *fields;
	/* names of members that listed objects may lack, ended by NULL: such a member is skipped as
	 * it arrives; NULL: none */
	const char *const *omit;
	bool once;	       /* one list, no watch; gives up after some tries */
	bool ignore_missing;   /* a type that the server does not serve has no objects; it is looked
				* for again, once a minute in the end */
};

/* All from loop turns, none may be NULL. An object is what json_split cut out, not checked
 * (brackets balanced, strings closed), valid during the call; it may lack apiVersion and kind (then
 * the resource's count). */
struct kube_follow_events {
	/* A list begins: what is not in it has gone. It may begin again before it ends. */
	void (*on_list)(void *arg, const struct resource *resource);
	void (*on_item)(void *arg, struct json_slice object);
	/* The list is whole. Without on_list before it: the type is not served and never was. */
	void (*on_listed)(void *arg);
	/* ADDED, MODIFIED, DELETED, after a list. */
	void (*on_event)(void *arg, enum message_type type, struct json_slice object);
	/* Before the first whole list: it makes no sense to go on (err says why; its kind decides
	 * the exit status). Nothing more comes. */
	void (*on_failed)(void *arg, const struct error *err);
};

struct kube_follow;
/* settings' texts and events must outlive it. */
struct kube_follow *kube_follow_start(struct kube *kube,
				      const struct kube_follow_settings *settings,
				      const struct kube_follow_events *events, void *arg);
/* Back-pressure: reading stops soon after. */
void kube_follow_pause(struct kube_follow *follow, bool paused);
void kube_follow_stop(struct kube_follow *follow); /* not from its events; NULL is fine */

#endif
