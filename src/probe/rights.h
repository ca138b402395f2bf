/* SPDX-License-Identifier: GPL-2.0 */
/* What may stand in the way of this very process: its pid namespace, its
 * capabilities, a seccomp filter. */
#ifndef PROBE_RIGHTS_H
#define PROBE_RIGHTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Are the pids here those of the initial namespace? */
bool rights_initial_pids(void);
/* Does /proc show the processes by the pids that this process sees?  0, or -1 and e filled. */
int rights_check_proc(struct error *e);
/* Is a seccomp filter active? */
bool rights_seccomp(void);
/* Bits of this process's effective capabilities. */
uint64_t rights_capabilities(void);
/* All of CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN? */
bool rights_all(void);
/* May BPF programs read kernel memory?  Not under lockdown=confidentiality. */
bool rights_read_kernel(void);
/* Why the kernel says EPERM, as a hint for the user; NULL: nothing is known. */
const char *rights_hint(void);

#endif
