/* SPDX-License-Identifier: GPL-2.0 */
#include "host/kernel_areas.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void kallsyms_find(const char *const *names, uint64_t *addr, size_t n)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[1024], name[512];
	uint64_t at;

	memset(addr, 0, n * sizeof(*addr));
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%" SCNx64 " %*c %511s", &at, name) != 2 || strchr(line, '['))
			continue;
		for (size_t i = 0; i < n; i++)
			if (!strcmp(names[i], name))
				addr[i] = at;
	}
	if (f)
		fclose(f);
}

/* "0xffffc90000000000-0xffffc90000005000   20480 irq_init_percpu_irqstack+0x114/0x1b0 phys=..." */
int vmalloc_each(void (*fn)(void *ctx, const struct vmalloc_area *a), void *ctx)
{
	FILE *f = fopen("/proc/vmallocinfo", "re");
	char *line = NULL;
	size_t room = 0;

	if (!f)
		return -errno;
	while (getline(&line, &room, f) > 0) {
		struct vmalloc_area a = { 0 };
		char *plus;

		if (sscanf(line, "%*s %" SCNu64 " %95s", &a.size, a.caller) < 1)
			continue;
		a.unpurged = !strcmp(a.caller, "unpurged");
		plus = strstr(a.caller, "+0x");
		if (plus)
			*plus = '\0';
		else if (strchr(a.caller, '=')) /* no caller: what follows is of another kind */
			a.caller[0] = '\0';
		fn(ctx, &a);
	}
	free(line);
	fclose(f);
	return 0;
}

/* "ext4 1028096 1 - Live 0xffffffffc0abc000" */
int modules_each(void (*fn)(void *ctx, const struct module_area *m), void *ctx)
{
	FILE *f = fopen("/proc/modules", "re");
	char line[4096];

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		struct module_area m = { 0 };

		if (sscanf(line, "%63s %" SCNu64 " %*s %*s %*s %" SCNx64, m.name, &m.size, &m.start) >= 2)
			fn(ctx, &m);
	}
	fclose(f);
	return 0;
}

uint64_t meminfo_bytes(const char *key)
{
	FILE *f = fopen("/proc/meminfo", "re");
	size_t len = strlen(key);
	uint64_t kib, bytes = UINT64_MAX;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, len) && line[len] == ':' && sscanf(line + len + 1, "%" SCNu64, &kib) == 1)
			bytes = kib << 10;
	if (f)
		fclose(f);
	return bytes;
}
