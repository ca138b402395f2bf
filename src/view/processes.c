/* SPDX-License-Identifier: GPL-2.0 */
/* The table of processes: the first view where many are traced. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "view/column.h"
#include "view/line.h"

struct line { struct process *p; uint64_t total, rate; };
struct order { enum column column; int sign; };

static uint64_t total_of(const struct process *p)
{
	return stat_total(&p->faults) + p->faults.gup_minor + p->faults.gup_major;
}

bool sort_known_of_processes(const char *key)
{
	static const enum column known[] = { COLUMN_PID, COLUMN_COMM, COLUMN_FAULTS, COLUMN_RATE, COLUMN_MINOR, COLUMN_MAJOR,
					     COLUMN_P50, COLUMN_P99, COLUMN_MAX };
	enum column c;

	key += *key == '-';
	c = column_find(key, strlen(key));
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (c == known[i])
			return true;
	return c >= COLUMN_CLASS && c < COLUMN_COUNT;
}

/* By numbers the largest is first, but by pid and comm the least. */
static double key_of(const struct line *l, enum column c)
{
	const struct fault_stat *s = &l->p->faults;

	if (c >= COLUMN_CLASS && c < COLUMN_COUNT)
		return (double)stat_class_count(s, (int)c - COLUMN_CLASS);
	if (c == COLUMN_PID)
		return -(double)l->p->pid;
	if (c == COLUMN_MINOR)
		return (double)(s->minor + s->gup_minor);
	if (c == COLUMN_MAJOR)
		return (double)(s->major + s->gup_major);
	if (c == COLUMN_P50 || c == COLUMN_P99)
		return (double)stat_quantile(s, -1, c == COLUMN_P50 ? 0.5 : 0.99);
	if (c == COLUMN_MAX)
		return (double)stat_max(s);
	return (double)(c == COLUMN_RATE ? l->rate : l->total);
}

static int order(const void *a, const void *b, void *ctx)
{
	const struct order *o = ctx;
	const struct line *x = a, *y = b;
	double kx = key_of(x, o->column), ky = key_of(y, o->column);
	int text = o->column == COLUMN_COMM ? strncmp(x->p->comm, y->p->comm, sizeof(x->p->comm)) : 0;

	if (text)
		return text * o->sign;
	if (kx != ky)
		return (kx < ky ? 1 : -1) * o->sign;
	if (x->total != y->total)
		return (x->total < y->total ? 1 : -1) * o->sign;
	return x->p->id < y->p->id ? -1 : 1;
}

static struct line *lines_sorted(const struct report *r, bool rates, size_t *count)
{
	const char *key = sort_without_rate(r->sort, rates);
	struct order o = { column_find(key + (*key == '-'), strlen(key + (*key == '-'))), *key == '-' ? -1 : 1 };
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
		if (l.total)
			lines[used++] = l;
	}
	if (lines)
		qsort_r(lines, used, sizeof(*lines), order, &o);
	*count = used;
	return lines;
}

#define CLASSES_SHOWN 6 /* where no terminal limits them */
#define GONE " (gone)"

struct cells { enum column column[COLUMNS_MAX]; int count; };

/* The commonest class that is not among those taken, or COLUMN_COUNT. */
static enum column next_class(const struct session *s, unsigned taken)
{
	int best = -1;

	for (int c = 0; c < MMT_CLASS_COUNT; c++)
		if (!(taken & 1u << c) && stat_class_count(&s->faults, c) &&
		    (best < 0 || stat_class_count(&s->faults, c) > stat_class_count(&s->faults, best)))
			best = c;
	return best < 0 ? COLUMN_COUNT : COLUMN_CLASS + (enum column)best;
}

static int width_of(enum column c)
{
	return c == COLUMN_COMM ? -16 : column_get(c).width;
}

/* Latency is of more use than MAJOR, that than classes, one of these than MINOR:
 * what has no room on the terminal is left out. */
