/* SPDX-License-Identifier: GPL-2.0 */
#include "model/top.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS 4096
#define GROUPS_MAX 4096 /* names are chosen by others: one group takes the rest */

const struct top_metric_text top_metrics[TOP_METRICS] = {
#define METRIC(ID, key, title, how, unit, table, help) [TOP_##ID] = { key, title, help, TOP_##how, TOP_##unit, table },
#include "model/top_metrics.def"
#undef METRIC
};

struct faults { uint64_t minor, major; };

/* What the looks found of a process. */
struct top_look {
	uint64_t seen;         /* number of the look that met a thread of it last */
	uint64_t created;      /* number of the look that first heard of it */
	struct faults threads; /* of the threads that look met */
	struct faults dead;    /* of threads released before */
	struct faults base;    /* total of the first look, not ours to report */
	struct faults base_threads, base_exits;
	uint64_t rss, vsize, brk;
	uint64_t base_rss, base_vsize, base_brk;
	bool mm;               /* that look met its address space */
	bool ending;           /* the first look found none: it had told its faults before us */
	bool row_known;        /* this look read a row */
	struct mmt_top_row row;
};

struct top *top_new(void)
{
	struct top *t = calloc(1, sizeof(*t));

	if (t)
		t->buckets = calloc(BUCKETS, sizeof(struct top_process *));
	if (!t || !t->buckets)
		abort(); /* nothing works without it */
	return t;
}

static void list_free(struct top_process *p)
{
	while (p) {
		struct top_process *next = p->next;

		free(p->look);
		free(p);
		p = next;
	}
}

void top_free(struct top *t)
{
	for (size_t i = 0; t && i < BUCKETS; i++)
		list_free(t->buckets[i]);
	if (!t)
		return;
	list_free(t->groups);
	free(t->buckets);
	free(t);
}

static struct top_process *process_new(void)
{
	struct top_process *p = calloc(1, sizeof(*p));

	if (p)
		p->look = calloc(1, sizeof(*p->look));
	if (!p || !p->look)
		abort(); /* a tracer that forgets would lie */
	return p;
}

static struct top_process *process_get(struct top *t, const struct mmt_top_key *key)
{
	struct top_process **bucket = &t->buckets[(key->tgid * 0x9e3779b1u) >> 20], *p = *bucket;

	while (p && (p->key.tgid != key->tgid || p->key.start_boottime != key->start_boottime))
		p = p->next;
	if (p)
		return p;
	p = process_new();
	p->key = *key;
	p->live = true;
	p->look->created = t->looks;
	p->special = !key->tgid;
	if (p->special)
		strcpy(p->comm, key->start_boottime == MMT_TOP_IRQ ? "[interrupts]" : "[no room]");
	p->next = *bucket;
	*bucket = p;
	return p;
}

void top_look_begin(struct top *t)
{
	t->looks++;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct top_process *p = t->buckets[i]; p; p = p->next)
			p->look->row_known = false;
}

static void comm_set(struct top_process *p, const char comm[16])
{
	memcpy(p->comm, comm, 16);
	p->comm[16] = '\0';
}

void top_look_task(struct top *t, const struct mmt_top_task *task)
{
	struct top_process *p = process_get(t, &task->key);
	struct top_look *l = p->look;

	if (l->seen != t->looks) {
		l->seen = t->looks;
		l->threads = (struct faults){ 0, 0 };
		l->mm = false;
		if (!p->comm[0])
			comm_set(p, task->comm);
	}
	l->threads.minor += task->min_flt;
	l->threads.major += task->maj_flt;
	if (task->flags & MMT_TOP_LEADER) {
		l->dead = (struct faults){ task->dead_min, task->dead_maj };
		comm_set(p, task->comm);
	}
	if (task->flags & MMT_TOP_MM) {
		l->mm = true;
		l->rss = task->rss;
		l->vsize = task->vsize;
		l->brk = task->brk;
	}
}

