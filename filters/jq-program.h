/*
 * A jq program (libjq), compiled once and run on many inputs: the one that a filter brings, or the
 * one that a user names with --program. Knows libjq's traps: it reads no ~/.jq, shows programs an
 * empty environment, looks for no modules, and never lets a value get into an error's text. Does
 * not know what is rendered.
 */
#ifndef WEIR_JQ_PROGRAM_H
#define WEIR_JQ_PROGRAM_H

#include <stddef.h>

#include <jv.h>

#include "../bus/error.h"

#define JQ_PROGRAM_RESULTS_MAX 1000	  /* of one run */
#define JQ_PROGRAM_SECONDS_MAX 5	  /* of processor time in one run */
#define JQ_PROGRAM_TEXT_MAX ((size_t)1048576) /* bytes of a program */

struct jq_program;

/* The text of filters/NAME.jq in the program itself: at file scope,
 * JQ_PROGRAM_EMBED(render_repository_jq, "filters/render-repository.jq");
 * declares `const char render_repository_jq[]`, NUL-terminated. */
#define JQ_PROGRAM_EMBED(symbol, file)                                                       \
	__asm__(".pushsection .rodata\n" #symbol ":\n\t.incbin \"" file "\"\n\t.byte 0\n"      \
		".popsection\n");                                                            \
	extern const char(symbol)[] __attribute__((visibility("hidden")))

/* Compile file when it is not NULL, else builtin (NUL-terminated). CONFIG error that names the file
 * and the place; it holds a line of the program at most. */
struct jq_program *jq_program_new(const char *file, const char *builtin, struct error *err);
void jq_program_free(struct jq_program *program); /* NULL is fine */

/*
 * Run it on one input (taken; at most what one message may hold). 0, with all results in *results
 * (an array, owned by the caller); INPUT error when the program ends with an error, halts, or gives
 * too many results, and then there are none. What the program says of its error is shown only when
 * it ended with error({reason: "text"}), since libjq's own texts quote values: whoever writes
 * that vouches for the text. A run that takes JQ_PROGRAM_SECONDS_MAX ends the process with exit
 * status 100 and a line on stderr: libjq cannot be interrupted.
 */
int jq_program_run(struct jq_program *program, jv input, jv *results, struct error *err);

#endif
