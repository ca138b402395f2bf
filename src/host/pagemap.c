/* SPDX-License-Identifier: GPL-2.0 */
#include "host/pagemap.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int pagemap_open(pid_t tid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int pagemap_entries(int fd, uint64_t addr, uint64_t *entries, size_t n)
{
	size_t done = 0;

	while (done < n) {
		off_t at = (off_t)((addr / 4096 + done) * sizeof(*entries));
		ssize_t got = pread(fd, entries + done, (n - done) * sizeof(*entries), at);

		if (got <= 0)
			return got ? -errno : -ESRCH;
		done += (size_t)got / sizeof(*entries);
	}
	return 0;
}

int pagemap_read(pid_t tid, uint64_t addr, uint64_t *entries, size_t n)
{
	int fd = pagemap_open(tid), err;

	if (fd < 0)
		return fd;
	err = pagemap_entries(fd, addr, entries, n);
	close(fd);
	return err;
}

/* As in linux/fs.h of 6.7, which may be newer than the headers here. */
struct scan_region { uint64_t start, end, categories; };
struct scan_arg {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define SCAN_PRESENT (1ull << 3)
#define SCAN_SWAPPED (1ull << 4)
#define SCAN _IOWR('f', 16, struct scan_arg)

int pagemap_scan(int fd, uint64_t from, uint64_t to, uint64_t *found, uint64_t *end)
{
	struct scan_region region = { 0 };
	struct scan_arg arg = { .size = sizeof(arg), .start = from, .end = to, .vec = (uintptr_t)&region, .vec_len = 1,
				.category_anyof_mask = SCAN_PRESENT | SCAN_SWAPPED,
				.return_mask = SCAN_PRESENT | SCAN_SWAPPED };
	int n = ioctl(fd, SCAN, &arg);

	if (n > 0) {
		*found = region.start;
		*end = region.end;
	}
	return n < 0 ? -errno : n;
}

static int open_or_errno(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

void page_files_open(struct page_files *f)
{
	f->flags = open_or_errno("/proc/kpageflags");
	f->count = open_or_errno("/proc/kpagecount");
}

void page_files_close(struct page_files *f)
{
	if (f->flags >= 0)
		close(f->flags);
	if (f->count >= 0)
		close(f->count);
}

ssize_t page_numbers(int fd, uint64_t pfn, uint64_t *out, size_t n)
{
	ssize_t got = fd < 0 ? fd : pread(fd, out, n * sizeof(*out), (off_t)(pfn * sizeof(*out)));

	return fd < 0 ? fd : got < 0 ? -errno : got / (ssize_t)sizeof(*out);
}

void page_zones_read(struct page_zones *z)
{
	FILE *f = fopen("/proc/zoneinfo", "re");
	struct page_zone now = { 0 };
	uint64_t spanned = 0, n;
	char line[256];

	z->count = 0;
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "Node %d, zone %11s", &now.node, now.name) == 2)
			spanned = 0;
		else if (sscanf(line, " spanned %" SCNu64, &n) == 1)
			spanned = n;
		else if (sscanf(line, " start_pfn: %" SCNu64, &n) == 1 && spanned && z->count < PAGE_ZONES_MAX) {
			now.start = n;
			now.end = n + spanned;
			z->zone[z->count++] = now;
		}
	}
	if (f)
		fclose(f);
}

int page_zone_of(const struct page_zones *z, uint64_t pfn)
{
	int found = -1;

	for (size_t i = 0; i < z->count; i++) {
		if (pfn < z->zone[i].start || pfn >= z->zone[i].end)
			continue;
		if (found >= 0)
			return -1;
		found = (int)i;
	}
	return found;
}
