/*
 * The characters of constraints: where a version stands in a text, and ranges `a - b`, which the
 * libraries replace in the text before they read it. Where a replacement joins what was apart
 * (`1, 2 - 3`, or 1.5.0's `1 - 2 3`, which becomes `<= 23`) that is their rule, too. Knows no
 * terms.
 */
#include <string.h>

#include "constraint-terms.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool
is_word_char(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-';
}

/* What stands for a number until somebody looks closely. The bar is among these in the libraries,
 * by accident, and takes part in how they cut a text. */
static bool
is_number_char(char c)
{
	return (c >= '0' && c <= '9') || c == 'x' || c == 'X' || c == '*' || c == '|';
}

size_t
constraint_skip_blanks(const char *text, size_t len, size_t at)
{
	while (at < len && is_blank(text[at]))
		at++;
	return at;
}

/* Bytes at text[at] that is_char accepts. */
static struct constraint_piece
scan_piece(const char *text, size_t len, size_t at, bool (*is_char)(char))
{
	struct constraint_piece piece = { at, 0 };

	while (at < len && is_char(text[at]))
		at++;
	piece.len = at - piece.at;
	return piece;
}

/* Identifiers divided by dots behind the mark at text[at]; len 0 when there are none. */
static struct constraint_piece
scan_identifiers(const char *text, size_t len, size_t at, char mark)
{
	struct constraint_piece all = { at + 1, 0 }, one;

	if (at >= len || text[at] != mark)
		return all;
	for (size_t next = at + 1;; next = one.at + one.len + 1) {
		one = scan_piece(text, len, next, is_word_char);
		if (one.len == 0)
			return all;
		all.len = one.at + one.len - all.at;
		if (one.at + one.len >= len || text[one.at + one.len] != '.')
			return all;
	}
}

bool
constraint_scan(const char *text, size_t len, size_t at, struct constraint_pieces *pieces)
{
	*pieces = (struct constraint_pieces){ 0 };
	if (at < len && text[at] == 'v')
		at++;
	for (int i = 0; i < 3; i++) {
		struct constraint_piece number;

		if (i > 0 && (at >= len || text[at] != '.'))
			break;
		number = scan_piece(text, len, at + (i > 0), is_number_char);
		if (number.len == 0 && i == 0)
			return false;
		if (number.len == 0)
			break;
		pieces->numbers[i] = number;
		at = number.at + number.len;
	}
	pieces->pre = scan_identifiers(text, len, at, '-');
	if (pieces->pre.len > 0)
		at = pieces->pre.at + pieces->pre.len;
	struct constraint_piece build = scan_identifiers(text, len, at, '+');
	pieces->end = build.len > 0 ? build.at + build.len : at;
	return true;
}

struct range {
	size_t start, end; /* with the blanks around it */
	struct constraint_piece low, high;
};

/* The dash, its blanks and the version behind a word that ends at text[at]. */
static bool
scan_upper(const char *text, size_t len, size_t at, struct range *range)
{
	struct constraint_pieces pieces;
	size_t dash = constraint_skip_blanks(text, len, at);

	if (dash == at || dash >= len || text[dash] != '-')
		return false;
	size_t high = constraint_skip_blanks(text, len, dash + 1);
	if (high == dash + 1 || !constraint_scan(text, len, high, &pieces))
		return false;
	range->high = (struct constraint_piece){ high, pieces.end - high };
	range->end = constraint_skip_blanks(text, len, pieces.end);
	return true;
}

/* The longest version at the end of the word [at, end): true, and where it begins. */
static bool
scan_lower(const char *text, size_t at, size_t end, struct range *range)
{
	struct constraint_pieces pieces;

	for (; at < end; at++) {
		if (constraint_scan(text, end, at, &pieces) && pieces.end == end) {
			range->low = (struct constraint_piece){ at, end - at };
			return true;
		}
	}
	return false;
}

/* The first range from text[at] on. */
static bool
find_range(const char *text, size_t len, size_t at, struct range *range)
{
	while (at < len) {
		size_t word = constraint_skip_blanks(text, len, at), end = word;

		while (end < len && !is_blank(text[end]))
			end++;
		if (scan_upper(text, len, end, range) && scan_lower(text, word, end, range)) {
			range->start = range->low.at == word ? at : range->low.at;
			return true;
		}
		at = end;
	}
	return false;
}

static void
put(struct constraint_written *out, const char *bytes, size_t len, size_t origin)
{
	memcpy(out->text + out->len, bytes, len);
	for (size_t i = 0; i < len; i++)
		out->origin[out->len++] = (uint16_t)(origin + i);
}

static void
put_made(struct constraint_written *out, const char *bytes, size_t origin)
{
	for (; *bytes != '\0'; bytes++) {
		out->text[out->len] = *bytes;
		out->origin[out->len++] = (uint16_t)(origin | CONSTRAINT_MADE);
	}
}

void
constraint_write_out(enum semver_dialect dialect, const char *text, size_t len,
		     struct constraint_written *out)
{
	struct range range;
	size_t at = 0;

	out->len = 0;
	while (find_range(text, len, at, &range)) {
		put(out, text + at, range.start - at, at);
		put_made(out, ">= ", range.low.at);
		put(out, text + range.low.at, range.low.len, range.low.at);
		put_made(out, ", <= ", range.low.at);
		put(out, text + range.high.at, range.high.len, range.high.at);
		if (dialect == SEMVER_V3)
			put_made(out, " ", range.low.at);
		at = range.end;
	}
	put(out, text + at, len - at, at);
	out->origin[out->len] = (uint16_t)len;
}
