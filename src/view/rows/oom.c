/* SPDX-License-Identifier: GPL-2.0 */
/* An OOM kill: an event of hist. */
#include <string.h>

#include "base/text.h"
#include "view/rows/hist.h"

static const struct mmt_oom *oom_of(const void *row)
{
	return row;
}

static struct value get_time(const struct field *f, const void *row, const struct tick *t)
{
	uint64_t t0 = t->model->clock.t0;

	(void)f;
	return value_uint(oom_of(row)->time > t0 ? oom_of(row)->time - t0 : 0);
}

static struct value get_id(const struct field *f, const void *row, const struct tick *t)
{
	const struct mmt_oom *o = row;

	(void)t;
	return value_uint(f->arg == 0 ? o->pid : f->arg == 1 ? o->start_boottime : f->arg == 2 ? o->uid : o->by_pid);
}

/* Names from the kernel end with NUL or at the end of their field. */
static struct value get_name(const struct field *f, const void *row, const struct tick *t)
{
	const struct mmt_oom *o = row;

	if (f->arg == 2)
		return value_text(tick_text(t, o->cgroup, sizeof(o->cgroup)));
	return value_text(f->arg ? tick_text(t, o->by_comm, sizeof(o->by_comm)) : tick_text(t, o->comm, sizeof(o->comm)));
}

static const char *cause_of(const struct model *m, const struct mmt_oom *o)
{
	const struct name *n = name_find(&hist_of(m)->names, INPUT_NAME_OOM, o->time);

	return n ? n->text : NULL;
}

static struct value get_cause(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return value_text(cause_of(t->model, row));
}

static struct value get_score(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_int(oom_of(row)->oom_score_adj);
}

static struct value get_bytes(const struct field *f, const void *row, const struct tick *t)
{
	const struct mmt_oom *o = row;
	const uint64_t values[] = { o->anon, o->file, o->shmem, o->swap, o->pgtables, o->vsize, o->cgroup_usage, o->cgroup_max, o->free };

	(void)t;
	return values[f->arg] == MMT_OOM_UNKNOWN ? value_none() : value_uint(values[f->arg]);
}

#define BYTES_FIELD(name, help_, index) { .key = name "_bytes", .help = help_, .unit = UNIT_BYTES, .get = get_bytes, .arg = index }

static const struct field fields[] = {
	{ .key = "t", .help = "ns since t0", .unit = UNIT_NS, .get = get_time },
	{ .key = "pid", .help = "the victim", .unit = UNIT_NUMBER, .get = get_id, .arg = 0 },
	{ .key = "start_time_ns", .help = "when it started, of CLOCK_BOOTTIME", .unit = UNIT_NS, .get = get_id, .arg = 1 },
	{ .key = "uid", .help = "its user", .unit = UNIT_NUMBER, .get = get_id, .arg = 2 },
	{ .key = "comm", .help = "its name", .get = get_name, .arg = 0 },
	{ .key = "cause", .help = "cgroup, global, pagefault, sysrq; null: the stack does not show it", .get = get_cause },
	{ .key = "by_pid", .help = "who asked for memory", .unit = UNIT_NUMBER, .get = get_id, .arg = 3 },
	{ .key = "by_comm", .help = "its name", .get = get_name, .arg = 1 },
	BYTES_FIELD("anon", "of the victim when it was chosen: anonymous memory", 0),
	BYTES_FIELD("file", "file pages", 1),
	BYTES_FIELD("shmem", "shared memory", 2),
	BYTES_FIELD("swap", "in swap", 3),
	BYTES_FIELD("pgtables", "page tables", 4),
	BYTES_FIELD("vsize", "mapped", 5),
	{ .key = "oom_score_adj", .help = "of the victim", .unit = UNIT_NUMBER, .get = get_score },
	{ .key = "cgroup", .help = "name of the victim's own", .get = get_name, .arg = 2 },
	BYTES_FIELD("cgroup_usage", "of the nearest cgroup with a limit, from the victim's up; null: none has one", 6),
	BYTES_FIELD("cgroup_max", "its limit", 7),
	BYTES_FIELD("free", "free in all zones", 8),
};

const struct row_type event_oom = { .name = "oom", .help = "an OOM kill", .fields = fields, .count = FIELD_COUNT(fields) };

const struct row_type *hist_event(const struct model *m, const struct input *in, const void **row)
{
	(void)m;
	if (in->kind != INPUT_OOM || !input_head(in))
		return NULL;
	*row = in->head;
	return &event_oom;
}

/* --- as a sentence --- */

/* Names from the kernel end with NUL or at the end of their field. */
#define FIELD(out, field) do { memcpy(out, field, sizeof(field)); (out)[sizeof(field)] = '\0'; } while (0)

static const char *bytes_text(char *out, size_t size, uint64_t bytes)
{
	return bytes == MMT_OOM_UNKNOWN ? "-" : text_bytes(out, size, bytes);
}

void oom_text(FILE *f, const struct mmt_oom *o, const char *cause, uint64_t t0)
{
	char comm[17], by[17], group[65], a[80], b[80], c[300], n[9][16];

	FIELD(comm, o->comm);
	FIELD(by, o->by_comm);
	FIELD(group, o->cgroup);
	fprintf(f, "%12.6f oom kill: %u %s (uid %u), cause %s, asked for by %u %s; anon %s file %s shmem %s swap %s "
		   "page tables %s mapped %s, oom_score_adj %d; cgroup /%s, limit %s, uses %s; free %s\n",
		(double)(int64_t)(o->time - t0) / 1e9, o->pid, text_escape(a, sizeof(a), comm), o->uid, cause ? cause : "-",
		o->by_pid, text_escape(b, sizeof(b), by), text_bytes(n[0], 16, o->anon), text_bytes(n[1], 16, o->file),
		text_bytes(n[2], 16, o->shmem), text_bytes(n[3], 16, o->swap), text_bytes(n[4], 16, o->pgtables),
		text_bytes(n[5], 16, o->vsize), o->oom_score_adj, text_escape(c, sizeof(c), group),
		bytes_text(n[6], 16, o->cgroup_max), bytes_text(n[7], 16, o->cgroup_usage), bytes_text(n[8], 16, o->free));
	fflush(f);
}
