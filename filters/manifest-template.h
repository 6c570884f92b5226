/* Telling templates from manifests: {{ }} in YAML may parse, as mappings within mappings. Pure. */
#ifndef WEIR_MANIFEST_TEMPLATE_H
#define WEIR_MANIFEST_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

/* May this be a template at all? Cheap; for the hint behind a parse error too. */
bool manifest_has_braces(const char *text, size_t len);
/*
 * The line (from 1) where YAML is a template of manifests: {{ outside strings and comments, or in
 * a document with an Application also in any plain value, and in a quoted one that names things or
 * is what weir would change. 0: it is none (an ApplicationSet may hold {{ }} in its strings), or it
 * does not parse up to there.
 */
size_t manifest_template_line(const char *text, size_t len);

#endif
