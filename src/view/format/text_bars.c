/* SPDX-License-Identifier: GPL-2.0 */
/* Histograms as bars. */

#include "base/text.h"
#include "view/format/text_hist.h"

#define BAR_WIDTH 40

/* A bar of n eighths of a column. */
static void put_bar(struct text *x, uint64_t value, uint64_t most)
{
	static const char *const part[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	uint64_t eighths = most ? text_whole((double)value / (double)most * BAR_WIDTH * 8 + 0.5) : 0;
	bool ascii = x->view->opt.ascii;

	if (value && !eighths)
		eighths = 1;
	for (uint64_t i = 0; i < (ascii ? (eighths + 7) / 8 : eighths / 8); i++)
		fputs(ascii ? "#" : "█", x->view->out);
	if (!ascii)
		fputs(part[eighths % 8], x->view->out);
}

static void bucket_label(int bucket, bool time, char *out, size_t size)
{
	char lo[16], hi[16];

	(time ? text_ns : text_bytes)(lo, sizeof(lo), hist_bucket_lo(bucket));
	(time ? text_ns : text_bytes)(hi, sizeof(hi), hist_bucket_hi(bucket));
	if (bucket)
		snprintf(out, size, "[%s, %s)", lo, hi);
	else
		snprintf(out, size, "0");
}

void text_bars(struct text *x, uint8_t domain, uint8_t op)
{
	struct mmt_hist_row b[MMT_HIST_BUCKETS];
	int first = MMT_HIST_BUCKETS, last = -1;
	uint64_t most = 0;

	hist_total(text_hist_shown(x), domain, op, b);
	for (int i = 0; i < MMT_HIST_BUCKETS; i++) {
		if (!b[i].count)
			continue;
		first = i < first ? i : first;
		last = i;
		most = b[i].count > most ? b[i].count : most;
	}
	for (int i = first; i <= last; i++) {
		int gap = i;
		char label[40];

		while (!b[gap].count)
			gap++;
		if (gap - i > 2) { /* a long way of nothing */
			fputs("  ...\n", x->view->out);
			i = gap;
		}
		bucket_label(i, op == MMT_OP_LATENCY, label, sizeof(label));
		fprintf(x->view->out, "  %-16s %10llu |", label, b[i].count);
		put_bar(x, b[i].count, most);
		fputc('\n', x->view->out);
	}
}

static void put_levels(const struct hist_line *l, char *out, size_t size)
{
	static const char *const level[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	int first = l->cells[0].key.bucket, last = l->cells[l->cell_count - 1].key.bucket;
	size_t used = 0, cell = 0;
	uint64_t most = 0;

	for (size_t i = 0; i < l->cell_count; i++)
		most = l->cells[i].row.count > most ? l->cells[i].row.count : most;
	for (int b = first; b <= last && used + 4 < size; b++) {
		uint64_t n = l->cells[cell].key.bucket == b ? l->cells[cell++].row.count : 0;
		/* no product: a count may have any bits in a damaged recording */
		size_t height = n ? (size_t)((double)n / (double)most * 8 - 1e-9) : 0;

		used += (size_t)snprintf(out + used, size - used, "%s", n ? level[height < 7 ? height : 7] : " ");
	}
}

const char *text_picture(struct text *x, const struct hist_line *l)
{
	char levels[MMT_HIST_BUCKETS * 4];

	if (!hist_has_sizes(l->domain, l->op))
		return "-";
	if (x->view->opt.ascii || l->cells[0].key.bucket == l->cells[l->cell_count - 1].key.bucket)
		return hist_range(l, x->t);
	put_levels(l, levels, sizeof(levels));
	return tick_printf(x->t, "%s %s", hist_range(l, x->t), levels);
}
