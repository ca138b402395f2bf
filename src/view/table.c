/* SPDX-License-Identifier: GPL-2.0 */
/* The table for people: VMAs that fault, then a summary by kind. */
#include "base/text.h"
#include "model/kind.h"
#include "model/loss.h"
#include "view/column.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool vma_shown(const struct report *r, const struct vma *v)
{
	for (int i = 0; r->by_process && i < r->expand_count; i++)
		if (r->expand[i] == v->mm->proc->pid)
			return true;
	return !r->by_process;
}

/* VMAs with faults, sorted. */
static struct row *rows_sorted(const struct report *r, size_t *count, bool rates)
{
	size_t n, used = 0;
	struct vma **v = session_vmas(r->session, &n);
	struct row *rows = calloc(n + 1, sizeof(*rows));
	const char *sort = rates ? r->sort : strstr(r->sort, "rate") ? "faults" : r->sort;

	for (size_t i = 0; rows && i < n; i++) {
		uint64_t total = stat_total(&v[i]->faults);

		if (!total || !vma_shown(r, v[i]))
			continue;
		rows[used].v = v[i];
		rows[used].rate = r->interval_ns ? (total - v[i]->previous) * 1000000000ull / r->interval_ns : 0;
		v[i]->previous = total;
		used++;
	}
	free(v);
	if (rows)
		column_sort(sort, rows, used);
	*count = rows ? used : 0;
	return rows;
}

static unsigned classes_present(const struct row *rows, size_t n)
{
	unsigned set = 0;

	for (size_t i = 0; i < n; i++)
		for (int c = 0; c < MMT_CLASS_COUNT; c++)
			if (stat_class_count(&rows[i].v->faults, c))
				set |= 1u << c;
	return set;
}

#define FIXED_WIDTH 79 /* RANGE to MAJOR without PID and FLT/s */
#define TAIL_WIDTH 47  /* P50 P99 KIND and some of the NAME */

/* Drops the rarest classes until the name has room on the terminal. */
static unsigned classes_fitting(const struct report *r, unsigned set, bool rates, bool many)
{
	int room = (r->width - FIXED_WIDTH - TAIL_WIDTH - (rates ? 9 : 0) - (many ? 8 : 0)) / 8;

	while (r->width && set && __builtin_popcount(set) > (room > 1 ? room : 1)) {
		int rarest = -1;

		for (int c = 0; c < MMT_CLASS_COUNT; c++)
			if (set & 1u << c && (rarest < 0 || stat_class_count(&r->session->faults, c) <
								     stat_class_count(&r->session->faults, rarest)))
				rarest = c;
		set &= ~(1u << rarest);
	}
	return set;
}

/* Cuts a line at the width of the terminal; UTF-8 is not cut in two. */
static void put_line(const struct report *r, char *line)
{
	size_t len = strlen(line), width = (size_t)r->width;

	if (r->width && len > width) {
		while (width && ((unsigned char)line[width] & 0xc0) == 0x80)
			width--;
		line[width] = '\0';
	}
	fprintf(r->out, "%s\n", line);
}

static void list_add(struct column_list *l, enum column c)
{
	if (l->count < COLUMNS_MAX)
		l->column[l->count++] = (uint8_t)c;
}

static void list_classes(struct column_list *l, unsigned classes)
{
	for (int c = 0; c < MMT_CLASS_COUNT; c++)
		if (classes & 1u << c)
			list_add(l, COLUMN_CLASS + c);
}

static struct column_list usual_columns(unsigned classes, bool rates, bool many)
{
	static const enum column head[] = { COLUMN_ADDR, COLUMN_PERM, COLUMN_SIZE, COLUMN_RSS, COLUMN_FAULTS };
	static const enum column tail[] = { COLUMN_P50, COLUMN_P99, COLUMN_KIND, COLUMN_NAME };
	struct column_list l = { .count = 0 };

