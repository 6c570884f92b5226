/*
 * The error value: a kind that decides policy, and a text for a person.
 * It lives on the caller's stack, allocates nothing, never prints and never
 * exits. Texts never hold secrets: whoever sets one vouches for that.
 */
#ifndef WEIR_ERROR_H
#define WEIR_ERROR_H

#include <stddef.h>

enum error_kind {
	ERROR_NONE,
	ERROR_USAGE,	 /* wrong options */
	ERROR_CONFIG,	 /* a configuration that cannot work */
	ERROR_INPUT,	 /* a message, tag, constraint... that is not valid */
	ERROR_DENIED,	 /* 401, 403 */
	ERROR_NOT_FOUND, /* 404 */
	ERROR_CONFLICT,	 /* 409, 422 of a test: somebody else was faster */
	ERROR_TEMPORARY, /* worth another try */
	ERROR_PROTOCOL,	 /* the peer broke the rules */
	ERROR_SYSTEM	 /* the operating system said no */
};

#define ERROR_TEXT_MAX 1024

struct error {
	enum error_kind kind;
	int code;	      /* errno, HTTP status, ...; 0 when there is none */
	char text[ERROR_TEXT_MAX]; /* always NUL-terminated; cut with "..." */
};

/* Fill err (which may be NULL) and return -1, so that a caller can write
 * `return error_set(err, ERROR_INPUT, 0, "...")`. */
int error_set(struct error *err, enum error_kind kind, int code,
	      const char *format, ...) __attribute__((format(printf, 4, 5)));

/* As error_set with kind SYSTEM, code errno, and ": strerror(errno)" added. */
int error_set_errno(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Put context in front of the text: "context: text". Returns -1. */
int error_prepend(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The exit status that fits this kind (see exit.h). */
int error_exit_status(const struct error *err);

#endif
