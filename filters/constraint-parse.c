/*
 * The grammar of constraints: text in, terms out, or an error that points at the place in what
 * the owner wrote. Knows where the dialects differ in what they read, not in what it means.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../bus/alloc.h"
#include "../bus/buf.h"
#include "constraint-terms.h"
#include "quote.h"

#define EXCERPT_MAX 160

struct reader {
	struct constraint_terms *terms;
	const char *written; /* by the owner */
	size_t written_len;
	const char *text; /* the same with ranges written out */
	const uint16_t *origin;
	struct error *err;
};

/* `constraint "TEXT": at character N: WHAT`; a long text is cut around the place. */
static int
fail_written(const struct reader *reader, size_t at, const char *what)
{
	CLEANUP_BUF struct buf quoted = BUF_INIT(4 * EXCERPT_MAX + 16);
	size_t start = 0, end = reader->written_len;

	if (end > EXCERPT_MAX) {
		start = at > EXCERPT_MAX / 2 ? at - EXCERPT_MAX / 2 : 0;
		end = start + EXCERPT_MAX < end ? start + EXCERPT_MAX : end;
	}
	buf_append_string(&quoted, start > 0 ? "..." : "");
	quote_append_bare(&quoted, reader->written + start, end - start);
	buf_append_string(&quoted, end < reader->written_len ? "..." : "");
	return error_set(reader->err, ERROR_INPUT, 0, "constraint \"%s\": at character %zu: %s",
			 buf_string(&quoted), at + 1, what);
}

/* at: in the text with ranges written out. */
static int
fail(const struct reader *reader, size_t at, const char *what)
{
	size_t origin = reader->origin[at];

	if ((origin & CONSTRAINT_MADE) != 0)
		return fail_written(reader, origin & ~CONSTRAINT_MADE,
				    "a range \"a - b\" has no operator before it, and stands first "
				    "or after \",\" or \"||\"");
	return fail_written(reader, origin, what);
}

static int
fail_piece(const struct reader *reader, struct constraint_piece piece, const char *what)
{
	CLEANUP_BUF struct buf text = BUF_INIT(256);

	quote_append(&text, reader->text + piece.at, piece.len, 40);
	buf_append_char(&text, ' ');
	buf_append_string(&text, what);
	return fail(reader, piece.at, buf_string(&text));
}

static bool
is_wild(const struct reader *reader, struct constraint_piece piece)
{
	return piece.len == 1 && strchr("xX*", reader->text[piece.at]) != NULL;
}

static int
read_number(const struct reader *reader, struct constraint_piece piece, uint64_t *value)
{
	const char *p = reader->text + piece.at, *end = p + piece.len;
	bool is_v1 = reader->terms->dialect == SEMVER_V1, overflow = false;

	*value = 0;
	for (; p < end; p++) {
		if (*p < '0' || *p > '9')
			return fail_piece(reader, piece, "is neither a number nor x, X or *");
		overflow = overflow || __builtin_mul_overflow(*value, 10, value) ||
			   __builtin_add_overflow(*value, (uint64_t)(*p - '0'), value);
	}
	if (overflow || (is_v1 && *value > INT64_MAX))
		return fail_piece(reader, piece, is_v1 ? "is larger than 9223372036854775807"
						       : "is larger than 18446744073709551615");
	return 0;
}

/* 3.4 refuses a numeric identifier with a leading zero. */
static int
check_prerelease(const struct reader *reader, struct constraint_piece pre)
{
	const char *text = reader->text;
	size_t end = pre.at + pre.len;

	for (size_t at = pre.at; at < end;) {
		struct constraint_piece one = { at, strcspn(text + at, ".") };

		if (one.len > end - at)
			one.len = end - at;
		if (one.len > 1 && text[at] == '0' &&
		    strspn(text + at, "0123456789") >= one.len)
			return fail_piece(reader, one, "has a leading zero");
		at += one.len + 1;
	}
	return 0;
}

/* How many numbers the term states before its first wildcard. A missing patch is a wildcard to
 * 3.4, and 0 to 1.5.0. */
static unsigned
precision_of(const struct reader *reader, const struct constraint_pieces *pieces)
{
	bool is_v1 = reader->terms->dialect == SEMVER_V1;

	if (is_wild(reader, pieces->numbers[0]))
		return 0;
	if (pieces->numbers[1].len == 0 || is_wild(reader, pieces->numbers[1]))
		return 1;
	if (pieces->numbers[2].len == 0)
		return is_v1 ? 3 : 2;
	return is_wild(reader, pieces->numbers[2]) ? 2 : 3;
}

static int
read_version(const struct reader *reader, const struct constraint_pieces *pieces,
	     struct constraint_term *term)
{
	bool is_v1 = reader->terms->dialect == SEMVER_V1;

	term->precision = precision_of(reader, pieces);
	for (unsigned i = 0; i < term->precision && pieces->numbers[i].len > 0; i++)
		if (read_number(reader, pieces->numbers[i], &term->numbers[i]) == -1)
			return -1;
	if (is_v1 && term->precision == 0)
		return 0; /* it drops the prerelease of a `*` */
	term->pre = reader->text + pieces->pre.at;
	term->pre_len = pieces->pre.len;
	return is_v1 ? 0 : check_prerelease(reader, pieces->pre);
}

