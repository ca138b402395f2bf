/* SPDX-License-Identifier: GPL-2.0 */
#include "model/hist.h"

#include <stdlib.h>
#include <string.h>

bool hist_sort_parse(const char *text, enum hist_sort *out)
{
	static const char *const keys[] = { [HIST_BY_COUNT] = "count", [HIST_BY_BYTES] = "bytes", [HIST_BY_WASTE] = "waste" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(text, keys[i])) {
			*out = (enum hist_sort)i;
			return true;
		}
	return false;
}

void hist_clear(struct hist_snapshot *s)
{
	s->cell_count = s->line_count = 0;
}

void hist_free(struct hist_snapshot *s)
{
	free(s->cells);
	free(s->lines);
	*s = (struct hist_snapshot){ 0 };
}

void hist_add(struct hist_snapshot *s, const struct mmt_hist_key *key, const struct mmt_hist_row *row, bool other)
{
	if (s->cell_count == s->cell_room) {
		s->cell_room = s->cell_room ? s->cell_room * 2 : 256;
		s->cells = reallocarray(s->cells, s->cell_room, sizeof(*s->cells));
		if (!s->cells)
			abort();
	}
	s->cells[s->cell_count] = (struct hist_cell){ *key, *row };
	s->cells[s->cell_count++].key.pad = other;
}

static int line_compare(const struct mmt_hist_key *a, const struct mmt_hist_key *b)
{
	if (a->domain != b->domain)
		return a->domain < b->domain ? -1 : 1;
	if (a->op != b->op)
		return a->op < b->op ? -1 : 1;
	if (a->pad != b->pad)
		return a->pad < b->pad ? -1 : 1;
	for (int i = 0; i < 2; i++)
		if (a->k[i] != b->k[i])
			return a->k[i] < b->k[i] ? -1 : 1;
	return 0;
}

static int cell_compare(const void *pa, const void *pb)
{
	const struct hist_cell *a = pa, *b = pb;
	int c = line_compare(&a->key, &b->key);

	return c ? c : (int)a->key.bucket - (int)b->key.bucket;
}

static void row_add(struct mmt_hist_row *to, const struct mmt_hist_row *r)
{
	to->count += r->count;
	to->requested += r->requested;
	to->allocated += r->allocated;
}

void hist_finish(struct hist_snapshot *s)
{
	size_t used = 0;

	for (size_t i = 0; i < s->cell_count; i++)
		if (s->cells[i].row.count)
			s->cells[used++] = s->cells[i];
	s->cell_count = used;
	if (used)
		qsort(s->cells, used, sizeof(*s->cells), cell_compare);
	free(s->lines);
	s->line_count = 0;
	s->lines = calloc(used ? used : 1, sizeof(*s->lines));
	if (!s->lines)
		abort();
	for (size_t i = 0; i < used; i++) {
		const struct hist_cell *c = &s->cells[i];
		struct hist_line *l;

		if (!i || line_compare(&c[-1].key, &c->key))
			s->lines[s->line_count++] = (struct hist_line){ .cells = c, .k = { c->key.k[0], c->key.k[1] },
				.domain = c->key.domain, .op = c->key.op, .other = c->key.pad };
		l = &s->lines[s->line_count - 1];
		l->cell_count++;
		row_add(&l->sum, &c->row);
	}
}

void hist_subtract(const struct hist_snapshot *now, const struct hist_snapshot *before, struct hist_snapshot *out)
{
	size_t j = 0;

	hist_clear(out);
	for (size_t i = 0; i < now->cell_count; i++) {
		struct hist_cell c = now->cells[i];

		while (j < before->cell_count && cell_compare(&before->cells[j], &c) < 0)
			j++;
		if (j < before->cell_count && !cell_compare(&before->cells[j], &c)) {
			c.row.count -= before->cells[j].row.count;
			c.row.requested -= before->cells[j].row.requested;
			c.row.allocated -= before->cells[j].row.allocated;
		}
		hist_add(out, &c.key, &c.row, c.key.pad);
	}
	hist_finish(out);
}

uint64_t hist_waste(const struct mmt_hist_row *r)
{
	return r->allocated > r->requested ? r->allocated - r->requested : 0;
}

static uint64_t rank(const struct hist_line *l, enum hist_sort sort)
{
	switch (sort) {
	case HIST_BY_COUNT: return l->sum.count;
	case HIST_BY_BYTES: return l->sum.allocated ? l->sum.allocated : l->sum.requested;
	case HIST_BY_WASTE: return hist_waste(&l->sum);
	}
	return 0;
}

struct ranked { const struct hist_line *line; uint64_t rank; };

static int ranked_compare(const void *pa, const void *pb)
{
	const struct ranked *a = pa, *b = pb;

	if (a->line->other != b->line->other)
		return a->line->other ? 1 : -1;
	if (a->rank != b->rank)
		return a->rank > b->rank ? -1 : 1;
	return a->line < b->line ? -1 : 1;
}

size_t hist_select(const struct hist_snapshot *s, uint8_t domain, uint8_t op, enum hist_sort sort,
		   const struct hist_line ***out)
{
	struct ranked *r = calloc(s->line_count + 1, sizeof(*r));
	size_t n = 0;

	*out = calloc(s->line_count + 1, sizeof(**out));
	if (!r || !*out)
		abort();
	for (size_t i = 0; i < s->line_count; i++)
		if (s->lines[i].domain == domain && s->lines[i].op == op)
			r[n++] = (struct ranked){ &s->lines[i], rank(&s->lines[i], sort) };
	if (n)
		qsort(r, n, sizeof(*r), ranked_compare);
	for (size_t i = 0; i < n; i++)
		(*out)[i] = r[i].line;
	free(r);
	return n;
}

struct mmt_hist_row hist_total(const struct hist_snapshot *s, uint8_t domain, uint8_t op,
			       struct mmt_hist_row buckets[MMT_HIST_BUCKETS])
{
	struct mmt_hist_row sum = { 0 };

	if (buckets)
		memset(buckets, 0, MMT_HIST_BUCKETS * sizeof(*buckets));
	for (size_t i = 0; i < s->cell_count; i++) {
		const struct hist_cell *c = &s->cells[i];

		if (c->key.domain != domain || c->key.op != op)
			continue;
		row_add(&sum, &c->row);
		if (buckets)
			row_add(&buckets[c->key.bucket % MMT_HIST_BUCKETS], &c->row);
	}
	return sum;
}

uint64_t hist_bucket_lo(int bucket)
{
	return bucket ? 1ull << (bucket - 1) : 0;
}

uint64_t hist_bucket_hi(int bucket)
{
	return bucket < MMT_HIST_BUCKETS - 1 ? 1ull << bucket : UINT64_MAX;
}
