/* SPDX-License-Identifier: GPL-2.0 */
/* --pages: pagemap, kpageflags and kpagecount, a block of 512 pages at a time.  Which blocks have anything in them
 * the page tables say, or else pagemap, so that large reservations cost nothing; of many only some are looked at. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "decode/page_walk.h"
#include "host/pagemap.h"
#include "model/space.h"
#include "source/space.h"

#define BLOCK 512u /* pages that a table of the last level maps */
#define BLOCK_BYTES (BLOCK * 4096ull)
#define BLOCKS_LOOKED 2048u   /* 4 GiB: some seconds where no two pages follow each other */
#define BLOCKS_MAX (1u << 22) /* 8 TiB */
#define RUNS_MAX 65536u
#define SUMS_MAX 1024u

struct block {
	uint64_t addr;
	uint32_t level;
};

struct reading {
	struct space_source *s;
	const struct page_tables *tables; /* NULL: which blocks have anything is not known */
	struct block *blocks;
	size_t count, room;
	int pagemap;
	struct page_files files;
	struct page_zones zones;
	struct input_page_run *runs;
	size_t run_count, run_room;
	struct input_page_sum sums[SUMS_MAX];
	size_t sum_count;
	struct input_pages head;
	bool unscanned;  /* which blocks have anything is not known: all are there */
	bool hidden;     /* of the VMA that is read pagemap has nothing */
	bool absent_too; /* a small range was named: what is not there is a run as well */
};

/* --- which blocks --- */

static void block_add(struct reading *r, uint64_t addr, uint32_t level)
{
	if (r->count && r->blocks[r->count - 1].addr == addr)
		return; /* two VMAs share it */
	r->blocks = xgrow(r->blocks, r->count, &r->room, sizeof(*r->blocks));
	r->blocks[r->count++] = (struct block){ addr, level };
}

/* Without page tables pagemap says where pages are; where it cannot (before 6.7), any block may have some. */
static uint64_t blocks_scan(struct reading *r, uint64_t from, uint64_t to)
{
	uint64_t end = from + 1;
	int got = r->absent_too ? 1 : pagemap_scan(r->pagemap, from, to, &from, &end);

	if (!got)
		return to;
	r->unscanned |= got < 0;
	for (from &= ~(BLOCK_BYTES - 1); from < end && r->count < BLOCKS_MAX; from += BLOCK_BYTES)
		block_add(r, from, 0);
	return from;
}

/* The next address to look at, of a VMA that ends at `to`. */
static uint64_t block_find(struct reading *r, uint64_t addr, uint64_t to)
{
	uint64_t block = addr & ~(BLOCK_BYTES - 1), next = block + BLOCK_BYTES;
	struct page_walk w;
	uint32_t level;

	if (!r->tables)
		return blocks_scan(r, addr & ~4095ull, to);
	if (page_walk(r->tables, r->s->kernel.pgd, block, &w) || w.racing || !w.count) {
		block_add(r, block, 0);
		return next;
	}
	level = (uint32_t)w.step[w.count - 1].level;
	if (level > 1 && w.page.state == PAGE_NONE && !r->absent_too)
		return (block | (page_span((int)level) - 1)) + 1;
	block_add(r, block, w.page.state == PAGE_NONE && level > 1 ? 0 : level);
	return next;
}

static void blocks_find(struct reading *r)
{
	const struct space_vmas *vmas = &r->s->vmas;
	uint64_t at = 0;
	char why[120];

	for (size_t i = 0; i < vmas->count && r->count < BLOCKS_MAX; i++) {
		uint64_t from = vmas->list[i].v.start, to = vmas->list[i].v.end;

		from = from > r->head.from ? from : r->head.from;
		to = to < r->head.to ? to : r->head.to;
		while (from < to && !(from >> 63) && r->count < BLOCKS_MAX)
			from = block_find(r, from, to);
		at = from;
	}
	if (r->count == BLOCKS_MAX) {
		snprintf(why, sizeof(why), "what lies from %llx on: there are more than %u blocks of 2 MiB",
			 (unsigned long long)at, BLOCKS_MAX);
		emit_fact(&r->s->s, "unknown", "pages_beyond", why);
	}
	if (r->unscanned)
		emit_fact(&r->s->s, "unknown", "blocks",
			  "neither page tables nor PAGEMAP_SCAN (6.7) say which blocks have pages: all are counted");
}

/* --- pages of a block --- */

