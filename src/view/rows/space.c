/* SPDX-License-Identifier: GPL-2.0 */
/* Rows of layout: VMAs and the gaps between them, low to high; sums by kind; marks of the mm_struct. */
#include "view/rows/space.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/fault/kind.h"
#include "model/fault/vm.h"
#include "view/rows/run.h"
#include "view/rows/vma_flags.h"

static const struct space_area *area_of(const void *row)
{
	return row;
}

/* --- areas --- */

const char *area_segment(const struct space_area *a, const struct tick *t)
{
	if (a->segment < 0)
		return "";
	return tick_printf(t, "LOAD %d %c%c%c%s", a->segment, a->segment_perm & VM_READ ? 'r' : '-',
			   a->segment_perm & VM_WRITE ? 'w' : '-', a->segment_perm & VM_EXEC ? 'x' : '-',
			   a->relro ? " RELRO" : "");
}

const char *area_kind(const struct space_area *a, const struct tick *t)
{
	const char *text = "";

	if (a->gap)
		return "gap";
	for (unsigned i = 0; i < a->parts.count; i++)
		text = tick_printf(t, "%s%s%s", text, i ? "+" : "", space_part_kind(a, i));
	return *text ? text : "-";
}

static const char *grown(const struct tick *t, int64_t bytes)
{
	char out[16];

	return tick_printf(t, "%c%s", bytes < 0 ? '-' : '+',
			   text_bytes(out, sizeof(out), (uint64_t)(bytes < 0 ? -bytes : bytes)));
}

const char *area_change(const struct space_area *a, const struct tick *t)
{
	const char *text = "";

	switch (a->change) {
	case SPACE_SAME:
		return NULL;
	case SPACE_NEW:
		return "new";
	case SPACE_GONE:
		return "gone";
	case SPACE_CHANGED:
		break;
	}
	if (a->grew)
		text = grown(t, a->grew);
	if (a->rss_grew)
		text = tick_printf(t, "%s%srss %s", text, *text ? ", " : "", grown(t, a->rss_grew));
	return *text ? text : "moved or protected anew";
}

enum { AREA_START, AREA_END, AREA_SIZE, AREA_OFFSET, AREA_INO };

static struct value get_number(const struct field *f, const void *row, const struct tick *t)
{
	const struct space_area *a = area_of(row);

	(void)t;
	switch (f->arg) {
	case AREA_START:
		return value_uint(a->v.start);
	case AREA_END:
		return value_uint(a->v.end);
	case AREA_SIZE:
		return value_uint(a->v.end - a->v.start);
	case AREA_OFFSET:
		return a->gap ? value_none() : value_uint(a->v.offset);
	default:
		return a->gap ? value_none() : value_uint(a->v.ino);
	}
}

static struct value get_device(const struct field *f, const void *row, const struct tick *t)
{
	const struct space_area *a = area_of(row);

	(void)f;
	return a->gap ? value_none() : value_text(tick_printf(t, "%x:%x", a->v.dev >> 20, a->v.dev & 0xfffff));
}

static struct value get_perm(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return area_of(row)->gap ? value_none() : value_text(area_of(row)->v.perm);
}

static struct value get_name(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_text(area_of(row)->name);
}

static struct value get_kind(const struct field *f, const void *row, const struct tick *t)
{
	const struct space_area *a = area_of(row);

	(void)f, (void)t;
	if (a->gap || a->reserved)
		return value_text(a->gap ? "gap" : SPACE_RESERVED);
	return a->parts.count ? value_text(kind_name(a->parts.main)) : value_none();
}

static struct value get_source(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return area_of(row)->parts.count ? value_text(kind_source_name(area_of(row)->parts.source)) : value_none();
}

static struct value get_missing(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_text(area_of(row)->missing);
}

static struct value get_segment(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return area_of(row)->segment < 0 ? value_none() : value_text(area_segment(area_of(row), t));
}

static struct value get_bias(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return area_of(row)->segment < 0 ? value_none() : value_uint(area_of(row)->bias);
}

