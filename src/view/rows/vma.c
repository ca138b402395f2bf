/* SPDX-License-Identifier: GPL-2.0 */
/* A VMA, and the faults on it by whichever process. */
#include <stdio.h>
#include <stdlib.h>

#include "model/fault/elf.h"
#include "model/fault/kind.h"
#include "view/rows/fault.h"

static const struct vma *vma_of(const void *row)
{
	return row;
}

static const struct fault_stat *stat_of(const void *row)
{
	return &vma_of(row)->faults;
}

#include "view/rows/stat_fields.h"

static uint64_t memory_of(const void *row, enum memory_amount amount)
{
	return vma_of(row)->memory[amount];
}

#include "view/rows/memory_fields.h"

static const struct call_counts *calls_of(const void *row)
{
	return vma_of(row)->calls;
}

#include "view/rows/call_fields.h"

/* --- whose --- */

static struct value get_proc(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_uint(vma_of(row)->mm->proc->id);
}

static struct value get_pid(const struct field *f, const void *row, const struct tick *t)
{
	const struct process *p = vma_of(row)->mm->proc;

	(void)f, (void)t;
	return p->merged ? value_none() : value_uint((uint64_t)p->pid);
}

static struct value get_comm(const struct field *f, const void *row, const struct tick *t)
{
	const struct process *p = vma_of(row)->mm->proc;

	(void)f;
	return value_text(tick_text(t, p->comm, sizeof(p->comm)));
}

static struct value get_id(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_uint(vma_of(row)->id);
}

static struct value get_mapping(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return vma_of(row)->mapping ? value_uint(vma_of(row)->mapping->id) : value_none();
}

/* --- where --- */

/* "7f..-7f..": what is not known is shown as far as it is. */
static struct value get_range(const struct field *f, const void *row, const struct tick *t)
{
	const struct vma *v = vma_of(row);

	(void)f;
	if (v->mm->child || v->sum)
		return value_none();
	return value_text(v->known ? tick_printf(t, "%llx-%llx", v->v.start, v->v.end)
				   : tick_printf(t, "%llx-?", v->v.anchor));
}

static struct value get_address(const struct field *f, const void *row, const struct tick *t)
{
	const struct vma *v = vma_of(row);

	(void)t;
	return v->known ? value_uint(f->arg ? v->v.end : v->v.start) : value_none();
}

static struct value get_perm(const struct field *f, const void *row, const struct tick *t)
{
	char perm[5];

	(void)f;
	if (!vma_of(row)->known)
		return value_none();
	kind_perm(vma_of(row), perm);
	return value_text(tick_text(t, perm, sizeof(perm)));
}

static struct value get_size(const struct field *f, const void *row, const struct tick *t)
{
	const struct vma *v = vma_of(row);

	(void)f, (void)t;
	return v->known ? value_uint(v->v.end - v->v.start) : value_none();
}

static struct value get_offset(const struct field *f, const void *row, const struct tick *t)
{
	const struct vma *v = vma_of(row);

	(void)f, (void)t;
	return v->known ? value_uint(v->v.kind & MMT_VMA_FILE ? v->v.pgoff << 12 : 0) : value_none();
}

static struct value get_ino(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return vma_of(row)->known ? value_uint(vma_of(row)->v.ino) : value_none();
}

/* --- resident memory --- */

static uint64_t rss_age(const struct vma *v, const struct tick *t)
{
	return t->now_ns > v->rss_time ? t->now_ns - v->rss_time : 0;
}

static struct value get_rss_age(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return vma_of(row)->memory[MEMORY_RSS] == MEMORY_UNKNOWN ? value_none() : value_uint(rss_age(vma_of(row), t));
}

static struct value get_rss_mark(const struct field *f, const void *row, const struct tick *t)
{
	const struct vma *v = vma_of(row);
	uint64_t rss = v->memory[MEMORY_RSS];
	/* more than its size: it has shrunk since */
	bool old = rss_age(v, t) > RSS_FRESH_NS || (v->known && rss > v->v.end - v->v.start);

	(void)f;
	return value_text(rss != MEMORY_UNKNOWN && (old || v->rss_uncertain) ? "~" : NULL);
}

static struct value get_rate(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return stat_rate(vma_of(row)->interval_faults, &vma_of(row)->faults, t);
}

/* --- what --- */

static struct value get_kind(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return vma_of(row)->parts.count ? value_text(kind_of(vma_of(row))) : value_none();
}

static struct value get_kinds(const struct field *f, const void *row, const struct tick *t)
{
	char text[64];

