/* SPDX-License-Identifier: GPL-2.0 */
/* A cgroup (v2) as a target. */
#ifndef HOST_CGROUP_H
#define HOST_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "wire/cgroup.h"

/* Descriptor of the directory (the caller closes it), or -1 and e filled. */
int cgroup_open(const char *path, struct error *e);
/* The number by which BPF knows it; 0, or -errno. */
int cgroup_id(int fd, uint64_t *id);
/* Where cgroup2 is mounted first. false: nowhere. */
bool cgroup_mount(char *out, size_t size);
#define MMT_CGROUP_TEXT (sizeof(((struct mmt_cgroup_path *)0)->names) + 8)
/* "/outer/inner", from what BPF found; ".../inner" where it could not reach the top.  NULL:
 * it found nothing, or out is too small (MMT_CGROUP_TEXT is enough). */
const char *cgroup_path_text(const struct mmt_cgroup_path *path, char *out, size_t size);
/* Calls fn for each process in it and below it. */
void cgroup_each(const char *path, void (*fn)(void *ctx, pid_t pid), void *ctx);

#endif