static struct cells cells_fitting(const struct report *r, bool rates)
{
	static const enum column useful[] = { COLUMN_P50, COLUMN_P99, COLUMN_MAJOR, COLUMN_COUNT, COLUMN_MINOR };
	bool taken[COLUMN_COUNT] = { [COLUMN_PID] = true, [COLUMN_COMM] = true, [COLUMN_FAULTS] = true, [COLUMN_RATE] = rates };
	static const enum column standing[] = { COLUMN_PID, COLUMN_COMM, COLUMN_FAULTS, COLUMN_RATE, COLUMN_MINOR, COLUMN_MAJOR };
	int room = r->width ? r->width - (rates ? 42 : 33) - (int)strlen(GONE) : 10000;
	struct cells out = { .count = 0 };
	unsigned classes = 0;

	for (size_t i = 0; i < sizeof(useful) / sizeof(useful[0]) + MMT_CLASS_COUNT; i++) {
		enum column c = i < 5 && useful[i] != COLUMN_COUNT ? useful[i] : next_class(r->session, classes);

		if (c == COLUMN_COUNT || (c >= COLUMN_CLASS && !r->width && __builtin_popcount(classes) == CLASSES_SHOWN))
			continue;
		room -= 1 + width_of(c);
		if (room < 0)
			break;
		taken[c] = true;
		if (c >= COLUMN_CLASS)
			classes |= 1u << (c - COLUMN_CLASS);
	}
	for (size_t i = 0; i < sizeof(standing) / sizeof(standing[0]); i++)
		if (taken[standing[i]])
			out.column[out.count++] = standing[i];
	for (int c = COLUMN_CLASS; c < COLUMN_COUNT; c++)
		if (taken[c])
			out.column[out.count++] = (enum column)c;
	for (enum column c = COLUMN_P50; c <= COLUMN_P99; c++)
		if (taken[c])
			out.column[out.count++] = c;
	return out;
}

static const char *cell(const struct report *r, const struct line *l, enum column c, char *out, size_t size)
{
	char raw[17] = "";

	memcpy(raw, l->p->comm, sizeof(l->p->comm));
	if (c == COLUMN_COMM) {
		text_escape(out, size, raw[0] ? raw : "-");
		if (r->width)
			line_keep_begin(out, -width_of(c));
		return out;
	}
	if (c == COLUMN_PID)
		snprintf(out, size, l->p->merged ? "%ux" : "%u", l->p->merged ? l->p->merged : (unsigned)l->p->pid);
	else if (c != COLUMN_P50 && c != COLUMN_P99)
		text_count(out, size, key_of(l, c));
	else if (stat_max(&l->p->faults))
		text_ns(out, size, (uint64_t)key_of(l, c));
	else
		return "-";
	return out;
}

/* l NULL: the titles. */
static void put_cells(const struct report *r, const struct cells *cells, const struct line *l)
{
	char text[2048], one[80];
	size_t at = 0;

	for (int i = 0; i < cells->count && at < sizeof(text); i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%*s", i ? " " : "", width_of(cells->column[i]),
				       l ? cell(r, l, cells->column[i], one, sizeof(one)) : column_get(cells->column[i]).title);
	line_put(r, "%s%s", text, l && l->p->dead ? GONE : "");
}

void table_processes(const struct report *r, bool rates)
{
	struct cells cells = cells_fitting(r, rates);
	size_t n, shown;
	struct line *lines = lines_sorted(r, rates, &n);

	shown = r->top && (size_t)r->top < n ? (size_t)r->top : n;
	put_cells(r, &cells, NULL);
	for (size_t i = 0; i < shown; i++)
		put_cells(r, &cells, &lines[i]);
	if (shown < n)
		line_put(r, "(%zu more process%s with faults; -n 0 shows all)", n - shown, n - shown == 1 ? "" : "es");
	free(lines);
}
