/* SPDX-License-Identifier: GPL-2.0 */
/* An OOM kill as a line. */
#include "view/format/text_hist.h"

static const char *bytes_text(struct text *x, uint64_t bytes)
{
	struct value v = bytes == MMT_OOM_UNKNOWN ? value_none() : value_uint(bytes);

	return text_value(x, &v, UNIT_BYTES);
}

/* Names from the kernel end with NUL or at the end of their field. */
#define NAME(x, field) tick_escaped((x)->t, tick_text((x)->t, field, sizeof(field)))

/* The last of its names where the path is not known. */
static const char *group_text(struct text *x, const struct mmt_oom *o)
{
	const char *path = hist_oom_cgroup(hist_of(x->t->model), o->time);

	return path ? tick_escaped(x->t, path) : tick_printf(x->t, "/%s", NAME(x, o->cgroup));
}

bool text_oom(struct text *x, const struct row_type *type, const void *row)
{
	const struct mmt_oom *o = row;
	const char *cause = hist_oom_cause(hist_of(x->t->model), o->time);

	(void)type;
	fprintf(x->view->out,
		"%12.6f oom kill: %u %s (uid %u), cause %s, asked for by %u %s; anon %s file %s shmem %s "
		"swap %s page tables %s mapped %s, oom_score_adj %d; cgroup %s, limit %s, uses %s; free %s\n",
		(double)(int64_t)(o->time - x->t->model->clock.t0) / 1e9, o->pid, NAME(x, o->comm), o->uid,
		cause ? tick_escaped(x->t, cause) : "-", o->by_pid, NAME(x, o->by_comm), bytes_text(x, o->anon),
		bytes_text(x, o->file), bytes_text(x, o->shmem), bytes_text(x, o->swap), bytes_text(x, o->pgtables),
		bytes_text(x, o->vsize), o->oom_score_adj, group_text(x, o), bytes_text(x, o->cgroup_max),
		bytes_text(x, o->cgroup_usage), bytes_text(x, o->free));
	return true;
}
