/* SPDX-License-Identifier: GPL-2.0 */
#include "host/cgroup_limit.h"

#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_LIMIT (1ull << 62) /* version 1 writes LONG_MAX, rounded down to pages */

struct hierarchy { char mount[512]; bool v1; };

/* Version 1 has memory where it is mounted with it; else version 2 has it. */
static bool hierarchy_find(struct hierarchy *h)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	const struct mntent *m;
	bool found = false;

	while (mounts && (m = getmntent(mounts))) {
		bool v1 = !strcmp(m->mnt_type, "cgroup") && hasmntopt(m, "memory");

		if ((!v1 && (found || strcmp(m->mnt_type, "cgroup2") != 0)) || strlen(m->mnt_dir) >= sizeof(h->mount))
			continue;
		snprintf(h->mount, sizeof(h->mount), "%s", m->mnt_dir);
		h->v1 = v1;
		found = true;
		if (v1)
			break;
	}
	if (mounts)
		endmntent(mounts);
	return found;
}

/* Lines of /proc/PID/cgroup: "4:memory:/batch", of version 2 "0::/batch". */
static bool group_of(pid_t pid, bool v1, char *out, size_t size)
{
	char file[64], line[4200];
	bool found = false;
	FILE *f;

	snprintf(file, sizeof(file), "/proc/%d/cgroup", pid);
	f = fopen(file, "re");
	while (f && !found && fgets(line, sizeof(line), f)) {
		char *controllers = strchr(line, ':'), *path = controllers ? strchr(controllers + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = 0;
		found = v1 ? hasmntopt(&(struct mntent){ .mnt_opts = controllers + 1 }, "memory") != NULL : !controllers[1];
		path[strcspn(path, "\n")] = 0;
		if (found && (strlen(path) >= size || path[0] != '/' || strstr(path, "/..")))
			break; /* outside of what is mounted here */
		if (found)
			snprintf(out, size, "%s", path);
	}
	if (f)
		fclose(f);
	return found && out[0];
}

/* The number behind key in a file of the group; key "": the first.  false: there is none. */
static bool group_number(const struct hierarchy *h, const char *path, const char *name, const char *key, uint64_t *out)
{
	char file[4800], line[200];
	bool found = false;
	FILE *f;

	snprintf(file, sizeof(file), "%s%s/%s", h->mount, path, name);
	f = fopen(file, "re");
	while (f && !found && fgets(line, sizeof(line), f)) {
		char *end;

		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		*out = strtoull(line + strlen(key), &end, 10);
		found = end != line + strlen(key);
	}
	if (f)
		fclose(f);
	return found;
}

static uint64_t hits_of(const struct hierarchy *h, const char *path)
{
	uint64_t n = 0;

	if (h->v1)
		group_number(h, path, "memory.failcnt", "", &n);
	else if (!group_number(h, path, "memory.events.local", "max ", &n))
		group_number(h, path, "memory.events", "max ", &n); /* mounted with memory_localevents, it is the same */
	return n;
}

static bool limit_of(const struct hierarchy *h, const char *path, uint64_t *bytes)
{
	return group_number(h, path, h->v1 ? "memory.limit_in_bytes" : "memory.max", "", bytes) && *bytes < NO_LIMIT;
}

bool cgroup_limit_again(struct cgroup_limit *l)
{
	struct hierarchy h;

	if (!hierarchy_find(&h) || !limit_of(&h, l->path, &l->bytes))
		return false;
	l->hits = hits_of(&h, l->path);
	return true;
}

bool cgroup_limit_read(pid_t pid, struct cgroup_limit *out)
{
	struct hierarchy h;
	char path[sizeof(out->path)] = "", *last;
	uint64_t bytes;

	out->bytes = NO_LIMIT;
	if (!hierarchy_find(&h) || !group_of(pid, h.v1, path, sizeof(path)))
		return false;
	while ((last = strrchr(path, '/')) && path[1]) {
		if (limit_of(&h, path, &bytes) && bytes < out->bytes) {
			out->bytes = bytes;
			memcpy(out->path, path, sizeof(path));
		}
		*last = 0;
	}
	if (out->bytes == NO_LIMIT)
		return false;
	out->hits = hits_of(&h, out->path);
	return true;
}
