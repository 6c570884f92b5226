/* Shared by display.c (what goes into which cell) and display-line.c (cells, colours,
 * escapes). */
#ifndef WEIR_DISPLAY_PRIV_H
#define WEIR_DISPLAY_PRIV_H

#include "display.h"

enum line_colour { LINE_PLAIN, LINE_DIM, LINE_GREEN, LINE_CYAN, LINE_RED };

/* Cells hold text that was escaped already. */
struct line {
	struct buf who, change, constraint, status;
	struct buf rest;  /* follows the status at once: ": reason" */
	struct buf aside; /* behind all, dim: where it stands */
	enum line_colour colour; /* of the status */
	bool grows; /* its cells may widen the columns */
};

void line_init(struct line *line);
void line_fini(struct line *line);
/* Lay the cells out in columns, widen these if need be, and append the line. */
void line_put(struct display *display, const struct line *line, struct buf *out);
/* Append text in a colour, if there are colours. */
void line_colour(const struct display *display, enum line_colour colour, const char *text,
		 struct buf *out);
/* Append blanks so that text, which was appended last, is width columns wide. */
void line_pad(const char *text, size_t width, struct buf *out);

/* --- display-diff.c --- */

/* Append the lines of a RESULT's `diff`, if it has one. */
void display_diff(const struct display *display, jv body, struct buf *out);

#endif
