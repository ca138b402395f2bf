/* SPDX-License-Identifier: GPL-2.0 */
#include "decode/page_table.h"

#include <errno.h>
#include <string.h>

/* arch/x86/include/asm/pgtable_types.h */
#define PRESENT 1ull
#define WRITABLE 2ull
#define DIRTY (1ull << 6)
#define HUGE_ENTRY (1ull << 7)
#define PROT_NONE (1ull << 8)
#define SPECIAL (1ull << 9)       /* the zero page, or memory without a struct page */
#define DEVICE (1ull << 57)       /* to 6.15: DAX */
#define SAVED_DIRTY (1ull << 58)
#define FRAME 0x000ffffffffff000ull
#define HUGE_FRAME 0x000fffffffe00000ull
#define TYPE(e) ((uint32_t)((e) >> 59))

#define LEVEL_PTE 1
#define LEVEL_PMD 2
#define LEVEL_PUD 3
#define TRIES 4

static uint64_t span_of(int level) /* of an entry in a table of that level */
{
	return 4096ull << (9 * (level - 1));
}

/* A table of PTEs that is to be read. */
struct leaf { uint64_t entry, slot, base; int tries; };

struct walk {
	const struct page_tables *t;
	struct resident_vma *list;
	size_t count;
	struct leaf leaf[MMT_TABLES];
	size_t leaves;
	uint64_t zero;
	bool zero_known;
};

/* The first VMA that ends above addr. */
static size_t vma_at(const struct walk *w, uint64_t addr)
{
	size_t from = 0, to = w->count;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (w->list[mid].end > addr)
			to = mid;
		else
			from = mid + 1;
	}
	return from;
}

static bool vma_in(const struct walk *w, uint64_t base, uint64_t span)
{
	size_t at = vma_at(w, base);

	return at < w->count && w->list[at].start < base + span;
}

static void uncertain(const struct walk *w, uint64_t base, uint64_t span)
{
	for (size_t i = vma_at(w, base); i < w->count && w->list[i].start < base + span; i++)
		w->list[i].uncertain = true;
}

/* --- entries --- */

/* That of migration, of a device or poisoned: smaps counts the page. */
static bool is_moving(const struct walk *w, uint64_t e)
{
	return TYPE(e) >= w->t->swap_special && TYPE(e) < w->t->swap_marker;
}

/* Kernels before 6.18 have no mark at the huge zero page. It is never written. */
static bool is_huge_zero(struct walk *w, uint64_t e)
{
	if (e & (WRITABLE | DIRTY | SAVED_DIRTY))
		return false;
	if (!w->zero_known)
		w->zero = w->t->huge_zero ? w->t->huge_zero(w->t->ctx) : 0;
	w->zero_known = true;
	return w->zero && ((e & PRESENT ? e : ~e) & HUGE_FRAME) == w->zero;
}

/* A page of an upper table, there or being moved. */
static void huge_add(struct walk *w, int level, uint64_t base, uint64_t e)
{
	uint64_t end = base + span_of(level);

	for (size_t i = vma_at(w, base); i < w->count && w->list[i].start < end; i++) {
		struct resident_vma *v = &w->list[i];
		uint64_t bytes = (v->end < end ? v->end : end) - (v->start > base ? v->start : base);

		if (v->hugetlb) {
			v->hugetlb_bytes += bytes;
			v->rss += bytes;
		} else if (!v->device && level == LEVEL_PMD && !(e & HUGE_ENTRY && e & (SPECIAL | DEVICE)) &&
			   !(e & HUGE_ENTRY && v->anon && is_huge_zero(w, e))) {
			v->huge += bytes;
			v->rss += bytes;
		}
	}
}

static void swapped_add(const struct walk *w, struct resident_vma *v, const uint64_t *entry, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!entry[i] || entry[i] & (PRESENT | PROT_NONE))
			continue;
		if (TYPE(entry[i]) < w->t->swap_special)
			v->swap += 4096;
		else if (is_moving(w, entry[i]))
			v->rss += 4096;
	}
}

#define BLOCK 8

/* Adds the pages that are present; returns what other entries hold. Without branches and of a known
 * length, so that it is compiled to vector instructions: nearly all entries are present. */
static uint64_t block_add(const uint64_t *entry, uint64_t *pages)
{
	uint64_t others = 0, n = 0;

	for (int i = 0; i < BLOCK; i++) {
		uint64_t e = entry[i], mapped = (e | e >> 8) & 1;

		n += mapped & ~(e >> 9);
		others |= e & (mapped - 1);
	}
	*pages += n;
	return others;
}

static void small_add(const struct walk *w, struct resident_vma *v, const uint64_t *entry, size_t n)
{
	uint64_t pages = 0, others = 0, rest[BLOCK] = { 0 };
	size_t i;

	for (i = 0; i + BLOCK <= n; i += BLOCK)
		others |= block_add(entry + i, &pages);
	memcpy(rest, entry + i, (n - i) * sizeof(*rest));
	others |= block_add(rest, &pages);
	v->rss += pages * 4096;
	if (others)
		swapped_add(w, v, entry, n);
}

static void table_add(const struct walk *w, uint64_t base, const uint64_t *table)
{
	uint64_t end = base + span_of(LEVEL_PMD);

	for (size_t i = vma_at(w, base); i < w->count && w->list[i].start < end; i++) {
		struct resident_vma *v = &w->list[i];
		uint64_t from = v->start > base ? v->start : base, to = v->end < end ? v->end : end;

		if (!v->hugetlb && !v->device)
			small_add(w, v, table + (from - base) / 4096, (size_t)(to - from) / 4096);
	}
}

