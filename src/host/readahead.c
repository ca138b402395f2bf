/* SPDX-License-Identifier: GPL-2.0 */
#include "host/readahead.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#define DEVICES_MOST 64

static bool kib_of(const char *device, const char *where, uint64_t *kib)
{
	char path[400];
	bool found;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/dev/block/%s/%s/read_ahead_kb", device, where);
	f = fopen(path, "re");
	found = f && fscanf(f, "%" SCNu64, kib) == 1;
	if (f)
		fclose(f);
	return found;
}

/* A partition has the queue of its disk. */
void readahead_each(void (*fn)(void *ctx, const char *device, uint64_t kib), void *ctx)
{
	DIR *devices = opendir("/sys/dev/block");
	const struct dirent *d;
	uint64_t kib;

	for (int left = DEVICES_MOST; devices && left && (d = readdir(devices)); left--)
		if (d->d_name[0] != '.' && (kib_of(d->d_name, "queue", &kib) || kib_of(d->d_name, "../queue", &kib)))
			fn(ctx, d->d_name, kib);
	if (devices)
		closedir(devices);
}
