/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VIEW_SUMMARY_H
#define VIEW_SUMMARY_H

#include "view/report.h"

/* What the kernel counted and no event told: a line for each process, or one for all. */
void summary_residual(const struct report *r, bool each);
/* Everything lost, by cause, and how far sampling may be off. */
void summary_lost(const struct report *r);
/* Faults by kind, totals, losses, own cost. */
void summary_put(const struct report *r);

#endif
