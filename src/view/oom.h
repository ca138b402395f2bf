/* SPDX-License-Identifier: GPL-2.0 */
/* An OOM kill as a line. */
#ifndef VIEW_OOM_H
#define VIEW_OOM_H

#include <stdint.h>
#include <stdio.h>

#include "wire/oom.h"

/* cause: NULL where it is not known; t0: when tracing began. */
void oom_text(FILE *f, const struct mmt_oom *o, const char *cause, uint64_t t0);
void oom_json(FILE *f, const struct mmt_oom *o, const char *cause, uint64_t t0);

#endif
