/* SPDX-License-Identifier: GPL-2.0 */
/* Aggregated rows: BPF only ever adds to them, so that what a row grew since it was
 * applied last is what is new. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "model/fault/internal.h"

#define PROCESSES_MAX 65536 /* the kernel keeps 4096; a recording may hold anything */

struct row_entry {
	struct mmt_aggregate_row last;
	bool idle; /* it did not grow */
};

struct aggregate_table {
	struct map rows;      /* by struct mmt_aggregate_key */
	struct map processes; /* by struct mmt_aggregate_process_key: of each what was applied last */
};

#define ROW_WORDS (sizeof(struct mmt_aggregate_key) / 8)
#define PROCESS_WORDS (sizeof(struct mmt_aggregate_process_key) / 8)

static_assert(sizeof(struct mmt_aggregate_key) % 8 == 0 && sizeof(struct mmt_aggregate_process_key) == 16,
	      "keys are words");

static const uint64_t *row_words(const struct mmt_aggregate_key *key, uint64_t words[ROW_WORDS])
{
	return memcpy(words, key, sizeof(*key));
}

static struct aggregate_table *aggregate_of(struct session *s)
{
	if (!s->aggregate) {
		s->aggregate = xcalloc(1, sizeof(*s->aggregate));
		s->aggregate->rows = MAP(ROW_WORDS);
		s->aggregate->processes = MAP(PROCESS_WORDS);
	}
	return s->aggregate;
}

static void map_free_all(struct map *m)
{
	size_t at = 0;

	for (void *value; (value = map_next(m, &at, NULL));)
		free(value);
	map_free(m);
}

void aggregate_free(struct session *s)
{
	struct aggregate_table *f = s->aggregate;

	if (!f)
		return;
	map_free_all(&f->rows);
	map_free_all(&f->processes);
	free(f);
}

static struct row_entry *entry_get(struct aggregate_table *f, const struct mmt_aggregate_key *key)
{
	uint64_t words[ROW_WORDS];
	struct row_entry *e = map_get_words(&f->rows, row_words(key, words), ROW_WORDS);

	if (!e) {
		e = xcalloc(1, sizeof(*e));
		map_set(&f->rows, words, e);
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
	const struct mm *mm = key->flags & MMT_FAULT_FOREIGN ? NULL : map_get_number(&s->by_mm, key->mm_id);

	return mm && mm->proc->pid == (pid_t)key->tgid ? mm->proc : process_get(s, (pid_t)key->tgid);
}

static void row_apply(struct session *s, const struct mmt_aggregate_key *key, const struct mmt_aggregate_row *grown)
{
	struct process *p;

	if (!grown->count && !grown->timed)
		return; /* one may have been counted when it was read last, and be timed since */
	if (key->cls == MMT_AGGREGATE_CALL) {
		row_process(s, key)->calls += grown->count;
		s->calls_apart += s->count_calls ? grown->count : 0;
		return;
	}
	if (key->cls >= MMT_CLASS_COUNT || key->mode >= MMT_MODE_COUNT || key->mm_id >= MM_PAST_IDS ||
	    anchor_is_own(key->anchor)) {
		s->base.decode_errors++;
		return;
	}
	if (key->flags & MMT_FAULT_EXECUTOR) {
		p = row_process(s, key);
		stat_add_row(&p->faults, key, grown);
		stat_add_row(&s->faults, key, grown);
		if (!key->mm_id && !(key->flags & MMT_FAULT_NO_VMA))
			stat_add_row(&s->outside, key, grown);
		process_changed(s, p);
	}
	if (key->mm_id && !(key->flags & MMT_FAULT_NO_VMA))
		vma_add_row(s, mm_get(s, key->mm_id, (pid_t)key->tgid, !(key->flags & MMT_FAULT_FOREIGN)), key, grown);
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
	const struct mm *mm = map_get_number(&s->by_mm, key->mm_id);
	uint64_t words[ROW_WORDS];
	const struct row_entry *e = s->aggregate ? map_get(&s->aggregate->rows, row_words(key, words)) : NULL;

	if (!key->mm_id || !e)
		return false;
	/* an mm that is not known any more was merged, if its process is not there either */
	return mm ? mm->ended : e->idle && !session_find(s, (pid_t)key->tgid);
}

/* The kernel's row is no more; one that comes with its key later begins at 0. */
void aggregate_gone(struct session *s, const struct mmt_aggregate_key *key, const struct mmt_aggregate_row *row)
{
	uint64_t words[ROW_WORDS];

	aggregate_row(s, key, row);
	free(map_remove(&s->aggregate->rows, row_words(key, words)));
}

/* NULL: there are too many. */
static struct mmt_aggregate_process *process_entry(struct aggregate_table *f,
						   const struct mmt_aggregate_process_key *key)
{
	const uint64_t words[PROCESS_WORDS] = { key->start_boottime, key->tgid };
	struct mmt_aggregate_process *e = map_get(&f->processes, words);

	if (!e && f->processes.used < PROCESSES_MAX) {
		e = xcalloc(1, sizeof(*e));
		map_set(&f->processes, words, e);
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
	struct mmt_aggregate_process *e = process_entry(aggregate_of(s), key), last;
	struct process *p;

	if (!e) {
		s->base.decode_errors++;
		return;
	}
	last = *e;
	if (!memcmp(&last, now, sizeof(last)))
		return;
	*e = *now;
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
