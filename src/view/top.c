/* SPDX-License-Identifier: GPL-2.0 */
#include "view/top.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define NAME_WIDTH 15 /* a comm has 15 bytes at most; escapes make it wider */
#define LINE_MAX_BYTES 1024

static const char *const loss_keys[MMT_TOP_LOSSES] = {
	[MMT_TOP_ROWS_FULL] = "rows_full",
	[MMT_TOP_STALLS_FULL] = "stalls_full",
};
static const char *const loss_texts[MMT_TOP_LOSSES] = {
	[MMT_TOP_ROWS_FULL] = "process table full: events added to [no room]; --rows gives more",
	[MMT_TOP_STALLS_FULL] = "stalls counted without their time",
};

/* What the table shows of a metric: the interval's part, or the whole at the end. */
static double shown_value(const struct top_report *r, const struct top_values *now, const struct top_values *before,
			  enum top_metric m)
{
	double v = (double)(now->v[m] - (r->interval_ns && top_metrics[m].how != TOP_LEVEL ? before->v[m] : 0));

	if (r->interval_ns && top_metrics[m].how == TOP_RATE)
		v = v * 1e9 / (double)r->interval_ns;
	return v;
}

static void value_text(char *out, size_t size, enum top_metric m, double v)
{
	char *at = out;

	if (v < 0) {
		*at++ = '-';
		size--;
		v = -v;
	}
	switch (top_metrics[m].unit) {
	case TOP_COUNT: text_count(at, size, v >= 10 ? (double)(int64_t)(v + 0.5) : (double)(int64_t)(v * 10 + 0.5) / 10); break;
	case TOP_BYTES: text_bytes(at, size, (uint64_t)v); break;
	case TOP_NS: text_ns(at, size, (uint64_t)v); break;
	}
	if (!v)
		strcpy(out, "0");
}

struct row { const struct top_process *p; double key, minor; };

static int row_order(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? 1 : -1;
	if (x->minor != y->minor)
		return x->minor < y->minor ? 1 : -1;
	if (x->p->key.tgid != y->p->key.tgid)
		return x->p->key.tgid < y->p->key.tgid ? -1 : 1;
	return strcmp(x->p->comm, y->p->comm);
}

/* Did it do anything, in the interval or (at the end) since the start? */
static bool active(const struct top_report *r, const struct top_process *p)
{
	for (int m = 0; m < TOP_METRICS; m++)
		if (top_metrics[m].how != TOP_LEVEL && shown_value(r, &p->now, &p->before, m))
			return true;
	return false;
}

struct rows {
	struct row *row;
	size_t count;
	struct top_process *merged; /* ended processes of one name */
};

static int ended_order(const void *a, const void *b)
{
	return strcmp((*(struct top_process *const *)a)->comm, (*(struct top_process *const *)b)->comm);
}

static void merge(struct top_process *to, const struct top_process *p)
{
	strcpy(to->comm, p->comm);
	to->members += !p->ended_shown;
	for (int m = 0; m < TOP_METRICS; m++) {
		to->now.v[m] += p->now.v[m];
		to->before.v[m] += p->before.v[m];
	}
}

/* Puts one process in the place of those that ended with the same name in this
 * interval; those that ended before (the model's groups, last in the list) go. */
static size_t ended_merge(struct top_process **list, size_t n, struct top_process *merged)
{
	size_t ended = 0, out = 0;

	while (n && list[n - 1]->members)
		n--;
	for (size_t i = 0; i < n; i++) {
		struct top_process *p = list[i];

		if (!p->ended)
			continue;
		list[i] = list[ended];
		list[ended++] = p;
	}
	qsort(list, ended, sizeof(*list), ended_order);
	for (size_t i = 0, next; i < ended; i = next, out++) {
		for (next = i; next < ended && !strcmp(list[next]->comm, list[i]->comm); next++)
			merge(&merged[out], list[next]);
		list[out] = next - i > 1 ? &merged[out] : list[i];
	}
	memmove(list + out, list + ended, (n - ended) * sizeof(*list));
	return n - ended + out;
}

