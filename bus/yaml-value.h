/* YAML documents as jv values, with bounds: anchors may be aliased only within a budget
 * (expanded nodes <= 10 times the input's, aliases of scalars and containers both resolve),
 * duplicate keys are an error, `<<` merges, YAML 1.1 words (yes, on) are strings except true
 * and false, as Kubernetes' own reader takes them. Floats and integers above 2^53 are kept by
 * jv as doubles: never write such a value back. */
#ifndef WEIR_YAML_VALUE_H
#define WEIR_YAML_VALUE_H

#include <jv.h>

#include "yaml.h"

/* Reads the next document of the stream into *value (owned by the caller); 1: got one, 0: no
 * more documents, -1: error with line and column. */
int yaml_value_next(struct yaml_reader *reader, jv *value, struct error *err);
/* Exactly one document (configuration files). */
int yaml_value_parse(const char *text, size_t len, jv *value, struct error *err);

#endif
