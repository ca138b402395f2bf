/* SPDX-License-Identifier: GPL-2.0 */
/* The table for people: VMAs that fault, then a summary by kind. */
#include "base/text.h"
#include "view/fit.h"
#include "view/line.h"
#include "view/summary.h"

#include <inttypes.h>
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
	const char *sort = sort_without_rate(r->sort, rates);

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

/* row NULL: the titles. */
static void put_row(const struct report *r, const struct fit *f, const struct row *row)
{
	char line[2 * CELL], cell[CELL];
	size_t at = 0;
	int used = 0;

	line[0] = '\0';
	for (int c = 0; c < f->list.count && at < sizeof(line); c++) {
		enum column column = f->list.column[c];
		const char *text = row ? column_text(column, r, row, cell, sizeof(cell)) : column_get(column).title;
		int pad;

		if (row && r->width && column == COLUMN_NAME && c + 1 == f->list.count)
			line_keep_end(cell, r->width - used - (c > 0));
		pad = abs(f->width[c]) - line_width(text);
		pad = pad > 0 ? pad : 0;
		used += (c > 0) + pad + line_width(text);
		at += (size_t)snprintf(line + at, sizeof(line) - at, "%s%*s%s%*s", c ? " " : "", f->width[c] > 0 ? pad : 0, "",
				       text, f->width[c] < 0 ? pad : 0, "");
	}
	line_put(r, "%s", line);
}

/* Where it is too wide, the backend goes first, then the end of the name. */
static void put_header(const struct report *r)
{
	const struct fault_stat *s = &r->session->faults;
	const char *dot = r->ascii ? "|" : "\u00b7";
	char name[512], by[64], tail[128], a[16], b[16];
	int room;

	text_escape(name, sizeof(name), r->title);
	snprintf(by, sizeof(by), " %s faults by %s", dot, r->backend);
	snprintf(tail, sizeof(tail), " %s %.1fs %s %s minor %s major %s dropped %" PRIu64, dot, (double)r->now_ns / 1e9, dot,
		 text_count(a, sizeof(a), (double)(s->minor + s->gup_minor)),
		 text_count(b, sizeof(b), (double)(s->major + s->gup_major)), dot, r->losses[MMT_LOSS_DROPPED]);
	room = r->width - 8 - line_width(tail);
	if (r->width && line_width(name) + line_width(by) > room)
		by[0] = '\0';
	if (r->width)
		line_keep_begin(name, room > 8 ? room : 8);
	line_put(r, "mmtrace %s%s%s", name, by, tail);
}

static void put_table(const struct report *r, bool rates)
{
	size_t n, shown;
	struct row *rows;
	struct fit f;

	if (r->by_process)
		table_processes(r, rates);
	if (r->by_process && !r->expand_count)
		return;
	rows = rows_sorted(r, &n, rates);
	shown = r->top && (size_t)r->top < n ? (size_t)r->top : n;
	fit_columns(&f, r, rows, shown, n, rates);
	put_row(r, &f, NULL);
	for (size_t i = 0; i < shown; i++)
		put_row(r, &f, &rows[i]);
	if (shown < n)
		line_put(r, "(%zu more VMA%s with faults; -n 0 shows all)", n - shown, n - shown == 1 ? "" : "s");
	free(rows);
}

void table_tick(const struct report *r)
{
	if (r->redraw)
		fputs("\033[H\033[2J", r->out);
	put_header(r);
	put_table(r, true);
	if (!r->by_process)
		summary_residual(r, !r->redraw);
	if (!r->redraw)
		fputc('\n', r->out);
	fflush(r->out);
}

void table_end(const struct report *r)
{
	if (r->redraw)
		fputc('\n', r->out); /* the cursor may stand behind a ^C */
	put_header(r);
	put_table(r, false);
	if (!r->by_process) /* in the table of processes it is part of MINOR and MAJOR */
		summary_residual(r, true);
	fputc('\n', r->out);
	summary_put(r);
	fflush(r->out);
}
