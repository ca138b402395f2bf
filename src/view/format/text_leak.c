/* SPDX-License-Identifier: GPL-2.0 */
/* The page of leak: sites with ages and trend; those in doubt stand apart. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/text.h"
#include "view/format/text_leak.h"
#include "view/rows/leak.h"

#define AGES 5 /* columns */

static void put_trend(FILE *f, const struct trend *t)
{
	uint64_t bytes = text_whole(t->slope);
	char number[32];

	if (t->kind == TREND_UNKNOWN) {
		fprintf(f, "%9s %-12s", "-", "-");
		return;
	}
	text_bytes(number, sizeof(number), bytes);
	fprintf(f, "%c%8s ", !bytes ? ' ' : t->slope < 0 ? '-' : '+', number);
	if (t->confidence > 0)
		fprintf(f, "%-6s %3.0f%%  ", trend_keys[t->kind], t->confidence * 100);
	else
		fprintf(f, "%-12s", trend_keys[t->kind]);
}

static void put_ages(FILE *f, const uint64_t *a)
{
	const uint64_t columns[AGES] = { a[0] + a[1], a[2], a[3], a[4], a[5] + a[6] };
	char number[32];

	for (size_t i = 0; i < AGES; i++)
		fprintf(f, " %6s", columns[i] ? text_count(number, sizeof(number), (double)columns[i]) : ".");
}

/* Its name says little: it only passes allocations on, and no stack shows for whom. */
static bool only_passes_on(const struct text *x, const struct leak_row *r)
{
	const struct name *n = name_find(&leak_of(x->t->model)->names, INPUT_NAME_SYMBOL, r->site);

	return !r->frame_count && n && n->flags & INPUT_NAME_WRAPPER;
}

/* What a terminal has room for: ages go first, then EACH, and FROM gets shorter. */
struct room { bool ages, each; int from, site; /* site 0: as long as it is */ };

#define WIDE 126
#define MIDDLE 100

static struct room room_of(const struct text *x)
{
	int width = x->view->opt.width;
	struct room r = { .ages = !width || width >= WIDE, .each = !width || width >= MIDDLE };
	int before;

	r.from = r.each ? 20 : 14;
	before = 8 + 9 + (r.each ? 8 : 0) + (r.ages ? 7 * AGES : 0) + 10 + 13 + 1 + r.from + 1;
	r.site = !width ? 0 : width > before + 10 ? width - before : 10;
	return r;
}

static void put_site(struct text *x, const struct leak_row *r, int room)
{
	const char *note = only_passes_on(x, r) ? " (passes on; -K shows for whom)" : "";
	char *text = tick_printf(x->t, "%s%s", tick_escaped(x->t, leak_address_text(r->site, x->t)), note);

	if (r->reused)
		text = tick_printf(x->t, "%s (frees not seen: %" PRIu64 ")", text, r->reused);
	if (leak_table_doubt(r) && r->walked > r->in_use)
		text = tick_printf(x->t, "%s (in use: %" PRIu64 ")", text, r->in_use);
	if (room)
		text_keep_begin(text, room);
	fprintf(x->view->out, "%s\n", text);
}

static void put_row(struct text *x, const struct leak_row *r)
{
	char count[32], bytes[32], each[32], *from = tick_escaped(x->t, leak_from(r, x->t));
	struct room room = room_of(x);
	FILE *f = x->view->out;

	fprintf(f, "%8s %8s", text_count(count, sizeof(count), (double)r->count), text_bytes(bytes, sizeof(bytes), r->bytes));
	if (room.each)
		fprintf(f, " %7s", text_bytes(each, sizeof(each), r->each));
	if (room.ages)
		put_ages(f, r->ages);
	fputc(' ', f);
	put_trend(f, &r->trend);
	if (!room.each)
		text_keep_begin(from, room.from);
	fprintf(f, " %-*s ", room.from, from);
	put_site(x, r, room.site);
	for (int i = 0; i < r->frame_count; i++)
		text_line(x, "             %s", tick_escaped(x->t, leak_address_text(r->frames[i], x->t)));
}

static void put_total(struct text *x, const void **rows, size_t n)
{
	uint64_t count = 0, bytes = 0, ages[AGE_BUCKETS] = { 0 };
	struct room room = room_of(x);
	char a[32], b[32];

	for (size_t i = 0; i < n; i++) {
		const struct leak_row *r = rows[i];

		count += r->count;
		bytes += r->bytes;
		for (int k = 0; k < AGE_BUCKETS; k++)
			ages[k] += r->ages[k];
	}
	fprintf(x->view->out, "%8s %8s%s", text_count(a, sizeof(a), (double)count), text_bytes(b, sizeof(b), bytes),
		room.each ? "        " : "");
	if (room.ages)
		put_ages(x->view->out, ages);
	fprintf(x->view->out, " %*s total of %zu site%s\n", 23 + room.from, "", n, n == 1 ? "" : "s");
}

static void put_part(struct text *x, const struct text_rows *part, bool doubt, size_t limit)
{
	size_t n, shown;
	const void **rows = text_sorted(x, part, &n);

	shown = limit && limit < n ? limit : n;
	if (doubt && n)
		text_line(x, "\nAT MOST, as frees go by unseen (in bulk; addresses come again; the cache has fewer in use):");
	for (size_t i = 0; i < shown; i++)
		put_row(x, rows[i]);
	if (shown < n)
		fprintf(x->view->out, "(%zu more site%s; -n 0 shows all)\n", n - shown, n - shown == 1 ? "" : "s");
	if (n || !doubt)
		put_total(x, rows, n);
	free(rows);
}

static void put_tables(struct text *x)
{
	struct leak_parts parts = text_leak_parts(x, text_rows_of(x, &row_leak));
	struct room room = room_of(x);

	text_incomplete(x, x->t->model->losses[MMT_LEAK_PROCESSES_FULL]);
	fprintf(x->view->out, "%8s %8s%s%s %9s %-12s %-*s %s\n", "COUNT", "BYTES", room.each ? "    EACH" : "",
		room.ages ? "    <1s   <10s    <1m   <10m   more" : "", "GROWTH/s", "TREND", room.from, "FROM", "SITE");
	for (int i = 0; i < 2; i++) {
		put_part(x, &parts.rows[i], i, parts.limit[i]);
		free(parts.rows[i].row);
	}
	if (x->t->last)
		fputc('\n', x->view->out);
}

static void put_foot(struct text *x)
{
	uint64_t sample = model_option_number(x->t->model, "sample", 1);

	if (!x->t->last)
		return;
	for (int i = 0; i < row_leak_end.count; i++) {
		const struct field *f = &row_leak_end.fields[i];
		struct value v = f->get(f, x->t->model, x->t);

		if (f->path && (v.u || f->arg == MMT_LEAK_SEEN))
			text_wrap(x, "%12" PRIu64 " %s", v.u, f->help);
	}
	if (sample > 1)
		text_wrap(x, "Sites are counted by one of %" PRIu64 " addresses, times %" PRIu64 "; what stands above is not.",
			  sample, sample);
	text_overhead(x);
}

const struct text_page page_leak = { .tables = put_tables, .foot = put_foot };
