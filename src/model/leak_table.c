/* SPDX-License-Identifier: GPL-2.0 */
#include "model/leak_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"

/* One free of so many that was not seen is a trace of an interrupt; more are a
 * way of freeing that no hook reports. */
#define DOUBT 100
#define KMALLOC_CACHE_MAX 8192 /* beyond, kmalloc takes whole pages */
#define CACHES_MAX 4096 /* a recording may have any number */

const uint64_t age_bounds[AGE_BUCKETS - 1] = {
	100000000ull, 1000000000ull, 10000000000ull, 60000000000ull, 600000000000ull, 3600000000000ull,
};

/* Caches whose objects the kernel frees many at a time (kmem_cache_free_bulk, or sheaves of
 * 6.18), whatever else it does with them. */
static const char *const bulk_caches[] = { "skbuff_head_cache", "maple_node" };

/* What the kernel has of a cache. */
struct cache { char name[MMT_LEAK_NAME]; uint64_t bytes, objects /* LEAK_UNKNOWN: not read for this walk */, held; };

struct leak_table {
	struct cache *caches;
	size_t cache_count, cache_room;
	bool bulk_unseen;
	struct leak_row **rows; /* by index */
	size_t row_count, row_size;
	struct map by_hash;            /* of what makes a row; others with that hash: same_hash */
	uint32_t *by_number;           /* site number -> index + 1; 0: not known. Numbers are dense: no map */
	size_t number_size;
	double times[SERIES_MAX];      /* seconds, of the readings that all rows keep */
	size_t readings;
	uint32_t stride, skip;         /* every so many readings one is kept; still to leave out */
	uint32_t scale;
	uint64_t older;
};

struct leak_table *leak_table_new(uint32_t scale, uint64_t older)
{
	struct leak_table *o = xcalloc(1, sizeof(*o));

	o->by_hash = MAP(1);
	o->scale = scale ? scale : 1;
	o->stride = 1;
	o->older = older;
	return o;
}

void leak_table_free(struct leak_table *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->row_count; i++)
		free(o->rows[i]);
	free(o->rows);
	free(o->caches);
	free(o->by_number);
	map_free(&o->by_hash);
	free(o);
}

void leak_table_bulk_unseen(struct leak_table *o)
{
	o->bulk_unseen = true;
}

bool leak_table_knows(const struct leak_table *o, uint32_t number)
{
	return number < o->number_size && o->by_number[number];
}

static struct leak_row *row_of(const struct leak_table *o, uint32_t number)
{
	return leak_table_knows(o, number) ? o->rows[o->by_number[number] - 1] : NULL;
}

static void *grown(void *array, size_t *size, size_t need, size_t each)
{
	size_t bigger = *size ? *size : 256;

	while (bigger < need)
		bigger *= 2;
	array = xreallocarray(array, bigger, each);
	memset((char *)array + *size * each, 0, (bigger - *size) * each);
	*size = bigger;
	return array;
}

static bool same_row(const struct leak_row *r, const struct leak_row *like)
{
	return r->site == like->site && r->what == like->what && r->domain == like->domain &&
	       r->frame_count == like->frame_count &&
	       !memcmp(r->frames, like->frames, sizeof(r->frames[0]) * (size_t)like->frame_count);
}

static uint64_t row_hash(const struct leak_row *r)
{
	uint64_t h = map_hash((uint64_t[]){ r->site, r->what, r->domain }, 3);

	return h ^ map_hash(r->frames, (unsigned)r->frame_count);
}

/* Sites that differ only in how the caller was reached share a row. */
static size_t row_index(struct leak_table *o, const struct leak_row *like)
{
	uint64_t hash = row_hash(like);
	struct leak_row *first = map_get_number(&o->by_hash, hash), *r = first;

	while (r && !same_row(r, like))
		r = r->same_hash;
	if (r)
		return r->index;
	r = xmalloc(sizeof(*r));
	*r = *like;
	r->index = o->row_count;
	r->same_hash = first;
	map_set_number(&o->by_hash, hash, r);
	if (o->row_count == o->row_size)
		o->rows = grown(o->rows, &o->row_size, o->row_count + 1, sizeof(struct leak_row *));
	o->rows[o->row_count] = r;
	return o->row_count++;
}

static bool is_freed_in_bulk(const char *cache)
{
	for (size_t i = 0; i < sizeof(bulk_caches) / sizeof(bulk_caches[0]); i++)
		if (!strcmp(cache, bulk_caches[i]))
			return true;
	return false;
}

