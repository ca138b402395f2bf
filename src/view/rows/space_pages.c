/* SPDX-License-Identifier: GPL-2.0 */
/* Rows of layout: runs of pages, what all pages are, entries of page tables. */
#include "view/rows/space_pages.h"

#include <string.h>

/* --- what a page is --- */

const char *page_what(const struct page_traits *t)
{
	if (t->bits & PAGE_IS_GUARD)
		return "guard";
	if (t->bits & PAGE_IS_SWAPPED)
		return "swapped";
	if (!(t->bits & PAGE_IS_PRESENT))
		return t->bits & PAGE_IS_HIDDEN ? "hidden" : "absent";
	if (t->kflags & KPF_ZERO)
		return t->kflags & KPF_THP || t->level > 1 ? "huge zero" : "zero";
	if (t->kflags & KPF_HUGETLB)
		return "hugetlb";
	if (t->kflags & KPF_KSM)
		return "ksm";
	if (t->kflags & KPF_ANON)
		return t->kflags & KPF_THP ? "anon huge" : "anon";
	if (t->kflags & KPF_RESERVED)
		return "special";
	if (t->kflags & KPF_SWAPBACKED)
		return t->kflags & KPF_THP ? "shmem huge" : "shmem";
	if (t->kflags & KPF_NOPAGE)
		return "device memory";
	if (!t->kflags && t->bits & PAGE_IS_KNOWN)
		return "kernel page";
	if (!t->kflags) /* they are hidden: pagemap still says this much */
		return t->bits & PAGE_IS_FILE ? "file or shmem" : "anon or special";
	return t->bits & PAGE_IS_FILE ? t->kflags & KPF_THP ? "file huge" : "file" : "special";
}

static const struct {
	int bit;
	const char *name;
} page_flags[] = {
#define PAGE_FLAG(bit, name) { bit, name },
#include "input/page_flags.def"
#undef PAGE_FLAG
};

static const char *flags_text(uint64_t flags, const struct tick *t)
{
	const char *text = "";

	for (size_t i = 0; i < sizeof(page_flags) / sizeof(page_flags[0]); i++)
		if (flags >> page_flags[i].bit & 1)
			text = tick_printf(t, "%s%s%s", text, *text ? "," : "", page_flags[i].name);
	return text;
}

static const char *level_text(uint32_t level)
{
	return level && level <= PAGE_LEVELS ? page_level_name((int)level, PAGE_LEVELS) : NULL;
}

/* Both kinds of rows have traits. */
static const struct page_traits *traits_of(const struct field *f, const void *row)
{
	return f->arg & 0x100 ? &((const struct input_page_sum *)row)->is : &((const struct input_page_run *)row)->is;
}

enum { TRAIT_WHAT, TRAIT_LEVEL, TRAIT_NODE, TRAIT_ZONE, TRAIT_FLAGS };

static struct value get_trait(const struct field *f, const void *row, const struct tick *t)
{
	const struct page_traits *is = traits_of(f, row);

	switch (f->arg & 0xff) {
	case TRAIT_WHAT:
		return value_text(page_what(is));
	case TRAIT_LEVEL:
		return value_text(level_text(is->level));
	case TRAIT_NODE:
		return is->node < 0 ? value_none() : value_int(is->node);
	case TRAIT_ZONE:
		return is->zone[0] ? value_text(tick_text(t, is->zone, sizeof(is->zone))) : value_none();
	default:
		return is->kflags ? value_text(flags_text(is->kflags, t)) : value_none();
	}
}

static struct value get_bit(const struct field *f, const void *row, const struct tick *t)
{
	uint32_t bits = traits_of(f, row)->bits;

	(void)t;
	return bits & PAGE_IS_FRAME ? value_none() : value_bool(bits & (uint32_t)(f->arg & 0xff));
}

