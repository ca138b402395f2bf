/* SPDX-License-Identifier: GPL-2.0 */
/* Faults of one class on one mapping, and where --by asks for that of one thread and of one mode:
 * what --by class, mode and thread group.  Its labels are those of mappings and processes too. */
#include <string.h>

#include "view/rows/fault.h"

/* How to split a mapping's faults; made anew at each visit. */
struct slice_row {
	const struct mapping *mapping;
	const struct slice *slice; /* NULL: threads and modes are not asked for */
	enum mmt_class cls;
	struct fault_stat faults;  /* of that class alone */
	uint64_t added;            /* of these, in the last interval */
};

static const struct slice_row *slice_of(const void *row)
{
	return row;
}

static const struct fault_stat *stat_of(const void *row)
{
	return &slice_of(row)->faults;
}

#include "view/rows/stat_fields.h"

/* --- labels --- */

/* The label of that key in another row type; `at` keeps where it stands. */
static struct value label_of(const struct row_type *type, const struct field *f, int *at, const void *row,
			     const struct tick *t)
{
	if (!*at)
		*at = 1 + field_find(type, f->key, strlen(f->key));
	return type->fields[*at - 1].get(&type->fields[*at - 1], row, t);
}

static struct value get_of_mapping(const struct field *f, const void *row, const struct tick *t)
{
	static int at[8];

	return label_of(&row_mapping, f, &at[f->arg], slice_of(row)->mapping, t);
}

static struct value get_of_process(const struct field *f, const void *row, const struct tick *t)
{
	static int at[8];

	return label_of(&row_process, f, &at[f->arg], slice_of(row)->mapping->mm->proc, t);
}

static struct value get_class(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_text(class_keys[slice_of(row)->cls]);
}

static struct value get_access(const struct field *f, const void *row, const struct tick *t)
{
	const struct slice *slice = slice_of(row)->slice;

	(void)f, (void)t;
	return slice && slice->mode < MMT_MODE_COUNT ? value_text(mode_keys[slice->mode]) : value_none();
}

static struct value get_thread(const struct field *f, const void *row, const struct tick *t)
{
	const struct slice *slice = slice_of(row)->slice;

	(void)f;
	if (!slice || slice->tid == THREAD_UNKNOWN)
		return value_text("[thread unknown]");
	return value_text(slice->tid == THREAD_ENDED ? "[threads that ended]" : thread_label(slice->tid, t));
}

static struct value get_rate(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return stat_rate(slice_of(row)->added, stat_of(row), t);
}

#define MAPPING_LABEL(label_key, label_title, n, label_flags, label_help) \
	{ .key = label_key, .title = label_title, .help = label_help, .width = -7, .label = true, \
	  .flags = label_flags, .rank = RANK_NEEDED, .get = get_of_mapping, .arg = n },

#define PROCESS_LABEL(label_key, label_title, n, label_flags, label_help) \
	{ .key = label_key, .title = label_title, .help = label_help, .width = -7, .label = true, \
	  .flags = label_flags, .rank = RANK_ASKED, .get = get_of_process, .arg = n },

/* clang-format off */
static const struct field fields[] = {
	{ .key = "pid", .title = "PID", .help = "process whose address space it is", .unit = UNIT_NUMBER,
	  .width = 7, .label = true, .flags = FIELD_VOLATILE | FIELD_SAME_GOES, .rank = 2, .get = get_of_mapping, .arg = 0 },
	{ .key = "ppid", .title = "PPID", .help = "parent of that process", .unit = UNIT_NUMBER,
	  .width = 7, .label = true, .flags = FIELD_VOLATILE, .rank = RANK_ASKED, .get = get_of_process, .arg = 0 },
	MAPPING_LABEL("comm", "COMM", 1, FIELD_SAME_GOES, "name of that process")
	PROCESS_LABEL("parent", "PARENT", 1, FIELD_SAME_GOES, "name of its parent")
	PROCESS_LABEL("cgroup", "CGROUP", 2, FIELD_VOLATILE, "its cgroup")
	{ .key = "class", .path = "fault_class", .title = "CLASS", .help = "fault class", .width = -10, .label = true,
	  .rank = RANK_NEEDED, .get = get_class },
	{ .key = "mode", .title = "MODE", .width = -6, .label = true, .rank = RANK_ASKED,
	  .help = "access in user or kernel mode, or by get_user_pages; null: --by does not ask for it", .get = get_access },
	{ .key = "thread", .title = "THREAD", .width = -7, .label = true, .flags = FIELD_VOLATILE, .rank = RANK_ASKED,
	  .help = "thread that made the access, where each fault is looked at: not of what the kernel added up",
	  .get = get_thread },
	STAT_TOTAL
	STAT_RATE
	STAT_MINOR_MAJOR
	STAT_TIME(4)
#define CLASS STAT_CLASS_COLUMN
#include "wire/classes.def"
#undef CLASS
	STAT_PAGES(7)
	{ .key = "per_class", .path = "class", .flow = FLOW_TOTAL, .merge = MERGE_NESTED, .rank = RANK_DATA,
	  .help = "by class: {key: {minor, major, error, new, there, ns_sum, ns_max, hist}}", .get = get_classes },
	STAT_LATENCIES
	MAPPING_LABEL("kind", "KIND", 2, 0, "kind of mapping")
	MAPPING_LABEL("name", "NAME", 3, FIELD_VOLATILE | FIELD_LAST, "file or name, as in /proc/PID/maps")
	MAPPING_LABEL("file", "FILE", 4, FIELD_VOLATILE | FIELD_LAST, "file or name; of anonymous memory the size class")
	MAPPING_LABEL("mapping", "MAPPING", 5, FIELD_VOLATILE | FIELD_LAST, "likewise, and of a file the kind")
};
/* clang-format on */

static void put(struct slice_row *row, const struct fault_stat *all, const uint32_t *added, row_fn fn, void *ctx)
{
	for (int c = 0; c < MMT_CLASS_COUNT; c++) {
		struct class_stat *count = all->cls[c];

		if (!count || !(count->minor + count->major + count->error))
			continue;
		row->cls = (enum mmt_class)c;
		row->added = added[c];
		row->faults = (struct fault_stat){ .minor = count->minor, .major = count->major, .error = count->error };
		row->faults.cls[c] = count;
		fn(ctx, row);
	}
}

/* A visitor is done with a row before the next one comes. */
static void each(const struct model *m, row_fn fn, void *ctx)
{
	const struct session *s = session_of(m);
	static struct slice_row row;

	if (!s->slice_threads && !s->slice_modes) {
		for (const struct mapping *p = s->mappings; p; p = p->next) {
			row = (struct slice_row){ .mapping = p };
			put(&row, &p->faults, p->added, fn, ctx);
		}
		return;
	}
	for (const struct mm *mm = s->mms; mm; mm = mm->next)
		for (const struct vma *v = mm->vmas; v; v = v->next)
			for (const struct slice *slice = v->mapping ? slices_of(v) : NULL; slice; slice = slice->next) {
				row = (struct slice_row){ .mapping = v->mapping, .slice = slice };
				put(&row, &slice->faults, slice->added, fn, ctx);
			}
}

static bool quiet(const void *row, const struct tick *t)
{
	(void)row, (void)t;
	return false;
}

const struct row_type row_slice = {
	.name = "slice", .noun = "slice", .nouns = "slices", .passing = true,
	.help = "faults of one class on one mapping, of one thread and mode where --by asks for these", .sort = "rate",
	.sort_end = "time", .fields = fields, .count = FIELD_COUNT(fields), .each = each, .quiet = quiet,
};