static struct page_traits traits_of(struct reading *r, uint64_t entry, uint64_t kflags, uint64_t pfn, uint32_t level)
{
	static const struct {
		uint64_t bit;
		uint32_t is;
	} bits[] = {
		{ PAGEMAP_PRESENT, PAGE_IS_PRESENT },     { PAGEMAP_SWAPPED, PAGE_IS_SWAPPED },
		{ PAGEMAP_FILE, PAGE_IS_FILE },           { PAGEMAP_SOFT_DIRTY, PAGE_IS_SOFT_DIRTY },
		{ PAGEMAP_EXCLUSIVE, PAGE_IS_EXCLUSIVE }, { PAGEMAP_UFFD_WP, PAGE_IS_WP },
		{ PAGEMAP_GUARD, PAGE_IS_GUARD },
	};
	struct page_traits t = { .kflags = kflags, .node = -1 };
	int zone = pfn ? page_zone_of(&r->zones, pfn) : -1;

	if (r->head.ksm_unknown)
		t.kflags &= ~KPF_KSM;
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		t.bits |= entry & bits[i].bit ? bits[i].is : 0;
	if (t.bits & PAGE_IS_PRESENT)
		t.level = level;
	if (zone >= 0) {
		t.node = r->zones.zone[zone].node;
		memcpy(t.zone, r->zones.zone[zone].name, sizeof(t.zone));
	}
	return t;
}

/* Of a large page the first one is called head and the others tails: one run. */
static bool is_alike(const struct page_traits *a, const struct page_traits *b)
{
	struct page_traits x = *a, y = *b;

	x.kflags &= ~(KPF_HEAD | KPF_TAIL);
	y.kflags &= ~(KPF_HEAD | KPF_TAIL);
	return !memcmp(&x, &y, sizeof(x));
}

static void sum_add(struct reading *r, const struct page_traits *t, uint32_t mapcount)
{
	struct page_traits key = *t;
	size_t i = 0;

	key.kflags &= ~(KPF_HEAD | KPF_TAIL);
	while (i < r->sum_count && memcmp(&r->sums[i].is, &key, sizeof(key)))
		i++;
	if (i == SUMS_MAX)
		i--; /* so many kinds there are not */
	else if (i == r->sum_count)
		r->sums[r->sum_count++].is = key;
	r->sums[i].pages++;
	if (mapcount == PAGE_COUNT_UNKNOWN && t->bits & PAGE_IS_PRESENT)
		r->sums[i].shared = SPACE_UNKNOWN;
	else if (mapcount != PAGE_COUNT_UNKNOWN && r->sums[i].shared != SPACE_UNKNOWN)
		r->sums[i].shared += mapcount > 1;
}

/* Does the frame go on with the run?  Of small zero pages all are the same frame. */
static bool is_next_frame(const struct input_page_run *last, const struct input_page_run *one)
{
	if (!one->pfn)
		return !last->pfn;
	return last->pfn + last->pages == one->pfn || (one->is.kflags & KPF_ZERO && last->pfn == one->pfn);
}

/* kflags: NULL: not known. */
static void page_add(struct reading *r, uint64_t addr, uint64_t entry, const uint64_t *kflags, uint64_t mapcount,
		     uint32_t level)
{
	uint64_t pfn = entry & PAGEMAP_PRESENT ? entry & PAGEMAP_PFN : 0;
	struct input_page_run one = { .addr = addr,
				      .pages = 1,
				      .pfn = pfn,
				      .is = traits_of(r, entry, kflags ? *kflags : 0, pfn, level),
				      .mapcount = (uint32_t)mapcount,
				      .refcount = PAGE_COUNT_UNKNOWN };
	struct input_page_run *last = r->run_count ? &r->runs[r->run_count - 1] : NULL;
	bool nothing;

	nothing = !(one.is.bits & (PAGE_IS_PRESENT | PAGE_IS_SWAPPED | PAGE_IS_GUARD));
	one.is.bits |= (kflags ? PAGE_IS_KNOWN : 0u) | (r->hidden && nothing ? PAGE_IS_HIDDEN : 0u);

	r->head.looked++;
	r->head.absent += nothing && !(one.is.bits & PAGE_IS_HIDDEN);
	if (nothing && !r->absent_too)
		return;
	if (!nothing)
		sum_add(r, &one.is, one.mapcount);
	if (one.is.bits & PAGE_IS_SWAPPED) {
		one.swap_type = entry & PAGEMAP_SWAP_TYPE;
		one.swap_offset = PAGEMAP_SWAP_OFFSET(entry);
	}
	if (last && last->addr + last->pages * 4096 == addr && is_alike(&last->is, &one.is) &&
	    last->mapcount == one.mapcount && is_next_frame(last, &one) &&
	    last->swap_type == one.swap_type &&
	    (!one.swap_offset || last->swap_offset + last->pages == one.swap_offset)) {
		last->pages++;
		last->is.kflags |= one.is.kflags;
		return;
	}
	if (r->run_count == RUNS_MAX) {
		r->head.left_out++;
		return;
	}
	r->runs = xgrow(r->runs, r->run_count, &r->run_room, sizeof(*r->runs));
	r->runs[r->run_count++] = one;
}

