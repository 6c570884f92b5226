/* SHA-256. Pure. */
#ifndef WEIR_DIGEST_H
#define WEIR_DIGEST_H

#include <stddef.h>

#define DIGEST_TEXT_SIZE 72 /* "sha256:", 64 digits, a NUL */

/* "sha256:<hex>" over bytes. */
void digest_sha256(char text[DIGEST_TEXT_SIZE], const char *bytes, size_t len);

#endif
