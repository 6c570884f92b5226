/*
 * Between the constraint-*.c files only: the terms of a constraint, as parsed
 * (constraint-range.c, constraint-parse.c), with what they mean (constraint-meaning.c), to be
 * asked (constraint.c).
 */
#ifndef WEIR_CONSTRAINT_TERMS_H
#define WEIR_CONSTRAINT_TERMS_H

#include "constraint.h"

enum constraint_op {
	CONSTRAINT_EQUAL, /* also no operator at all */
	CONSTRAINT_NOT_EQUAL,
	CONSTRAINT_GREATER,
	CONSTRAINT_GREATER_EQUAL,
	CONSTRAINT_LESS,
	CONSTRAINT_LESS_EQUAL,
	CONSTRAINT_TILDE,
	CONSTRAINT_CARET
};

/* How a version stands to one end of what a term takes. */
enum constraint_edge {
	CONSTRAINT_FREE,      /* no end */
	CONSTRAINT_INCLUSIVE, /* the term's version, its prerelease considered, or beyond... */
	CONSTRAINT_EXCLUSIVE, /* ... strictly beyond */
	CONSTRAINT_NUMBERS    /* three numbers, inclusive, with any prerelease */
};

struct constraint_term {
	enum constraint_op op;
	unsigned precision;  /* numbers before the first wildcard: 0 `*`, 1 `1.x`, 2 `1.2.x`, 3 */
	uint64_t numbers[3]; /* 0 from the first wildcard on */
	const char *pre;     /* points into constraint_terms.text */
	size_t pre_len;

	/* what it means: either everything between two ends ... */
	enum constraint_edge low, high;
	uint64_t low_numbers[3], high_numbers[3]; /* for CONSTRAINT_NUMBERS */
	uint64_t minor_max; /* 1.5.0: `<1.2.x` bounds the minor whatever the major is */
	bool never;	    /* beyond the largest number */
	/* ... or, for `!=`, everything but these */
	unsigned same_numbers;	 /* equal in that many numbers */
	bool same_prerelease;	 /* and in the prerelease */
	bool takes_prereleases; /* 1.5.0 asks each term, 3.4 any term of the group */
};

/* Terms that must all hold. The groups are alternatives. */
struct constraint_group {
	size_t first, count; /* in constraint_terms.terms */
	bool takes_prereleases;
};

struct constraint_terms {
	enum semver_dialect dialect;
	size_t term_count, group_count;
	struct constraint_term *terms; /* room for as many as the text can hold */
	struct constraint_group *groups;
	char *text; /* the constraint with its ranges `a - b` written out */
};

/* Where the pieces of `v1.2.x-pre+build` are in a text. */
struct constraint_piece {
	size_t at, len;
};
struct constraint_pieces {
	struct constraint_piece numbers[3]; /* len 0: absent; not checked to be numbers */
	struct constraint_piece pre;	    /* without its `-` */
	size_t end;
};

/* As much of a version, wildcards allowed, as stands at text[at]; false: none. */
bool constraint_scan(const char *text, size_t len, size_t at, struct constraint_pieces *pieces);
/* The first character from at on that is no blank. */
size_t constraint_skip_blanks(const char *text, size_t len, size_t at);

/* A character of a written out text that the owner did not write. */
#define CONSTRAINT_MADE 0x8000u

struct constraint_written {
	char *text;
	uint16_t *origin; /* of each byte, and of the end: where it comes from */
	size_t len;
};

/* Copy text to out with each range `a - b` written out as `>= a, <= b`, wherever it stands, as the
 * libraries do. Both arrays of out have room for 2 len + 2. */
void constraint_write_out(enum semver_dialect dialect, const char *text, size_t len,
			    struct constraint_written *out);

/* Fill terms (zeroed, dialect set) from text. */
int constraint_parse(struct constraint_terms *terms, const char *text, size_t len,
		     struct error *err);

/* Fill in what the term means. */
void constraint_mean(struct constraint_term *term, enum semver_dialect dialect);

#endif