/* How many of the entries from i on have frames that follow each other. */
static size_t frames_run(const uint64_t *entry, size_t i, size_t n)
{
	size_t k = i + 1;

	while (k < n && entry[k] & PAGEMAP_PRESENT && (entry[k] & PAGEMAP_PFN) == (entry[i] & PAGEMAP_PFN) + (k - i))
		k++;
	return k - i;
}

static void pages_read(struct reading *r, uint64_t from, uint64_t to, uint32_t level)
{
	uint64_t entry[BLOCK], flags[BLOCK], counts[BLOCK];
	size_t n = (size_t)(to - from) / 4096, len;

	if (pagemap_entries(r->pagemap, from, entry, n))
		return;
	for (size_t i = 0; i < n; i += len) {
		uint64_t pfn = entry[i] & PAGEMAP_PRESENT ? entry[i] & PAGEMAP_PFN : 0;
		ssize_t got = 0, counted = 0;

		len = pfn ? frames_run(entry, i, n) : 1;
		if (pfn) {
			got = page_numbers(r->files.flags, pfn, flags, len);
			counted = page_numbers(r->files.count, pfn, counts, len);
		}
		for (size_t k = 0; k < len; k++)
			page_add(r, from + (i + k) * 4096, entry[i + k], (ssize_t)k < got ? &flags[k] : NULL,
				 (ssize_t)k < counted ? counts[k] : PAGE_COUNT_UNKNOWN, level);
	}
}

/* The parts of a block that VMAs cover. */
static void block_read(struct reading *r, const struct block *b, size_t *at)
{
	const struct space_vmas *vmas = &r->s->vmas;
	uint64_t end = b->addr + BLOCK_BYTES;

	while (*at < vmas->count && vmas->list[*at].v.end <= b->addr)
		++*at;
	for (size_t i = *at; i < vmas->count && vmas->list[i].v.start < end; i++) {
		uint64_t from = vmas->list[i].v.start, to = vmas->list[i].v.end;

		from = from > b->addr ? from : b->addr;
		from = from > r->head.from ? from : r->head.from & ~4095ull;
		to = to < end ? to : end;
		to = to < r->head.to ? to : (r->head.to + 4095) & ~4095ull;
		r->hidden = space_vma_flag(&vmas->list[i].v, "pf");
		if (from < to)
			pages_read(r, from, to, b->level);
	}
}

/* --- references --- */

/* Of a tail page the word that holds its head, less 1 (compound_head). */
#define HEAD_WORD 1

/* A struct page, copied; NULL: it cannot be read. */
static const uint64_t *struct_read(struct reading *r, uint64_t at)
{
	struct mmt_table_read read = { .table = at };
	const uint64_t(*copy)[MMT_TABLE_ENTRIES];

	return r->tables->read(r->tables->ctx, &read, 1, &copy) || !read.now ? NULL : copy[0];
}

static uint32_t refcount_of(struct reading *r, uint64_t pfn)
{
	const struct page_structs *p = &r->s->structs;
	const uint64_t *words = struct_read(r, p->base + pfn * p->size);

	if (words && words[HEAD_WORD] & 1)
		words = struct_read(r, words[HEAD_WORD] - 1);
	return words ? (uint32_t)(words[p->refcount / 8] >> p->refcount % 8 * 8) : PAGE_COUNT_UNKNOWN;
}

static void refcounts_read(struct reading *r)
{
	struct space_source *s = r->s;

	if (!s->structs_known) {
		page_structs_find(&s->structs, s->s.args->probe.btf);
		if (!s->structs.base)
			emit_fact(&s->s, "unknown", "refcount",
				  "where the kernel keeps its struct pages was not found");
	}
	s->structs_known = true;
	for (size_t i = 0; i < r->run_count && s->structs.base; i++)
		if (r->runs[i].pfn)
			r->runs[i].refcount = refcount_of(r, r->runs[i].pfn);
}

/* --- what this kernel does not say --- */