	if (many)
		list_add(&l, COLUMN_PID);
	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		list_add(&l, head[i]);
	if (rates)
		list_add(&l, COLUMN_RATE);
	list_add(&l, COLUMN_MINOR);
	list_add(&l, COLUMN_MAJOR);
	list_classes(&l, classes);
	for (size_t i = 0; i < sizeof(tail) / sizeof(tail[0]); i++)
		list_add(&l, tail[i]);
	return l;
}

/* COLUMN_COUNT in what the user gave stands for the classes that occurred. */
static struct column_list chosen_columns(const struct report *r, const struct row *rows, size_t n, bool rates)
{
	bool many = r->session->processes && r->session->processes->next;
	struct column_list l = { .count = 0 };

	if (!r->columns.count)
		return usual_columns(classes_fitting(r, classes_present(rows, n), rates, many), rates, many);
	for (int i = 0; i < r->columns.count; i++) {
		if (r->columns.column[i] == COLUMN_COUNT)
			list_classes(&l, classes_present(rows, n));
		else
			list_add(&l, r->columns.column[i]);
	}
	return l;
}

#define CELL (4 * MMT_PATH_MAX + 16) /* a path of nothing but escapes, "(gone)" */

/* Columns set to the left grow with what they hold, but for the last. */
static void measure(const struct report *r, const struct row *rows, size_t n, const struct column_list *l, int *width)
{
	char cell[CELL];

	for (int c = 0; c < l->count; c++) {
		width[c] = column_get(l->column[c]).width;
		for (size_t i = 0; width[c] < 0 && c + 1 < l->count && i < n; i++) {
			int len = (int)strlen(column_text(l->column[c], r, &rows[i], cell, sizeof(cell)));

			width[c] = -len < width[c] ? -len : width[c];
		}
	}
	if (l->count && width[l->count - 1] < 0)
		width[l->count - 1] = 0;
}

/* row NULL: the titles. */
static void put_row(const struct report *r, const struct column_list *l, const int *width, const struct row *row)
{
	char line[2 * CELL], cell[CELL];
	size_t at = 0;

	line[0] = '\0';
	for (int c = 0; c < l->count && at < sizeof(line); c++)
		at += (size_t)snprintf(line + at, sizeof(line) - at, "%s%*s", c ? " " : "", width[c],
				       row ? column_text(l->column[c], r, row, cell, sizeof(cell))
					   : column_get(l->column[c]).title);
	put_line(r, line);
}

static void put_residual(const struct report *r)
{
	for (const struct process *p = r->session->processes; p; p = p->next)
		if (p->faults.gup_minor || p->faults.gup_major)
			fprintf(r->out, "[gup] %s %" PRIu32 ": %" PRId64 " minor, %" PRId64 " major faults %s: class, VMA and latency unknown\n",
				p->merged ? "ended processes" : "pid", p->merged ? p->merged : (uint32_t)p->pid, (int64_t)p->faults.gup_minor, (int64_t)p->faults.gup_major, r->sample_max > 1
				? "beyond what sampling estimates" : "by get_user_pages");
}

static void put_header(const struct report *r)
{
	const struct fault_stat *s = &r->session->faults;
	char target[512], a[16], b[16];

	fprintf(r->out, "mmtrace %s · faults by %s · %.1fs · %s minor %s major · dropped %" PRIu64 "\n",
		text_escape(target, sizeof(target), r->target), r->backend, (double)r->now_ns / 1e9,
		text_count(a, sizeof(a), (double)(s->minor + s->gup_minor)),
		text_count(b, sizeof(b), (double)(s->major + s->gup_major)), r->losses[MMT_LOSS_DROPPED]);
}

static void put_table(const struct report *r, bool rates)
{
	size_t n, shown;
	struct row *rows;
	struct column_list l;
	int width[COLUMNS_MAX];

	if (r->by_process)
		table_processes(r, rates);
	if (r->by_process && !r->expand_count)
		return;
	rows = rows_sorted(r, &n, rates);
	l = chosen_columns(r, rows, n, rates);
	shown = r->top && (size_t)r->top < n ? (size_t)r->top : n;
	measure(r, rows, shown, &l, width);
	put_row(r, &l, width, NULL);
	for (size_t i = 0; i < shown; i++)
		put_row(r, &l, width, &rows[i]);
	if (shown < n)
		fprintf(r->out, "(%zu more VMAs with faults; -n 0 shows all)\n", n - shown);
	free(rows);
}