	(void)f;
	return value_text(tick_text(t, kind_text(vma_of(row), text, sizeof(text)), sizeof(text)));
}

static struct value get_source(const struct field *f, const void *row, const struct tick *t)
{
	const struct vma *v = vma_of(row);

	(void)f, (void)t;
	return v->parts.count ? value_text(kind_source_name(v->parts.source)) : value_none();
}

static struct value get_missing(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_text(elf_missing(vma_of(row)));
}

static void put_parts(const struct nest *n, struct nest_out *o)
{
	const struct parts *p = n->data;

	for (unsigned i = 0; i < p->count; i++) {
		struct value kind = value_text(kind_name(p->part[i].kind)), start = value_uint(p->part[i].start);
		struct value end = value_uint(p->part[i].end);

		o->open(o, NULL, false);
		o->value(o, "kind", &kind, UNIT_NONE);
		o->value(o, "start", &start, UNIT_ADDRESS);
		o->value(o, "end", &end, UNIT_ADDRESS);
		o->close(o, false);
	}
}

static struct value get_parts(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return (struct value){ .type = VALUE_NEST, .nest = { put_parts, &vma_of(row)->parts, t, true } };
}

static struct value get_live(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_bool(vma_of(row)->live);
}

static struct value get_merged(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return vma_of(row)->sum ? value_uint(vma_of(row)->merged) : value_none();
}

static struct value get_name(const struct field *f, const void *row, const struct tick *t)
{
	const struct vma *v = vma_of(row);

	(void)f, (void)t;
	return v->known || v->mm->child || v->sum ? value_text(v->name) : value_none();
}

static struct value get_name_cut(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_bool(vma_of(row)->name_cut);
}

/* "libc.so.6 (gone)", "[merged] 12 mappings"; "?": the kernel's name could not be had. */
static struct value get_title(const struct field *f, const void *row, const struct tick *t)
{
	const struct vma *v = vma_of(row);

	(void)f;
	if (v->sum)
		return value_text(tick_printf(t, "%s %u mappings", v->name, v->merged));
	return value_text(tick_printf(t, "%s%s", v->name[0] ? v->name : v->name_cut ? "?" : "-", v->live ? "" : " (gone)"));
}

