/*
 * What the API server's Status says about a write that it did not do, in words for a person. Pure.
 * Of the body only names of fields and of their managers get into a text, never a value: it quotes
 * what it finds wrong, and that may be a secret.
 */
#ifndef WEIR_APPLY_ANSWER_H
#define WEIR_APPLY_ANSWER_H

#include <stddef.h>

enum apply_answer {
	APPLY_ANSWER_OTHER,   /* what its HTTP status says */
	APPLY_ANSWER_FOREIGN, /* fields are somebody else's; reason names them and their managers */
	APPLY_ANSWER_CHANGED, /* the object is not any more as it was read */
	APPLY_ANSWER_NOT_VALID /* reason names the fields, as far as it is known */
};

enum apply_answer apply_answer_read(long status, const char *body, size_t len, char *reason,
				    size_t size);

#endif
