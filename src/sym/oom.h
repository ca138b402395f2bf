/* SPDX-License-Identifier: GPL-2.0 */
/* Why a process was killed for want of memory, from the stack of who asked. */
#ifndef SYM_OOM_H
#define SYM_OOM_H

#include "sym/ksym.h"

/* "cgroup", "global", "pagefault", "sysrq"; NULL: the stack does not show it. */
const char *oom_cause(const struct ksym_table *t, const unsigned long long *stack, size_t n);

#endif
