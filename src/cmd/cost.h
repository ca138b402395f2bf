/* SPDX-License-Identifier: GPL-2.0 */
/* What mmtrace itself has cost so far. */
#ifndef CMD_COST_H
#define CMD_COST_H

#include "probe/attach.h"
#include "view/overhead.h"

void cost_read(struct overhead *o, const struct probe_cost *bpf);

#endif
