/*
 * The envelope: one JSON object per line or frame with a `type`. Checks the bytes,
 * finds type, trace and key without building a tree; a tree (libjq) only on demand.
 * Knows which types exist and what their keys are (weir-message(7)), not what
 * filters do with them.
 */
#ifndef WEIR_MESSAGE_H
#define WEIR_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include <jv.h>

#include "buf.h"
#include "error.h"
#include "json.h"

enum message_type {
	MESSAGE_OTHER, /* a type that weir does not know: passed on */
	MESSAGE_ADDED,
	MESSAGE_MODIFIED,
	MESSAGE_DELETED,
	MESSAGE_BOOKMARK,
	MESSAGE_PUSH,
	MESSAGE_TAGS,
	MESSAGE_UPDATE,
	MESSAGE_HOLD,
	MESSAGE_APPLY,
	MESSAGE_PRUNE,
	MESSAGE_RESULT,
	MESSAGE_ERROR
};

#define MESSAGE_MEMBERS 24

struct message {
	const char *text; /* borrowed: the line without its newline */
	size_t len;
	enum message_type type;
	struct json_slice trace; /* a JSON string value, or absent */
	jv body;		 /* private: see message_body */
	bool has_body;
	size_t member_count;
	/* private: the first members, found in one walk */
	struct json_slice names[MESSAGE_MEMBERS], values[MESSAGE_MEMBERS];
};

/* Borrow text (it must outlive the message). INPUT error when it is no JSON object
 * with a string `type`. Close it in any case where open returned 0. */
int message_open(struct message *message, const char *text, size_t len, struct error *err);
void message_close(struct message *message);

/* The parsed object, borrowed (jv_copy to keep or to pass to a jv_* call). Always of kind
 * object. */
jv message_body(struct message *message);
/* A top-level member as bytes; cheaper than message_body. */
struct json_slice message_member(const struct message *message, const char *name);

const char *message_type_name(enum message_type type);
enum message_type message_type_of(struct json_slice type_value);
bool message_is_event(enum message_type type); /* ADDED MODIFIED DELETED */

/*
 * The key for coalescing, retention and replacement (weir-message(7), KEYS), parts
 * divided by NUL bytes:
 *   'o' apiVersion kind namespace name    a watch event
 *   'a' apiVersion kind namespace name subresource
 *                                         APPLY, PRUNE, and RESULTs of them (subresource "" for the
 *                                         object itself)
 *   'f' file document item                a watch event with an origin
 *   'u' namespace name source             UPDATE, HOLD, RESULT (source "" for spec.source)
 *   'v' file document item source         the same with an origin
 *   't' repository credential             TAGS (credential "" unless the application names one)
 *   'b' apiVersion kind                   BOOKMARK
 * False: the message has no key (PUSH, ERROR, unknown types, or members are missing).
 * The key is appended to out. The apiVersion of an object's key is reduced to its group, so that a
 * change of version is no change of identity.
 */
bool message_key(const struct message *message, struct buf *out);
/* Split a key into its NUL-divided parts (pointers into key, which must be NUL-terminated);
 * returns how many were found, at most max. parts[0] is the letter. */
size_t message_key_parts(const char *key, size_t len, const char **parts, size_t max);

/* Helpers for building and reading bodies; all borrow their jv, return owned values. */
/* A member that is a string, else NULL (valid while object lives). Refuses embedded NULs. */
const char *message_string(jv object, const char *name);
/* The member, owned; invalid when absent. */
jv message_get(jv object, const char *name);
/* {"type": name} to add members to. */
jv message_new(enum message_type type);
/* Copies members from one object to another when present; takes `to`, borrows `from`.
 * names ends with NULL. */
jv message_copy_members(jv to, jv from, const char *const *names);
/* Compact JSON of value (borrowed) appended to out, integers never in exponent form. */
bool message_dump(jv value, struct buf *out);
/* A new opaque trace id (16 characters [a-z0-9]). */
void message_new_trace(char trace[17]);

#endif
