/*
 * Regular expressions of strangers. PCRE2 runs them; only what RE2 has, too, is let through, so
 * that an expression means what it meant to the systems that weir replaces, and limits stand
 * where RE2 would need none. The only file that knows PCRE2.
 */
#include "tagfilter-priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "../bus/alloc.h"
#include "../bus/buf.h"
#include "quote.h"

#define PATTERN_MAX 1024
#define REPEAT_MAX 1000	      /* as RE2 */
#define COMPILED_MAX 65536
#define NESTED_MAX 50
#define HEAP_MAX_KIB 2048
#define DEPTH_MAX 5000

/* Steps for one tag, and for those few that need more. Most expressions need fewer than three for a
 * character, and a tag has at most 128. */
#define STEPS 1000
#define STEPS_PATIENT 50000
#define PATIENCE 100

struct regexp {
	char *pattern;
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *context;
	unsigned patience;
	bool failed;
};

/* --- only what RE2 has --- */

struct scanner {
	const char *pattern;
	size_t at, len;
	struct error *err;
};

static int
fail_at(const char *pattern, size_t at, const char *what, struct error *err)
{
	CLEANUP_BUF struct buf quoted = BUF_INIT(1024);

	quote_append(&quoted, pattern, strlen(pattern), 160);
	return error_set(err, ERROR_INPUT, 0,
			 "allow-tags: regular expression %s: at character %zu: %s",
			 buf_string(&quoted), at + 1, what);
}

static int
refuse(const struct scanner *scanner, const char *what)
{
	return fail_at(scanner->pattern, scanner->at, what, scanner->err);
}

static char
peek(const struct scanner *scanner, size_t ahead)
{
	return scanner->at + ahead < scanner->len ? scanner->pattern[scanner->at + ahead] : '\0';
}

