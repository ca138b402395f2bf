/* SPDX-License-Identifier: GPL-2.0 */
/* Faults by kind of mapping.  Two ledgers meet here: VMAs hold the faults on them by
 * whichever process, the total those that the targets executed.  What lies between has
 * rows of its own, so that the column adds up. */
#include <stdlib.h>
#include <string.h>

#include "model/fault/kind.h"
#include "view/rows/fault.h"

struct kind_row { const char *kind, *note; uint64_t vmas; int64_t minor, major, error; };

#define ROWS (KIND_COUNT + 8)

static struct kind_row *row_for(struct kind_row *rows, size_t *count, const char *kind)
{
	for (size_t i = 0; i < *count; i++)
		if (!strcmp(rows[i].kind, kind))
			return &rows[i];
	rows[*count] = (struct kind_row){ .kind = kind, .note = "" };
	return &rows[(*count)++];
}

static void add_vma(struct kind_row *r, const struct vma *v)
{
	r->vmas += v->sum ? v->merged : 1;
	r->minor += (int64_t)v->faults.minor;
	r->major += (int64_t)v->faults.major;
	r->error += (int64_t)v->faults.error;
}

/* wait4() counts a child only when its parent has waited for it: who ignores SIGCHLD, and
 * whose parent is still alive, or gone before, is in no count. */
static void add_unwaited(const struct session *s, struct kind_row *rows, size_t *count)
{
	int64_t minor = (int64_t)(s->faults.minor + s->faults.unattributed_minor - s->rusage.minor);
	int64_t major = (int64_t)(s->faults.major + s->faults.unattributed_major - s->rusage.major);

	if (minor > 0 || major > 0)
		rows[(*count)++] = (struct kind_row){ "[unwaited]", "in total, not in rusage: processes nobody waited for", 0, minor,
						      major, 0 };
}

/* What the targets executed and no row of a VMA has; below 0 where others faulted on their VMAs. */
static void add_rest(const struct session *s, struct kind_row *rows, size_t *count)
{
	const struct fault_stat *f = &s->faults;
	struct kind_row rest = { "[unknown]",       "without a VMA row", 0,
				 (int64_t)f->minor, (int64_t)f->major,   (int64_t)f->error };
	bool sampled = s->sample_max > 1;

	if (stat_total(&s->outside))
		rows[(*count)++] = (struct kind_row){ "[outside]", "in memory of no traced process: arguments of an exec, ptrace", 0,
						      (int64_t)s->outside.minor, (int64_t)s->outside.major, (int64_t)s->outside.error };
	for (size_t i = 0; i < *count; i++) {
		rest.minor -= rows[i].minor;
		rest.major -= rows[i].major;
		rest.error -= rows[i].error;
	}
	if (rest.minor < 0 || rest.major < 0 || rest.error < 0) {
		rest.kind = "[foreign]";
		rest.note = "by other processes";
	}
	if (f->unattributed_minor || f->unattributed_major)
		rows[(*count)++] = (struct kind_row){ sampled ? "[remainder]" : "[gup]",
						      sampled ? "sampling remainder" : "by get_user_pages",
						      0,
						      (int64_t)f->unattributed_minor,
						      (int64_t)f->unattributed_major,
						      0 };
	if (rest.minor || rest.major || rest.error)
		rows[(*count)++] = rest;
	rows[(*count)++] = (struct kind_row){ "total",
					      "executed by the processes",
					      0,
					      (int64_t)(f->minor + f->unattributed_minor),
					      (int64_t)(f->major + f->unattributed_major),
					      (int64_t)f->error };
	if (s->rusage_known)
		add_unwaited(s, rows, count);
	if (s->rusage_known)
		rows[(*count)++] = (struct kind_row){ "rusage", "the kernel's own count", 0, (int64_t)s->rusage.minor,
						      (int64_t)s->rusage.major, 0 };
}

/* All visits share the rows: a view is done with its own before the next one comes. */
static void each(const struct model *m, row_fn fn, void *ctx)
{
	static struct kind_row rows[ROWS];
	size_t n, count = 0;
	struct vma **all = session_vmas(session_of(m), &n);

	for (size_t i = 0; i < n; i++)
		if (stat_total(&all[i]->faults))
			add_vma(row_for(rows, &count, all[i]->mm->child ? all[i]->name : kind_of(all[i])), all[i]);
	free(all);
	add_rest(session_of(m), rows, &count);
	for (size_t i = 0; i < count; i++)
		fn(ctx, &rows[i]);
}

static struct value get_kind(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_text(((const struct kind_row *)row)->kind);
}

static struct value get_vmas(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return ((const struct kind_row *)row)->vmas ? value_uint(((const struct kind_row *)row)->vmas) : value_none();
}

static struct value get_count(const struct field *f, const void *row, const struct tick *t)
{
	const struct kind_row *r = row;

	(void)t;
	return value_int(f->arg == 0 ? r->minor : f->arg == 1 ? r->major : r->error);
}

static struct value get_note(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_text(((const struct kind_row *)row)->note);
}

/* clang-format off */
static const struct field fields[] = {
	{ .key = "kind", .title = "BY KIND", .width = -12,
	  .help = "kind of mapping; total: what the processes executed; rusage: the kernel's count of a command, "
		  "[unwaited]: what total has beyond that",
	  .label = true, .get = get_kind },
	{ .key = "vmas", .title = "VMAS", .help = "VMAs with faults", .unit = UNIT_NUMBER, .width = 6,
	  .flow = FLOW_LEVEL, .merge = MERGE_SUM, .flags = FIELD_BLANK, .get = get_vmas },
	{ .key = "minor", .path = "faults.minor", .title = "MINOR", .help = "minor faults", .unit = UNIT_NUMBER,
	  .width = 10, .flow = FLOW_CHANGE, .merge = MERGE_SUM, .get = get_count, .arg = 0 },
	{ .key = "major", .path = "faults.major", .title = "MAJOR", .help = "major faults", .unit = UNIT_NUMBER,
	  .width = 8, .flow = FLOW_CHANGE, .merge = MERGE_SUM, .get = get_count, .arg = 1 },
	{ .key = "error", .path = "faults.error", .title = "ERROR", .help = "faults that failed", .unit = UNIT_NUMBER,
	  .width = 8, .flow = FLOW_CHANGE, .merge = MERGE_SUM, .get = get_count, .arg = 2 },
	{ .key = "note", .title = "", .help = "what the row is, where it is no kind", .width = -20, .get = get_note },
};
/* clang-format on */

const struct row_type row_kind = {
	.name = "kind", .noun = "kind", .nouns = "kinds", .whole = true,
	.help = "faults by kind of mapping, and what the total consists of",
	.fields = fields, .count = FIELD_COUNT(fields), .each = each,
};
