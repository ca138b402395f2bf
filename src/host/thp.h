/* SPDX-License-Identifier: GPL-2.0 */
/* The system's setting of transparent huge pages. */
#ifndef HOST_THP_H
#define HOST_THP_H

#include <stdbool.h>

/* "always", "madvise" or "never" of /sys/kernel/mm/transparent_hugepage/enabled into out; false: it
 * cannot be read, or the kernel has no such pages. */
bool thp_setting(char out[16]);

#endif
