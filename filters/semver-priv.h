/* Between semver.c and semver-fast.c only: see there. */
#ifndef WEIR_SEMVER_PRIV_H
#define WEIR_SEMVER_PRIV_H

#include "semver.h"

/* True when this processor has what semver_fast needs. */
bool semver_fast_is_there(void);

/* semver_parse_tags, on such a processor. */
void semver_fast(struct semver *v, const struct semver_text *tags, size_t count, const char *limit);

#endif
