/* JSON as it stands in a file: several values one behind the other, errors with line and column.
 * Pure; texts end with a NUL. */
#ifndef WEIR_JSON_FILE_H
#define WEIR_JSON_FILE_H

#include "../bus/json.h"

/* The next value: start with *cursor = 0. 1: got one, checked (nesting 64; no bound on values); 0:
 * no more; -1: INPUT error "line L, column C: what", with L in err->code. A byte order mark is
 * skipped. */
int json_file_next(const char *text, size_t len, size_t *cursor, struct json_slice *value,
		   struct error *err);
/* Append a checked value without the blanks between its tokens. */
bool json_file_compact(struct json_slice value, struct buf *out);

#endif
