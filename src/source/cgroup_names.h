/* SPDX-License-Identifier: GPL-2.0 */
/* Cgroups (v2) by number: a directory's inode is the number by which BPF knows it. */
#ifndef SOURCE_CGROUP_NAMES_H
#define SOURCE_CGROUP_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cgroup_name { uint64_t id; char *path; };
struct cgroup_names { struct cgroup_name *all; size_t count, room; bool read; }; /* all zero: not read */

/* The path below the mount, or NULL. Reads all of them if none was read since the last
 * cgroup_names_clear(): they come and go. */
const char *cgroup_names_find(struct cgroup_names *n, uint64_t id);
/* The number of the root that is mounted, which may be inside the hierarchy; 0: there is none. */
uint64_t cgroup_names_root(void);
void cgroup_names_clear(struct cgroup_names *n);
void cgroup_names_free(struct cgroup_names *n);

#endif
