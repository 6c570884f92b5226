/*
 * One line on stderr per event: `weir NAME: LEVEL: text`, and ` trace=ID` when
 * one is set. Control and non-UTF-8 bytes are escaped, a line is cut at 4 KiB.
 * Never decides control flow, never blocks the pipeline for long, never holds
 * secrets (its callers see to that).
 */
#ifndef WEIR_LOG_H
#define WEIR_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* name is kept, not copied ("tag-scan"). Default level: WARNING. */
void log_init(const char *name, enum log_level level);
/* The trace id to add to lines from now on; NULL or "" for none. Copied. */
void log_trace(const char *trace);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
