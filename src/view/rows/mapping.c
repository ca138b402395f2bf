/* SPDX-License-Identifier: GPL-2.0 */
/* A mapping: VMAs of one process that a person would call one thing, and the faults on them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/fault/kind.h"
#include "view/rows/fault.h"

static const struct mapping *mapping_of(const void *row)
{
	return row;
}

static const struct fault_stat *stat_of(const void *row)
{
	return &mapping_of(row)->faults;
}

#include "view/rows/stat_fields.h"

static uint64_t memory_of(const void *row, enum memory_amount amount)
{
	return mapping_of(row)->memory[amount];
}

#include "view/rows/memory_fields.h"

static const struct call_counts *calls_of(const void *row)
{
	return mapping_of(row)->calls;
}

#include "view/rows/call_fields.h"

/* --- whose --- */

static const struct process *process_of(const void *row)
{
	return mapping_of(row)->mm->proc;
}

static struct value get_proc(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_uint(process_of(row)->id);
}

static struct value get_pid(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return process_of(row)->merged ? value_none() : value_uint((uint64_t)process_of(row)->pid);
}

static struct value get_comm(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return value_text(tick_text(t, process_of(row)->comm, sizeof(process_of(row)->comm)));
}

static struct value get_id(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_uint(mapping_of(row)->id);
}

/* --- what it is --- */

/* The size class: a power of two that none of its VMAs exceeds; the least class is one size. */
static const char *size_class(const struct mapping *m, const struct tick *t)
{
	uint64_t size = 1ull << m->origin;
	char text[16];

	if (m->most)
		for (size = 4096; size < m->most && size << 1; size <<= 1)
			;
	return tick_printf(t, "%s%s", size == 4096 ? "" : t->ascii ? "<=" : "\xe2\x89\xa4",
			   text_bytes(text, sizeof(text), size));
}

static const char *sizes_of(const struct mapping *m, const struct tick *t)
{
	char from[16], to[16];

	if (!m->most)
		return size_class(m, t);
	text_bytes(from, sizeof(from), m->least);
	text_bytes(to, sizeof(to), m->most);
	return tick_printf(t, "%s%s%s", from, strcmp(from, to) ? "-" : "", strcmp(from, to) ? to : "");
}

const char *thread_label(pid_t tid, const struct tick *t)
{
	const char *name = session_thread_name(session_of(t->model), tid);

	return tick_printf(t, "%d%s%s", tid, name ? " " : "", name ? name : "");
}

/* Of one alone: "[stack thread 1234 worker]", "[arena thread 1234 worker, 64M reserved]". */
static const char *label_of_thread(const struct mapping *m, const struct tick *t)
{
	const char *who = m->thread ? tick_printf(t, " thread %s", thread_label(m->thread, t)) : "", *reserved = "";
	char text[16];

	if (m->form == MAPPING_STACK)
		return *who ? tick_printf(t, "[stack%s]", who) : NULL;
	if (m->form != MAPPING_ARENA || (!*who && !m->reserved))
		return NULL;
	if (m->reserved)
		reserved = tick_printf(t, "%s %s reserved", *who ? "," : "", text_bytes(text, sizeof(text), m->reserved));
	return tick_printf(t, "[arena%s%s]", who, reserved);
}

/* What stands for a name: "[anon 256K]", "[arena]"; for groups "[anon <=256K]". */
static const char *label(const struct mapping *m, const struct tick *t, bool sizes)
{
	const char *own;


	if (m->name[0])
		return m->name;
	if (sizes && m->known && (own = label_of_thread(m, t)))
		return own;
	if (m->form == MAPPING_ARENA)
		return "[arena]";
	if (m->form == MAPPING_STACK || !m->known)
		return m->known ? "[thread-stack]" : NULL;
	if (m->form != MAPPING_ANON)
		return tick_printf(t, "[%s]", kind_name(m->kind));
	return tick_printf(t, "[%s%s %s]", kind_name(m->kind), m->exec ? " exec" : "",
			   sizes ? sizes_of(m, t) : size_class(m, t));
}

const char *mapping_label(const struct mapping *m, const struct tick *t)
{
	const char *text = label(m, t, true);

	return text ? text : "-";
}

static struct value get_file(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return value_text(label(mapping_of(row), t, false));
}

/* The segments of one file are mappings of their own: "/usr/lib/libc.so.6 (text)". */
static struct value get_mapping(const struct field *f, const void *row, const struct tick *t)
{
	const struct mapping *m = mapping_of(row);
	const char *name = label(m, t, false);

	(void)f;
	return value_text(name && m->known && *name != '[' ? tick_printf(t, "%s (%s)", name, kind_name(m->kind)) : name);
}

