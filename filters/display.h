/*
 * A message as lines that a person reads at a glance: columns, colours, nothing that could
 * drive the terminal. Pure: bytes in, bytes out.
 */
#ifndef WEIR_DISPLAY_H
#define WEIR_DISPLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "../bus/buf.h"
#include "../bus/message.h"

/* Widths that grow with what was shown, up to a bound. Zero-initialised except colour. */
struct display {
	bool colour;
	size_t who, change, constraint;
};

/* Append the lines of a message, each ended by a newline; nothing for what a person need not
 * see. What is secret (data of Secrets) is left out. */
void display_message(struct display *display, struct message *message, struct buf *out);
/* The line for a key (message_key) that is not there any more; nothing for keys of other
 * kinds than applications and objects. */
void display_gone(struct display *display, const char *key, size_t len, struct buf *out);

/* Append foreign text: control and invisible characters, and those that change the direction
 * of text, are shown as escapes; a line's end is a blank. */
void display_text(struct buf *out, const char *text);
/* Columns that text takes: its characters. */
size_t display_width(const char *text);

#endif
