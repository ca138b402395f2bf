/* SPDX-License-Identifier: GPL-2.0 */
/* Bars and small pictures of histograms. */
#include <string.h>

#include "base/text.h"
#include "view/format/text_hist.h"

#define BAR_WIDTH 40

/* A bar of n eighths of a column. */
static void put_bar(const struct hist_page *p, uint64_t value, uint64_t most)
{
	static const char *const part[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	uint64_t eighths = most ? (uint64_t)((double)value / (double)most * BAR_WIDTH * 8 + 0.5) : 0;

	if (value && !eighths)
		eighths = 1;
	if (p->x->view->opt.ascii) {
		for (uint64_t i = 0; i < (eighths + 7) / 8; i++)
			fputc('#', p->x->view->out);
		return;
	}
	for (uint64_t i = 0; i < eighths / 8; i++)
		fputs("█", p->x->view->out);
	fputs(part[eighths % 8], p->x->view->out);
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

void hist_put_histogram(const struct hist_page *p, uint8_t domain, uint8_t op)
{
	struct mmt_hist_row b[MMT_HIST_BUCKETS];
	int first = MMT_HIST_BUCKETS, last = -1;
	uint64_t most = 0;

	hist_total(p->now, domain, op, b);
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
			fputs("  ...\n", p->x->view->out);
			i = gap;
		}
		bucket_label(i, op == MMT_OP_LATENCY, label, sizeof(label));
		fprintf(p->x->view->out, "  %-16s %10llu |", label, b[i].count);
		put_bar(p, b[i].count, most);
		fputc('\n', p->x->view->out);
	}
}

void hist_picture(const struct hist_page *p, const struct hist_line *l, char *out, size_t size)
{
	static const char *const level[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	bool time = l->op == MMT_OP_LATENCY;
	int first = l->cells[0].key.bucket, last = l->cells[l->cell_count - 1].key.bucket;
	char lo[16], hi[16];
	uint64_t most = 0;
	size_t used;

	if (hist_sizes_unknown(l->domain, l->op)) {
		snprintf(out, size, "-");
		return;
	}
	(time ? text_ns : text_bytes)(lo, sizeof(lo), hist_bucket_lo(first));
	(time ? text_ns : text_bytes)(hi, sizeof(hi), hist_bucket_hi(last));
	used = (size_t)snprintf(out, size, "%s..%s", first ? lo : "0", hi);
	if (p->x->view->opt.ascii || first == last)
		return;
	for (size_t i = 0; i < l->cell_count; i++)
		most = l->cells[i].row.count > most ? l->cells[i].row.count : most;
	used += (size_t)snprintf(out + used, size - used, " ");
	for (int b = first, i = 0; b <= last && used + 4 < size; b++) {
		uint64_t n = l->cells[i].key.bucket == b ? l->cells[i++].row.count : 0;

		used += (size_t)snprintf(out + used, size - used, "%s", n ? level[(n * 8 - 1) / most % 8] : " ");
	}
}
