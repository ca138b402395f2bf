/* SPDX-License-Identifier: GPL-2.0 */
#include "host/slab.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYSFS "/sys/kernel/slab"

uint64_t slab_kmalloc_bytes(const char *name)
{
	static const char *const kinds[] = { "", "cg-", "rcl-", "dma-" };
	char *end;
	uint64_t n;

	if (strncmp(name, "kmalloc-", 8))
		return 0;
	name += 8;
	for (size_t i = 1; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strncmp(name, kinds[i], strlen(kinds[i]))) {
			name += strlen(kinds[i]);
			break;
		}
	if (!strncmp(name, "rnd-", 4) && strchr(name + 4, '-')) /* CONFIG_RANDOM_KMALLOC_CACHES: kmalloc-rnd-07-64 */
		name = strchr(name + 4, '-') + 1;
	if (*name < '1' || *name > '9')
		return 0;
	n = strtoull(name, &end, 10);
	if (!strcmp(end, "k"))
		return n * 1024;
	return *end ? 0 : n;
}

/* Merged caches are links to one directory. */
static bool same_cache(const char *one, const char *other)
{
	char path[PATH_MAX], a[PATH_MAX], b[PATH_MAX];

	if (!strcmp(one, other))
		return true;
	snprintf(path, sizeof(path), SYSFS "/%s", one);
	if (!realpath(path, a))
		return false;
	snprintf(path, sizeof(path), SYSFS "/%s", other);
	return realpath(path, b) && !strcmp(a, b);
}

int slab_name(const char *name, char *out, size_t size, struct error *e)
{
	FILE *f = fopen("/proc/slabinfo", "re");
	char line[512];
	bool found = false;

	if (!f)
		return error_set(e, error_code_of(-errno), "run it as root", strerror(errno), "cannot read /proc/slabinfo");
	while (!found && !strchr(name, '/') && fgets(line, sizeof(line), f)) {
		line[strcspn(line, " \n")] = '\0';
		if (*line && *line != '#' && same_cache(name, line)) {
			found = true;
			snprintf(out, size, "%s", line);
		}
	}
	fclose(f);
	return found ? 0 : error_set(e, EXIT_USAGE, "/proc/slabinfo lists the caches", "there is no such cache",
				     "bad value '%s' of --slab", name);
}

/* Where the link of a cache leads, ":0000064"; false: it is no link. */
static bool link_of(int dir, const char *name, char out[64])
{
	ssize_t n = strchr(name, '/') ? -1 : readlinkat(dir, name, out, 63);

	out[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

void slab_aliases(const char *name, char *out, size_t size)
{
	int dir = open(SYSFS, O_RDONLY | O_DIRECTORY | O_CLOEXEC), n = -1;
	char mine[64], other[64];
	struct dirent **all = NULL;
	size_t used = 0;

	*out = '\0';
	if (dir >= 0 && link_of(dir, name, mine))
		n = scandirat(dir, ".", &all, NULL, by_name);
	for (int i = 0; i < n; i++) {
		const char *alias = all[i]->d_name;

		if (!strcmp(alias, name) || !link_of(dir, alias, other) || strcmp(mine, other))
			continue;
		if (used + strlen(alias) + 8 > size) { /* ", ..." and the end */
			snprintf(out + used, size - used, "%s...", used ? ", " : "");
			break;
		}
		used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", alias);
	}
	for (int i = 0; i < n; i++)
		free(all[i]);
	free(all);
	if (dir >= 0)
		close(dir);
}

int slab_each(void (*fn)(void *ctx, const char *name, uint64_t objects), void *ctx)
{
	FILE *f = fopen("/proc/slabinfo", "re");
	char line[512], name[64];
	uint64_t objects;

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f))
		if (*line != '#' && sscanf(line, "%63s %" SCNu64, name, &objects) == 2)
			fn(ctx, name, objects);
	fclose(f);
	return 0;
}
