/* Foreign text made safe to show. Pure. */
#include "quote.h"

void
quote_append_bare(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < ' ' || c > '~')
			buf_printf(out, "\\x%02x", c);
		else
			buf_append_char(out, text[i]);
	}
}

void
quote_append(struct buf *out, const char *text, size_t len, size_t max)
{
	buf_append_char(out, '"');
	quote_append_bare(out, text, len < max ? len : max);
	buf_append_string(out, len > max ? "...\"" : "\"");
}
