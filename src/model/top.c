/* SPDX-License-Identifier: GPL-2.0 */
#include "model/top.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define COMM_WORDS 3    /* of a map's key */
#define GROUPS_MAX 4096 /* names are chosen by others: one group takes the rest */

struct faults { uint64_t minor, major; };

/* What the readings found of a process. */
struct top_reading {
	uint64_t seen;         /* number of the reading that met a thread of it last */
	uint64_t created;      /* number of the reading that first heard of it */
	struct faults threads; /* of the threads that this reading met */
	struct faults dead;    /* of threads released before */
	struct faults base;    /* total of the first reading, not ours to report */
	struct faults base_threads, base_exits;
	uint64_t rss, vsize, brk;
	uint64_t base_rss, base_vsize, base_brk;
	bool mm;               /* this reading met its address space */
	bool ending;           /* the first reading found none: its faults were counted before us */
	bool row_known;        /* this reading has a row */
	struct mmt_top_row row;
};

static struct top *top_in(struct model *m)
{
	return (struct top *)m;
}

static void process_free(struct top_process *p)
{
	free(p->reading);
	free(p->cgroup);
	free(p);
}

static void top_init(struct model *m)
{
	struct top *t = top_in(m);

	t->by_key = MAP(2);
	t->group_by_comm = MAP(COMM_WORDS);
}

static void top_clean(struct model *m)
{
	struct top *t = top_in(m);

	for (size_t i = 0; i < t->processes.count; i++)
		process_free(t->processes.at[i]);
	for (size_t i = 0; i < t->groups.count; i++)
		process_free(t->groups.at[i]);
	free(t->processes.at);
	free(t->groups.at);
	map_free(&t->by_key);
	map_free(&t->group_by_comm);
}

static struct top_process *process_new(void)
{
	struct top_process *p = xcalloc(1, sizeof(*p));

	p->reading = xcalloc(1, sizeof(*p->reading));
	return p;
}

static void list_add(struct top_list *l, struct top_process *p)
{
	l->at = xgrow(l->at, l->count, &l->room, sizeof(struct top_process *));
	l->at[l->count++] = p;
}

static struct top_process *process_get(struct top *t, const struct mmt_top_key *key)
{
	const uint64_t words[] = { key->start_boottime, key->tgid };
	struct top_process *p = map_get_words(&t->by_key, words, 2);

	if (p)
		return p;
	p = process_new();
	p->key = *key;
	p->live = true;
	p->reading->created = t->readings;
	p->special = !key->tgid;
	if (p->special)
		strcpy(p->comm, key->start_boottime == MMT_TOP_IRQ ? "[interrupts]" : "[no room]");
	list_add(&t->processes, p);
	map_set(&t->by_key, words, p);
	return p;
}

static void reading_begin(struct top *t)
{
	t->readings++;
	for (size_t i = 0; i < t->processes.count; i++)
		t->processes.at[i]->reading->row_known = false;
}

static void comm_set(struct top_process *p, const char comm[16])
{
	p->cgroup_read = p->cgroup_read && !strncmp(p->comm, comm, 16); /* who executes a program may have been moved */
	memcpy(p->comm, comm, 16);
	p->comm[16] = '\0';
}

static void task_met(struct top *t, const struct mmt_top_task *task)
{
	struct top_process *p = process_get(t, &task->key);
	struct top_reading *r = p->reading;

	if (r->seen != t->readings) {
		r->seen = t->readings;
		r->threads = (struct faults){ 0, 0 };
		r->mm = false;
		if (!p->comm[0])
			comm_set(p, task->comm);
	}
	r->threads.minor += task->min_flt;
	r->threads.major += task->maj_flt;
	if (task->flags & MMT_TOP_LEADER) {
		r->dead = (struct faults){ task->dead_min, task->dead_maj };
		comm_set(p, task->comm);
	}
	if (task->flags & MMT_TOP_MM) {
		r->mm = true;
		r->rss = task->rss;
		r->vsize = task->vsize;
		r->brk = task->brk;
	}
}

static void row_read(struct top *t, const struct mmt_top_key *key, const struct mmt_top_row *row)
{
	struct top_process *p = process_get(t, key);

	p->reading->row = *row;
	p->reading->row_known = true;
	if (!p->special && (row->dead || !p->comm[0]))
		comm_set(p, row->comm);
}

/* Of those that stood in order at the last reading; NULL: not among them. */
static const struct top_process *process_of_pid(const struct top *t, uint32_t pid)
{
	size_t low = 0, high = t->sorted;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->processes.at[middle]->key.tgid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < t->sorted && t->processes.at[low]->key.tgid == pid; low++)
		if (!t->processes.at[low]->ended)
			return t->processes.at[low];
	return NULL;
}

