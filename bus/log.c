/* One line on stderr per event. The level is the only variable outside a struct in weir. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"

#define LINE_MAX_BYTES 4096

static struct {
	const char *name;
	enum log_level level;
	char trace[64];
} state = { .name = "weir", .level = LOG_LEVEL_WARNING };

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

void
log_init(const char *name, enum log_level level)
{
	state.name = name;
	state.level = level;
}

void
log_trace(const char *trace)
{
	snprintf(state.trace, sizeof(state.trace), "%s", trace != NULL ? trace : "");
}

/* Printable ASCII and UTF-8 stand as they are; control bytes could forge lines or drive a
 * terminal, so they are shown as \xNN. */
static void
append_clean(struct buf *line, const char *text)
{
	const unsigned char *p;

	for (p = (const unsigned char *)text; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f)
			buf_printf(line, "\\x%02x", *p);
		else if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
			buf_printf(line, "\\x%02x\\x%02x", p[0], p[1]), p++;
		else
			buf_append_char(line, (char)*p);
	}
}

static void
emit(enum log_level level, const char *format, va_list args)
{
	char text[LINE_MAX_BYTES / 2];
	struct buf line = BUF_INIT(LINE_MAX_BYTES);

	if (level > state.level)
		return;
	vsnprintf(text, sizeof(text), format, args);
	buf_printf(&line, "weir %s: %s: ", state.name, level_names[level]);
	append_clean(&line, text);
	if (state.trace[0] != '\0') {
		buf_append_string(&line, " trace=");
		append_clean(&line, state.trace);
	}
	buf_append_char(&line, '\n');
	/* A log that cannot be written must not stop the work. */
	if (write(STDERR_FILENO, buf_string(&line), line.len) < 0)
		line.overflowed = true;
	buf_fini(&line);
}

#define LOG_FUNCTION(function, level)          \
	void function(const char *format, ...) \
	{                                      \
		va_list args;                  \
		va_start(args, format);        \
		emit(level, format, args);     \
		va_end(args);                  \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warning, LOG_LEVEL_WARNING)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)
