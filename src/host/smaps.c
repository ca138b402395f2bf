/* SPDX-License-Identifier: GPL-2.0 */
#include "host/smaps.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const keys[SMAPS_KEYS] = {
#define SMAPS(ID, key) [SMAPS_##ID] = key,
#include "host/smaps.def"
#undef SMAPS
};

/* "start-end perm offset major:minor inode  name"; names may hold spaces, and "\012" for newlines. */
static int head_line(char *line, struct smaps_vma *v)
{
	unsigned major, minor;
	int at = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n", &v->start, &v->end, v->perm,
		   &v->offset, &major, &minor, &v->ino, &at) != 7 ||
	    !at)
		return -1;
	v->dev = major << 20 | minor;
	line[strcspn(line, "\n")] = '\0';
	v->name = line + at;
	v->flags[0] = '\0';
	for (int i = 0; i < SMAPS_KEYS; i++)
		v->amount[i] = SMAPS_UNKNOWN;
	return 0;
}

static void detail_line(const char *line, struct smaps_vma *v)
{
	size_t len = strcspn(line, ":");
	uint64_t kib;

	if (!strncmp(line, "VmFlags: ", 9)) {
		snprintf(v->flags, sizeof(v->flags), "%s", line + 9);
		len = strcspn(v->flags, "\n");
		while (len && v->flags[len - 1] == ' ')
			len--;
		v->flags[len] = '\0';
		return;
	}
	for (int i = 0; i < SMAPS_KEYS; i++)
		if (strlen(keys[i]) == len && !memcmp(keys[i], line, len)) {
			if (sscanf(line + len + 1, "%" SCNu64 " kB", &kib) == 1)
				v->amount[i] = kib << 10;
			return;
		}
}

static int file_read(pid_t tid, const char *file, void (*fn)(void *ctx, const struct smaps_vma *v), void *ctx)
{
	char path[64], *line = NULL, *name = NULL;
	struct smaps_vma v = { 0 };
	size_t size = 0;
	int err;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", tid, file);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	errno = 0;
	while (getline(&line, &size, f) > 0) {
		struct smaps_vma next = { 0 };

		if (line[0] >= 'A' && line[0] <= 'Z') {
			detail_line(line, &v);
			continue;
		}
		if (head_line(line, &next))
			continue;
		if (v.end)
			fn(ctx, &v);
		free(name);
		v = next;
		v.name = name = strdup(next.name);
		if (!name)
			break;
	}
	err = -errno;
	if (v.end && name)
		fn(ctx, &v);
	free(name);
	free(line);
	fclose(f);
	return err;
}

int smaps_read(pid_t tid, void (*fn)(void *ctx, const struct smaps_vma *v), void *ctx)
{
	return file_read(tid, "smaps", fn, ctx);
}

int maps_read(pid_t tid, void (*fn)(void *ctx, const struct smaps_vma *v), void *ctx)
{
	return file_read(tid, "maps", fn, ctx);
}
