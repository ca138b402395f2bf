/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_SECOND_NS 1000000000ull

uint64_t clock_monotonic_ns(void);
uint64_t clock_unix_ns(void); /* CLOCK_REALTIME */
uint64_t clock_boottime_ns(void);
uint64_t clock_own_cpu_ns(void); /* that all threads of mmtrace had, in user space and kernel */

#endif
