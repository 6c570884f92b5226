/*
 * The members of UPDATE and HOLD, held to weir-message(7) before a filter acts on one: what is
 * copied from one message into the next must be what it is said to be. Pure: bytes in, an error
 * out; it knows no versions and no registries.
 */
#ifndef WEIR_DECISION_H
#define WEIR_DECISION_H

#include <stddef.h>

#include <jv.h>

#include "../bus/error.h"
#include "../bus/message.h"

/* 0, or an INPUT error that names the first member that is missing or of another kind. Members
 * that nobody knows are not looked at. */
int decision_check(const struct message *message, struct error *err);
/* What an ERROR about this message (len bytes of it) is about: of application, source, origin and
 * repository what is well-formed and short; invalid: nothing. Owned by the caller. */
jv decision_about(const char *text, size_t len);

#endif