#define TRAITS(of, shown)                                                                                            \
	{ .key = "what",                                                                                             \
	  .title = "WHAT",                                                                                           \
	  .width = -9,                                                                                               \
	  .label = true,                                                                                             \
	  .get = get_trait,                                                                                          \
	  .arg = of | TRAIT_WHAT,                                                                                    \
	  .help = "anon, file, shmem, ksm, zero, hugetlb, swapped, guard, absent (nothing is there), hidden (by "     \
		  "pagemap: VM_PFNMAP), kernel page "                                                                \
		  "(without any flag), device memory (no struct page), special (no page of memory that is counted); " \
		  "huge: part of a large page" },                                                                    \
		{ .key = "mapped_by",                                                                                \
		  .title = "BY",                                                                                     \
		  .width = -3,                                                                                       \
		  .label = true,                                                                                     \
		  .get = get_trait,                                                                                  \
		  .arg = of | TRAIT_LEVEL,                                                                           \
		  .help = "the entry that maps it: PTE, PMD (2 MiB), PUD (1 GiB)" },                                 \
		{ .key = "node",                                                                                     \
		  .title = "NODE",                                                                                   \
		  .width = 4,                                                                                        \
		  .unit = UNIT_NUMBER,                                                                               \
		  .get = get_trait,                                                                                  \
		  .arg = of | TRAIT_NODE,                                                                            \
		  .help = "memory node" },                                                                           \
		{ .key = "zone",                                                                                     \
		  .title = "ZONE",                                                                                   \
		  .width = -6,                                                                                       \
		  .label = true,                                                                                     \
		  .get = get_trait,                                                                                  \
		  .arg = of | TRAIT_ZONE,                                                                            \
		  .help = "zone of that node" },                                                                     \
		{ .key = "flags",                                                                                    \
		  .title = "FLAGS",                                                                                  \
		  .width = -20,                                                                                      \
		  .get = get_trait,                                                                                  \
		  .arg = of | TRAIT_FLAGS,                                                                           \
		  .rank = shown,                                                                                     \
		  .flags = FIELD_LAST,                                                                               \
		  .help = "flags of its struct page, by the names of /proc/kpageflags" },                            \
		{ .key = "present",                                                                                  \
		  .get = get_bit,                                                                                    \
		  .arg = of | PAGE_IS_PRESENT,                                                                       \
		  .rank = RANK_DATA,                                                                                 \
		  .help = "is it mapped" },                                                                          \
		{ .key = "swapped",                                                                                  \
		  .get = get_bit,                                                                                    \
		  .arg = of | PAGE_IS_SWAPPED,                                                                       \
		  .rank = RANK_DATA,                                                                                 \
		  .help = "is it swapped out" },                                                                     \
		{ .key = "file",                                                                                     \
		  .get = get_bit,                                                                                    \
		  .arg = of | PAGE_IS_FILE,                                                                          \
		  .rank = RANK_DATA,                                                                                 \
		  .help = "of a file or of shared memory, as pagemap has it" },                                      \
		{ .key = "exclusive",                                                                                \
		  .title = "EXCL",                                                                                   \
		  .width = 4,                                                                                        \
		  .get = get_bit,                                                                                    \
		  .arg = of | PAGE_IS_EXCLUSIVE,                                                                     \
		  .rank = 3,                                                                                         \
		  .help = "mapped by this process alone" },                                                          \
		{ .key = "soft_dirty",                                                                               \
		  .title = "SOFTDIRTY",                                                                              \
		  .width = 9,                                                                                        \
		  .get = get_bit,                                                                                    \
		  .arg = of | PAGE_IS_SOFT_DIRTY,                                                                    \
		  .rank = RANK_ASKED,                                                                                \
		  .help = "written since the marks were cleared; true where it was never touched" },                 \
		{ .key = "write_protected",                                                                          \
		  .get = get_bit,                                                                                    \
		  .arg = of | PAGE_IS_WP,                                                                            \
		  .rank = RANK_DATA,                                                                                 \
		  .help = "by userfaultfd" },                                                                        \
	{                                                                                                            \
		.key = "guard", .get = get_bit, .arg = of | PAGE_IS_GUARD, .rank = RANK_DATA, .help = "a guard page" \
	}

/* --- runs --- */

