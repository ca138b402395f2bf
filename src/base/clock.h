/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_SECOND_NS 1000000000ull

uint64_t clock_monotonic_ns(void);
uint64_t clock_unix_ns(void); /* CLOCK_REALTIME */

#endif
