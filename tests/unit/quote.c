/* Foreign text: nothing in it reaches a terminal, and it has its bound. */
#include "../../filters/quote.h"

#include "../check.h"

int
main(void)
{
	CLEANUP_BUF struct buf out = BUF_INIT(200);

	quote_append(&out, "~ 1.0", 5, 100);
	check_text(buf_string(&out), "\"~ 1.0\"", "plain text");
	buf_clear(&out);
	quote_append(&out, "a\n\x1b[2J\xc3\xa9\0b", 10, 100);
	check_text(buf_string(&out), "\"a\\x0a\\x1b[2J\\xc3\\xa9\\x00b\"", "control and other bytes");
	buf_clear(&out);
	quote_append(&out, "0123456789", 10, 10);
	check_text(buf_string(&out), "\"0123456789\"", "as long as allowed");
	buf_clear(&out);
	quote_append(&out, "0123456789", 10, 9);
	check_text(buf_string(&out), "\"012345678...\"", "longer");
	buf_clear(&out);
	quote_append_bare(&out, "a\x7f", 2);
	check_text(buf_string(&out), "a\\x7f", "bare");
	return check_done();
}
