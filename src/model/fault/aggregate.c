/* SPDX-License-Identifier: GPL-2.0 */
/* Aggregated rows: BPF only ever adds to them, so that what a row grew since it was
 * applied last is what is new. */
#include <stdlib.h>
#include <string.h>

#include "model/fault/internal.h"

#define PROCESSES_MAX 65536 /* the kernel keeps 4096; a recording may hold anything */

struct row_entry {
	struct mmt_aggregate_key key;
	struct mmt_aggregate_row last;
	bool used, idle, gone; /* idle: it did not grow; gone: the kernel's row is no more, nor will be */
};

struct process_row {
	struct mmt_aggregate_process_key key;
	struct mmt_aggregate_process last;
	struct process_row *next, *same_start;
};

struct aggregate_table {
	struct row_entry *rows; /* open addressing */
	size_t size, used, gone;
	struct process_row *processes;
	size_t process_count;
	struct idmap by_start; /* of each start time, the entry that came last */
};

static struct aggregate_table *aggregate_of(struct session *s)
{
	if (!s->aggregate)
		s->aggregate = xcalloc(1, sizeof(*s->aggregate));
	return s->aggregate;
}

void aggregate_free(struct session *s)
{
	struct aggregate_table *f = s->aggregate;

	if (!f)
		return;
	for (struct process_row *p = f->processes, *next; p; p = next) {
		next = p->next;
		free(p);
	}
	idmap_free(&f->by_start);
	free(f->rows);
	free(f);
}

static struct row_entry *entry_find(const struct aggregate_table *f, const struct mmt_aggregate_key *key)
{
	uint64_t h = (key->anchor ^ (uint64_t)key->sig << 32 ^ key->mm_id) * 0x9e3779b97f4a7c15ull;
	size_t i;

	h ^= ((uint64_t)key->tgid << 32 | (uint64_t)key->cls << 24 | (uint64_t)key->mode << 16 | key->flags) *
	     0xc2b2ae3d27d4eb4full;
	i = (size_t)(h ^ h >> 31) & (f->size - 1);
	while (f->rows[i].used && memcmp(&f->rows[i].key, key, sizeof(*key)))
		i = (i + 1) & (f->size - 1);
	return &f->rows[i];
}

static void entries_resize(struct aggregate_table *f)
{
	struct aggregate_table old = *f;

	if (!old.size)
		f->size = 256;
	else if (old.gone * 2 < old.used)
		f->size = old.size * 2;
	f->rows = xcalloc(f->size, sizeof(*f->rows));
	f->used = f->gone = 0;
	for (size_t i = 0; i < old.size; i++)
		if (old.rows[i].used && !old.rows[i].gone) {
			*entry_find(f, &old.rows[i].key) = old.rows[i];
			f->used++;
		}
	free(old.rows);
}

static struct row_entry *entry_get(struct aggregate_table *f, const struct mmt_aggregate_key *key)
{
	struct row_entry *e;

	if ((f->used + 1) * 4 > f->size * 3)
		entries_resize(f);
	e = entry_find(f, key);
	if (!e->used || e->gone) {
		f->used += !e->used;
		f->gone -= e->gone;
		*e = (struct row_entry){ .key = *key, .used = true };
	}
	return e;
}

/* What now holds beyond last; ns_max is the greatest so far. */
static struct mmt_aggregate_row row_grown(const struct mmt_aggregate_row *now, const struct mmt_aggregate_row *last)
{
	struct mmt_aggregate_row d = { .count = now->count - last->count, .timed = now->timed - last->timed,
				  .ns_sum = now->ns_sum - last->ns_sum, .ns_max = now->ns_max };

	for (int i = 0; i < MMT_LATENCY_BUCKETS; i++)
		d.hist[i] = now->hist[i] - last->hist[i];
	return d;
}

/* A pid may have been used twice: the row is of the one whose mm it names. */
static struct process *row_process(struct session *s, const struct mmt_aggregate_key *key)
{
	const struct mm *mm = key->flags & MMT_FAULT_FOREIGN ? NULL : idmap_get(&s->by_mm, key->mm_id);

	return mm && mm->proc->pid == (pid_t)key->tgid ? mm->proc : process_get(s, (pid_t)key->tgid);
}

