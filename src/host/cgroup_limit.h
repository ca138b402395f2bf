/* SPDX-License-Identifier: GPL-2.0 */
/* The memory limit under which a process stands, of cgroups of either version. */
#ifndef HOST_CGROUP_LIMIT_H
#define HOST_CGROUP_LIMIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct cgroup_limit {
	char path[4096]; /* of the group, as /proc/PID/cgroup has it */
	uint64_t bytes;  /* memory.max, memory.limit_in_bytes */
	uint64_t hits;   /* memory.events.local "max", memory.failcnt */
};

/* Of the groups on the way up to the root the one with the lowest limit.  false: there is
 * none, or it cannot be read. */
bool cgroup_limit_read(pid_t pid, struct cgroup_limit *out);
/* Once more of the group at l->path, whoever is in it.  false: it is gone, or has no limit now. */
bool cgroup_limit_again(struct cgroup_limit *l);

#endif