/* clang-format off */
static const struct field fields[] = {
	{ .key = "proc", .help = "number of its process in this run", .unit = UNIT_NUMBER, .rank = RANK_DATA,
	  .get = get_proc },
	{ .key = "pid", .title = "PID", .help = "process whose address space it is", .unit = UNIT_NUMBER, .width = 7,
	  .label = true, .flags = FIELD_VOLATILE | FIELD_SAME_GOES, .rank = 1, .get = get_pid },
	{ .key = "comm", .title = "COMM", .help = "name of that process", .width = -15, .label = true,
	  .rank = RANK_ASKED, .get = get_comm },
	{ .key = "vma", .title = "VMA", .help = "number of the VMA in this run", .unit = UNIT_NUMBER, .width = 6,
	  .rank = RANK_ASKED, .flags = FIELD_VOLATILE, .label = true, .get = get_id },
	{ .key = "mapping", .help = "number of its mapping in this run", .unit = UNIT_NUMBER, .rank = RANK_DATA,
	  .get = get_mapping },
	{ .key = "merged", .help = "it stands for so many VMAs that are gone; null: it is one", .unit = UNIT_COUNT,
	  .rank = RANK_DATA, .get = get_merged },
	{ .key = "addr", .title = "RANGE", .help = "addresses", .width = -27, .flags = FIELD_TABLE_ONLY,
	  .rank = RANK_NEEDED, .order = "start", .get = get_range },
	{ .key = "start", .help = "first address", .unit = UNIT_ADDRESS, .rank = RANK_DATA, .get = get_address,
	  .arg = 0 },
	{ .key = "end", .help = "address behind the last", .unit = UNIT_ADDRESS, .rank = RANK_DATA, .get = get_address,
	  .arg = 1 },
	{ .key = "perm", .title = "PERM", .help = "permissions, p private or s shared", .width = -4, .label = true,
	  .rank = 60, .get = get_perm },
	{ .key = "offset", .title = "OFFSET", .help = "where in its file it begins", .unit = UNIT_ADDRESS, .width = 8,
	  .rank = RANK_ASKED, .get = get_offset },
	{ .key = "ino", .title = "INODE", .help = "of its file", .unit = UNIT_ID, .width = 9, .rank = RANK_ASKED,
	  .get = get_ino },
	{ .key = "size", .path = "size_bytes", .title = "SIZE", .help = "size", .unit = UNIT_BYTES, .width = 6,
	  .flow = FLOW_LEVEL, .merge = MERGE_SUM, .rank = 61, .get = get_size },
	{ .key = "rss", .path = "rss_bytes", .title = "RSS",
	  .help = "resident; ~ marks an old reading: of two seconds ago, or before the mapping shrank; or of page tables that "
		  "kept changing",
	  .unit = UNIT_BYTES, .width = 6, .flow = FLOW_LEVEL, .merge = MERGE_SUM, .rank = 2, .get = get_memory,
	  .arg = MEMORY_RSS, .flags = FIELD_SHOWS, .mark = get_rss_mark },
	{ .key = "rss_age", .path = "rss_age_ns", .help = "how old the reading of rss is", .unit = UNIT_NS,
	  .flow = FLOW_FACT, .merge = MERGE_MAX, .rank = RANK_DATA, .get = get_rss_age },
	MEMORY_FIELDS
	STAT_TOTAL
	STAT_RATE
	STAT_SPLIT
#define CLASS STAT_CLASS_COLUMN
#include "wire/classes.def"
#undef CLASS
	STAT_PAGES(RANK_ASKED)
	STAT_NEW
	CALL_FIELDS
	STAT_MODES
	STAT_CLASSES
	STAT_LATENCIES
	STAT_TIME(RANK_ASKED)
	{ .key = "kind", .title = "KIND", .width = -7, .label = true,
	  .help = "what it is: text, rodata, data, heap, stack, anon, file ...; of its largest part",
	  .rank = RANK_ASKED, .get = get_kind },
	{ .key = "kinds", .title = "KIND", .help = "what it is: text, data+bss, heap, thread-stack ...", .width = -7,
	  .flags = FIELD_TABLE_ONLY, .rank = RANK_NEEDED, .get = get_kinds },
	{ .key = "source", .path = "kind_source", .title = "BY",
	  .help = "where the kind is known from: marks, elf, sp, vma, perm", .width = -5, .label = true,
	  .flags = FIELD_VOLATILE, .rank = RANK_ASKED, .get = get_source },
	{ .key = "kind_missing", .help = "why the kind is file or a guess though its file may say more; null: it does not",
	  .rank = RANK_DATA, .get = get_missing },
	{ .key = "parts", .help = "[{kind, start, end}] without gaps", .rank = RANK_DATA, .merge = MERGE_NONE,
	  .get = get_parts },
	{ .key = "live", .help = "is it there still", .rank = RANK_DATA, .get = get_live },
	{ .key = "name", .title = "NAME", .width = -4, .help = "file or name, as in /proc/PID/maps", .label = true,
	  .flags = FIELD_VOLATILE, .rank = RANK_ASKED,
	  .get = get_name },
	{ .key = "name_cut", .help = "the beginning of the name is missing (it starts with .../) or all of it (empty)",
	  .rank = RANK_DATA, .get = get_name_cut },
	{ .key = "title", .title = "NAME", .help = "file or name, as in /proc/PID/maps; (gone): no longer there",
	  .width = -4, .flags = FIELD_TABLE_ONLY, .rank = RANK_NEEDED, .get = get_title },
};
/* clang-format on */

static void each(const struct model *m, row_fn fn, void *ctx)
{
	size_t n;
	struct vma **all = session_vmas(session_of(m), &n);

	for (size_t i = 0; i < n; i++)
		fn(ctx, all[i]);
	free(all);
}

static uint64_t version(const void *row)
{
	return vma_of(row)->version;
}

/* Among many processes only the VMAs of those that were asked for are shown. */
static bool quiet(const void *row, const struct tick *t)
{
	const struct vma *v = vma_of(row);
	char pid[16];

	if (!stat_total(&v->faults))
		return true;
	if (t->grouped || !model_option(t->model, "by_process"))
		return false;
	snprintf(pid, sizeof(pid), "%d", v->mm->proc->pid);
	return !model_fact(t->model, "expand", pid);
}

static bool gone(const void *row)
{
	return !vma_of(row)->live;
}

const struct row_type row_vma = {
	.name = "vma", .noun = "VMA with faults", .nouns = "VMAs with faults", .help = "VMAs and the faults on them",
	.sort = "rate", .fields = fields, .count = FIELD_COUNT(fields), .each = each, .version = version, .gone = gone,
	.quiet = quiet,
};