/* Those that did something, sorted.  In an interval those that ended in it are
 * one row for each name; at the end all that ended are the model's groups. */
static struct rows rows_sorted(const struct top_report *r)
{
	struct top_process **list;
	size_t n = top_list(r->top, &list);
	struct rows rows = { .row = calloc(n + 1, sizeof(*rows.row)), .merged = calloc(n + 1, sizeof(*rows.merged)) };

	if (!rows.row || !rows.merged)
		abort(); /* no table without memory */
	if (r->interval_ns)
		n = ended_merge(list, n, rows.merged);
	for (size_t i = 0; i < n; i++) {
		struct row *row = &rows.row[rows.count];

		if (!active(r, list[i]))
			continue;
		row->p = list[i];
		row->key = shown_value(r, &list[i]->now, &list[i]->before, r->sort) * (r->reverse ? -1 : 1);
		row->minor = shown_value(r, &list[i]->now, &list[i]->before, TOP_MINOR);
		rows.count++;
	}
	free(list);
	qsort(rows.row, rows.count, sizeof(*rows.row), row_order);
	return rows;
}

static int column_width(enum top_metric m)
{
	int n = (int)strlen(top_metrics[m].title);

	return n > 7 ? n : 7;
}

/* The columns: of the table or sorted by, known here; on a narrow terminal those
 * that hold nothing but zeros give way, the last first. */
static unsigned columns_choose(const struct top_report *r, const struct row *rows, size_t n)
{
	unsigned set = 0;
	int width = 8 + NAME_WIDTH;

	for (int m = 0; m < TOP_METRICS; m++) {
		if ((!top_metrics[m].table && m != (int)r->sort) || ((m == TOP_MMAP || m == TOP_MUNMAP) && r->unknown[m]))
			continue;
		set |= 1u << m;
		width += column_width(m) + 1;
	}
	for (int m = TOP_METRICS - 1; m >= 0 && r->width && width > r->width; m--) {
		bool zero = m != (int)r->sort;

		if (!(set & 1u << m))
			continue;
		for (size_t i = 0; i < n && zero; i++)
			zero = !shown_value(r, &rows[i].p->now, &rows[i].p->before, m);
		if (!zero)
			continue;
		set &= ~(1u << m);
		width -= column_width(m) + 1;
	}
	return set;
}

/* Cuts a line at the width of the terminal; UTF-8 is not cut in two. */
static void put_line(const struct top_report *r, char *line)
{
	size_t len = strlen(line), width = (size_t)r->width;

	if (r->width && len > width) {
		while (width && ((unsigned char)line[width] & 0xc0) == 0x80)
			width--;
		line[width] = '\0';
	}
	fprintf(r->out, "%s\n", line);
}

/* At the end the columns hold totals, not rates. */
static void put_titles(const struct top_report *r, unsigned columns)
{
	char line[LINE_MAX_BYTES], title[24];
	int at = snprintf(line, sizeof(line), "%7s %-*s", "PID", NAME_WIDTH, "COMMAND");

	for (int m = 0; m < TOP_METRICS; m++) {
		if (!(columns & 1u << m))
			continue;
		snprintf(title, sizeof(title), "%s", top_metrics[m].title);
		if (!r->interval_ns)
			title[strcspn(title, "/")] = '\0';
		at += snprintf(line + at, sizeof(line) - (size_t)at, " %*s", column_width(m), title);
	}
	put_line(r, line);
}

