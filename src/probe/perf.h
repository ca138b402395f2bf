/* SPDX-License-Identifier: GPL-2.0 */
/* perf software events for page faults, one per online CPU. */
#ifndef PROBE_PERF_H
#define PROBE_PERF_H
#include <stdbool.h>

#define PERF_MAX_CPUS 512
/* Opens PAGE_FAULTS_MAJ or _MIN on every online CPU, for all processes, period
 * 1. Returns the number of descriptors (owned by the caller) or -errno. */
int perf_open_all(bool major, int fds[PERF_MAX_CPUS]);
#endif
