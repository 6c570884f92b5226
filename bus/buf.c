/* Bounded growable bytes. */
#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

void
buf_init(struct buf *buf, size_t max)
{
	memset(buf, 0, sizeof(*buf));
	buf->max = max;
}

void
buf_fini(struct buf *buf)
{
	free(buf->data);
	buf_init(buf, buf->max);
}

/* Capacity for len bytes and a NUL; doubles, so that appending is amortised. */
static bool
reserve(struct buf *buf, size_t more)
{
	size_t need, cap;

	if (more > buf->max || buf->len > buf->max - more) {
		buf->overflowed = true;
		return false;
	}
	need = buf->len + more + 1;
	if (need <= buf->cap)
		return true;
	cap = buf->cap ? buf->cap : 64;
	while (cap < need)
		cap *= 2;
	if (cap > buf->max + 1)
		cap = buf->max + 1;
	buf->data = alloc_grow(buf->data, cap, 1);
	buf->cap = cap;
	return true;
}

bool
buf_append(struct buf *buf, const void *bytes, size_t len)
{
	if (!reserve(buf, len))
		return false;
	if (len > 0)
		memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
	return true;
}

bool
buf_append_string(struct buf *buf, const char *text)
{
	return buf_append(buf, text, strlen(text));
}

bool
buf_append_char(struct buf *buf, char c)
{
	if (buf->len + 1 >= buf->cap || buf->len >= buf->max)
		return buf_append(buf, &c, 1);
	buf->data[buf->len++] = c;
	buf->data[buf->len] = '\0';
	return true;
}

bool
buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args, again;
	int n;
	bool ok;

	va_start(args, format);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	ok = n >= 0 && reserve(buf, (size_t)n);
	if (ok) {
		vsnprintf(buf->data + buf->len, (size_t)n + 1, format, again);
		buf->len += (size_t)n;
	}
	va_end(again);
	return ok;
}

char *
buf_room(struct buf *buf, size_t len)
{
	return reserve(buf, len) ? buf->data + buf->len : NULL;
}

void
buf_added(struct buf *buf, size_t len)
{
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void
buf_drop(struct buf *buf, size_t len)
{
	if (len >= buf->len) {
		buf_clear(buf);
		return;
	}
	memmove(buf->data, buf->data + len, buf->len - len + 1);
	buf->len -= len;
}

void
buf_clear(struct buf *buf)
{
	buf->len = 0;
	buf->overflowed = false;
	if (buf->data != NULL)
		buf->data[0] = '\0';
}

void
buf_wipe(struct buf *buf)
{
	if (buf->data != NULL)
		explicit_bzero(buf->data, buf->cap);
	buf_clear(buf);
}

const char *
buf_string(const struct buf *buf)
{
	return buf->data != NULL ? buf->data : "";
}
