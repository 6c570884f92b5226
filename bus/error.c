/* Error values. Never prints, never exits, never allocates. */
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "exit.h"

/* Mark a text that did not fit, so that nobody takes it for whole. */
static void
mark_cut(char *text, int wanted)
{
	if (wanted >= ERROR_TEXT_MAX)
		memcpy(text + ERROR_TEXT_MAX - 4, "...", 4);
}

int
error_set(struct error *err, enum error_kind kind, int code, const char *format, ...)
{
	va_list args;
	char text[ERROR_TEXT_MAX]; /* format's arguments may point into err */

	if (err == NULL)
		return -1;
	va_start(args, format);
	mark_cut(text, vsnprintf(text, sizeof(text), format, args));
	va_end(args);
	memcpy(err->text, text, sizeof(text));
	err->kind = kind;
	err->code = code;
	return -1;
}

int
error_set_errno(struct error *err, const char *format, ...)
{
	int saved = errno;
	va_list args;
	char text[ERROR_TEXT_MAX];

	if (err == NULL)
		return -1;
	va_start(args, format);
	mark_cut(text, vsnprintf(text, sizeof(text), format, args));
	va_end(args);
	return error_set(err, ERROR_SYSTEM, saved, "%s: %s", text, strerror(saved));
}

int
error_prepend(struct error *err, const char *format, ...)
{
	va_list args;
	char context[ERROR_TEXT_MAX];

	if (err == NULL)
		return -1;
	va_start(args, format);
	mark_cut(context, vsnprintf(context, sizeof(context), format, args));
	va_end(args);
	return error_set(err, err->kind, err->code, "%s: %s", context, err->text);
}

int
error_exit_status(const struct error *err)
{
	switch (err->kind) {
	case ERROR_NONE:
		return WEIR_EXIT_DONE;
	case ERROR_USAGE:
	case ERROR_CONFIG:
		return WEIR_EXIT_USAGE;
	case ERROR_INPUT:
	case ERROR_NOT_FOUND:
	case ERROR_CONFLICT:
		return WEIR_EXIT_FAILED;
	case ERROR_DENIED:
	case ERROR_TEMPORARY:
	case ERROR_PROTOCOL:
	case ERROR_SYSTEM:
		return WEIR_EXIT_TEMPORARY;
	}
	return WEIR_EXIT_TEMPORARY;
}