void top_look_row(struct top *t, const struct mmt_top_key *key, const struct mmt_top_row *row)
{
	struct top_process *p = process_get(t, key);

	p->look->row = *row;
	p->look->row_known = true;
	if (!p->special && (row->dead || !p->comm[0]))
		comm_set(p, row->comm);
}

/* The first look at a process that was there before us. */
static void base_take(struct top_look *l)
{
	l->base = (struct faults){ l->threads.minor + l->dead.minor, l->threads.major + l->dead.major };
	l->base_threads = l->threads;
	l->base_exits = (struct faults){ l->row.exit_min, l->row.exit_maj };
	l->base_rss = l->rss;
	l->base_vsize = l->vsize;
	l->base_brk = l->brk;
	l->ending = l->seen && !l->mm;
}

static void raise(int64_t *value, uint64_t plus, uint64_t minus)
{
	int64_t v = (int64_t)(plus - minus);

	if (v > *value) /* a thread between its two places is met in neither */
		*value = v;
}

static void faults_set(struct top_process *p, bool alive)
{
	struct top_look *l = p->look;
	int64_t *v = p->now.v;

	if (alive) {
		raise(&v[TOP_MINOR], l->threads.minor + l->dead.minor, l->base.minor);
		raise(&v[TOP_MAJOR], l->threads.major + l->dead.major, l->base.major);
	} else { /* every thread has told its own at its exit */
		raise(&v[TOP_MINOR], l->row.exit_min, l->base_exits.minor + l->base_threads.minor);
		raise(&v[TOP_MAJOR], l->row.exit_maj, l->base_exits.major + l->base_threads.major);
	}
}

static void sizes_set(struct top_process *p)
{
	struct top_look *l = p->look;
	int64_t *v = p->now.v;

	p->has_mm = l->mm;
	v[TOP_RSS] = l->mm ? (int64_t)l->rss : 0;
	if (!l->mm) /* ended: all is given back */
		l->rss = l->vsize = l->brk = 0;
	v[TOP_RSS_CHANGE] = (int64_t)(l->rss - l->base_rss);
	v[TOP_VSIZE_CHANGE] = (int64_t)(l->vsize - l->base_vsize);
	v[TOP_BRK_CHANGE] = (int64_t)(l->brk - l->base_brk);
}

static void row_set(int64_t *v, const struct mmt_top_row *r)
{
	v[TOP_MMAP] = (int64_t)r->mmap_bytes;
	v[TOP_MUNMAP] = (int64_t)r->munmap_bytes;
	v[TOP_KMALLOC] = (int64_t)r->alloc_bytes[MMT_TOP_KMALLOC];
	v[TOP_KMALLOC_COUNT] = (int64_t)r->alloc_count[MMT_TOP_KMALLOC];
	v[TOP_SLAB] = (int64_t)r->alloc_bytes[MMT_TOP_SLAB];
	v[TOP_SLAB_COUNT] = (int64_t)r->alloc_count[MMT_TOP_SLAB];
	v[TOP_PAGES] = (int64_t)r->alloc_bytes[MMT_TOP_PAGES];
	v[TOP_PAGES_COUNT] = (int64_t)r->alloc_count[MMT_TOP_PAGES];
	v[TOP_KMEM] = v[TOP_KMALLOC] + v[TOP_SLAB];
	v[TOP_DIRECT] = (int64_t)r->stall_ns[MMT_TOP_DIRECT];
	v[TOP_DIRECT_COUNT] = (int64_t)r->stall_count[MMT_TOP_DIRECT];
	v[TOP_MEMCG] = (int64_t)r->stall_ns[MMT_TOP_MEMCG];
	v[TOP_MEMCG_COUNT] = (int64_t)r->stall_count[MMT_TOP_MEMCG];
	v[TOP_RECLAIM] = v[TOP_DIRECT] + v[TOP_MEMCG];
	v[TOP_COMPACT] = (int64_t)r->stall_ns[MMT_TOP_COMPACT];
	v[TOP_COMPACT_COUNT] = (int64_t)r->stall_count[MMT_TOP_COMPACT];
	v[TOP_SWAP_INS] = (int64_t)r->swap_ins;
}