static struct value get_elf_type(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	switch (area_of(row)->elf_type) {
	case 2:
		return value_text("EXEC");
	case 3:
		return value_text("DYN");
	default:
		return value_none();
	}
}

static struct value get_thread(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return area_of(row)->thread ? value_int(area_of(row)->thread) : value_none();
}

static struct value get_thread_name(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return area_of(row)->thread_name[0] ? value_text(area_of(row)->thread_name) : value_none();
}

static struct value get_amount(const struct field *f, const void *row, const struct tick *t)
{
	const struct space_area *a = area_of(row);

	(void)t;
	return a->gap || a->v.amount[f->arg] == SPACE_UNKNOWN ? value_none() : value_uint(a->v.amount[f->arg]);
}

static struct value get_flags(const struct field *f, const void *row, const struct tick *t)
{
	const struct space_area *a = area_of(row);

	if (a->gap || !a->flags[0])
		return value_none();
	return value_text(f->arg ? vma_flags_spelled(a->flags, t) : a->flags);
}

static struct value get_change(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return value_text(area_change(area_of(row), t));
}

static void put_pieces(const struct nest *n, struct nest_out *o, bool sections)
{
	const struct space_area *a = n->data;
	size_t count = sections ? a->section_count : a->parts.count;

	for (size_t i = 0; i < count; i++) {
		struct value name = value_text(sections ? a->sections[i].name : space_part_kind(a, (unsigned)i));
		struct value start = value_uint(sections ? a->sections[i].start : a->parts.part[i].start);
		struct value end = value_uint(sections ? a->sections[i].end : a->parts.part[i].end);

		o->open(o, NULL, false);
		o->value(o, sections ? "name" : "kind", &name, UNIT_NONE);
		o->value(o, "start", &start, UNIT_ADDRESS);
		o->value(o, "end", &end, UNIT_ADDRESS);
		o->close(o, false);
	}
}

static void put_parts(const struct nest *n, struct nest_out *o)
{
	put_pieces(n, o, false);
}

static void put_sections(const struct nest *n, struct nest_out *o)
{
	put_pieces(n, o, true);
}

static struct value get_pieces(const struct field *f, const void *row, const struct tick *t)
{
	return (struct value){ .type = VALUE_NEST, .nest = { f->arg ? put_sections : put_parts, row, t, true } };
}

static struct value get_more_sections(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_bool(area_of(row)->more_sections);
}

static struct value get_section_names(const struct field *f, const void *row, const struct tick *t)
{
	const struct space_area *a = area_of(row);
	const char *text = "";

	(void)f;
	for (size_t i = 0; i < a->section_count; i++)
		text = tick_printf(t, "%s%s%s", text, i ? " " : "", a->sections[i].name);
	return *text ? value_text(text) : value_none();
}