static void row_apply(struct session *s, const struct mmt_aggregate_key *key, const struct mmt_aggregate_row *grown)
{
	struct process *p;

	if (!grown->count && !grown->timed)
		return; /* one may have been counted when it was read last, and be timed since */
	if (key->cls == MMT_AGGREGATE_CALL) {
		row_process(s, key)->calls += grown->count;
		return;
	}
	if (key->cls >= MMT_CLASS_COUNT || key->mode >= MMT_MODE_COUNT || key->mm_id >= MM_PAST_IDS) {
		s->base.decode_errors++;
		return;
	}
	if (key->flags & MMT_FAULT_EXECUTOR) {
		p = row_process(s, key);
		stat_add_row(&p->faults, key, grown);
		stat_add_row(&s->faults, key, grown);
		process_changed(s, p);
	}
	if (key->mm_id && !(key->flags & MMT_FAULT_NO_VMA)) {
		struct vma *v = vma_get(s, mm_get(s, key->mm_id, (pid_t)key->tgid, !(key->flags & MMT_FAULT_FOREIGN)),
					   key->sig, key->anchor);

		stat_add_row(&v->faults, key, grown);
		vma_changed(s, v);
	}
}

void aggregate_row(struct session *s, const struct mmt_aggregate_key *key, const struct mmt_aggregate_row *row)
{
	struct row_entry *e = entry_get(aggregate_of(s), key);
	struct mmt_aggregate_row grown = row_grown(row, &e->last);

	e->idle = e->last.count && !grown.count;
	e->last = *row;
	row_apply(s, key, &grown);
}

bool session_row_final(const struct session *s, const struct mmt_aggregate_key *key)
{
	const struct mm *mm = idmap_get(&s->by_mm, key->mm_id);
	const struct row_entry *e = s->aggregate && s->aggregate->size ? entry_find(s->aggregate, key) : NULL;

	if (!key->mm_id || !e || !e->used)
		return false;
	/* an mm that is not known any more was merged, if its process is not there either */
	return mm ? mm->ended : e->idle && !session_find(s, (pid_t)key->tgid);
}

void aggregate_gone(struct session *s, const struct mmt_aggregate_key *key, const struct mmt_aggregate_row *row)
{
	struct row_entry *e;

	aggregate_row(s, key, row);
	e = entry_get(aggregate_of(s), key);
	e->gone = true;
	s->aggregate->gone++;
}

static struct process_row *process_entry(struct aggregate_table *f, const struct mmt_aggregate_process_key *key)
{
	struct process_row *same = idmap_get(&f->by_start, key->start_boottime), *e = same;

	while (e && e->key.tgid != key->tgid)
		e = e->same_start;
	if (!e && f->process_count >= PROCESSES_MAX)
		return NULL;
	if (!e) {
		f->process_count++;
		e = xcalloc(1, sizeof(*e));
		e->key = *key;
		e->same_start = same;
		e->next = f->processes;
		f->processes = e;
		idmap_set(&f->by_start, key->start_boottime, e);
	}
	return e;
}

/* The process of a row: by start time where a pid was used twice. */
static struct process *process_of(struct session *s, const struct mmt_aggregate_process_key *key)
{
	struct process *p = process_get(s, (pid_t)key->tgid);

	if (!key->tgid) { /* stands for many: none of them lives */
		process_exited(s, p);
		memcpy(p->comm, "(unknown)", 10);
		return p;
	}
	for (struct process *q = p; q; q = q->older)
		if (q->start_time == key->start_boottime)
			return q;
	return p;
}

void aggregate_process(struct session *s, const struct mmt_aggregate_process_key *key,
			  const struct mmt_aggregate_process *now)
{
	struct process_row *e = process_entry(aggregate_of(s), key);
	struct mmt_aggregate_process last;
	struct process *p;

	if (!e) {
		s->base.decode_errors++;
		return;
	}
	last = e->last;
	if (!memcmp(&last, now, sizeof(last)))
		return;
	e->last = *now;
	p = process_of(s, key);
	process_changed(s, p);
	p->calls += now->calls - last.calls;
	for (struct fault_stat *f = &p->faults;; f = &s->faults) {
		f->unattributed_minor += (uint64_t)now->gup_minor - (uint64_t)last.gup_minor;
		f->unattributed_major += (uint64_t)now->gup_major - (uint64_t)last.gup_major;
		for (int c = 0; c < MMT_CLASS_COUNT; c++)
			for (int major = 0; major < 2; major++) {
				struct mmt_aggregate_key k = { .cls = (uint8_t)c, .mode = MMT_MODE_COUNT,
							  .flags = major ? MMT_FAULT_MAJOR : 0 };
				struct mmt_aggregate_row d = { .count = now->count[c][major] - last.count[c][major] };

				if (d.count)
					stat_add_row(f, &k, &d);
			}
		if (f == &s->faults)
			break;
	}
}