void leak_table_site(struct leak_table *o, uint32_t number, const struct mmt_leak_site *s, uint64_t caller,
		      bool seen_through, const uint64_t *frames, int n)
{
	struct leak_row like = { .domain = s->key.domain, .site = caller, .seen_through = seen_through,
					.each = s->bytes, .what = s->key.what, .frame_count = n,
					.in_use = LEAK_UNKNOWN };

	memcpy(like.cache, s->cache, sizeof(like.cache) - 1);
	like.freed_in_bulk = o->bulk_unseen && like.domain == MMT_LEAK_SLAB && is_freed_in_bulk(like.cache);
	memcpy(like.frames, frames, sizeof(*frames) * (size_t)n);
	if (number >= o->number_size)
		o->by_number = grown(o->by_number, &o->number_size, (size_t)number + 1, sizeof(*o->by_number));
	o->by_number[number] = (uint32_t)row_index(o, &like) + 1;
}

void leak_table_sample_begin(struct leak_table *o)
{
	for (size_t i = 0; i < o->row_count; i++) {
		struct leak_row *r = o->rows[i];

		r->allocated = r->freed = r->reused = 0;
		r->held = 0;
	}
}

void leak_table_count(struct leak_table *o, uint32_t number, const struct mmt_leak_count *c)
{
	struct leak_row *r = row_of(o, number);
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
static void thin(struct leak_table *o)
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

void leak_table_sample_end(struct leak_table *o, uint64_t now)
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

void leak_table_walk_begin(struct leak_table *o)
{
	for (size_t i = 0; i < o->row_count; i++) {
		struct leak_row *r = o->rows[i];

		r->count = r->bytes = r->oldest = r->walked = 0;
		memset(r->ages, 0, sizeof(r->ages));
	}
}

void leak_table_object(struct leak_table *o, uint32_t number, uint64_t age)
{
	struct leak_row *r = row_of(o, number);
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

static size_t cache_find(const struct leak_table *o, const char *name, uint64_t bytes)
{
	for (size_t i = 0; i < o->cache_count; i++)
		if (o->caches[i].bytes == bytes && (bytes || !strncmp(o->caches[i].name, name, MMT_LEAK_NAME)))
			return i + 1;
	return 0;
}

void leak_table_cache(struct leak_table *o, const char name[MMT_LEAK_NAME], uint64_t bytes, uint64_t objects)
{
	size_t at = cache_find(o, name, bytes);
	struct cache *c;

	if (!at) {
		if (o->cache_count == CACHES_MAX)
			return;
		o->caches = xgrow(o->caches, o->cache_count, &o->cache_room, sizeof(*o->caches));
		o->caches[o->cache_count] = (struct cache){ .bytes = bytes, .objects = LEAK_UNKNOWN };
		memcpy(o->caches[o->cache_count].name, name, MMT_LEAK_NAME);
		at = ++o->cache_count;
	}
	c = &o->caches[at - 1];
	if (c->objects == LEAK_UNKNOWN || objects > c->objects)
		c->objects = objects;
}

static struct cache *cache_of(struct leak_table *o, struct leak_row *r)
{
	bool kmalloc = r->domain == MMT_LEAK_KMALLOC && r->each <= KMALLOC_CACHE_MAX;

	if (!r->cache_at && (kmalloc || r->domain == MMT_LEAK_SLAB))
		r->cache_at = cache_find(o, r->cache, kmalloc ? r->each : 0);
	return r->cache_at ? &o->caches[r->cache_at - 1] : NULL;
}

/* The table cannot hold more of a cache than there is: frees went by unseen. */
static void caches_compare(struct leak_table *o)
{
	struct cache *c;

	for (size_t i = 0; i < o->cache_count; i++)
		o->caches[i].held = 0;
	for (size_t i = 0; i < o->row_count; i++)
		if ((c = cache_of(o, o->rows[i])))
			c->held += o->rows[i]->walked;
	for (size_t i = 0; i < o->row_count; i++) {
		c = cache_of(o, o->rows[i]);
		o->rows[i]->in_use = c ? c->objects : LEAK_UNKNOWN;
		o->rows[i]->exceeds = c && c->held > c->objects;
	}
	for (size_t i = 0; i < o->cache_count; i++)
		o->caches[i].objects = LEAK_UNKNOWN;
}

void leak_table_walk_end(struct leak_table *o)
{
	caches_compare(o);
	for (size_t i = 0; i < o->row_count; i++) {
		struct leak_row *r = o->rows[i];

		trend_fit(o->times, r->series, o->readings, &r->trend);
		if (leak_table_doubt(r))
			r->trend = (struct trend){ .kind = TREND_UNKNOWN };
	}
}

uint64_t leak_table_mismatch(const struct leak_table *o)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < o->row_count; i++) {
		const struct leak_row *r = o->rows[i];
		int64_t d = (int64_t)(r->walked - (r->allocated - r->freed - r->reused));

		sum += (uint64_t)(d < 0 ? -d : d);
	}
	return sum;
}

bool leak_table_doubt(const struct leak_row *r)
{
	return r->freed_in_bulk || r->exceeds || r->reused > r->allocated / DOUBT;
}

size_t leak_table_rows(const struct leak_table *o, struct leak_row *const **rows)
{
	*rows = o->rows;
	return o->row_count;
}
