/*
 * What a command that reads JSON lines is told when a message that it was given is not there any
 * more: over ipc that is a key, on stdin it has to be a message. Pure.
 */
#ifndef WEIR_FAREWELL_H
#define WEIR_FAREWELL_H

#include <stdbool.h>

#include "../bus/buf.h"
#include "../bus/message.h"

/* Append the message that takes this one back: DELETED for an event; for an UPDATE, a HOLD and
 * what became of them a HOLD; for TAGS the same without tags and applications. False: nothing
 * takes it back, and nothing was appended. */
bool farewell_text(const struct message *message, struct buf *out);

#endif
