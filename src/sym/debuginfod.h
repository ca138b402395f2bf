/* SPDX-License-Identifier: GPL-2.0 */
/* Debug files from the servers that DEBUGINFOD_URLS names, by elfutils' own client, debuginfod-find: a process of
 * its own, which may take long and speaks with the network.  Only where the user asked for it. */
#ifndef SYM_DEBUGINFOD_H
#define SYM_DEBUGINFOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* id: of the build, in hex.  Waits until `until` (monotonic ns) at most.  false: no servers, no client, or none
 * has it. */
bool debuginfod_find(const char *id, uint64_t until, char *path, size_t room);

#endif