/* Its parent at first: a later one only took it over. */
static void parent_set(const struct top *t, struct top_process *p, int32_t pid)
{
	const struct top_process *parent = pid > 0 && !p->ppid ? process_of_pid(t, (uint32_t)pid) : NULL;

	if (pid > 0 && !p->ppid)
		p->ppid = (uint32_t)pid;
	if (parent)
		memcpy(p->parent, parent->comm, sizeof(p->parent));
}

static void cgroup_set(struct top *t, const struct input *in)
{
	const struct input_process *of = in->head;
	struct top_process *p = map_get_words(&t->by_key, (uint64_t[]){ of->start_boottime, (uint64_t)of->pid }, 2);
	size_t at = 0;
	const char *path = input_text(in, &at);

	if (!p)
		return;
	free(p->cgroup);
	p->cgroup = path && *path ? xstrdup(path) : NULL;
	p->cgroup_read = true;
	parent_set(t, p, of->parent);
	p->version = t->base.version;
}

/* The first reading of a process that was there before us. */
static void base_take(struct top_reading *r)
{
	r->base = (struct faults){ r->threads.minor + r->dead.minor, r->threads.major + r->dead.major };
	r->base_threads = r->threads;
	r->base_exits = (struct faults){ r->row.exit_min, r->row.exit_maj };
	r->base_rss = r->rss;
	r->base_vsize = r->vsize;
	r->base_brk = r->brk;
	r->ending = r->seen && !r->mm;
}

static void raise(int64_t *value, uint64_t plus, uint64_t minus)
{
	int64_t v = (int64_t)(plus - minus);

	if (v > *value) /* a thread between its two places is met in neither */
		*value = v;
}

static void faults_set(struct top_process *p, bool alive)
{
	struct top_reading *r = p->reading;
	int64_t *v = p->now.v;

	if (alive) {
		raise(&v[TOP_MINOR], r->threads.minor + r->dead.minor, r->base.minor);
		raise(&v[TOP_MAJOR], r->threads.major + r->dead.major, r->base.major);
	} else { /* every thread left its own at its exit */
		raise(&v[TOP_MINOR], r->row.exit_min, r->base_exits.minor + r->base_threads.minor);
		raise(&v[TOP_MAJOR], r->row.exit_maj, r->base_exits.major + r->base_threads.major);
	}
}

static void sizes_set(struct top_process *p)
{
	struct top_reading *r = p->reading;
	int64_t *v = p->now.v;

	p->has_mm = r->mm;
	v[TOP_RSS] = r->mm ? (int64_t)r->rss : 0;
	if (!r->mm) /* ended: all is given back */
		r->rss = r->vsize = r->brk = 0;
	v[TOP_RSS_CHANGE] = (int64_t)(r->rss - r->base_rss);
	v[TOP_VSIZE_CHANGE] = (int64_t)(r->vsize - r->base_vsize);
	v[TOP_BRK_CHANGE] = (int64_t)(r->brk - r->base_brk);
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
	struct top_reading *r = p->reading;
	bool met = r->seen == t->readings;

	if (t->readings == 1)
		base_take(r);
	if (r->row_known)
		row_set(p->now.v, &r->row);
	if (p->special)
		return;
	/* A row alone: born after the threads were met.  It stays for one reading more even
	 * if it has ended, as that may meet its zombie: no other process then. */
	p->live = met || (r->row_known && r->created == t->readings);
	p->ended = !p->live || (r->row_known && r->row.dead);
	if (!met)
		r->mm = false;
	if (met || r->row_known)
		faults_set(p, p->live && met);
	sizes_set(p);
	p->tail_unknown = !p->live && !(r->row_known && r->row.dead) && !r->ending;
	t->tails_unknown += p->tail_unknown;
}

static void values_add(struct top_values *to, const struct top_values *from, const struct top_values *less)
{
	for (int m = 0; m < TOP_METRICS; m++)
		to->v[m] += from->v[m] - (less ? less->v[m] : 0);
}

static int pid_order(const void *a, const void *b)
{
	const struct mmt_top_key *x = &(*(struct top_process *const *)a)->key, *y = &(*(struct top_process *const *)b)->key;

	if (x->tgid != y->tgid)
		return x->tgid < y->tgid ? -1 : 1;
	return x->start_boottime < y->start_boottime ? -1 : x->start_boottime > y->start_boottime;
}