enum { RUN_ADDR, RUN_END, RUN_PAGES, RUN_PFN, RUN_MAPCOUNT, RUN_REFCOUNT, RUN_SWAP_TYPE, RUN_SWAP_OFFSET };

static struct value get_run(const struct field *f, const void *row, const struct tick *t)
{
	const struct input_page_run *r = row;
	bool swapped = r->is.bits & PAGE_IS_SWAPPED;

	(void)t;
	switch (f->arg) {
	case RUN_ADDR:
		return value_uint(r->addr);
	case RUN_END:
		return value_uint(r->addr + r->pages * 4096);
	case RUN_PAGES:
		return value_uint(r->pages);
	case RUN_PFN:
		return r->pfn ? value_uint(r->pfn) : value_none();
	case RUN_MAPCOUNT:
		return r->mapcount == PAGE_COUNT_UNKNOWN ? value_none() : value_uint(r->mapcount);
	case RUN_REFCOUNT:
		return r->refcount == PAGE_COUNT_UNKNOWN ? value_none() : value_uint(r->refcount);
	case RUN_SWAP_TYPE:
		return swapped ? value_uint(r->swap_type) : value_none();
	default:
		return swapped ? value_uint(r->swap_offset) : value_none();
	}
}

/* clang-format off */
static const struct field run_fields[] = {
	{ .key = "start", .title = "START", .help = "address of the first page", .unit = UNIT_ADDRESS, .width = 12,
	  .get = get_run, .arg = RUN_ADDR },
	{ .key = "end", .help = "behind the last one", .unit = UNIT_ADDRESS, .rank = RANK_DATA, .get = get_run,
	  .arg = RUN_END },
	{ .key = "pages", .title = "PAGES", .help = "how many, of frames one after the other (or all the zero page) and alike "
	  "in all that follows",
	  .unit = UNIT_NUMBER, .width = 5, .flow = FLOW_LEVEL, .merge = MERGE_SUM, .get = get_run, .arg = RUN_PAGES },
	{ .key = "pfn", .title = "PFN", .help = "frame number of the first; null: there is none, or we may not know",
	  .unit = UNIT_ADDRESS, .width = 8, .get = get_run, .arg = RUN_PFN },
	{ .key = "mapcount", .title = "MAPS", .help = "how many page tables map each (/proc/kpagecount)", .unit = UNIT_NUMBER,
	  .width = 4, .rank = 1, .get = get_run, .arg = RUN_MAPCOUNT },
	{ .key = "refcount", .title = "REFS", .help = "references to the folio of the first one", .unit = UNIT_NUMBER,
	  .width = 4,
	  .rank = 2, .get = get_run, .arg = RUN_REFCOUNT },
	TRAITS(0, 5),
	{ .key = "swap_area", .help = "number of the swap area of the first", .unit = UNIT_NUMBER, .rank = RANK_DATA,
	  .get = get_run, .arg = RUN_SWAP_TYPE },
	{ .key = "swap_offset", .help = "and its place there, in pages", .unit = UNIT_NUMBER, .rank = RANK_DATA,
	  .get = get_run,
	  .arg = RUN_SWAP_OFFSET },
};
/* clang-format on */

static void each_run(const struct model *m, row_fn fn, void *ctx)
{
	const struct space_pages *p = &space_of(m)->pages;

	for (size_t i = 0; i < p->run_count; i++)
		fn(ctx, &p->runs[i]);
}

const struct row_type row_page = {
	.name = "page",
	.noun = "run",
	.nouns = "runs",
	.help = "with --pages: runs of pages that are alike",
	.fields = run_fields,
	.count = FIELD_COUNT(run_fields),
	.each = each_run,
};

/* --- sums --- */

static struct value get_sum(const struct field *f, const void *row, const struct tick *t)
{
	const struct input_page_sum *s = row;

	(void)t;
	if (f->arg == 1)
		return s->shared == SPACE_UNKNOWN ? value_none() : value_uint(s->shared);
	return value_uint(f->arg == 0 ? s->pages : s->pages * 4096);
}

