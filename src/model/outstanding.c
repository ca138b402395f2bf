/* SPDX-License-Identifier: GPL-2.0 */
#include "model/outstanding.h"

#include <stdlib.h>
#include <string.h>

/* One free of so many that was not seen is a trace of an interrupt; more are a
 * way of freeing that no hook tells of. */
#define DOUBT 100

const uint64_t age_bounds[AGE_BUCKETS - 1] = {
	100000000ull, 1000000000ull, 10000000000ull, 60000000000ull, 600000000000ull, 3600000000000ull,
};

const char *const outstanding_sort_keys[OUTSTANDING_SORTS] = {
	[OUTSTANDING_BYTES] = "bytes", [OUTSTANDING_COUNT] = "count", [OUTSTANDING_AGE] = "age",
	[OUTSTANDING_GROWTH] = "growth",
};

struct outstanding {
	struct outstanding_row **rows; /* by index */
	size_t row_count, row_size;
	uint32_t *by_number;           /* site number -> index + 1; 0: not known */
	size_t number_size;
	double times[SERIES_MAX];      /* seconds, of the readings that all rows keep */
	size_t readings;
	uint32_t stride, skip;         /* every so many readings one is kept; still to leave out */
	uint32_t scale;
	uint64_t older;
};

struct outstanding *outstanding_new(uint32_t scale, uint64_t older)
{
	struct outstanding *o = calloc(1, sizeof(*o));

	if (!o)
		abort();
	o->scale = scale ? scale : 1;
	o->stride = 1;
	o->older = older;
	return o;
}

void outstanding_free(struct outstanding *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->row_count; i++)
		free(o->rows[i]);
	free(o->rows);
	free(o->by_number);
	free(o);
}

bool outstanding_knows(const struct outstanding *o, uint32_t number)
{
	return number < o->number_size && o->by_number[number];
}

static struct outstanding_row *row_of(const struct outstanding *o, uint32_t number)
{
	return outstanding_knows(o, number) ? o->rows[o->by_number[number] - 1] : NULL;
}

static void *grown(void *array, size_t *size, size_t need, size_t each)
{
	size_t bigger = *size ? *size : 256;

	while (bigger < need)
		bigger *= 2;
	array = realloc(array, bigger * each);
	if (!array)
		abort();
	memset((char *)array + *size * each, 0, (bigger - *size) * each);
	*size = bigger;
	return array;
}

/* Sites that differ only in how the caller was reached share a row. */
static size_t row_index(struct outstanding *o, const struct outstanding_row *like)
{
	struct outstanding_row *r;

	for (size_t i = 0; i < o->row_count; i++) {
		r = o->rows[i];
		if (r->site == like->site && r->what == like->what && r->domain == like->domain &&
		    r->frame_count == like->frame_count &&
		    !memcmp(r->frames, like->frames, sizeof(r->frames[0]) * (size_t)like->frame_count))
			return i;
	}
	r = malloc(sizeof(*r));
	if (!r)
		abort();
	*r = *like;
	if (o->row_count == o->row_size)
		o->rows = grown(o->rows, &o->row_size, o->row_count + 1, sizeof(struct outstanding_row *));
	o->rows[o->row_count] = r;
	return o->row_count++;
}

void outstanding_site(struct outstanding *o, uint32_t number, const struct mmt_leak_site *s, uint64_t caller,
		      bool seen_through, const uint64_t *frames, int n)
{
	struct outstanding_row like = { .domain = s->key.domain, .site = caller, .seen_through = seen_through,
					.each = s->bytes, .what = s->key.what, .frame_count = n };

	memcpy(like.cache, s->cache, sizeof(like.cache) - 1);
	memcpy(like.frames, frames, sizeof(*frames) * (size_t)n);
	if (number >= o->number_size)
		o->by_number = grown(o->by_number, &o->number_size, (size_t)number + 1, sizeof(*o->by_number));
	o->by_number[number] = (uint32_t)row_index(o, &like) + 1;
}

void outstanding_sample_begin(struct outstanding *o)
{
	for (size_t i = 0; i < o->row_count; i++) {
		struct outstanding_row *r = o->rows[i];

		r->allocated = r->freed = r->reused = 0;
		r->held = 0;
	}
}

void outstanding_count(struct outstanding *o, uint32_t number, const struct mmt_leak_count *c)
{
	struct outstanding_row *r = row_of(o, number);
	double held;

	if (!r)
		return;
	r->allocated += c->held * o->scale;
	r->freed += c->released * o->scale;
	r->reused += c->reused * o->scale;
	/* CPUs are read one after the other: a free may show before its allocation */
	held = (double)c->held - (double)c->released - (double)c->reused;
	r->held += held > 0 ? held * (double)r->each * o->scale : 0;
}

