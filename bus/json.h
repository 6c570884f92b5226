/*
 * JSON as bytes: check it, find members, skip what nobody reads, write strings.
 * Nothing here builds a tree (that is libjq's work, in message.c and filters);
 * a slice points into the caller's text and is valid as long as that is.
 *
 * Why not libjq alone: it replaces broken UTF-8 silently, has no bound on
 * memory per byte, and its error text holds the whole input.
 */
#ifndef WEIR_JSON_H
#define WEIR_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "error.h"

struct json_slice {
	const char *text; /* NULL: absent */
	size_t len;
};

struct json_limits {
	unsigned depth;	   /* nested arrays and objects */
	size_t containers; /* arrays and objects in all */
	size_t values;	   /* strings, numbers and words in all */
};

/* depth 64, containers 200,000, values 1,500,000: what one message may hold. */
extern const struct json_limits json_limits_message;

/* Exactly one JSON value (RFC 8259: no NaN, valid UTF-8, no raw control
 * characters, no lone surrogates), blanks around it allowed. On error the text
 * says what was wrong at which byte (counted from 1, also in err->code), never quotes the input. */
int json_check(const char *text, size_t len, const struct json_limits *limits,
	       struct error *err);

/* Length of the UTF-8 sequence that begins at text (a byte >= 0x80) within left bytes; 0 when it is
 * none: overlong, cut, a surrogate, beyond U+10FFFF. */
size_t json_utf8_length(const char *text, size_t left);
/* Is all of it UTF-8? */
bool json_is_utf8(const char *text, size_t len);

/* The functions below take text that json_check has accepted. */

/* Value of a member of an object (last one wins as in libjq); absent: text NULL.
 * Also absent when the value is no object. Names are compared after unescaping. */
struct json_slice json_member(struct json_slice object, const char *name);

/* Walk the members of an object or elements of an array: start with *cursor = 0;
 * returns false at the end. name may be NULL (arrays). name is the raw slice between
 * the quotes, still escaped. */
bool json_next(struct json_slice container, size_t *cursor, struct json_slice *name,
	       struct json_slice *value);

/* First byte of the value says its kind: { [ " t f n or a digit/minus. */
bool json_is_string(struct json_slice value);
bool json_is_object(struct json_slice value);
bool json_is_array(struct json_slice value);
/* The value is a string equal to text (unescaped comparison). */
bool json_string_is(struct json_slice value, const char *text);
/* Unescape a string value (with its quotes) into out (appended). False: no string,
 * or out is full. */
bool json_string(struct json_slice value, struct buf *out);

/* Append text as a JSON string with quotes; bytes that are no UTF-8 become U+FFFD. */
bool json_quote(struct buf *out, const char *text, size_t len);
/* The same in Go's escaping (< > & U+2028 U+2029 as \u00XX): what kube-apiserver's
 * JSON Patch `test` compares with. */
bool json_quote_go(struct buf *out, const char *text, size_t len);

/* Copy object to out without the members named by the paths. A path is a list of
 * names ended by NULL ({"metadata","managedFields",NULL}); paths ends with NULL. */
bool json_omit(struct json_slice object, const char *const *const *paths,
	       struct buf *out);

/*
 * Cut the elements of one top-level array member ("items") out of a large
 * object that arrives in pieces, without holding the rest: for each element
 * on_item is called (the slice is unchecked text of one balanced value; check it
 * with json_check), for every other top-level member on_member (kept whole, bounded
 * by item_max too). A callback returns non-zero to stop.
 */
struct json_split;
typedef int json_split_item_fn(void *arg, struct json_slice item);
typedef int json_split_member_fn(void *arg, struct json_slice name, struct json_slice value);
struct json_split *json_split_new(const char *array_name, size_t item_max,
				  json_split_item_fn *on_item,
				  json_split_member_fn *on_member, void *arg);
/* Leave the members with these names (ended by NULL, borrowed) out of elements that are objects, as
 * they pass: they are not kept either. Before the first feed. */
void json_split_omit(struct json_split *split, const char *const *names);
/* -1 with err set on a syntax error, an over-long item, or a callback's stop. */
int json_split_feed(struct json_split *split, const char *bytes, size_t len, struct error *err);
/* 0 only when the outer object was closed: a cut answer is an error (PROTOCOL). */
int json_split_finish(struct json_split *split, struct error *err);
void json_split_free(struct json_split *split);

#endif