static int put_values(const struct top_report *r, char *line, size_t size, unsigned columns, const struct top_values *now,
		      const struct top_values *before, const struct top_process *p)
{
	char text[32];
	int at = 0;

	for (int m = 0; m < TOP_METRICS; m++) {
		if (!(columns & 1u << m))
			continue;
		strcpy(text, "-");
		if (!r->unknown[m] && (!p || top_value_known(p, m)))
			value_text(text, sizeof(text), m, shown_value(r, now, before, m));
		at += snprintf(line + at, size - (size_t)at, " %*s", column_width(m), text);
	}
	return at;
}

static void put_row(const struct top_report *r, const struct top_process *p, unsigned columns)
{
	char line[LINE_MAX_BYTES], name[80], pid[16] = "-";
	int at;

	text_escape(name, sizeof(name), p->comm);
	if (p->key.tgid)
		snprintf(pid, sizeof(pid), "%u", p->key.tgid);
	at = snprintf(line, sizeof(line), "%7s %-*s", pid, NAME_WIDTH, name);
	at += put_values(r, line + at, sizeof(line) - (size_t)at, columns, &p->now, &p->before, p);
	if (p->members)
		snprintf(line + at, sizeof(line) - (size_t)at, "  %u ended", p->members);
	else if (p->ended)
		snprintf(line + at, sizeof(line) - (size_t)at, "  ended");
	put_line(r, line);
}

static void put_table(const struct top_report *r)
{
	char line[LINE_MAX_BYTES], target[300], span[40] = "since the start";
	struct rows rows = rows_sorted(r);
	unsigned columns = columns_choose(r, rows.row, rows.count);
	size_t shown, n = rows.count;
	int at;

	shown = r->rows && (size_t)r->rows < n ? (size_t)r->rows : n;
	if (r->interval_ns)
		snprintf(span, sizeof(span), "in the last %.1fs", (double)r->interval_ns / 1e9);
	snprintf(line, sizeof(line), "mmtrace top %s · %.1fs · %s", text_escape(target, sizeof(target), r->target),
		 (double)r->now_ns / 1e9, span);
	put_line(r, line);
	put_titles(r, columns);
	for (size_t i = 0; i < shown; i++)
		put_row(r, rows.row[i].p, columns);
	at = snprintf(line, sizeof(line), "%7s %-*s", "", NAME_WIDTH, "total");
	put_values(r, line + at, sizeof(line) - (size_t)at, columns, &r->top->total, &r->top->total_before, NULL);
	put_line(r, line);
	if (shown < n)
		fprintf(r->out, "(%zu more did something; -n 0 shows all)\n", n - shown);
	free(rows.row);
	free(rows.merged);
}

void top_table_tick(const struct top_report *r)
{
	if (r->redraw)
		fputs("\033[H\033[2J", r->out);
	put_table(r);
	if (!r->redraw)
		fputc('\n', r->out);
	fflush(r->out);
}

void top_table_end(const struct top_report *r)
{
	put_table(r);
	for (int m = 0; m < TOP_METRICS; m++)
		if (r->unknown[m] && top_metrics[m].table && m != TOP_MMAP && m != TOP_MUNMAP)
			fprintf(r->out, "%s is not known: %s\n", top_metrics[m].key, r->unknown[m]);
	for (int i = 0; i < MMT_TOP_LOSSES; i++)
		if (r->losses[i])
			fprintf(r->out, "%s: %" PRIu64 " (%s)\n", loss_keys[i], r->losses[i], loss_texts[i]);
	if (r->top->tails_unknown)
		fprintf(r->out, "tails_unknown: %" PRIu64 " (processes whose last faults were not heard of)\n", r->top->tails_unknown);
	if (r->bpf_misses)
		fprintf(r->out, "probe_missed: %" PRIu64 "\n", r->bpf_misses);
	overhead_text(r->out, &r->overhead);
	fflush(r->out);
}

bool top_report_lost(const struct top_report *r)
{
	for (int i = 0; i < MMT_TOP_LOSSES; i++)
		if (r->losses[i])
			return true;
	return r->bpf_misses || r->top->tails_unknown;
}
