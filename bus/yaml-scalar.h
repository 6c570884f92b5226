/* What a YAML scalar means: a string, a number, a word. The rules are those of Kubernetes' own
 * reader, but for yes, no, on and off, which are strings. Pure. */
#ifndef WEIR_YAML_SCALAR_H
#define WEIR_YAML_SCALAR_H

#include <jv.h>

#include "yaml.h"

/* The value of a YAML_SCALAR event, owned by the caller. Invalid (without message) when its
 * tag is one that weir does not read, or that its text does not fit. */
jv yaml_scalar_value(const struct yaml_event *event);

#endif
