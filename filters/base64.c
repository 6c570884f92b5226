/* See base64.h. */
#include "base64.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *
base64_encode(const char *bytes, size_t len)
{
	char *text = alloc_zero((len + 2) / 3 * 4 + 1, 1), *out = text;
	size_t i;

	for (i = 0; i < len; i += 3) {
		uint32_t group = (uint32_t)(unsigned char)bytes[i] << 16;

		if (i + 1 < len)
			group |= (uint32_t)(unsigned char)bytes[i + 1] << 8;
		if (i + 2 < len)
			group |= (unsigned char)bytes[i + 2];
		*out++ = digits[group >> 18];
		*out++ = digits[group >> 12 & 63];
		*out++ = i + 1 < len ? digits[group >> 6 & 63] : '=';
		*out++ = i + 2 < len ? digits[group & 63] : '=';
	}
	return text;
}

static int
value_of(char c)
{
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

static size_t
trim(const char **text, size_t len)
{
	while (len > 0 && strchr(" \t\r\n", (*text)[len - 1]) != NULL)
		len--;
	while (len > 0 && strchr(" \t\r\n", (*text)[0]) != NULL) {
		(*text)++;
		len--;
	}
	return len;
}

char *
base64_decode(const char *text, size_t text_len, size_t *len)
{
	char *bytes;
	uint32_t group = 0;
	unsigned bits = 0, padding = 0;
	size_t i, n = 0;

	text_len = trim(&text, text_len);
	while (text_len > 0 && text[text_len - 1] == '=' && padding < 2) {
		text_len--;
		padding++;
	}
	if (text_len % 4 == 1 || (padding > 0 && (text_len + padding) % 4 != 0))
		return NULL;
	bytes = alloc_zero(text_len / 4 * 3 + 3, 1);
	for (i = 0; i < text_len; i++) {
		int value = value_of(text[i]);

		if (value < 0) {
			alloc_free_secret(bytes);
			return NULL;
		}
		group = group << 6 | (uint32_t)value;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			bytes[n++] = (char)(group >> bits);
			group &= (1u << bits) - 1;
		}
	}
	*len = n;
	return bytes;
}
