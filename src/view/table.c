/* SPDX-License-Identifier: GPL-2.0 */
/* The table for people: VMAs that fault, then a summary by kind. */
#include "base/text.h"
#include "model/kind.h"
#include "model/loss.h"
#include "view/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const class_titles[] = {
#define CLASS(NAME, n, key, title, help) [n] = title,
#include "wire/classes.def"
#undef CLASS
};

#define RSS_FRESH_NS 2000000000ull

enum sort_key { SORT_RATE, SORT_FAULTS, SORT_MAJOR, SORT_SIZE, SORT_RSS, SORT_P99, SORT_ADDR, SORT_COUNT };
static const char *const sort_keys[SORT_COUNT] = { "rate", "faults", "major", "size", "rss", "p99", "addr" };

static enum sort_key sort_of(const char *key)
{
	for (int i = 0; i < SORT_COUNT; i++)
		if (!strcmp(sort_keys[i], *key == '-' ? key + 1 : key))
			return i;
	return SORT_COUNT;
}

bool sort_known(const char *key)
{
	return sort_of(key) != SORT_COUNT;
}

struct row { struct vma *v; double key; uint64_t rate; };

static double row_key(const struct row *r, enum sort_key k)
{
	switch (k) {
	case SORT_RATE: return (double)r->rate + (double)stat_total(&r->v->faults) * 1e-9;
	case SORT_FAULTS: return (double)stat_total(&r->v->faults);
	case SORT_MAJOR: return (double)r->v->faults.major;
	case SORT_SIZE: return (double)(r->v->v.end - r->v->v.start);
	case SORT_RSS: return r->v->rss == RSS_UNKNOWN ? -1 : (double)r->v->rss;
	case SORT_P99: return (double)stat_quantile(&r->v->faults, -1, 0.99);
	case SORT_ADDR: return -(double)r->v->v.start;
	case SORT_COUNT: break;
	}
	return 0;
}

static int row_order(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return x->key < y->key ? 1 : x->key > y->key ? -1 : x->v->id < y->v->id ? -1 : 1;
}

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
		rows[used].key = row_key(&rows[used], sort_of(sort)) * (*sort == '-' ? -1 : 1);
		v[i]->previous = total;
		used++;
	}
	free(v);
	if (rows)
		qsort(rows, used, sizeof(*rows), row_order);
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

static void put_titles(const struct report *r, unsigned classes, bool rates, bool many)
{
	char line[1024];
	int at = 0;

	if (many)
		at += snprintf(line + at, sizeof(line) - at, "%7s ", "PID");
	at += snprintf(line + at, sizeof(line) - at, "%-27s %-4s %6s %6s %8s", "RANGE", "PERM", "SIZE", "RSS", "FAULTS");
	if (rates)
		at += snprintf(line + at, sizeof(line) - at, " %8s", "FLT/s");
	at += snprintf(line + at, sizeof(line) - at, " %8s %6s", "MINOR", "MAJOR");
	for (int c = 0; c < MMT_CLASS_COUNT; c++)
		if (classes & 1u << c)
			at += snprintf(line + at, sizeof(line) - at, " %7s", class_titles[c]);
	snprintf(line + at, sizeof(line) - at, " %7s %7s %-8s %s", "P50", "P99", "KIND", "NAME");
	put_line(r, line);
}

static int put_counts(char *line, size_t size, const struct row *row, unsigned classes, bool rates)
{
	const struct fault_stat *s = &row->v->faults;
	char a[16], b[16];
	int at = snprintf(line, size, " %8s", text_count(a, sizeof(a), (double)stat_total(s)));

	if (rates)
		at += snprintf(line + at, size - at, " %8s", text_count(a, sizeof(a), (double)row->rate));
	at += snprintf(line + at, size - at, " %8s %6s", text_count(a, sizeof(a), (double)s->minor),
		       text_count(b, sizeof(b), (double)s->major));
	for (int c = 0; c < MMT_CLASS_COUNT; c++)
		if (classes & 1u << c)
			at += snprintf(line + at, size - at, " %7s",
				       text_count(a, sizeof(a), (double)stat_class_count(s, c)));
	if (stat_max(s))
		at += snprintf(line + at, size - at, " %7s %7s", text_ns(a, sizeof(a), stat_quantile(s, -1, 0.5)),
			       text_ns(b, sizeof(b), stat_quantile(s, -1, 0.99)));
	else
		at += snprintf(line + at, size - at, " %7s %7s", "-", "-");
	return at;
}

static void put_row(const struct report *r, const struct row *row, unsigned classes, bool rates, bool many)
{
	const struct vma *v = row->v;
	char line[4096], name[2048], kind[48], perm[5], range[40], size[16], rss[20] = "-";
	int at = 0;

	kind_perm(v, perm);
	rss[0] = '~'; /* read some time ago */
	if (v->rss == RSS_UNKNOWN)
		strcpy(rss, "-");
	else
		text_bytes(r->now_ns - v->rss_time > RSS_FRESH_NS ? rss + 1 : rss, sizeof(rss) - 1, v->rss);
	snprintf(range, sizeof(range), "%llx-%llx", v->v.start, v->v.end);
	if (!v->known)
		snprintf(range, sizeof(range), "%llx-?", v->v.anchor);
	if (many)
		at += snprintf(line, sizeof(line), "%7d ", v->mm->proc->pid);
	at += snprintf(line + at, sizeof(line) - at, "%-27s %-4s %6s %6s", range, perm,
		       text_bytes(size, sizeof(size), v->v.end - v->v.start), rss);
	at += put_counts(line + at, sizeof(line) - at, row, classes, rates);
	snprintf(line + at, sizeof(line) - at, " %-8s %s%s", kind_text(v, kind, sizeof(kind)),
		 v->name[0] ? text_escape(name, sizeof(name), v->name) : "-", v->live ? "" : " (gone)");
	put_line(r, line);
}

static void put_residual(const struct report *r)
{
	for (const struct process *p = r->session->processes; p; p = p->next)
		if (p->faults.gup_minor || p->faults.gup_major)
			fprintf(r->out, "[gup] pid %d: %" PRId64 " minor, %" PRId64
					" major faults by get_user_pages: class, VMA and latency unknown on this backend\n",
				p->pid, (int64_t)p->faults.gup_minor, (int64_t)p->faults.gup_major);
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

static bool many_processes(const struct session *s)
{
	return s->processes && s->processes->next;
}

static void put_table(const struct report *r, bool rates)
{
	size_t n, shown;
	struct row *rows;
	bool many;
	unsigned classes;

	if (r->by_process)
		table_processes(r, rates);
	if (r->by_process && !r->expand_count)
		return;
	rows = rows_sorted(r, &n, rates);
	many = many_processes(r->session);
	classes = classes_fitting(r, classes_present(rows, n), rates, many);
	shown = r->top && (size_t)r->top < n ? (size_t)r->top : n;
	put_titles(r, classes, rates, many);
	for (size_t i = 0; i < shown; i++)
		put_row(r, &rows[i], classes, rates, many);
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
	struct { const char *kind; uint64_t vmas, minor, major, error; } k[KIND_COUNT] = { { 0 } };
	size_t n, used = 0;
	struct vma **v = session_vmas(r->session, &n);

	for (size_t i = 0; i < n; i++) {
		const char *kind = kind_of(v[i]);
		size_t j = 0;

		if (!stat_total(&v[i]->faults))
			continue;
		while (j < used && strcmp(k[j].kind, kind))
			j++;
		if (j == used && used == KIND_COUNT)
			continue;
		used += j == used;
		k[j].kind = kind;
		k[j].vmas++;
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
	fflush(r->out);
}
