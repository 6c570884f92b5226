/* Between semver.c and semver-fast.c only: see there. */
#ifndef WEIR_SEMVER_PRIV_H
#define WEIR_SEMVER_PRIV_H

#include "semver.h"

/* True when this processor has what semver_fast needs. */
bool semver_fast_is_there(void);

/* Try to read each of count tags. One that this cannot decide (unusual numbers, invalid, too close
 * to limit) is left with dialects 0, for the caller to read with care. */
void semver_fast(struct semver *v, const struct semver_text *tags, size_t count, const char *limit);

#endif
