/* Foreign text inside a text for a person: what an owner wrote into an annotation, say. Pure. */
#ifndef WEIR_QUOTE_H
#define WEIR_QUOTE_H

#include <stddef.h>

#include "../bus/buf.h"

/* Append len bytes of text between double quotes. What is no printable ASCII becomes \xNN, and a
 * text of more than max bytes is cut ("..." inside the quotes). */
void quote_append(struct buf *out, const char *text, size_t len, size_t max);

/* The same without quotes around it and without a bound. */
void quote_append_bare(struct buf *out, const char *text, size_t len);

#endif
