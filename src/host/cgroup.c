/* SPDX-License-Identifier: GPL-2.0 */
#include "host/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

int cgroup_open(const char *path, struct error *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs = { 0 };

	if (fd < 0) {
		error_set(e, EXIT_FAILED, "give its directory, as /sys/fs/cgroup/NAME", strerror(errno),
			  "cannot open cgroup '%s'", path);
		return -1;
	}
	if (fstatfs(fd, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
		return fd;
	close(fd);
	if (fs.f_type == CGROUP_SUPER_MAGIC)
		error_set(e, EXIT_KERNEL_CANNOT, "BPF knows the groups of v2 only; 'mount -t cgroup2' shows them, -p takes pids",
			  "it is a cgroup of version 1", "cannot trace cgroup '%s'", path);
	else
		error_set(e, EXIT_USAGE, "give its directory, as /sys/fs/cgroup/NAME", "it is not in a cgroup file system",
			  "cannot trace cgroup '%s'", path);
	return -1;
}

int cgroup_id(int fd, uint64_t *id)
{
	struct { struct file_handle h; uint64_t id; } handle = { .h.handle_bytes = sizeof(uint64_t) };
	int mount;

	if (name_to_handle_at(fd, "", &handle.h, &mount, AT_EMPTY_PATH))
		return -errno;
	memcpy(id, handle.h.f_handle, sizeof(*id));
	return 0;
}

static void each_of(const char *dir, void (*fn)(void *ctx, pid_t pid), void *ctx)
{
	char path[4200];
	FILE *f;
	int pid;

	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	f = fopen(path, "re");
	while (f && fscanf(f, "%d", &pid) == 1)
		fn(ctx, pid);
	if (f)
		fclose(f);
}

void cgroup_each(const char *path, void (*fn)(void *ctx, pid_t pid), void *ctx)
{
	char *const paths[] = { (char *)path, NULL };
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	const FTSENT *node;

	while (tree && (node = fts_read(tree)))
		if (node->fts_info == FTS_D)
			each_of(node->fts_path, fn, ctx);
	if (tree)
		fts_close(tree);
}
