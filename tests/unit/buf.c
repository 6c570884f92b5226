/* bus/buf.c: bounds, growth, and that a refused append changes nothing. */
#include "../../bus/buf.h"

#include <stdlib.h>

#include "../check.h"

int
main(void)
{
	struct buf buf = BUF_INIT(10);
	char *room;
	int i;

	check_text(buf_string(&buf), "", "an empty buffer is an empty string");
	check(buf_append(&buf, "12345", 5) && buf_append_char(&buf, '6'), "appended");
	check(!buf_append(&buf, "78901", 5) && buf.overflowed, "one byte too many is refused");
	check_text(buf_string(&buf), "123456", "and nothing of it is there");
	check(buf_append(&buf, "7890", 4), "up to the maximum");
	check(!buf_append_char(&buf, 'x') && !buf_printf(&buf, "%d", 1), "and not beyond");
	buf_drop(&buf, 3);
	check_text(buf_string(&buf), "4567890", "dropped from the front");
	check(buf_printf(&buf, "%s", "abc"), "room again");
	check_text(buf_string(&buf), "4567890abc", "printed");
	buf_clear(&buf);
	check(buf.len == 0 && !buf.overflowed, "cleared");
	check(buf_room(&buf, 11) == NULL, "no room beyond the maximum");
	room = buf_room(&buf, 10);
	check(room != NULL, "room up to it");
	if (room != NULL)
		memcpy(room, "0123456789", 10);
	buf_added(&buf, 10);
	check_text(buf_string(&buf), "0123456789", "filled in place");
	buf_wipe(&buf);
	for (i = 0; i < 10 && buf.data[i] == '\0'; i++)
		;
	check_number(i, 10, "wiped");
	buf_fini(&buf);
	check(buf_append(&buf, "", 0), "an empty append");
	buf_fini(&buf);
	return check_done();
}
