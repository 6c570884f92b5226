/* Values as block YAML, as a person would write them and every reader reads them back equal:
 * strings are always between double quotes or in literal blocks, whatever they look like. Pure. */
#ifndef WEIR_MANIFEST_PRINT_H
#define WEIR_MANIFEST_PRINT_H

#include <stdbool.h>

#include <jv.h>

#include "../bus/buf.h"

/*
 * Append value (borrowed) to out, with a newline at its end and without a "---" before it. Of an
 * object's members apiVersion, kind, metadata, name and namespace come first, the others in the
 * order of their names, so that equal values have equal texts. False: out is full, or the value is
 * nested deeper than the 64 levels that are read back.
 */
bool manifest_print(jv value, struct buf *out);

/* Append JSON text with each character that YAML does not take for itself (U+007F, U+0085, U+2028
 * and the like, which may stand in JSON's strings) as \uXXXX, so that it is YAML, too. */
bool manifest_escape_json(const char *text, size_t len, struct buf *out);

#endif
