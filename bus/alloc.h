/*
 * Allocate or die, and cleanup attributes. Out of memory ends the process:
 * every process may be killed at any moment anyhow, and is restarted.
 */
#ifndef WEIR_ALLOC_H
#define WEIR_ALLOC_H

#include <stddef.h>
#include <stdio.h>

#define ALLOC_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Never NULL; zeroed. */
void *alloc_zero(size_t count, size_t size)
	__attribute__((returns_nonnull, warn_unused_result));
/* realloc of count*size with overflow check; never NULL. */
void *alloc_grow(void *old, size_t count, size_t size)
	__attribute__((returns_nonnull, warn_unused_result));
/* Copies; never NULL. alloc_text copies len bytes and adds a NUL. */
char *alloc_string(const char *text)
	__attribute__((returns_nonnull, warn_unused_result));
char *alloc_text(const char *bytes, size_t len)
	__attribute__((returns_nonnull, warn_unused_result));
char *alloc_format(const char *format, ...)
	__attribute__((format(printf, 1, 2), returns_nonnull, warn_unused_result));

/* Wipe (explicit_bzero) and free a secret string; NULL is fine. */
void alloc_free_secret(char *secret);

/* CLEANUP_FREE char *x = ...; CLEANUP_CLOSE int fd = -1; CLEANUP_FCLOSE FILE *f */
void alloc_cleanup_free(void *pointer_to_pointer);
void alloc_cleanup_close(const int *fd);
void alloc_cleanup_fclose(FILE **file);
#define CLEANUP_FREE __attribute__((cleanup(alloc_cleanup_free)))
#define CLEANUP_CLOSE __attribute__((cleanup(alloc_cleanup_close)))
#define CLEANUP_FCLOSE __attribute__((cleanup(alloc_cleanup_fclose)))

#endif
