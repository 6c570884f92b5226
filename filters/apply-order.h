/*
 * One APPLY or PRUNE on its way to its RESULT: what it asks for, checked. Pure: jv in, texts out, a
 * RESULT back.
 */
#ifndef WEIR_APPLY_ORDER_H
#define WEIR_APPLY_ORDER_H

#include <stdbool.h>

#include <jv.h>

#include "../bus/error.h"
#include "../bus/message.h"
#include "apply-intent.h"

struct apply_order {
	bool is_prune;
	enum apply_part part;
	jv reference; /* {apiVersion, kind, metadata {name, namespace, uid}}, owned */
	jv intent;    /* what is to be set, owned; invalid: a PRUNE */
	/* pointers into reference */
	const char *api, *kind, *name;
	const char *namespace, *uid; /* NULL: it names none */
};

/* Reads an APPLY or PRUNE. INPUT error that names what is missing or wrong; free with
 * apply_order_fini in any case. */
int apply_order_read(struct apply_order *order, struct message *message, struct error *err);
void apply_order_fini(struct apply_order *order);
/* What one write at a time is made to: the object, whichever part of it. Owned by the caller. */
char *apply_order_target(const struct apply_order *order);
/* "Secret d8-delivery/repo-x", "WerfSource x (status)": for logs. Owned. */
char *apply_order_describe(const struct apply_order *order);
/* What an ERROR about it is about; invalid: nothing is known. Owned. */
jv apply_order_about(const struct apply_order *order);
/* The RESULT message; reason NULL: none; takes diff, an invalid or empty one is left out. Owned. */
jv apply_order_result(const struct apply_order *order, const char *status, const char *reason,
		      jv diff);

#endif
