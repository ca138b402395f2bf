/* SPDX-License-Identifier: GPL-2.0 */
/* What stands at the end: faults by kind, totals, everything lost by cause. */
#include "view/summary.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/kind.h"
#include "model/loss.h"
#include "view/line.h"

struct kind_row { const char *kind; uint64_t vmas, minor, major, error; };

static const char *residual_name(const struct report *r)
{
	return r->sample_max > 1 ? "[remainder]" : "[gup]";
}

static const char *residual_text(const struct report *r)
{
	return r->sample_max > 1 ? "sampling remainder" : "by get_user_pages";
}

static void residual_line(const struct report *r, const char *who, const struct fault_stat *s)
{
	line_put(r, "%s %s: %" PRId64 " minor, %" PRId64 " major %s (no class, VMA, latency)", residual_name(r), who,
		 (int64_t)s->gup_minor, (int64_t)s->gup_major, residual_text(r));
}

void summary_residual(const struct report *r, bool each)
{
	struct fault_stat sum = { 0 };
	char who[48];
	int n = 0;

	for (const struct process *p = r->session->processes; p; p = p->next) {
		if (!p->faults.gup_minor && !p->faults.gup_major)
			continue;
		n++;
		sum.gup_minor += p->faults.gup_minor;
		sum.gup_major += p->faults.gup_major;
		snprintf(who, sizeof(who), p->merged ? "ended processes %" PRIu32 : "pid %" PRIu32,
			 p->merged ? p->merged : (uint32_t)p->pid);
		if (each)
			residual_line(r, who, &p->faults);
	}
	if (n > 1)
		snprintf(who, sizeof(who), "%d processes", n);
	if (n && !each)
		residual_line(r, who, &sum);
}

static void kind_line(const struct report *r, const struct kind_row *k, const char *vmas, const char *text)
{
	line_put(r, "%-12s %6s %10" PRId64 " %8" PRId64 " %8" PRId64 "%s%s", k->kind, vmas, (int64_t)k->minor, (int64_t)k->major,
		 (int64_t)k->error, text[0] ? "   " : "", text);
}

static size_t sum_kinds(const struct report *r, struct kind_row *k, size_t room)
{
	size_t n, used = 0;
	struct vma **v = session_vmas(r->session, &n);

	for (size_t i = 0; i < n; i++) {
		const char *kind = v[i]->mm->launcher ? v[i]->name : kind_of(v[i]);
		size_t j = 0;

		if (!stat_total(&v[i]->faults) && !v[i]->faults.error)
			continue;
		while (j < used && strcmp(k[j].kind, kind))
			j++;
		if (j == room)
			continue;
		used += j == used;
		k[j].kind = kind;
		k[j].vmas += v[i]->sum ? v[i]->merged : 1;
		k[j].minor += v[i]->faults.minor;
		k[j].major += v[i]->faults.major;
		k[j].error += v[i]->faults.error;
	}
	free(v);
	return used;
}

/* Two ledgers meet here: VMAs hold the faults on them by whomever, the total
 * those that the targets executed. The last row is what lies between. */
static void put_kinds(const struct report *r)
{
	const struct fault_stat *s = &r->session->faults;
	struct kind_row k[KIND_COUNT + 1] = { { 0 } };
	struct kind_row gup = { residual_name(r), 0, s->gup_minor, s->gup_major, 0 };
	struct kind_row rest = { "[unknown]", 0, s->minor, s->major, s->error };
	struct kind_row total = { "total", 0, s->minor + s->gup_minor, s->major + s->gup_major, s->error };
	size_t used = sum_kinds(r, k, KIND_COUNT + 1);
	bool foreign;
	char vmas[24];

	line_put(r, "%-12s %6s %10s %8s %8s", "BY KIND", "VMAS", "MINOR", "MAJOR", "ERROR");
	for (size_t j = 0; j < used; j++) {
		snprintf(vmas, sizeof(vmas), "%" PRIu64, k[j].vmas);
		kind_line(r, &k[j], vmas, "");
		rest.minor -= k[j].minor;
		rest.major -= k[j].major;
		rest.error -= k[j].error;
	}
	foreign = (int64_t)rest.minor < 0 || (int64_t)rest.major < 0 || (int64_t)rest.error < 0;
	if (foreign)
		rest.kind = "[foreign]";
	if (gup.minor || gup.major)
		kind_line(r, &gup, "", residual_text(r));
	if (rest.minor || rest.major || rest.error)
		kind_line(r, &rest, "", foreign ? "by other processes" : "without a VMA row");
	kind_line(r, &total, "", "executed by the processes");
}

/* A count that sampling 1 in n estimates as x has a standard deviation of
 * sqrt((n - 1) x); twice that bounds it at 95 %. */
static void put_sampling(const struct report *r)
{
	char bound[16];

	if (r->sample_max > 1)
		line_wrap(r, "sampled: 1 in %u minor faults at most; a count of 10k by VMA or class is true within %s (95 %%), "
			     "process totals are exact", r->sample_max,
			  text_count(bound, sizeof(bound), 2 * sqrt((r->sample_max - 1) * 10000.0)));
	if (r->level)
		line_wrap(r, "overhead: %.1f %% of the targets' CPU time in the last interval, level %s", r->loss_pct, r->level);
}

void summary_lost(const struct report *r)
{
	for (int i = 0; i < MMT_LOSS_COUNT; i++)
		if (r->losses[i] && i != MMT_LOSS_SEEN && i != MMT_LOSS_DELIVERED && !(i == MMT_LOSS_FOLDED && r->folds))
			line_wrap(r, "%s: %" PRIu64 " (%s)", loss_texts[i].key, r->losses[i], loss_texts[i].text);
	if (r->bpf_misses)
		line_wrap(r, "probe_missed: %" PRIu64, r->bpf_misses);
	put_sampling(r);
	if (r->session->decode_error)
		line_wrap(r, "decode_error: %" PRIu64 " (damaged records, not counted)", r->session->decode_error);
	if (!r->peek)
		line_wrap(r, "classes: coarse (page tables cannot be read here)");
}

static void put_overhead(const struct report *r)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return;
	overhead_text(f, &r->overhead);
	fclose(f);
	text[strcspn(text, "\n")] = '\0';
	line_wrap(r, "%s", text);
	free(text);
}

void summary_put(const struct report *r)
{
	put_kinds(r);
	if (r->kernel_known)
		line_put(r, "%-12s %6s %10" PRIu64 " %8" PRIu64 "            the kernel's own count", "rusage", "", r->kernel_minor,
			 r->kernel_major);
	summary_lost(r);
	put_overhead(r);
}