static enum constraint_op
read_op(const char *text, size_t end, size_t *at)
{
	static const struct {
		char text[3];
		enum constraint_op op;
	} ops[] = {
		{ ">=", CONSTRAINT_GREATER_EQUAL }, { "=>", CONSTRAINT_GREATER_EQUAL },
		{ "<=", CONSTRAINT_LESS_EQUAL },    { "=<", CONSTRAINT_LESS_EQUAL },
		{ "!=", CONSTRAINT_NOT_EQUAL },	    { "~>", CONSTRAINT_TILDE },
		{ ">", CONSTRAINT_GREATER },	    { "<", CONSTRAINT_LESS },
		{ "=", CONSTRAINT_EQUAL },	    { "~", CONSTRAINT_TILDE },
		{ "^", CONSTRAINT_CARET },
	};

	for (size_t i = 0; i < ALLOC_COUNT(ops); i++) {
		size_t len = strlen(ops[i].text);

		if (len <= end - *at && memcmp(text + *at, ops[i].text, len) == 0) {
			*at += len;
			return ops[i].op;
		}
	}
	return CONSTRAINT_EQUAL;
}

/* A term at text[*at], before end. */
static int
read_term(struct reader *reader, size_t end, size_t *at)
{
	struct constraint_terms *terms = reader->terms;
	struct constraint_pieces pieces;
	struct constraint_term *term;

	if (terms->term_count == CONSTRAINT_TERMS_MAX)
		return fail(reader, *at, "more than 64 terms");
	term = &terms->terms[terms->term_count];
	term->op = read_op(reader->text, end, at);
	*at = constraint_skip_blanks(reader->text, end, *at);
	if (!constraint_scan(reader->text, end, *at, &pieces))
		return fail(reader, *at, "expected a version, as 1, 1.2, 1.2.3 or 1.x");
	if (read_version(reader, &pieces, term) == -1)
		return -1;
	*at = pieces.end;
	terms->term_count++;
	terms->groups[terms->group_count - 1].count++;
	return 0;
}

/* What divides two terms: a comma, or in 3.4 blanks alone. */
static int
read_divider(const struct reader *reader, size_t end, size_t *at)
{
	size_t next = constraint_skip_blanks(reader->text, end, *at);
	bool is_v1 = reader->terms->dialect == SEMVER_V1;

	if (next < end && reader->text[next] == ',')
		*at = constraint_skip_blanks(reader->text, end, next + 1);
	else if (next == end || (next > *at && !is_v1))
		*at = next;
	else if (is_v1)
		return fail(reader, next, next > *at ? "expected \",\" or \"||\" (blanks alone "
						       "divide no terms in dialect v1)"
						     : "expected \",\" or \"||\"");
	else
		return fail(reader, next, "expected a blank, \",\" or \"||\"");
	return 0;
}

/* Terms that must all hold. A comma at the end asks for another one. */
static int
read_group(struct reader *reader, size_t at, size_t end)
{
	struct constraint_terms *terms = reader->terms;
	bool more = true;

	if (terms->group_count == CONSTRAINT_TERMS_MAX)
		return fail(reader, at, "more than 64 terms");
	terms->groups[terms->group_count++].first = terms->term_count;
	at = constraint_skip_blanks(reader->text, end, at);
	while (more) {
		size_t before;

		if (read_term(reader, end, &at) == -1)
			return -1;
		before = at;
		if (read_divider(reader, end, &at) == -1)
			return -1;
		more = at < end || memchr(reader->text + before, ',', at - before) != NULL;
	}
	return 0;
}

static int
read_groups(struct reader *reader, size_t len)
{
	size_t at = 0;

	for (size_t i = 0; i + 1 < len; i++) {
		if (memcmp(reader->text + i, "||", 2) != 0)
			continue;
		if (read_group(reader, at, i) == -1)
			return -1;
		at = ++i + 1;
	}
	return read_group(reader, at, len);
}

/* No more terms than this stand in the text, or as many as are allowed. */
static size_t
terms_max(const char *text, size_t len)
{
	size_t count = 1;

	for (size_t i = 0; i < len && count < CONSTRAINT_TERMS_MAX; i++)
		count += strchr(" \t\n\f\r,|", text[i]) != NULL;
	return count;
}

int
constraint_parse(struct constraint_terms *terms, const char *text, size_t len, struct error *err)
{
	struct constraint_written out = { .len = 0 };
	struct reader reader = {
		.terms = terms, .written = text, .written_len = len, .err = err
	};
	int result;

	if (len > CONSTRAINT_LEN_MAX)
		return error_set(err, ERROR_INPUT, 0,
				 "constraint of %zu characters: at most %d are allowed", len,
				 CONSTRAINT_LEN_MAX);
	out.text = terms->text = alloc_zero(2 * len + 2, 1);
	out.origin = alloc_zero(2 * len + 2, sizeof(*out.origin));
	terms->terms = alloc_zero(terms_max(text, len), sizeof(*terms->terms));
	terms->groups = alloc_zero(terms_max(text, len), sizeof(*terms->groups));
	constraint_write_out(terms->dialect, text, len, &out);
	reader.text = out.text;
	reader.origin = out.origin;
	result = read_groups(&reader, out.len);
	free(out.origin);
	return result;
}