static bool
is_letter_or_digit(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* \Q...\E */
static void
skip_literal(struct scanner *scanner)
{
	const char *end = strstr(scanner->pattern + scanner->at + 2, "\\E");

	scanner->at = end != NULL ? (size_t)(end - scanner->pattern) + 2 : scanner->len;
}

static int
scan_escape(struct scanner *scanner, bool in_set)
{
	const char *known = in_set ? "afnrtvxdDsSwWpP0" : "afnrtvxdDsSwWpP0bBAzQE";
	char c = peek(scanner, 1);

	if (c >= '1' && c <= '9')
		return refuse(scanner, "RE2 has no back-references");
	if (c == '\0')
		return refuse(scanner, "\\ at the end");
	if ((unsigned char)c >= 0x80 || (is_letter_or_digit(c) && strchr(known, c) == NULL))
		return refuse(scanner, "RE2 does not have this escape");
	if (c == 'Q') {
		skip_literal(scanner);
		return 0;
	}
	scanner->at += 2;
	/* \x{41}, \p{Greek}: no repetition */
	if ((c == 'x' || (c | 0x20) == 'p') && peek(scanner, 0) == '{') {
		const char *end = strchr(scanner->pattern + scanner->at, '}');

		scanner->at = end != NULL ? (size_t)(end - scanner->pattern) + 1 : scanner->len;
	}
	return 0;
}

/* [:alpha:] inside a set. */
static int
scan_class(struct scanner *scanner)
{
	size_t len = 2;

	if (peek(scanner, len) == '^')
		len++;
	while (is_letter_or_digit(peek(scanner, len)))
		len++;
	if (peek(scanner, len) != ':' || peek(scanner, len + 1) != ']')
		return refuse(scanner, "RE2 does not have this class");
	scanner->at += len + 2;
	return 0;
}

static int
scan_set(struct scanner *scanner)
{
	size_t start = scanner->at++;

	if (peek(scanner, 0) == '^')
		scanner->at++;
	if (peek(scanner, 0) == ']')
		scanner->at++;
	while (peek(scanner, 0) != ']') {
		char c = peek(scanner, 0), next = peek(scanner, 1);
		int result = 0;

		if (c == '\0') {
			scanner->at = start;
			return refuse(scanner, "[ is not closed");
		}
		if (c == '\\')
			result = scan_escape(scanner, true);
		else if (c == '[' && next == ':')
			result = scan_class(scanner);
		else if (c == '[' && (next == '.' || next == '='))
			result = refuse(scanner, "RE2 does not have this class");
		else
			scanner->at++;
		if (result == -1)
			return -1;
	}
	scanner->at++;
	return 0;
}

/* What stands behind a parenthesis: nothing, ?:, ?P<name>, ?<name>, or flags. */
static int
scan_group(struct scanner *scanner)
{
	size_t len = 2;

	if (peek(scanner, 1) == '*')
		return refuse(scanner, "RE2 does not have (*...)");
	if (peek(scanner, 1) != '?') {
		scanner->at++;
		return 0;
	}
	if (peek(scanner, len) == 'P' && peek(scanner, len + 1) == '<')
		len++;
	if (peek(scanner, len) == '<') {
		size_t name = ++len;

		while (is_letter_or_digit(peek(scanner, len)) || peek(scanner, len) == '_')
			len++;
		if (len == name || peek(scanner, len) != '>')
			return refuse(scanner, "RE2 does not look around");
	} else {
		while (peek(scanner, len) != '\0' && strchr("imsU-", peek(scanner, len)) != NULL)
			len++;
		if (peek(scanner, len) != ':' && peek(scanner, len) != ')')
			return refuse(scanner, "RE2 does not have this kind of group");
	}
	scanner->at += len + 1;
	return 0;
}

/* The length of {2}, {2,} or {2,5} at the scanner; 0: a plain brace. *large: a number above RE2's
 * bound. */
static size_t
bounds_len(const struct scanner *scanner, bool *large)
{
	size_t len = 1, digits = 0;
	unsigned number = 0;

	*large = false;
	for (;; len++) {
		char c = peek(scanner, len);

		if (c >= '0' && c <= '9') {
			number = number > REPEAT_MAX ? number : number * 10 + (unsigned)(c - '0');
			*large = *large || number > REPEAT_MAX;
			digits++;
		} else if (c == ',' && digits > 0 && memchr(scanner->pattern + scanner->at, ',',
							    len) == NULL) {
			number = 0;
		} else {
			return c == '}' && digits > 0 ? len + 1 : 0;
		}
	}
}

/* A quantifier at the scanner; *len 0: none. */
static int
measure_quantifier(const struct scanner *scanner, size_t *len)
{
	char c = peek(scanner, 0);
	bool large = false;

	*len = c == '*' || c == '+' || c == '?' ? 1 : c == '{' ? bounds_len(scanner, &large) : 0;
	return *len > 0 && large ? refuse(scanner, "repeated more than 1000 times") : 0;
}

static int
scan_quantifier(struct scanner *scanner, size_t len)
{
	scanner->at += len;
	if (peek(scanner, 0) == '?')
		scanner->at++;
	if (measure_quantifier(scanner, &len) == -1)
		return -1;
	return len > 0 ? refuse(scanner, "RE2 does not repeat a repetition") : 0;
}

static int
scan(struct scanner *scanner)
{
	while (scanner->at < scanner->len) {
		char c = peek(scanner, 0);
		size_t len;
		int result;

		if (measure_quantifier(scanner, &len) == -1)
			return -1;
		if (len > 0)
			result = scan_quantifier(scanner, len);
		else if (c == '\\')
			result = scan_escape(scanner, false);
		else if (c == '[')
			result = scan_set(scanner);
		else if (c == '(')
			result = scan_group(scanner);
		else
			result = (scanner->at++, 0);
		if (result == -1)
			return -1;
	}
	return 0;
}

/* --- PCRE2 --- */

static pcre2_code *
compile_text(const char *text, uint32_t options, int *code, size_t *at)
{
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	pcre2_code *compiled = NULL;

	*code = PCRE2_ERROR_NOMEMORY;
	*at = 0;
	if (context == NULL)
		return NULL;
	pcre2_set_parens_nest_limit(context, NESTED_MAX);
	/* Go's $ is the very end, and its dot knows UTF-8 */
	compiled = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
				 PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C |
					 options, code, at, context);
	pcre2_compile_context_free(context);
	return compiled;
}

