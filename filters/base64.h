/* Standard base64 (RFC 4648, section 4). Pure. */
#ifndef WEIR_BASE64_H
#define WEIR_BASE64_H

#include <stddef.h>

/* Owned by the caller. */
char *base64_encode(const char *bytes, size_t len);
/* Padding may be missing, blanks and line ends around the text are skipped; anything else that is
 * strange: NULL. NUL-terminated behind *len bytes; owned by the caller. */
char *base64_decode(const char *text, size_t text_len, size_t *len);

#endif
