/*
 * Bounded growable bytes. A buffer knows its maximum, not what is in it.
 * data is always NUL-terminated behind len once anything was appended.
 */
#ifndef WEIR_BUF_H
#define WEIR_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data; /* may be NULL while len is 0 */
	size_t len;
	size_t cap;
	size_t max; /* len never exceeds this */
	bool overflowed; /* an append was refused since the last clear */
};

#define BUF_INIT(maximum) { .max = (maximum) }
#define CLEANUP_BUF __attribute__((cleanup(buf_fini)))

void buf_init(struct buf *buf, size_t max);
void buf_fini(struct buf *buf); /* frees; the struct may be used again */
/* All of these return false, append nothing and set overflowed when max would be exceeded. */
bool buf_append(struct buf *buf, const void *bytes, size_t len);
bool buf_append_string(struct buf *buf, const char *text);
bool buf_append_char(struct buf *buf, char c);
bool buf_printf(struct buf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Make room for len more bytes and return where they go (NULL: over max);
 * buf_added says how many of them were filled. For read(2). */
char *buf_room(struct buf *buf, size_t len);
void buf_added(struct buf *buf, size_t len);
/* Remove the first len bytes (amortised cheap: callers drop in large pieces). */
void buf_drop(struct buf *buf, size_t len);
void buf_clear(struct buf *buf); /* len 0, keeps the memory */
void buf_wipe(struct buf *buf);	 /* explicit_bzero over cap, then len 0 */
/* "" when empty. */
const char *buf_string(const struct buf *buf);

#endif
