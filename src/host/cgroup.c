/* SPDX-License-Identifier: GPL-2.0 */
#include "host/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <linux/magic.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

bool cgroup_mount(char *out, size_t size)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	const struct mntent *m = NULL;

	while (mounts && (m = getmntent(mounts)))
		if (!strcmp(m->mnt_type, "cgroup2") && strlen(m->mnt_dir) < size && !access(m->mnt_dir, F_OK))
			break;
	if (m)
		snprintf(out, size, "%s", m->mnt_dir);
	if (mounts)
		endmntent(mounts);
	return m != NULL;
}

/* "give its directory, as /sys/fs/cgroup/unified/NAME" */
static const char *example(char *out, size_t size)
{
	char mount[128] = "/sys/fs/cgroup";

	cgroup_mount(mount, sizeof(mount));
	snprintf(out, size, "give its directory, as %s/NAME", mount);
	return out;
}

int cgroup_open(const char *path, struct error *e)
{
	char hint[200];
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs = { 0 };

	if (fd < 0) {
		error_set(e, EXIT_FAILED, NULL, strerror(errno), "cannot open cgroup '%s'", path);
		return error_hint(e, example(hint, sizeof(hint)));
	}
	if (fstatfs(fd, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
		return fd;
	close(fd);
	if (fs.f_type == CGROUP_SUPER_MAGIC)
		error_set(e, EXIT_KERNEL_CANNOT, "BPF knows the groups of v2 only; 'mount -t cgroup2' shows them, -p takes pids",
			  "it is a cgroup of version 1", "cannot trace cgroup '%s'", path);
	else
		error_set(e, EXIT_USAGE, example(hint, sizeof(hint)), "it is not in a cgroup file system of version 2",
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

const char *cgroup_path_text(const struct mmt_cgroup_path *path, char *out, size_t size)
{
	size_t end = path->size, used = 0;

	if (!path->done || end > sizeof(path->names) || (end && path->names[end - 1]))
		return NULL;
	if (path->end == MMT_CGROUP_CUT)
		used = (size_t)snprintf(out, size, "...");
	while (end) {
		size_t start = end - 1; /* at the NUL of the last name that is left */
		int n;

		while (start && path->names[start - 1])
			start--;
		n = snprintf(out + used, size - used, "/%s", path->names + start);
		if (n < 0 || (used += (size_t)n) >= size)
			return NULL;
		end = start;
	}
	if (!used)
		snprintf(out, size, "/");
	return out;
}

static void each_of(const char *dir, void (*fn)(void *ctx, pid_t pid), void *ctx)
{
	char path[4200];
	FILE *f;
	int pid;

	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	f = fopen(path, "re");
	while (f && fscanf(f, "%d", &pid) == 1)
		if (pid) /* 0: of another pid namespace */
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