/* Those that are new since the last reading stand behind the others: they are merged in. */
static void processes_sort(struct top *t)
{
	size_t old = t->sorted, fresh = t->processes.count - old;
	struct top_process **at = t->processes.at, **tail;

	t->sorted = t->processes.count;
	if (!fresh)
		return;
	qsort(at + old, fresh, sizeof(*at), pid_order);
	tail = xcalloc(fresh, sizeof(*tail));
	memcpy(tail, at + old, fresh * sizeof(*tail));
	while (fresh) /* from the last on */
		if (old && pid_order(&at[old - 1], &tail[fresh - 1]) > 0) {
			at[old + fresh - 1] = at[old - 1];
			old--;
		} else {
			at[old + fresh - 1] = tail[fresh - 1];
			fresh--;
		}
	free(tail);
}

static void reading_end(struct top *t)
{
	t->total.v[TOP_RSS] = 0;
	processes_sort(t);
	for (size_t i = 0; i < t->processes.count; i++) {
		struct top_process *p = t->processes.at[i];
		int64_t rss;

		process_update(t, p);
		if (memcmp(&p->now, &p->before, sizeof(p->now)) || !p->live)
			p->version = t->base.version;
		rss = p->now.v[TOP_RSS];
		p->before.v[TOP_RSS] = p->now.v[TOP_RSS] = 0; /* a level: not added as a change */
		values_add(&t->total, &p->now, &p->before);
		t->total.v[TOP_RSS] += p->now.v[TOP_RSS] = rss;
	}
}

void top_each_final(const struct top *t, void (*fn)(void *ctx, const struct mmt_top_key *key), void *ctx)
{
	for (size_t i = 0; i < t->processes.count; i++)
		if (!t->processes.at[i]->live && t->processes.at[i]->reading->row_known)
			fn(ctx, &t->processes.at[i]->key);
}

static struct top_process *group_get(struct top *t, const char *comm)
{
	struct top_process *p;
	uint64_t words[COMM_WORDS] = { 0 };

	if (t->groups.count >= GROUPS_MAX)
		comm = "[other names]";
	memcpy(words, comm, strlen(comm));
	p = map_get(&t->group_by_comm, words);
	if (p)
		return p;
	p = process_new();
	strcpy(p->comm, comm);
	list_add(&t->groups, p);
	map_set(&t->group_by_comm, words, p);
	return p;
}

static void join_group(struct top *t, struct top_process *p)
{
	struct top_process *group = group_get(t, p->comm);

	group->members++;
	group->tail_unknown |= p->tail_unknown;
	values_add(&group->now, &p->now, NULL);
	map_remove(&t->by_key, (uint64_t[]){ p->key.start_boottime, p->key.tgid });
	process_free(p);
}

/* What is now is before; the ended join their group, once the kernel has forgotten them
 * or, if it was the last reading, at once. */
static void interval_begin(struct top *t, bool last)
{
	size_t kept = 0, sorted = 0;

	for (size_t i = 0; i < t->processes.count; i++) {
		struct top_process *p = t->processes.at[i];

		p->before = p->now;
		p->ended_shown = p->ended;
		if (last ? p->ended : !p->live) {
			join_group(t, p);
			continue;
		}
		sorted += i < t->sorted;
		t->processes.at[kept++] = p;
	}
	t->processes.count = kept;
	t->sorted = sorted;
	t->total_before = t->total;
	t->shown = false;
}

void top_each(const struct top *t, void (*fn)(void *ctx, const void *row), void *ctx)
{
	for (size_t i = 0; i < t->processes.count; i++)
		fn(ctx, t->processes.at[i]);
	for (size_t i = 0; t->base.ended && i < t->groups.count; i++)
		fn(ctx, t->groups.at[i]);
}

bool top_any_lives(const struct top *t)
{
	for (size_t i = 0; i < t->processes.count; i++)
		if (!t->processes.at[i]->ended && !t->processes.at[i]->special)
			return true;
	return false;
}

static void top_input(struct model *m, const struct input *in)
{
	const struct input_top_row *rows = in->body;
	const struct mmt_top_task *tasks = in->body;
	struct top *t = top_in(m);

	if (in->kind == INPUT_TOP_BEGIN) {
		if (t->shown)
			interval_begin(t, false);
		reading_begin(t);
	} else if (in->kind == INPUT_TOP_TASKS) {
		for (size_t i = 0; i < input_count(in); i++)
			task_met(t, &tasks[i]);
	} else if (in->kind == INPUT_TOP_ROWS) {
		for (size_t i = 0; i < input_count(in); i++)
			row_read(t, &rows[i].key, &rows[i].row);
	} else if (in->kind == INPUT_TOP_END) {
		reading_end(t);
		t->shown = t->readings == 1; /* where counting starts */
	} else if (in->kind == INPUT_CGROUP) {
		cgroup_set(t, in);
	} else if (in->kind == INPUT_TICK) {
		t->shown = true;
		if (m->ended)
			interval_begin(t, true);
	}
}

const struct model_type model_top = {
	.name = "top", .size = sizeof(struct top), .init = top_init, .input = top_input, .clean = top_clean,
};

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
