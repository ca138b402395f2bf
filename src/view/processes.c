/* SPDX-License-Identifier: GPL-2.0 */
/* The table of processes: the first view where many are traced. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "view/report.h"

static const char *const class_titles[] = {
#define CLASS(NAME, n, key, title, help) [n] = title,
#include "wire/classes.def"
#undef CLASS
};

struct line { struct process *p; uint64_t total, rate; double key; };

static uint64_t total_of(const struct process *p)
{
	return stat_total(&p->faults) + p->faults.gup_minor + p->faults.gup_major;
}

static double key_of(const struct line *l, const char *sort)
{
	if (*sort == '-')
		sort++;
	if (!strcmp(sort, "major"))
		return (double)(l->p->faults.major + l->p->faults.gup_major);
	if (!strcmp(sort, "p99"))
		return (double)stat_quantile(&l->p->faults, -1, 0.99);
	if (!strcmp(sort, "faults") || !l->rate)
		return (double)l->total * 1e-9;
	return (double)l->rate;
}

static int order(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return x->key < y->key ? 1 : x->key > y->key ? -1 : x->p->id < y->p->id ? -1 : 1;
}

static struct line *lines_sorted(const struct report *r, bool rates, size_t *count)
{
	size_t n = 0, used = 0;
	struct line *lines;

	for (const struct process *p = r->session->processes; p; p = p->next)
		n++;
	lines = calloc(n + 1, sizeof(*lines));
	for (struct process *p = r->session->processes; lines && p; p = p->next) {
		struct line l = { .p = p, .total = total_of(p) };

		l.rate = rates && r->interval_ns ? (l.total - p->previous) * 1000000000ull / r->interval_ns : 0;
		if (rates)
			p->previous = l.total;
		l.key = key_of(&l, rates ? r->sort : strstr(r->sort, "rate") ? "faults" : r->sort) * (*r->sort == '-' ? -1 : 1);
		if (l.total)
			lines[used++] = l;
	}
	if (lines)
		qsort(lines, used, sizeof(*lines), order);
	*count = used;
	return lines;
}

#define CLASSES_SHOWN 6

/* The commonest classes of all, in the order of their numbers. */
static unsigned classes_common(const struct session *s, int room)
{
	unsigned set = 0;

	for (int i = 0; i < room; i++) {
		int best = -1;

		for (int c = 0; c < MMT_CLASS_COUNT; c++)
			if (!(set & 1u << c) && stat_class_count(&s->faults, c) &&
			    (best < 0 || stat_class_count(&s->faults, c) > stat_class_count(&s->faults, best)))
				best = c;
		if (best >= 0)
			set |= 1u << best;
	}
	return set;
}

static void put_line(const struct report *r, const struct line *l, unsigned classes, bool rates)
{
	char a[16], pid[16], comm[80], raw[17] = "";
	const struct fault_stat *s = &l->p->faults;

	memcpy(raw, l->p->comm, sizeof(l->p->comm));
	snprintf(pid, sizeof(pid), l->p->merged ? "%ux" : "%u", l->p->merged ? l->p->merged : (unsigned)l->p->pid);
	fprintf(r->out, "%7s %-16s %8s", pid, text_escape(comm, sizeof(comm), raw[0] ? raw : "-"),
		text_count(a, sizeof(a), (double)l->total));
	if (rates)
		fprintf(r->out, " %8s", text_count(a, sizeof(a), (double)l->rate));
	fprintf(r->out, " %8s", text_count(a, sizeof(a), (double)(s->minor + s->gup_minor)));
	fprintf(r->out, " %6s", text_count(a, sizeof(a), (double)(s->major + s->gup_major)));
	for (int c = 0; c < MMT_CLASS_COUNT; c++)
		if (classes & 1u << c)
			fprintf(r->out, " %7s", text_count(a, sizeof(a), (double)stat_class_count(s, c)));
	fprintf(r->out, " %7s", stat_max(s) ? text_ns(a, sizeof(a), stat_quantile(s, -1, 0.5)) : "-");
	fprintf(r->out, " %7s%s\n", stat_max(s) ? text_ns(a, sizeof(a), stat_quantile(s, -1, 0.99)) : "-",
		l->p->dead ? " (gone)" : "");
}

void table_processes(const struct report *r, bool rates)
{
	unsigned classes = classes_common(r->session, r->width ? (r->width - 80) / 8 : CLASSES_SHOWN);
	size_t n, shown;
	struct line *lines = lines_sorted(r, rates, &n);

	shown = r->top && (size_t)r->top < n ? (size_t)r->top : n;
	fprintf(r->out, "%7s %-16s %8s", "PID", "COMM", "FAULTS");
	if (rates)
		fprintf(r->out, " %8s", "FLT/s");
	fprintf(r->out, " %8s %6s", "MINOR", "MAJOR");
	for (int c = 0; c < MMT_CLASS_COUNT; c++)
		if (classes & 1u << c)
			fprintf(r->out, " %7s", class_titles[c]);
	fprintf(r->out, " %7s %7s\n", "P50", "P99");
	for (size_t i = 0; i < shown; i++)
		put_line(r, &lines[i], classes, rates);
	if (shown < n)
		fprintf(r->out, "(%zu more processes with faults; -n 0 shows all)\n", n - shown);
	free(lines);
}