static void process_update(struct top *t, struct top_process *p)
{
	struct top_look *l = p->look;
	bool met = l->seen == t->looks;

	if (t->looks == 1)
		base_take(l);
	if (l->row_known)
		row_set(p->now.v, &l->row);
	if (p->special)
		return;
	/* A row alone: born after the threads were met.  It stays for one look more even
	 * if it has ended, as that may meet its zombie: no other process then. */
	p->live = met || (l->row_known && l->created == t->looks);
	p->ended = !p->live || (l->row_known && l->row.dead);
	if (!met)
		l->mm = false;
	if (met || l->row_known)
		faults_set(p, p->live && met);
	sizes_set(p);
	p->tail_unknown = !p->live && !(l->row_known && l->row.dead) && !l->ending;
	t->tails_unknown += p->tail_unknown;
}

static void values_add(struct top_values *to, const struct top_values *from, const struct top_values *less)
{
	for (int m = 0; m < TOP_METRICS; m++)
		to->v[m] += from->v[m] - (less ? less->v[m] : 0);
}

void top_look_end(struct top *t, void (*forget)(void *ctx, const struct mmt_top_key *key), void *ctx)
{
	t->total.v[TOP_RSS] = 0;
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct top_process *p = t->buckets[i]; p; p = p->next) {
			int64_t rss;

			process_update(t, p);
			rss = p->now.v[TOP_RSS];
			p->before.v[TOP_RSS] = p->now.v[TOP_RSS] = 0; /* a level: not added as a change */
			values_add(&t->total, &p->now, &p->before);
			t->total.v[TOP_RSS] += p->now.v[TOP_RSS] = rss;
			if (!p->live && p->look->row_known)
				forget(ctx, &p->key);
		}
	}
}

static struct top_process *group_get(struct top *t, const char *comm)
{
	struct top_process *p = t->groups;

	if (t->group_count >= GROUPS_MAX)
		comm = "[other names]";
	while (p && strcmp(p->comm, comm))
		p = p->next;
	if (p)
		return p;
	p = process_new();
	strcpy(p->comm, comm);
	p->next = t->groups;
	t->groups = p;
	t->group_count++;
	return p;
}

static void ended_leave(struct top *t, struct top_process **at, bool last)
{
	while (*at) {
		struct top_process *p = *at, *group;

		p->before = p->now;
		p->ended_shown = p->ended;
		if (last ? !p->ended : p->live) {
			at = &p->next;
			continue;
		}
		group = group_get(t, p->comm);
		group->members++;
		group->tail_unknown |= p->tail_unknown;
		values_add(&group->now, &p->now, NULL);
		*at = p->next;
		free(p->look);
		free(p);
	}
}

void top_look_shown(struct top *t, bool last)
{
	for (size_t i = 0; i < BUCKETS; i++)
		ended_leave(t, &t->buckets[i], last);
	t->total_before = t->total;
}

size_t top_list(const struct top *t, struct top_process ***out)
{
	size_t n = t->group_count, used = 0;

	for (size_t i = 0; i < BUCKETS; i++)
		for (struct top_process *p = t->buckets[i]; p; p = p->next)
			n++;
	*out = calloc(n + 1, sizeof(**out));
	if (!*out)
		abort();
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct top_process *p = t->buckets[i]; p; p = p->next)
			(*out)[used++] = p;
	for (struct top_process *p = t->groups; p; p = p->next)
		(*out)[used++] = p;
	return used;
}

bool top_value_known(const struct top_process *p, enum top_metric m)
{
	if (m == TOP_MINOR || m == TOP_MAJOR)
		return !p->special;
	if (m == TOP_RSS)
		return p->has_mm;
	if (m == TOP_RSS_CHANGE || m == TOP_VSIZE_CHANGE || m == TOP_BRK_CHANGE)
		return p->has_mm || p->now.v[m] || p->before.v[m];
	return true;
}

enum top_metric top_metric_find(const char *key)
{
	int m = 0;

	while (m < TOP_METRICS && strcmp(top_metrics[m].key, key))
		m++;
	return m;
}