/* --- tables --- */

/* Does it point to the same table, whatever the processor has noted in it? */
static bool is_same(uint64_t now, uint64_t then)
{
	return !((now ^ then) & (FRAME | PRESENT | HUGE_ENTRY));
}

static bool is_table(int level, uint64_t e)
{
	return e & PRESENT && !(level <= LEVEL_PUD && e & HUGE_ENTRY);
}

static uint64_t table_at(const struct walk *w, uint64_t e)
{
	return w->t->direct_map + (e & FRAME);
}

/* An entry of an upper table that points to no table. */
static void entry_add(struct walk *w, int level, uint64_t base, uint64_t e)
{
	if (e && (level == LEVEL_PMD || level == LEVEL_PUD) && (e & HUGE_ENTRY || (!(e & PRESENT) && is_moving(w, e))))
		huge_add(w, level, base, e);
}

/* Reads the tables that wait; those that changed meanwhile wait again. */
static int leaves_read(struct walk *w)
{
	struct mmt_table_read reads[MMT_TABLES];
	const uint64_t(*tables)[MMT_TABLE_ENTRIES];
	size_t n = w->leaves;
	int err;

	for (size_t i = 0; i < n; i++)
		reads[i] = (struct mmt_table_read){ .table = table_at(w, w->leaf[i].entry), .slot = w->leaf[i].slot };
	err = n ? w->t->read(w->t->ctx, reads, n, &tables) : 0;
	if (err)
		return err;
	w->leaves = 0;
	for (size_t i = 0; i < n; i++) {
		struct leaf l = w->leaf[i];

		if (is_same(reads[i].now, l.entry)) {
			table_add(w, l.base, tables[i]);
		} else if (!is_table(LEVEL_PMD, reads[i].now)) {
			entry_add(w, LEVEL_PMD, l.base, reads[i].now);
		} else if (++l.tries < TRIES) {
			l.entry = reads[i].now;
			w->leaf[w->leaves++] = l;
		} else {
			uncertain(w, l.base, span_of(LEVEL_PMD));
		}
	}
	return 0;
}

static int leaf_put(struct walk *w, uint64_t entry, uint64_t slot, uint64_t base)
{
	int err = 0;

	while (w->leaves == MMT_TABLES && !err) /* TRIES times at most */
		err = leaves_read(w);
	if (!err)
		w->leaf[w->leaves++] = (struct leaf){ entry, slot, base, 0 };
	return err;
}

/* A copy of the table that *entry in slot points to; !*got: there is none, *entry says what stands there now. */
static int upper_read(struct walk *w, int level, uint64_t *entry, uint64_t slot, uint64_t *copy, bool *got)
{
	const uint64_t(*tables)[MMT_TABLE_ENTRIES];

	*got = false;
	for (int i = 0; i < TRIES; i++) {
		struct mmt_table_read read = { .table = table_at(w, *entry), .slot = slot };
		int err = w->t->read(w->t->ctx, &read, 1, &tables);

		if (err)
			return err;
		if (is_same(read.now, *entry)) {
			memcpy(copy, tables[0], sizeof(tables[0]));
			*got = true;
			return 0;
		}
		*entry = read.now;
		if (!is_table(level + 1, read.now))
			return 0;
	}
	return 0;
}

static int upper_walk(struct walk *w, int level, uint64_t base, uint64_t at, const uint64_t *table);

static int entry_walk(struct walk *w, int level, uint64_t base, uint64_t e, uint64_t slot)
{
	uint64_t copy[MMT_TABLE_ENTRIES];
	bool got;
	int err;

	if (!vma_in(w, base, span_of(level)))
		return 0;
	if (!is_table(level, e)) {
		entry_add(w, level, base, e);
		return 0;
	}
	if (level == LEVEL_PMD)
		return leaf_put(w, e, slot, base);
	err = upper_read(w, level - 1, &e, slot, copy, &got);
	if (err)
		return err;
	if (got)
		return upper_walk(w, level - 1, base, table_at(w, e), copy);
	if (is_table(level, e))
		uncertain(w, base, span_of(level));
	else
		entry_add(w, level, base, e);
	return 0;
}

/* at: where the table lies that the copy was made of. */
static int upper_walk(struct walk *w, int level, uint64_t base, uint64_t at, const uint64_t *table)
{
	for (uint64_t i = 0; i < MMT_TABLE_ENTRIES; i++) {
		int err = table[i] ? entry_walk(w, level, base + i * span_of(level), table[i], at + i * 8) : 0;

		if (err)
			return err;
	}
	return 0;
}

int page_table_count(const struct page_tables *t, uint64_t pgd, struct resident_vma *list, size_t count)
{
	struct walk w = { .t = t, .list = list, .count = count };
	struct mmt_table_read read = { .table = pgd };
	const uint64_t(*tables)[MMT_TABLE_ENTRIES];
	uint64_t copy[MMT_TABLE_ENTRIES];
	int err;

	for (size_t i = 0; i < count; i++) {
		list[i].rss = list[i].huge = list[i].hugetlb_bytes = list[i].swap = 0;
		list[i].uncertain = false;
	}
	err = t->read(t->ctx, &read, 1, &tables);
	if (err || !read.now)
		return err ? err : -EFAULT;
	memcpy(copy, tables[0], sizeof(copy));
	memset(copy + MMT_TABLE_ENTRIES / 2, 0, sizeof(copy) / 2); /* the kernel's */
	err = upper_walk(&w, t->levels, 0, pgd, copy);
	while (!err && w.leaves)
		err = leaves_read(&w);
	return err;
}
