/* SPDX-License-Identifier: GPL-2.0 */
/* The limits of cgroups that hold targets: INPUT_LIMIT. */
#ifndef SOURCE_GROUP_LIMITS_H
#define SOURCE_GROUP_LIMITS_H

#include "source/source.h"

/* At each interval; last: when the run is over, of groups that are still there. */
void group_limits_read(struct source *s, bool last);

#endif
