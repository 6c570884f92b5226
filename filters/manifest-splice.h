/* The text of a manifest with one string changed, every other byte as it was. Knows YAML and JSON;
 * no files. Pure. */
#ifndef WEIR_MANIFEST_SPLICE_H
#define WEIR_MANIFEST_SPLICE_H

#include "../bus/buf.h"
#include "manifest-edit.h"

/*
 * As manifest_edit (of which this is the inner half), for the text of a file. 0: the new text is in
 * *out; 1: `to` stands there already. How the value is quoted stays as it is, but a plain one is
 * written in double quotes where some reader would not take the new text for this string. What
 * comes out has been read again: only this one value differs.
 */
int manifest_splice(const char *text, size_t len, bool is_json,
		    const struct manifest_address *address, const struct manifest_test *tests,
		    size_t test_count, const char *const *path, const char *to, struct buf *out,
		    struct error *err);

#endif