/* Drops every second reading, so that the whole run always fits. */
static void thin(struct outstanding *o)
{
	for (size_t k = 0; k < SERIES_MAX / 2; k++) {
		o->times[k] = o->times[2 * k];
		for (size_t i = 0; i < o->row_count; i++)
			o->rows[i]->series[k] = o->rows[i]->series[2 * k];
	}
	for (size_t i = 0; i < o->row_count; i++)
		memset(o->rows[i]->series + SERIES_MAX / 2, 0, SERIES_MAX / 2 * sizeof(double));
	o->readings = SERIES_MAX / 2;
	o->stride *= 2;
}

void outstanding_sample_end(struct outstanding *o, uint64_t now)
{
	if (o->skip) {
		o->skip--;
		return;
	}
	if (o->readings == SERIES_MAX)
		thin(o);
	o->times[o->readings] = (double)now / 1e9;
	for (size_t i = 0; i < o->row_count; i++)
		o->rows[i]->series[o->readings] = o->rows[i]->held;
	o->readings++;
	o->skip = o->stride - 1;
}

void outstanding_walk_begin(struct outstanding *o)
{
	for (size_t i = 0; i < o->row_count; i++) {
		struct outstanding_row *r = o->rows[i];

		r->count = r->bytes = r->oldest = r->walked = 0;
		memset(r->ages, 0, sizeof(r->ages));
	}
}

void outstanding_object(struct outstanding *o, uint32_t number, uint64_t age)
{
	struct outstanding_row *r = row_of(o, number);
	int bucket = 0;

	if (!r)
		return;
	r->walked += o->scale;
	if (age < o->older)
		return;
	while (bucket < AGE_BUCKETS - 1 && age >= age_bounds[bucket])
		bucket++;
	r->ages[bucket] += o->scale;
	r->count += o->scale;
	r->bytes += r->each * o->scale;
	if (age > r->oldest)
		r->oldest = age;
}

void outstanding_walk_end(struct outstanding *o)
{
	for (size_t i = 0; i < o->row_count; i++) {
		struct outstanding_row *r = o->rows[i];

		trend_fit(o->times, r->series, o->readings, &r->trend);
		if (outstanding_doubt(r))
			r->trend = (struct trend){ .kind = TREND_UNKNOWN };
	}
}

uint64_t outstanding_mismatch(const struct outstanding *o)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < o->row_count; i++) {
		const struct outstanding_row *r = o->rows[i];
		int64_t d = (int64_t)(r->walked - (r->allocated - r->freed - r->reused));

		sum += (uint64_t)(d < 0 ? -d : d);
	}
	return sum;
}

bool outstanding_doubt(const struct outstanding_row *r)
{
	return r->reused > r->allocated / DOUBT;
}

static double sort_value(const struct outstanding_row *r, enum outstanding_sort sort)
{
	switch (sort) {
	case OUTSTANDING_COUNT: return (double)r->count;
	case OUTSTANDING_AGE: return (double)r->oldest;
	case OUTSTANDING_GROWTH: return r->trend.slope;
	case OUTSTANDING_BYTES:
	case OUTSTANDING_SORTS: break;
	}
	return (double)r->bytes;
}

struct ordered { double value; struct outstanding_row *row; };

static int by_value(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;

	if (outstanding_doubt(x->row) != outstanding_doubt(y->row))
		return outstanding_doubt(x->row) ? 1 : -1;
	if (x->value != y->value)
		return x->value < y->value ? 1 : -1;
	return (x->row->site > y->row->site) - (x->row->site < y->row->site);
}

struct outstanding_row **outstanding_rows(const struct outstanding *o, enum outstanding_sort sort, bool reverse, size_t *n)
{
	struct ordered *order = calloc(o->row_count + 1, sizeof(*order));
	struct outstanding_row **rows = calloc(o->row_count + 1, sizeof(struct outstanding_row *));

	if (!order || !rows)
		abort();
	*n = 0;
	for (size_t i = 0; i < o->row_count; i++)
		if (o->rows[i]->count) {
			double v = sort_value(o->rows[i], sort);

			order[(*n)++] = (struct ordered){ reverse ? -v : v, o->rows[i] };
		}
	qsort(order, *n, sizeof(*order), by_value);
	for (size_t i = 0; i < *n; i++)
		rows[i] = order[i].row;
	free(order);
	return rows;
}
