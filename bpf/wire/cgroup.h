/* SPDX-License-Identifier: GPL-2.0 */
/* The path of a cgroup, as the kernel's programs find it: from the leaf up. */
#ifndef MMT_WIRE_CGROUP_H
#define MMT_WIRE_CGROUP_H

#include <linux/types.h>

#define MMT_CGROUP_NAME 256 /* the longest name, with its NUL */
#define MMT_CGROUP_ROOM 512 /* names are added while they take less */

enum mmt_cgroup_end {
	MMT_CGROUP_CUT,  /* too long or too deep: the outer names are missing */
	MMT_CGROUP_ROOT, /* all names up to the root of the hierarchy */
	MMT_CGROUP_OWN,  /* up to the root that is mounted, which may be inside the hierarchy */
};

struct mmt_cgroup_path {
	__u32 size; /* of names */
	__u16 end;  /* enum mmt_cgroup_end */
	__u16 done; /* the above hold */
	char names[MMT_CGROUP_ROOM + MMT_CGROUP_NAME]; /* each ended by a NUL, the leaf first */
};
#endif
