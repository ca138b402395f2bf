/* SPDX-License-Identifier: GPL-2.0 */
/* What live and trace have in common. */
#ifndef CMD_FAULT_H
#define CMD_FAULT_H

#include "cmd/command.h"
#include "model/fault/loss.h"

/* "tracing redis-server (pid 42), page faults by tracepoint (...)", on stderr. */
void fault_announce(const struct args *a, const struct model *m);

/* What -g stands for; -1 and e filled: --debuginfod would do nothing. */
int fault_stacks(struct args *a, struct error *e);

#endif
