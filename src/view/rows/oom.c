/* SPDX-License-Identifier: GPL-2.0 */
/* An OOM kill, at the moment the victim is chosen. */
#include <stddef.h>
#include <string.h>

#include "view/rows/hist.h"

static const struct mmt_oom *oom_of(const void *row)
{
	return row;
}

static struct value get_t(const struct field *f, const void *row, const struct tick *t)
{
	uint64_t t0 = t->model->clock.t0;

	(void)f;
	return value_uint(oom_of(row)->time > t0 ? oom_of(row)->time - t0 : 0);
}

static struct value get_u32(const struct field *f, const void *row, const struct tick *t)
{
	uint32_t v;

	(void)t;
	memcpy(&v, (const char *)row + f->arg, sizeof(v));
	return value_uint(v);
}

static struct value get_u64(const struct field *f, const void *row, const struct tick *t)
{
	uint64_t v;

	(void)t;
	memcpy(&v, (const char *)row + f->arg, sizeof(v));
	return v == MMT_OOM_UNKNOWN ? value_none() : value_uint(v);
}

static struct value get_score(const struct field *f, const void *row, const struct tick *t)
{
	(void)f, (void)t;
	return value_int(oom_of(row)->oom_score_adj);
}

/* Names from the kernel end with NUL or at the end of their field. */
static struct value get_comm(const struct field *f, const void *row, const struct tick *t)
{
	return value_text(tick_text(t, (const char *)row + f->arg, sizeof(oom_of(row)->comm)));
}

static struct value get_cgroup(const struct field *f, const void *row, const struct tick *t)
{
	const char *path = hist_oom_cgroup(hist_of(t->model), oom_of(row)->time);

	(void)f;
	return value_text(path ? path : tick_text(t, oom_of(row)->cgroup, sizeof(oom_of(row)->cgroup)));
}

static struct value get_cause(const struct field *f, const void *row, const struct tick *t)
{
	(void)f;
	return value_text(hist_oom_cause(hist_of(t->model), oom_of(row)->time));
}

#define AT(member) .arg = offsetof(struct mmt_oom, member)
#define BYTES(k, member, help_text) { .key = k, .help = help_text, .unit = UNIT_BYTES, .get = get_u64, AT(member) }

/* clang-format off */
static const struct field fields[] = {
	{ .key = "t", .help = "when, ns since the run began", .unit = UNIT_NS, .get = get_t },
	{ .key = "pid", .help = "the victim", .unit = UNIT_NUMBER, .get = get_u32, AT(pid) },
	{ .key = "start_time", .path = "start_time_ns", .help = "when it started, of CLOCK_BOOTTIME", .unit = UNIT_NS,
	  .get = get_u64, AT(start_boottime) },
	{ .key = "uid", .help = "of the victim", .unit = UNIT_NUMBER, .get = get_u32, AT(uid) },
	{ .key = "comm", .help = "name of the victim", .get = get_comm, AT(comm) },
	{ .key = "cause", .help = "cgroup, global, pagefault, sysrq; null: the stack does not show it",
	  .get = get_cause },
	{ .key = "by_pid", .help = "who asked for memory", .unit = UNIT_NUMBER, .get = get_u32, AT(by_pid) },
	{ .key = "by_comm", .help = "its name", .get = get_comm, AT(by_comm) },
	BYTES("anon_bytes", anon, "of the victim: anonymous memory"),
	BYTES("file_bytes", file, "of the victim: file pages"),
	BYTES("shmem_bytes", shmem, "of the victim: shared memory"),
	BYTES("swap_bytes", swap, "of the victim: swapped out"),
	BYTES("pgtables_bytes", pgtables, "of the victim: page tables"),
	BYTES("vsize_bytes", vsize, "of the victim: mapped"),
	{ .key = "oom_score_adj", .help = "of the victim", .unit = UNIT_NUMBER, .get = get_score },
	{ .key = "cgroup", .help = "path of the victim's own, below the root of its hierarchy", .get = get_cgroup },
	BYTES("cgroup_usage_bytes", cgroup_usage, "use of the nearest cgroup with a limit, from there up; null: none has one"),
	BYTES("cgroup_max_bytes", cgroup_max, "its limit"),
	BYTES("free_bytes", free, "free in all zones"),
};
/* clang-format on */

/* Rare, and what follows may be the end of the machine: each is written at once. */
const struct row_type event_oom = {
	.name = "oom", .help = "a process killed for want of memory", .fields = fields, .count = FIELD_COUNT(fields),
	.urgent = true,
};

const struct row_type *hist_event(const struct model *m, const struct input *in, const void **row)
{
	(void)m;
	if (in->kind != INPUT_OOM || !input_head(in))
		return NULL;
	*row = in->head;
	return &event_oom;
}
