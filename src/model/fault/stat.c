/* SPDX-License-Identifier: GPL-2.0 */
#include "model/fault/stat.h"

#include <stdlib.h>

#include "base/alloc.h"

static struct class_stat *class_of(struct fault_stat *s, unsigned cls)
{
	if (!s->cls[cls])
		s->cls[cls] = xcalloc(1, sizeof(*s->cls[cls]));
	return s->cls[cls];
}

static void add_counts(struct fault_stat *s, struct class_stat *c, const struct mmt_aggregate_key *key, uint64_t n)
{
	if (key->cls == MMT_CLASS_ERROR) {
		c->error += n;
		s->error += n;
	} else if (key->flags & MMT_FAULT_MAJOR) {
		c->major += n;
		s->major += n;
	} else {
		c->minor += n;
		s->minor += n;
	}
	if (key->cls != MMT_CLASS_ERROR) { /* of an error there is no page */
		c->fresh += key->flags & MMT_FAULT_FRESH ? n : 0;
		c->there += key->flags & MMT_FAULT_THERE ? n : 0;
	}
	if (key->cls != MMT_CLASS_ERROR && key->mode < MMT_MODE_COUNT)
		s->mode[key->mode] += n;
	if (key->flags & MMT_FAULT_FOREIGN)
		s->foreign += n;
}

void stat_add(struct fault_stat *s, const struct mmt_fault *f)
{
	struct mmt_aggregate_key key = { .cls = f->cls, .mode = f->mode, .flags = f->flags };
	struct class_stat *c = class_of(s, f->cls);
	uint32_t n = f->weight ? f->weight : 1;

	add_counts(s, c, &key, n);
	if (f->ns) {
		c->timed += n;
		c->ns_sum += (uint64_t)f->ns * n;
		c->hist[mmt_latency_bucket(f->ns)] += n;
		if (f->ns > c->ns_max)
			c->ns_max = f->ns;
	}
}

void stat_add_row(struct fault_stat *s, const struct mmt_aggregate_key *key, const struct mmt_aggregate_row *row)
{
	struct class_stat *c = class_of(s, key->cls);

	add_counts(s, c, key, row->count);
	c->timed += row->timed;
	c->ns_sum += row->ns_sum;
	if (row->timed && row->ns_max > c->ns_max)
		c->ns_max = row->ns_max;
	for (int i = 0; i < HIST_BUCKETS; i++)
		c->hist[i] += row->hist[i];
}

void stat_sum(struct fault_stat *to, const struct fault_stat *from)
{
	to->minor += from->minor;
	to->major += from->major;
	to->error += from->error;
	to->foreign += from->foreign;
	to->unattributed_minor += from->unattributed_minor;
	to->unattributed_major += from->unattributed_major;
	for (int m = 0; m < MMT_MODE_COUNT; m++)
		to->mode[m] += from->mode[m];
	for (unsigned i = 0; i < MMT_CLASS_COUNT; i++) {
		const struct class_stat *f = from->cls[i];
		struct class_stat *t = f ? class_of(to, i) : NULL;

		if (!t)
			continue;
		t->minor += f->minor;
		t->major += f->major;
		t->error += f->error;
		t->fresh += f->fresh;
		t->there += f->there;
		t->ns_sum += f->ns_sum;
		t->timed += f->timed;
		t->ns_max = f->ns_max > t->ns_max ? f->ns_max : t->ns_max;
		for (int b = 0; b < HIST_BUCKETS; b++)
			t->hist[b] += f->hist[b];
	}
}

void stat_move(struct fault_stat *to, struct fault_stat *from)
{
	stat_sum(to, from);
	stat_free(from);
	*from = (struct fault_stat){ 0 };
}

void stat_free(struct fault_stat *s)
{
	for (int i = 0; i < MMT_CLASS_COUNT; i++)
		free(s->cls[i]);
}

uint64_t stat_total(const struct fault_stat *s)
{
	return s->minor + s->major + s->error;
}

uint64_t stat_class_count(const struct fault_stat *s, enum mmt_class c)
{
	return s->cls[c] ? s->cls[c]->minor + s->cls[c]->major + s->cls[c]->error : 0;
}

uint64_t stat_fresh(const struct fault_stat *s, enum mmt_class c)
{
	return s->cls[c] ? s->cls[c]->fresh : 0;
}

uint64_t stat_there(const struct fault_stat *s, enum mmt_class c)
{
	return s->cls[c] ? s->cls[c]->there : 0;
}

uint64_t stat_max(const struct fault_stat *s)
{
	uint64_t max = 0;

	for (int i = 0; i < MMT_CLASS_COUNT; i++)
		if (s->cls[i] && s->cls[i]->ns_max > max)
			max = s->cls[i]->ns_max;
	return max;
}
