/*
 * One UPDATE or HOLD on its way to its RESULT: what it asks for, checked. Pure: jv in, texts
 * out, a RESULT back.
 */
#ifndef WEIR_PATCH_ORDER_H
#define WEIR_PATCH_ORDER_H

#include <stdbool.h>

#include <jv.h>

#include "../bus/error.h"
#include "../bus/message.h"
#include "manifest-address.h"
#include "patch.h"

struct patch_order {
	jv body;	/* the message, owned */
	bool is_update; /* else a HOLD: nothing to write */
	bool is_in_file;
	struct manifest_address address; /* when it is */
	const char *namespace, *name;	 /* of the Application; pointers into body */
	struct patch_change change;	 /* likewise */
};

/* Reads an UPDATE or HOLD; keeps its body. INPUT error that names the member that is missing or
 * wrong; free with patch_order_fini in any case. */
int patch_order_read(struct patch_order *order, struct message *message, struct error *err);
void patch_order_fini(struct patch_order *order);
/* What one patch at a time is made to: the Application's "NAMESPACE/NAME", or the file. Owned by
 * the caller. */
char *patch_order_target(const struct patch_order *order);
/* "d8-delivery/myapp", "d8-delivery/myapp[2]": for logs. Owned. */
char *patch_order_describe(const struct patch_order *order);
/* The RESULT message; reason NULL: none. Owned. */
jv patch_order_result(const struct patch_order *order, const char *status, const char *reason);

#endif