/* PCRE2 counts steps anew for each place in a text where a match may begin. So an expression that
 * may begin anywhere is made one that begins at the start and skips by itself: then all counts. */
static pcre2_code *
compile_counted(const char *pattern, int *code, size_t *at)
{
	pcre2_code *plain = compile_text(pattern, 0, code, at);
	uint32_t options = 0;
	CLEANUP_FREE char *skipping = NULL;

	if (plain == NULL || (pcre2_pattern_info(plain, PCRE2_INFO_ALLOPTIONS, &options) == 0 &&
			      (options & PCRE2_ANCHORED) != 0))
		return plain;
	pcre2_code_free(plain);
	/* \E: in case of a \Q without it */
	skipping = alloc_format("(?s:.*?)(?:%s\\E)", pattern);
	plain = compile_text(skipping, PCRE2_ANCHORED, code, at);
	*at = 0;
	return plain;
}

static int
compile(struct regexp *regexp, struct error *err)
{
	size_t at, size = 0;
	int code;

	regexp->code = compile_counted(regexp->pattern, &code, &at);
	if (regexp->code == NULL) {
		unsigned char text[200] = "";

		pcre2_get_error_message(code, text, sizeof(text));
		return fail_at(regexp->pattern, at, (const char *)text, err);
	}
	pcre2_pattern_info(regexp->code, PCRE2_INFO_SIZE, &size);
	if (size > COMPILED_MAX)
		return fail_at(regexp->pattern, 0, "too large", err);
	regexp->data = pcre2_match_data_create(1, NULL);
	regexp->context = pcre2_match_context_create(NULL);
	if (regexp->data == NULL || regexp->context == NULL)
		return error_set(err, ERROR_SYSTEM, 0, "allow-tags: out of memory");
	pcre2_set_depth_limit(regexp->context, DEPTH_MAX);
	pcre2_set_heap_limit(regexp->context, HEAP_MAX_KIB);
	return 0;
}

struct regexp *
regexp_new(const char *pattern, struct error *err)
{
	struct scanner scanner = { pattern, 0, strlen(pattern), err };
	struct regexp *regexp;

	if (scanner.len > PATTERN_MAX) {
		error_set(err, ERROR_INPUT, 0,
			  "allow-tags: regular expression of %zu characters: at most %d are "
			  "allowed", scanner.len, PATTERN_MAX);
		return NULL;
	}
	if (scan(&scanner) == -1)
		return NULL;
	regexp = alloc_zero(1, sizeof(*regexp));
	regexp->pattern = alloc_string(pattern);
	regexp->patience = PATIENCE;
	if (compile(regexp, err) == -1) {
		regexp_free(regexp);
		return NULL;
	}
	return regexp;
}

void
regexp_free(struct regexp *regexp)
{
	if (regexp == NULL)
		return;
	pcre2_match_context_free(regexp->context);
	pcre2_match_data_free(regexp->data);
	pcre2_code_free(regexp->code);
	free(regexp->pattern);
	free(regexp);
}

static int
match(struct regexp *regexp, const char *text, size_t len, uint32_t steps)
{
	pcre2_set_match_limit(regexp->context, steps);
	return pcre2_match(regexp->code, (PCRE2_SPTR)text, len, 0, 0, regexp->data,
			   regexp->context);
}

int
regexp_matches(struct regexp *regexp, const char *text, size_t len, bool *matches,
	       struct error *err)
{
	int result = regexp->failed ? PCRE2_ERROR_MATCHLIMIT : match(regexp, text, len, STEPS);

	if (result == PCRE2_ERROR_MATCHLIMIT && !regexp->failed && regexp->patience > 0) {
		regexp->patience--;
		result = match(regexp, text, len, STEPS_PATIENT);
	}
	if (result == PCRE2_ERROR_MATCHLIMIT || result == PCRE2_ERROR_DEPTHLIMIT ||
	    result == PCRE2_ERROR_HEAPLIMIT) {
		regexp->failed = true;
		return fail_at(regexp->pattern, 0,
			       "needs too many steps; begin it with ^, repeat nothing that repeats",
			       err);
	}
	/* Anything else that is negative is a text that is no UTF-8. */
	*matches = result >= 0;
	return 0;
}