void table_tick(const struct report *r)
{
	if (r->redraw)
		fputs("\033[H\033[2J", r->out);
	put_header(r);
	put_table(r, true);
	if (!r->by_process)
		put_residual(r);
	if (!r->redraw)
		fputc('\n', r->out);
	fflush(r->out);
}

static void put_kinds(const struct report *r)
{
	struct { const char *kind; uint64_t vmas, minor, major, error; } k[KIND_COUNT + 1] = { { 0 } };
	size_t n, used = 0;
	struct vma **v = session_vmas(r->session, &n);

	for (size_t i = 0; i < n; i++) {
		const char *kind = v[i]->mm->launcher ? v[i]->name : kind_of(v[i]);
		size_t j = 0;

		if (!stat_total(&v[i]->faults))
			continue;
		while (j < used && strcmp(k[j].kind, kind))
			j++;
		if (j == used && used == KIND_COUNT + 1)
			continue;
		used += j == used;
		k[j].kind = kind;
		k[j].vmas += v[i]->sum ? v[i]->merged : 1;
		k[j].minor += v[i]->faults.minor;
		k[j].major += v[i]->faults.major;
		k[j].error += v[i]->faults.error;
	}
	free(v);
	fprintf(r->out, "%-12s %6s %10s %8s %8s\n", "BY KIND", "VMAS", "MINOR", "MAJOR", "ERROR");
	for (size_t j = 0; j < used; j++)
		fprintf(r->out, "%-12s %6" PRIu64 " %10" PRIu64 " %8" PRIu64 " %8" PRIu64 "\n", k[j].kind, k[j].vmas,
			k[j].minor, k[j].major, k[j].error);
}

/* A count that sampling 1 in n estimates as x has a standard deviation of
 * sqrt((n - 1) x); twice that bounds it at 95 %. */
static void put_sampling(const struct report *r)
{
	char bound[16];

	if (r->sample_max > 1)
		fprintf(r->out, "sampled: 1 in %u minor faults at most; a count of 10k by VMA or class is true within %s (95 %%), "
				"process totals are exact\n", r->sample_max,
			text_count(bound, sizeof(bound), 2 * sqrt((r->sample_max - 1) * 10000.0)));
	if (r->level)
		fprintf(r->out, "overhead: %.1f %% of the targets' CPU time in the last interval, level %s\n", r->loss_pct, r->level);
}

void table_end(const struct report *r)
{
	const struct fault_stat *s = &r->session->faults;

	put_header(r);
	put_table(r, false);
	if (!r->by_process) /* in the table of processes it is part of MINOR and MAJOR */
		put_residual(r);
	fputc('\n', r->out);
	put_kinds(r);
	fprintf(r->out, "%-12s %6s %10" PRIu64 " %8" PRIu64 " %8" PRIu64 "   executed by the processes\n", "total", "",
		s->minor + s->gup_minor, s->major + s->gup_major, s->error);
	if (r->kernel_known)
		fprintf(r->out, "%-12s %6s %10" PRIu64 " %8" PRIu64 "            the kernel's own count\n", "rusage", "",
			r->kernel_minor, r->kernel_major);
	for (int i = 0; i < MMT_LOSS_COUNT; i++)
		if (r->losses[i] && i != MMT_LOSS_SEEN && i != MMT_LOSS_DELIVERED)
			fprintf(r->out, "%s: %" PRIu64 " (%s)\n", loss_texts[i].key, r->losses[i], loss_texts[i].text);
	if (r->bpf_misses)
		fprintf(r->out, "probe_missed: %" PRIu64 "\n", r->bpf_misses);
	put_sampling(r);
	if (r->session->decode_error)
		fprintf(r->out, "decode_error: %" PRIu64 " (damaged records, not counted)\n", r->session->decode_error);
	overhead_text(r->out, &r->overhead);
	fflush(r->out);
}
