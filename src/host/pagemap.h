/* SPDX-License-Identifier: GPL-2.0 */
/* /proc/PID/pagemap, /proc/kpageflags and kpagecount, /proc/zoneinfo: what the kernel shows of pages. */
#ifndef HOST_PAGEMAP_H
#define HOST_PAGEMAP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Documentation/admin-guide/mm/pagemap.rst */
#define PAGEMAP_PFN ((1ull << 55) - 1) /* of a page that is present; 0 without CAP_SYS_ADMIN */
#define PAGEMAP_SWAP_TYPE 31ull        /* of one that is swapped */
#define PAGEMAP_SWAP_OFFSET(e) (((e) & PAGEMAP_PFN) >> 5)
#define PAGEMAP_SOFT_DIRTY (1ull << 55)
#define PAGEMAP_EXCLUSIVE (1ull << 56)
#define PAGEMAP_UFFD_WP (1ull << 57)
#define PAGEMAP_GUARD (1ull << 58)     /* since 6.15 */
#define PAGEMAP_FILE (1ull << 61)
#define PAGEMAP_SWAPPED (1ull << 62)
#define PAGEMAP_PRESENT (1ull << 63)

/* Entries of n pages from addr on, of a thread's address space; 0 or a negative errno, -ESRCH where the kernel has
 * none for them. */
int pagemap_read(pid_t tid, uint64_t addr, uint64_t *entries, size_t n);
/* The same of pagemap opened once: pagemap_open() gives a descriptor or a negative errno. */
int pagemap_open(pid_t tid);
int pagemap_entries(int fd, uint64_t addr, uint64_t *entries, size_t n);

/* The first run of pages at or behind `from`, and before `to`, that are there or swapped: 1 and *found, *end; 0: there
 * is none; a negative errno: kernels before 6.7 cannot say (PAGEMAP_SCAN). */
int pagemap_scan(int fd, uint64_t from, uint64_t to, uint64_t *found, uint64_t *end);

/* Numbers of pages, opened once; a descriptor below 0 is a negative errno. */
struct page_files { int flags, count; };
void page_files_open(struct page_files *f);
void page_files_close(struct page_files *f);
/* n numbers from pfn on, of f->flags or f->count; how many were read, or a negative errno. */
ssize_t page_numbers(int fd, uint64_t pfn, uint64_t *out, size_t n);

/* Which pages belong to which memory node and zone. */
struct page_zone { uint64_t start, end; /* frames */ int node; char name[12]; };
#define PAGE_ZONES_MAX 256
struct page_zones { struct page_zone zone[PAGE_ZONES_MAX]; size_t count; };
void page_zones_read(struct page_zones *z);
/* Index of the zone of a frame; -1: none, or more than one claims it. */
int page_zone_of(const struct page_zones *z, uint64_t pfn);

#endif