/* clang-format off */
static const struct field sum_fields[] = {
	{ .key = "pages", .title = "PAGES", .help = "how many were looked at", .unit = UNIT_NUMBER, .width = 8,
	  .flow = FLOW_LEVEL,
	  .merge = MERGE_SUM, .get = get_sum, .arg = 0 },
	{ .key = "bytes", .path = "bytes", .title = "SIZE", .help = "their size", .unit = UNIT_BYTES, .width = 6,
	  .flow = FLOW_LEVEL, .merge = MERGE_SUM, .get = get_sum, .arg = 2 },
	{ .key = "shared", .title = "SHARED", .help = "of them mapped more than once; null: not known", .unit = UNIT_NUMBER,
	  .width = 8, .flow = FLOW_LEVEL, .merge = MERGE_SUM, .get = get_sum, .arg = 1 },
	TRAITS(0x100, 5),
};
/* clang-format on */

static void each_sum(const struct model *m, row_fn fn, void *ctx)
{
	const struct space_pages *p = &space_of(m)->pages;

	for (size_t i = 0; i < p->sum_count; i++)
		fn(ctx, &p->sums[i]);
}

const struct row_type row_page_sum = {
	.name = "page_sum",
	.noun = "sum",
	.nouns = "sums",
	.help = "with --pages: how many pages are what",
	.fields = sum_fields,
	.count = FIELD_COUNT(sum_fields),
	.each = each_sum,
};

/* --- entries --- */

static const struct page_step *step_of(const void *row)
{
	const struct entry_row *r = row;

	return &r->walk->walk.step[r->step];
}

static struct page_entry entry_of(const struct space_walk *w, int step)
{
	return page_entry(w->walk.step[step].level, w->walk.step[step].entry, w->head.special);
}

const char *entry_what(const struct space_walk *w, int step)
{
	struct page_entry e = entry_of(w, step);

	switch (e.state) {
	case PAGE_NONE:
		return "nothing";
	case PAGE_PRESENT:
		return e.huge ? "large page" : "page";
	case PAGE_PROT_NONE:
		return "page without access";
	case PAGE_SWAPPED:
		return "swapped";
	case PAGE_SPECIAL:
		return "special";
	case PAGE_TABLE:
		break;
	}
	return "table";
}

const char *entry_flags(const struct space_walk *w, int step, const struct tick *t)
{
	const struct page_step *s = &w->walk.step[step];
	const struct page_flag *f = s->entry & page_arch.present[0].bit ? page_arch.present : page_arch.absent;
	const char *text = "";

	for (; f->bit && s->entry; f++) {
		const char *name = s->entry & f->bit ? page_flag_name(s->level, s->entry, f) : NULL;

		if (name)
			text = tick_printf(t, "%s%s%s", text, *text ? " " : "", name);
	}
	return text;
}

enum {
	ENTRY_LEVEL,
	ENTRY_INDEX,
	ENTRY_TABLE,
	ENTRY_ENTRY,
	ENTRY_WHAT,
	ENTRY_PHYS,
	ENTRY_SPAN,
	ENTRY_FLAGS,
	ENTRY_SWAP,
	ENTRY_OFFSET
};

static struct value get_entry(const struct field *f, const void *row, const struct tick *t)
{
	const struct entry_row *r = row;
	const struct page_step *s = step_of(row);
	struct page_entry e = entry_of(r->walk, r->step);
	bool absent = e.state == PAGE_SWAPPED || e.state == PAGE_SPECIAL;

	switch (f->arg) {
	case ENTRY_LEVEL:
		return value_text(page_level_name(s->level, (int)r->walk->head.levels));
	case ENTRY_INDEX:
		return value_uint(s->index);
	case ENTRY_TABLE:
		return value_uint(s->table);
	case ENTRY_ENTRY:
		return value_uint(s->entry);
	case ENTRY_WHAT:
		return value_text(entry_what(r->walk, r->step));
	case ENTRY_PHYS:
		return e.phys ? value_uint(e.phys) : value_none();
	case ENTRY_SPAN:
		return value_uint(page_span(s->level));
	case ENTRY_FLAGS:
		return value_text(entry_flags(r->walk, r->step, t));
	case ENTRY_SWAP:
		return absent ? value_uint(e.swap_type) : value_none();
	default:
		return absent ? value_uint(e.swap_offset) : value_none();
	}
}