/* clang-format off */
static const struct field area_fields[] = {
	{ .key = "start", .title = "START", .help = "first address", .unit = UNIT_ADDRESS, .width = 16, .get = get_number,
	  .arg = AREA_START },
	{ .key = "end", .title = "END", .help = "the address behind the last one", .unit = UNIT_ADDRESS, .width = 16,
	  .rank = 9, .get = get_number, .arg = AREA_END },
	{ .key = "size", .path = "size_bytes", .title = "SIZE", .help = "end - start", .unit = UNIT_BYTES, .width = 6,
	  .flow = FLOW_LEVEL, .merge = MERGE_SUM, .get = get_number, .arg = AREA_SIZE },
	{ .key = "perm", .title = "PERM", .help = "read, write, execute, private or shared", .width = -4, .label = true,
	  .get = get_perm },
	{ .key = "kind", .title = "KIND", .help = "kind of the largest part; reserved: no access, and no stack's guard; gap: "
	  "nothing is mapped there", .width = -8, .label = true, .get = get_kind },
#define AMOUNT(ID, key_, title_, rank_, help_) \
	{ .key = #key_, .path = #key_ "_bytes", .title = title_, .help = help_, .unit = UNIT_BYTES, .width = 6, \
	  .flow = FLOW_LEVEL, .merge = VMA_##ID == VMA_PAGE ? MERGE_COMMON : MERGE_SUM, .rank = rank_, .get = get_amount, \
	  .arg = VMA_##ID },
#include "input/vma_amounts.def"
#undef AMOUNT
	{ .key = "name", .title = "NAME", .help = "as in /proc/PID/maps", .width = -8, .label = true, .flags = FIELD_LAST,
	  .get = get_name },
	{ .key = "offset", .title = "OFFSET", .help = "of the file, in bytes", .unit = UNIT_ADDRESS, .width = 8,
	  .rank = RANK_ASKED, .get = get_number, .arg = AREA_OFFSET },
	{ .key = "dev", .title = "DEV", .help = "device of the file, MAJOR:MINOR in hexadecimal", .width = -6,
	  .rank = RANK_ASKED, .get = get_device },
	{ .key = "ino", .title = "INODE", .help = "inode of the file", .unit = UNIT_ID, .width = 10, .rank = RANK_ASKED,
	  .get = get_number, .arg = AREA_INO },
	{ .key = "kind_source", .title = "SOURCE", .help = "how the kind is known, as in live", .width = -6,
	  .rank = RANK_ASKED, .get = get_source },
	{ .key = "kind_missing", .help = "why the file does not say more of it; null: it need not", .rank = RANK_DATA,
	  .get = get_missing },
	{ .key = "parts", .help = "[{kind, start, end}] without gaps", .rank = RANK_DATA, .merge = MERGE_NONE,
	  .get = get_pieces, .arg = 0 },
	{ .key = "segment", .title = "SEGMENT",
	  .help = "the program header (PT_LOAD, counted from 0) that it shows, with that one's permissions; "
		  "RELRO: read-only after relocation", .width = -10, .rank = RANK_ASKED, .get = get_segment },
	{ .key = "sections", .help = "[{name, start, end}]: the ELF sections that lie in it, cut at its bounds",
	  .rank = RANK_DATA, .merge = MERGE_NONE, .get = get_pieces, .arg = 1 },
	{ .key = "sections_truncated", .help = "its file has more sections than are read", .rank = RANK_DATA,
	  .get = get_more_sections },
	{ .key = "section_names", .title = "SECTIONS", .help = "the names of these", .width = -10, .rank = RANK_ASKED,
	  .flags = FIELD_TABLE_ONLY, .get = get_section_names },
	{ .key = "bias", .title = "BIAS", .help = "address less that in the file: 0 where it is loaded as linked",
	  .unit = UNIT_ADDRESS, .width = 12, .rank = RANK_ASKED, .get = get_bias },
	{ .key = "elf_type", .title = "ELF",
	  .help = "EXEC: linked to one address, DYN: may be loaded anywhere (libraries, PIE)",
	  .width = -4, .rank = RANK_ASKED, .get = get_elf_type },
	{ .key = "thread", .title = "TID", .help = "the thread whose stack it is", .unit = UNIT_NUMBER, .width = 7,
	  .rank = RANK_ASKED, .get = get_thread },
	{ .key = "thread_name", .help = "its name", .rank = RANK_DATA, .get = get_thread_name },
	{ .key = "flags", .title = "FLAGS", .help = "VmFlags of smaps, by their letters", .width = -14, .rank = RANK_ASKED,
	  .get = get_flags, .arg = 0 },
	{ .key = "flags_text", .title = "FLAGS SPELLED OUT", .help = "the same in words", .width = -20, .rank = RANK_ASKED,
	  .get = get_flags, .arg = 1 },
	{ .key = "change", .title = "CHANGE",
	  .help = "since the reading before: new, gone, or by how much it grew; null: as it was, or the first reading",
	  .width = -8, .rank = RANK_ASKED, .get = get_change },
};
/* clang-format on */

static void each_area(const struct model *m, row_fn fn, void *ctx)
{
	const struct space *s = space_of(m);

	for (size_t i = 0; i < s->areas.count; i++)
		if (space_asked(s, &s->areas.list[i]))
			fn(ctx, &s->areas.list[i]);
	for (size_t i = 0; i < s->gone.count; i++)
		if (space_asked(s, &s->gone.list[i]))
			fn(ctx, &s->gone.list[i]);
}

static bool area_gone(const void *row)
{
	return area_of(row)->change == SPACE_GONE;
}

const struct row_type row_area = {
	.name = "area",
	.noun = "area",
	.nouns = "areas",
	.whole = true,
	.help = "VMAs and the gaps between them, from low to high; then VMAs that are gone since the reading before",
	.fields = area_fields,
	.count = FIELD_COUNT(area_fields),
	.each = each_area,
	.gone = area_gone,
};

/* --- by kind --- */

static const struct space_kind *kind_of_row(const void *row)
{
	return row;
}

static struct value get_kind_name(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_text(kind_of_row(row)->name);
}

static struct value get_vmas(const struct field *f, const void *row, const struct tick *t)
{
	(void)t;
	return value_uint(f->arg ? kind_of_row(row)->size : kind_of_row(row)->vmas);
}

static struct value get_sum(const struct field *f, const void *row, const struct tick *t)
{
	(void)t;
	return kind_of_row(row)->amount[f->arg] == SPACE_UNKNOWN ? value_none()
								 : value_uint(kind_of_row(row)->amount[f->arg]);
}

/* Tenths of the bar that the RSS of all fills. */
static struct value get_bar(const struct field *f, const void *row, const struct tick *t)
{
	static const char blocks[] =
		"\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588";
	const struct space *s = space_of(t->model);
	uint64_t all = s->kind_count ? s->kinds[s->kind_count - 1].amount[VMA_RSS] : 0,
		 own = kind_of_row(row)->amount[VMA_RSS];
	int n;

	(void)f;
	if (!all || all == SPACE_UNKNOWN || own == SPACE_UNKNOWN || row == &s->kinds[s->kind_count - 1])
		return value_none();
	n = (int)((double)own * 16 / (double)all + 0.5);
	if (!n)
		return value_none();
	return value_text(t->ascii ? tick_printf(t, "%.*s", n, "################")
				   : tick_printf(t, "%.*s", 3 * n, blocks));
}

/* clang-format off */
static const struct field kind_fields[] = {
	{ .key = "kind", .title = "KIND", .help = "kind of the largest part of each VMA; total: all of them", .width = -12,
	  .label = true, .get = get_kind_name },
	{ .key = "vmas", .title = "VMAS", .help = "how many", .unit = UNIT_NUMBER, .width = 5, .flow = FLOW_LEVEL,
	  .merge = MERGE_SUM, .get = get_vmas, .arg = 0 },
	{ .key = "size", .path = "size_bytes", .title = "SIZE", .help = "addresses", .unit = UNIT_BYTES, .width = 6,
	  .flow = FLOW_LEVEL, .merge = MERGE_SUM, .get = get_vmas, .arg = 1 },
#define AMOUNT(ID, key_, title_, rank_, help_) \
	{ .key = #key_, .path = #key_ "_bytes", .title = title_, .help = help_, .unit = UNIT_BYTES, .width = 6, \
	  .flow = FLOW_LEVEL, .merge = MERGE_SUM, .rank = VMA_##ID == VMA_PAGE ? RANK_DATA : rank_, .get = get_sum, \
	  .arg = VMA_##ID },
#include "input/vma_amounts.def"
#undef AMOUNT
	{ .key = "share", .title = "RSS", .help = "share of the process's RSS", .width = -16, .rank = 8,
	  .flags = FIELD_TABLE_ONLY | FIELD_BLANK, .get = get_bar },
};
/* clang-format on */

static void each_kind(const struct model *m, row_fn fn, void *ctx)
{
	for (size_t i = 0; i < space_of(m)->kind_count; i++)
		fn(ctx, &space_of(m)->kinds[i]);
}

const struct row_type row_space_kind = {
	.name = "kind",
	.noun = "kind",
	.nouns = "kinds",
	.whole = true,
	.help = "sums by kind of VMA, with --range of those that lie there; page_size has no meaning there (null)",
	.fields = kind_fields,
	.count = FIELD_COUNT(kind_fields),
	.each = each_kind,
};

/* --- marks --- */

static const struct {
	const char *key;
	enum unit unit;
	const char *help;
} marks[MMT_MARKS] = {
#define UNIT_PAGES UNIT_BYTES
#define MARK(ID, key, field, unit, help) [MMT_MARK_##ID] = { #key, UNIT_##unit, help },
#include "wire/marks.def"
#undef MARK
#undef UNIT_PAGES
};

const char *mark_key(enum mmt_mark m)
{
	return marks[m].key;
}

enum unit mark_unit(enum mmt_mark m)
{
	return marks[m].unit;
}

static const struct mark_row *mark_of(const void *row)
{
	return row;
}

static uint64_t mark_value(const void *row)
{
	return mark_of(row)->space->now.mark[mark_of(row)->mark];
}

static struct value get_mark(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_text(marks[mark_of(row)->mark].key);
}

/* An address, or a number; of each mark one is known. */
static struct value get_mark_value(const struct field *f, const void *row, const struct tick *t)
{
	uint64_t v = mark_value(row);
	bool address = marks[mark_of(row)->mark].unit == UNIT_ADDRESS;

	(void)t;
	return v == SPACE_UNKNOWN || address != (f->arg == UNIT_ADDRESS) ? value_none() : value_uint(v);
}

static struct value get_mark_text(const struct field *f, const void *row, const struct tick *t)
{
	uint64_t v = mark_value(row);
	enum unit unit = marks[mark_of(row)->mark].unit;
	char out[16];

	(void)f;
	if (v == SPACE_UNKNOWN)
		return value_none();
	if (unit == UNIT_ADDRESS)
		return value_text(tick_printf(t, "%llx", (unsigned long long)v));
	return value_text(unit == UNIT_BYTES ? tick_printf(t, "%s", text_bytes(out, sizeof(out), v))
					     : tick_printf(t, "%llu", (unsigned long long)v));
}

static struct value get_mark_help(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_text(marks[mark_of(row)->mark].help);
}

/* clang-format off */
static const struct field mark_fields[] = {
	{ .key = "mark", .title = "MARK", .help = "a field of the kernel's mm_struct", .width = -12, .label = true,
	  .get = get_mark },
	{ .key = "text", .title = "VALUE", .help = "an address, or a size", .width = 16, .flags = FIELD_TABLE_ONLY,
	  .get = get_mark_text },
	{ .key = "address", .help = "if it is an address; null: it is a size, or not known here", .unit = UNIT_ADDRESS,
	  .rank = RANK_DATA, .get = get_mark_value, .arg = UNIT_ADDRESS },
	{ .key = "value", .help = "if it is none: bytes, or a count; null: not known here", .unit = UNIT_COUNT,
	  .rank = RANK_DATA, .get = get_mark_value, .arg = UNIT_COUNT },
	{ .key = "what", .title = "WHAT", .help = "what it is", .width = -20, .get = get_mark_help },
};
/* clang-format on */

static void each_mark(const struct model *m, row_fn fn, void *ctx)
{
	static struct mark_row rows[MMT_MARKS];

	for (int i = 0; i < MMT_MARKS && space_of(m)->readings; i++) {
		rows[i] = (struct mark_row){ (enum mmt_mark)i, space_of(m) };
		fn(ctx, &rows[i]);
	}
}

const struct row_type row_mark = {
	.name = "mark",
	.noun = "mark",
	.nouns = "marks",
	.whole = true,
	.help = "what the kernel's mm_struct says of the address space",
	.fields = mark_fields,
	.count = FIELD_COUNT(mark_fields),
	.each = each_mark,
};

/* --- the end --- */

static struct value get_rss(const struct field *f, const void *row, const struct tick *t)
{
	uint64_t v = space_of(row)->now.rss[f->arg];

	(void)t;
	return !space_of(row)->readings || v == SPACE_UNKNOWN ? value_none() : value_uint(v);
}

static struct value get_max_map_count(const struct field *f, const void *row, const struct tick *t)
{
	uint64_t n = model_option_number(row, "max_map_count", 0);

	(void)f, (void)t;
	return n ? value_uint(n) : value_none();
}

static struct value get_how(const struct field *f, const void *row, const struct tick *t)
{
	(void)t;
	return value_bool(f->arg ? model_option(row, "ended") : space_of(row)->racing);
}

static struct value get_pages(const struct field *f, const void *row, const struct tick *t)
{
	const struct space_pages *p = &space_of(row)->pages;
	const uint64_t values[] = { p->head.looked, p->head.absent, p->head.blocks, p->head.sample, p->head.left_out };

	(void)t;
	if (f->arg == 2 && model_fact(row, "unknown", "blocks"))
		return value_none();
	return p->read ? value_uint(values[f->arg]) : value_none();
}

static void put_unknown(const struct nest *n, struct nest_out *o)
{
	for (const struct fact *f = NULL; (f = model_fact_next(n->t->model, "unknown", f));) {
		struct value v = value_text(f->value);

		o->value(o, f->key, &v, UNIT_NONE);
	}
}

static struct value get_unknown(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return (struct value){ .type = VALUE_NEST, .nest = { put_unknown, row, t, false } };
}

/* clang-format off */
static const struct field end_fields[] = {
	{ .key = "rss_file", .path = "rss.file_bytes", .help = "resident pages of files", .unit = UNIT_BYTES,
	  .flow = FLOW_LEVEL, .get = get_rss, .arg = SPACE_FILE },
	{ .key = "rss_anon", .path = "rss.anon_bytes", .help = "resident anonymous pages", .unit = UNIT_BYTES,
	  .flow = FLOW_LEVEL, .get = get_rss, .arg = SPACE_ANON },
	{ .key = "rss_shmem", .path = "rss.shmem_bytes", .help = "resident shared memory", .unit = UNIT_BYTES,
	  .flow = FLOW_LEVEL, .get = get_rss, .arg = SPACE_SHMEM },
	{ .key = "rss_swap", .path = "rss.swap_bytes", .help = "anonymous pages that are swapped out", .unit = UNIT_BYTES,
	  .flow = FLOW_LEVEL, .get = get_rss, .arg = SPACE_SWAP },
	{ .key = "max_map_count", .help = "VMAs that a process may have (vm.max_map_count)", .unit = UNIT_COUNT,
	  .get = get_max_map_count },
	{ .key = "racing", .help = "the process changed whenever it was read: the areas are not all of one moment",
	  .get = get_how },
	{ .key = "ended", .help = "the process has ended: the areas are what it was last", .get = get_how, .arg = 1 },
	{ .key = "pages_looked", .path = "pages.looked", .help = "pages that were looked at; null, and so the next ones: none",
	  .unit = UNIT_COUNT, .flow = FLOW_LEVEL, .get = get_pages, .arg = 0 },
	{ .key = "pages_absent", .path = "pages.absent", .help = "of these: nothing is there", .unit = UNIT_COUNT,
	  .flow = FLOW_LEVEL, .get = get_pages, .arg = 1 },
	{ .key = "pages_blocks", .path = "pages.blocks", .help = "blocks of 512 pages with something in them; null: unknown",
	  .unit = UNIT_COUNT, .flow = FLOW_LEVEL, .get = get_pages, .arg = 2 },
	{ .key = "pages_sample", .path = "pages.sample", .help = "one in so many of these was looked at; 1: all",
	  .unit = UNIT_COUNT, .flow = FLOW_LEVEL, .get = get_pages, .arg = 3 },
	{ .key = "pages_left_out", .path = "pages.left_out", .help = "pages that are in the sums, but in no run",
	  .unit = UNIT_COUNT, .flow = FLOW_LEVEL, .get = get_pages, .arg = 4 },
	{ .key = "unknown", .help = "{key: why}: as in the first line, with what turned out since", .get = get_unknown },
	{ .key = "decode_error", .path = "lost.decode_error", .help = "damaged inputs, not shown", .unit = UNIT_COUNT,
	  .flow = FLOW_TOTAL, .get = run_decode_errors },
};
/* clang-format on */

const struct row_type row_space_end = { .name = "end", .fields = end_fields, .count = FIELD_COUNT(end_fields) };
