/* See digest.h. */
#include "digest.h"

#include <openssl/sha.h>
#include <string.h>

void
digest_sha256(char text[DIGEST_TEXT_SIZE], const char *bytes, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char sum[SHA256_DIGEST_LENGTH];
	char *at = text + 7;
	size_t i;

	memcpy(text, "sha256:", 7);
	SHA256((const unsigned char *)bytes, len, sum);
	for (i = 0; i < sizeof(sum); i++) {
		*at++ = hex[sum[i] >> 4];
		*at++ = hex[sum[i] & 15];
	}
	*at = '\0';
}