/* "libc.so.6", "[anon 4M] x61 (58 gone)". */
static struct value get_title(const struct field *f, const void *row, const struct tick *t)
{
	const struct mapping *m = mapping_of(row);
	const char *name = mapping_label(m, t), *times = t->ascii ? "x" : "\xc3\x97";
	uint64_t all = m->live + m->gone, pages = m->live ? m->pages : m->gone_pages;

	(void)f;
	if (m->again >= pages && pages) /* the whole of it, once more at least */
		name = tick_printf(t, "%s touched %s%" PRIu64, name, times, 1 + m->again / pages);
	if (m->reads.again >= m->reads.pages && m->reads.pages)
		name = tick_printf(t, "%s read %s%" PRIu64, name, times, 1 + m->reads.again / m->reads.pages);
	if (all > 1 && m->gone && m->live)
		return value_text(tick_printf(t, "%s %s%" PRIu64 " (%" PRIu64 " gone)", name, times, all, m->gone));
	if (all > 1)
		return value_text(tick_printf(t, "%s %s%" PRIu64 "%s", name, times, all, m->gone ? " (gone)" : ""));
	return value_text(m->gone ? tick_printf(t, "%s (gone)", name) : name);
}

static struct value get_name(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return mapping_of(row)->known || mapping_of(row)->name[0] ? value_text(mapping_of(row)->name) : value_none();
}

static struct value get_kind(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return mapping_of(row)->kind ? value_text(kind_name(mapping_of(row)->kind)) : value_none();
}

static struct value get_range(const struct field *f, const void *row, const struct tick *t)
{
	const struct vma *v = mapping_of(row)->only;

	(void)f;
	return v && v->known && !v->sum ? value_text(tick_printf(t, "%llx-%llx", v->v.start, v->v.end)) : value_none();
}

static struct value get_start(const struct field *f, const void *row, const struct tick *t)
{
	const struct vma *v = mapping_of(row)->only;

	(void)t;
	return v && v->known && !v->sum ? value_uint(f->arg ? v->v.end : v->v.start) : value_none();
}

/* --- how much --- */

enum amount { LIVE, GONE, SIZE, RESERVED, AGAIN, ORDERED, READ_AGAIN };

static struct value get_amount(const struct field *f, const void *row, const struct tick *t)
{
	const struct mapping *m = mapping_of(row);

	(void)t;
	switch ((enum amount)f->arg) {
	case LIVE: return value_uint(m->live);
	case GONE: return value_uint(m->gone);
	case SIZE: return m->known ? value_uint(m->size) : value_none();
	case AGAIN: return m->known ? value_uint(m->again) : value_none();
	case RESERVED: return m->known ? value_uint(m->reserved) : value_none();
	case ORDERED: return m->reads.seen ? value_uint(m->reads.ordered) : value_none();
	case READ_AGAIN: return m->reads.pages ? value_uint(m->reads.again) : value_none();
	}
	return value_none();
}

/* Since its first reading. */
static struct value get_rss_change(const struct field *f, const void *row, const struct tick *t)
{
	const struct mapping *m = mapping_of(row);

	(void)f, (void)t;
	return m->rss_start == MEMORY_UNKNOWN ? value_none() : value_int((int64_t)(m->rss_previous - m->rss_start));
}

static struct value get_rss_added(const struct field *f, const void *row, const struct tick *t)
{
	const struct mapping *m = mapping_of(row);

	(void)f, (void)t;
	return m->rss_start == MEMORY_UNKNOWN ? value_none() : value_int(m->rss_added);
}

static uint64_t rss_age(const struct mapping *m, const struct tick *t)
{
	return t->now_ns > m->rss_time ? t->now_ns - m->rss_time : 0;
}

static struct value get_rss_age(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return mapping_of(row)->memory[MEMORY_RSS] == MEMORY_UNKNOWN ? value_none() : value_uint(rss_age(mapping_of(row), t));
}

static struct value get_rss_mark(const struct field *f, const void *row, const struct tick *t)
{
	const struct mapping *m = mapping_of(row);

	bool old = rss_age(m, t) > RSS_FRESH_NS || m->memory[MEMORY_RSS] > m->size + m->reserved;

	(void)f;
	return value_text(m->memory[MEMORY_RSS] != MEMORY_UNKNOWN && (old || m->rss_uncertain) ? "~" : NULL);
}

static struct value get_thread(const struct field *f, const void *row, const struct tick *t)
{
	const struct mapping *m = mapping_of(row);

	if (!m->thread)
		return value_none();
	return f->arg ? value_text(session_thread_name(session_of(t->model), m->thread)) : value_uint((uint64_t)m->thread);
}

/* --- in the last interval --- */

