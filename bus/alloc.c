/* Allocate or die. Knows nothing of what the memory is for. */
#include "alloc.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exit.h"

static _Noreturn void
die(void)
{
	static const char text[] = "weir: out of memory\n";

	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(WEIR_EXIT_TEMPORARY);
	_exit(WEIR_EXIT_TEMPORARY);
}

void *
alloc_zero(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size ? size : 1);

	if (memory == NULL)
		die();
	return memory;
}

void *
alloc_grow(void *old, size_t count, size_t size)
{
	size_t bytes;
	void *memory;

	if (__builtin_mul_overflow(count, size, &bytes))
		die();
	memory = realloc(old, bytes ? bytes : 1);
	if (memory == NULL)
		die();
	return memory;
}

char *
alloc_text(const char *bytes, size_t len)
{
	char *copy = alloc_zero(len + 1, 1);

	if (len > 0)
		memcpy(copy, bytes, len);
	return copy;
}

char *
alloc_string(const char *text)
{
	return alloc_text(text, strlen(text));
}

char *
alloc_format(const char *format, ...)
{
	va_list args;
	char *text = NULL;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0 || text == NULL)
		die();
	return text;
}

void
alloc_free_secret(char *secret)
{
	if (secret == NULL)
		return;
	explicit_bzero(secret, strlen(secret));
	free(secret);
}

void
alloc_cleanup_free(void *pointer_to_pointer)
{
	free(*(void **)pointer_to_pointer);
}

void
alloc_cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

void
alloc_cleanup_fclose(FILE **file)
{
	if (*file != NULL)
		fclose(*file);
}
