/* SPDX-License-Identifier: GPL-2.0 */
#include "model/stat.h"

#include <stdlib.h>

static int hist_bucket(uint64_t ns)
{
	int high, b;

	if (ns < 2)
		return 0;
	high = 63 - __builtin_clzll(ns);
	b = 2 * high + (int)((ns >> (high - 1)) & 1);
	return b < HIST_BUCKETS ? b : HIST_BUCKETS - 1;
}

uint64_t hist_upper(int bucket)
{
	int high = bucket / 2;

	if (!high)
		return 2;
	return bucket & 1 ? 2ull << high : 3ull << (high - 1);
}

void stat_add(struct fault_stat *s, const struct mmt_fault *f)
{
	struct class_stat *c = s->cls[f->cls];

	if (!c)
		c = s->cls[f->cls] = calloc(1, sizeof(*c));
	if (!c)
		abort(); /* counts must not be lost in silence */
	if (f->cls == MMT_CLASS_ERROR) {
		c->error++;
		s->error++;
	} else if (f->flags & MMT_FAULT_MAJOR) {
		c->major++;
		s->major++;
	} else {
		c->minor++;
		s->minor++;
	}
	if (f->cls != MMT_CLASS_ERROR)
		s->mode[f->mode]++;
	if (f->flags & MMT_FAULT_FOREIGN)
		s->foreign++;
	if (f->ns) {
		c->timed++;
		c->ns_sum += f->ns;
		c->hist[hist_bucket(f->ns)]++;
		if (f->ns > c->ns_max)
			c->ns_max = f->ns;
	}
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

uint64_t stat_max(const struct fault_stat *s)
{
	uint64_t max = 0;

	for (int i = 0; i < MMT_CLASS_COUNT; i++)
		if (s->cls[i] && s->cls[i]->ns_max > max)
			max = s->cls[i]->ns_max;
	return max;
}

uint64_t stat_quantile(const struct fault_stat *s, int cls, double q)
{
	uint64_t sum[HIST_BUCKETS] = { 0 }, total = 0, seen = 0, max = 0;

	for (int i = 0; i < MMT_CLASS_COUNT; i++) {
		if (!s->cls[i] || (cls >= 0 && cls != i))
			continue;
		for (int b = 0; b < HIST_BUCKETS; b++)
			sum[b] += s->cls[i]->hist[b];
		total += s->cls[i]->timed;
		if (s->cls[i]->ns_max > max)
			max = s->cls[i]->ns_max;
	}
	for (int b = 0; b < HIST_BUCKETS && total; b++) {
		seen += sum[b];
		if ((double)seen >= q * (double)total)
			return hist_upper(b) < max ? hist_upper(b) : max;
	}
	return 0;
}