/* Some kernels (6.12) call every anonymous page KSM. */
static bool ksm_is_unknown(const struct page_files *files)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t entry = 0, flags = 0;

	if (page == MAP_FAILED)
		return false;
	page[0] = 1;
	if (!pagemap_read(getpid(), (uintptr_t)page, &entry, 1) && entry & PAGEMAP_PRESENT)
		page_numbers(files->flags, entry & PAGEMAP_PFN, &flags, 1);
	munmap(page, 4096);
	return flags & KPF_KSM;
}

static void emit_unknown(struct reading *r)
{
	struct source *s = &r->s->s;
	char why[200];

	if (r->files.flags < 0) {
		snprintf(why, sizeof(why), "/proc/kpageflags cannot be read: %s", strerror(-r->files.flags));
		emit_fact(s, "unknown", "page_flags", why);
	}
	if (r->files.count < 0) {
		snprintf(why, sizeof(why), "/proc/kpagecount cannot be read: %s", strerror(-r->files.count));
		emit_fact(s, "unknown", "mapcount", why);
	}
	if (r->s->ksm_unknown)
		emit_fact(s, "unknown", "ksm", "/proc/kpageflags of this kernel calls every anonymous page KSM");
	if (!r->tables)
		emit_fact(s, "unknown", "mapped_by", "page tables cannot be read: whether by PTE or PMD is not known");
}

static void emit_pages(struct reading *r)
{
	struct source *s = &r->s->s;

	emit(s, INPUT_PAGES_BEGIN, NULL, 0, NULL, 0);
	for (size_t i = 0; i < r->run_count; i += 4096) {
		size_t n = r->run_count - i < 4096 ? r->run_count - i : 4096;

		emit(s, INPUT_PAGE_RUNS, NULL, 0, r->runs + i, n * sizeof(*r->runs));
	}
	emit(s, INPUT_PAGE_SUMS, &r->head, sizeof(r->head), r->sums, r->sum_count * sizeof(r->sums[0]));
}

static void reading_open(struct reading *r, struct space_source *s)
{
	int err = 0;

	r->s = s;
	page_files_open(&r->files);
	page_zones_read(&r->zones);
	r->tables = s->probe && s->kernel_read ? space_tables(s->probe, &err) : NULL;
	if (!s->pages_known)
		s->ksm_unknown = ksm_is_unknown(&r->files);
	r->head.ksm_unknown = s->ksm_unknown;
	if (!s->pages_known)
		emit_unknown(r);
	s->pages_known = true;
}

static void reading_free(struct reading *r)
{
	page_files_close(&r->files);
	free(r->blocks);
	free(r->runs);
	free(r);
}

void space_frame_read(struct space_source *s, uint64_t addr, uint64_t pfn)
{
	struct reading *r = xcalloc(1, sizeof(*r));
	uint64_t flags = 0, count = PAGE_COUNT_UNKNOWN;
	bool known;

	reading_open(r, s);
	known = page_numbers(r->files.flags, pfn, &flags, 1) == 1;
	if (page_numbers(r->files.count, pfn, &count, 1) != 1)
		count = PAGE_COUNT_UNKNOWN;
	page_add(r, addr, PAGEMAP_PRESENT | pfn, known ? &flags : NULL, count, 0);
	r->runs[0].is.bits |= PAGE_IS_FRAME;
	if (r->tables)
		refcounts_read(r);
	r->sum_count = 0;
	emit_pages(r);
	reading_free(r);
}

void space_pages_read(struct space_source *s, uint64_t from, uint64_t to)
{
	struct reading *r = xcalloc(1, sizeof(*r));
	size_t at = 0;

	reading_open(r, s);
	r->head.from = from;
	r->head.to = to;
	r->absent_too = to - from <= BLOCKS_LOOKED * BLOCK_BYTES;
	r->pagemap = pagemap_open(s->tid);
	blocks_find(r);
	r->head.blocks = r->count;
	r->head.sample = 1 + (uint32_t)(r->count / (BLOCKS_LOOKED + 1));
	for (size_t i = 0; i < r->count && r->pagemap >= 0; i += r->head.sample)
		block_read(r, &r->blocks[i], &at);
	if (r->tables && !space_is_same(s)) /* what was read may have been another's */
		r->run_count = r->sum_count = 0;
	if ((r->absent_too || s->s.args->show.top >= 0) && r->tables) /* runs are shown */
		refcounts_read(r);
	emit_pages(r);
	if (r->pagemap >= 0)
		close(r->pagemap);
	reading_free(r);
}