static struct value get_rate(const struct field *f, const void *row, const struct tick *t)
{
	uint64_t n = 0;

	(void)f;
	for (int c = 0; c < MMT_CLASS_COUNT; c++)
		n += mapping_of(row)->added[c];
	return stat_rate(n, stat_of(row), t);
}

static struct value get_class_added(const struct field *f, const void *row, const struct tick *t)
{
	(void)t;
	return value_uint(mapping_of(row)->added[f->arg]);
}

#define CLASS_COLUMN(NAME, n, class_key, class_title, class_help) \
	{ .key = class_key, .title = class_title "/s", .help = class_help "; a second, in the summary in all", \
	  .unit = UNIT_COUNT, .width = 8, .flow = FLOW_TOTAL, .merge = MERGE_SUM, .rank = RANK_CLASS, \
	  .flags = FIELD_TABLE_ONLY, .get = get_class_count, .added = get_class_added, .show_as = SHOW_PER_SECOND, .arg = n },

/* clang-format off */
static const struct field fields[] = {
	{ .key = "proc", .help = "number of its process in this run", .unit = UNIT_NUMBER, .rank = RANK_DATA,
	  .get = get_proc },
	{ .key = "pid", .title = "PID", .help = "process whose address space it is", .unit = UNIT_NUMBER, .width = 7,
	  .label = true, .flags = FIELD_VOLATILE | FIELD_SAME_GOES, .rank = 2, .get = get_pid },
	{ .key = "comm", .title = "COMM", .help = "name of that process", .width = -4, .label = true,
	  .flags = FIELD_SAME_GOES, .rank = 2, .get = get_comm },
	{ .key = "number", .path = "mapping", .help = "number of the mapping in this run", .unit = UNIT_NUMBER,
	  .rank = RANK_DATA, .get = get_id },
	{ .key = "tid", .path = "thread.tid", .title = "TID", .unit = UNIT_NUMBER, .width = 7,
	  .help = "thread whose stack it is, or that was the first seen to fault in the arena; null: neither, or not known",
	  .rank = RANK_ASKED, .get = get_thread, .arg = 0 },
	{ .key = "thread_comm", .path = "thread.comm", .title = "THREAD", .help = "name of that thread", .width = -6,
	  .rank = RANK_ASKED, .get = get_thread, .arg = 1 },
	{ .key = "addr", .title = "RANGE", .help = "addresses, where it is one VMA", .width = -27,
	  .flags = FIELD_TABLE_ONLY, .rank = RANK_ASKED, .order = "start", .get = get_range },
	{ .key = "start", .help = "first address, where it is one VMA", .unit = UNIT_ADDRESS, .rank = RANK_DATA,
	  .get = get_start, .arg = 0 },
	{ .key = "end", .help = "address behind the last, where it is one VMA", .unit = UNIT_ADDRESS, .rank = RANK_DATA,
	  .get = get_start, .arg = 1 },
	{ .key = "vmas", .title = "VMAS", .help = "VMAs that are there", .unit = UNIT_COUNT, .width = 6,
	  .flow = FLOW_LEVEL, .merge = MERGE_SUM, .rank = RANK_ASKED, .get = get_amount, .arg = LIVE },
	{ .key = "gone", .title = "GONE", .help = "VMAs that are gone", .unit = UNIT_COUNT, .width = 6,
	  .flow = FLOW_CHANGE, .merge = MERGE_SUM, .rank = RANK_ASKED, .get = get_amount, .arg = GONE },
	{ .key = "size", .path = "size_bytes", .title = "SIZE", .help = "size of the VMAs that are there",
	  .unit = UNIT_BYTES, .width = 6, .flow = FLOW_LEVEL, .merge = MERGE_SUM, .rank = 5, .get = get_amount,
	  .arg = SIZE },
	{ .key = "reserved", .path = "reserved_bytes", .title = "RESERVED", .unit = UNIT_BYTES, .width = 8,
	  .help = "address space of it that no one may access: reserved, not committed", .flow = FLOW_LEVEL,
	  .merge = MERGE_SUM, .rank = RANK_ASKED, .get = get_amount, .arg = RESERVED },
	{ .key = "rss", .path = "rss_bytes", .title = "RSS",
	  .help = "resident; ~ marks an old reading: of two seconds ago, or before the mapping shrank; or of page tables that "
		  "kept changing",
	  .unit = UNIT_BYTES, .width = 6, .flow = FLOW_LEVEL, .merge = MERGE_SUM, .rank = 2, .get = get_memory,
	  .arg = MEMORY_RSS, .flags = FIELD_SHOWS, .mark = get_rss_mark },
	{ .key = "rss_age", .path = "rss_age_ns", .help = "how old the oldest reading of rss is", .unit = UNIT_NS,
	  .flow = FLOW_FACT, .merge = MERGE_MAX, .rank = RANK_DATA, .get = get_rss_age },
	{ .key = "rss_change", .path = "rss_change_bytes", .title = "RSS+", .unit = UNIT_BYTES, .width = 7,
	  .help = "growth of rss since its process was read first; in tables of an interval, in that",
	  .flow = FLOW_CHANGE, .merge = MERGE_SUM, .rank = RANK_ASKED, .show_as = SHOW_ADDED,
	  .flags = FIELD_SHOWS, .get = get_rss_change, .added = get_rss_added },
	MEMORY_FIELDS
	STAT_TOTAL
	STAT_RATE
	STAT_SPLIT
	STAT_TIME(4)
#define CLASS CLASS_COLUMN
#include "wire/classes.def"
#undef CLASS
	STAT_PAGES(RANK_ASKED)
	STAT_NEW
	CALL_FIELDS
	STAT_MODES
	STAT_CLASSES
	STAT_LATENCIES
	{ .key = "again", .path = "touched_again", .title = "AGAIN", .unit = UNIT_COUNT, .width = 8, .flow = FLOW_TOTAL,
	  .help = "first touches of anonymous memory beyond the pages of its VMAs: given back (MADV_DONTNEED), touched again",
	  .merge = MERGE_SUM, .rank = RANK_ASKED, .get = get_amount, .arg = AGAIN },
	{ .key = "ordered", .path = "reads_in_order", .title = "IN_ORDER", .unit = UNIT_COUNT, .width = 8,
	  .flow = FLOW_TOTAL, .help = "major faults on its file that came at most 512K behind the one before",
	  .merge = MERGE_SUM, .rank = RANK_ASKED, .get = get_amount, .arg = ORDERED },
	{ .key = "read_again", .title = "READ_AGAIN", .unit = UNIT_COUNT, .width = 10, .flow = FLOW_TOTAL,
	  .help = "major faults beyond the pages of its file VMAs: read in, lost and read in again", .merge = MERGE_SUM,
	  .rank = RANK_ASKED, .get = get_amount, .arg = READ_AGAIN },
	{ .key = "kind", .title = "KIND", .width = -4, .label = true,
	  .help = "what it is: text, rodata, data, heap, stack, anon, file ...", .rank = RANK_NEEDED, .get = get_kind },
	{ .key = "name", .title = "NAME", .width = -4, .help = "file or name, as in /proc/PID/maps", .label = true,
	  .flags = FIELD_VOLATILE | FIELD_LAST, .rank = RANK_ASKED, .get = get_name },
	{ .key = "file", .title = "FILE", .width = -7, .label = true, .flags = FIELD_VOLATILE | FIELD_LAST,
	  .help = "file or name; of anonymous memory the size class: [anon \xe2\x89\xa4" "256K]", .rank = RANK_ASKED,
	  .get = get_file },
	{ .key = "mapping", .path = "title", .title = "MAPPING", .width = -7, .label = true,
	  .help = "likewise, and of a file the kind", .flags = FIELD_VOLATILE | FIELD_LAST, .rank = RANK_ASKED,
	  .get = get_mapping },
	{ .key = "what", .title = "MAPPING", .width = -7,
	  .help = "file or name, the sizes of anonymous memory, how many VMAs: \xc3\x97" "61 (58 gone)",
	  .flags = FIELD_TABLE_ONLY, .rank = RANK_NEEDED, .get = get_title },
};
/* clang-format on */

static void each(const struct model *m, row_fn fn, void *ctx)
{
	for (const struct mapping *p = session_of(m)->mappings; p; p = p->next)
		fn(ctx, p);
}

static uint64_t version(const void *row)
{
	return mapping_of(row)->version;
}

/* Among many processes only those of the ones that were asked for are shown. */
static bool quiet(const void *row, const struct tick *t)
{
	char pid[16];

	if (!stat_total(stat_of(row)))
		return true;
	if (t->grouped || !model_option(t->model, "by_process"))
		return false;
	snprintf(pid, sizeof(pid), "%d", process_of(row)->pid);
	return !model_fact(t->model, "expand", pid);
}

static bool gone(const void *row)
{
	return !mapping_of(row)->live;
}

const struct row_type row_mapping = {
	.name = "mapping", .noun = "mapping with faults", .nouns = "mappings with faults",
	.help = "what a person would call one thing of a process: its VMAs together, and the faults on them",
	.sort = "rate", .sort_end = "time", .fields = fields, .count = FIELD_COUNT(fields), .each = each, .version = version,
	.gone = gone, .quiet = quiet,
};