static struct value get_walk(const struct field *f, const void *row, const struct tick *t)
{
	const struct space_walk *w = ((const struct entry_row *)row)->walk;

	(void)t;
	if (f->arg)
		return w->head.pagemap == SPACE_UNKNOWN ? value_none() : value_uint(w->head.pagemap);
	return value_uint(w->head.addr);
}

/* clang-format off */
static const struct field entry_fields[] = {
	{ .key = "level", .title = "LEVEL", .help = "which table: PGD, P4D, PUD, PMD, PTE", .width = -5, .label = true,
	  .get = get_entry, .arg = ENTRY_LEVEL },
	{ .key = "index", .title = "INDEX", .help = "of the entry in its table: 9 bits of the address", .unit = UNIT_NUMBER,
	  .width = 5, .get = get_entry, .arg = ENTRY_INDEX },
	{ .key = "entry", .title = "ENTRY", .help = "as it stands there", .unit = UNIT_ADDRESS, .width = 16, .get = get_entry,
	  .arg = ENTRY_ENTRY },
	{ .key = "what", .title = "IS", .help = "table, page, large page, page without access (PROT_NONE), swapped, special "
	  "(migration, poison, a marker), nothing", .width = -8, .get = get_entry, .arg = ENTRY_WHAT },
	{ .key = "phys", .title = "AT", .help = "physical address of that table or page; null: none", .unit = UNIT_ADDRESS,
	  .width = 12, .get = get_entry, .arg = ENTRY_PHYS },
	{ .key = "flags", .title = "FLAGS", .help = "bits of the entry, by their names", .width = -20, .flags = FIELD_LAST,
	  .get = get_entry, .arg = ENTRY_FLAGS },
	{ .key = "table", .title = "TABLE", .help = "physical address of the table that the entry stands in",
	  .unit = UNIT_ADDRESS,
	  .width = 12, .rank = RANK_ASKED, .get = get_entry, .arg = ENTRY_TABLE },
	{ .key = "span", .path = "span_bytes", .title = "COVERS", .help = "addresses that the entry stands for",
	  .unit = UNIT_BYTES, .width = 6, .rank = 1, .get = get_entry, .arg = ENTRY_SPAN },
	{ .key = "swap_type", .help = "type of an entry that is swapped or special; null: it is not", .unit = UNIT_NUMBER,
	  .rank = RANK_DATA, .get = get_entry, .arg = ENTRY_SWAP },
	{ .key = "swap_offset", .help = "and its offset", .unit = UNIT_NUMBER, .rank = RANK_DATA, .get = get_entry,
	  .arg = ENTRY_OFFSET },
	{ .key = "addr", .help = "the address that is looked up", .unit = UNIT_ADDRESS, .rank = RANK_DATA, .get = get_walk },
	{ .key = "pagemap", .help = "what /proc/PID/pagemap has for it; null: it could not be read, or has none",
	  .unit = UNIT_ADDRESS, .rank = RANK_DATA, .get = get_walk, .arg = 1 },
};
/* clang-format on */

static void each_entry(const struct model *m, row_fn fn, void *ctx)
{
	static struct entry_row rows[PAGE_LEVELS];
	const struct space_walk *w = &space_of(m)->walk;

	for (int i = 0; i < w->walk.count; i++) {
		rows[i] = (struct entry_row){ w, i };
		fn(ctx, &rows[i]);
	}
}

const struct row_type row_entry = {
	.name = "entry",
	.noun = "entry",
	.nouns = "entries",
	.whole = true,
	.help = "with --walk: entries of page tables on the way of an address, the highest first",
	.fields = entry_fields,
	.count = FIELD_COUNT(entry_fields),
	.each = each_entry,
};
