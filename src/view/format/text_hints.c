/* SPDX-License-Identifier: GPL-2.0 */
/* What the numbers of live say, in words, under its last tables. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/fault/kind.h"
#include "model/fault/vm.h"
#include "view/format/text_fault.h"
#include "view/rows/fault.h"
#include "view/rows/stat.h"

#define CLASSES_SHOWN 3
#define HUGE_PAGES 512u /* small ones in a huge one */

static const struct { const char *title, *help; } classes[MMT_CLASS_COUNT] = {
#define CLASS(NAME, n, key, title, help) [n] = { title, help },
#include "wire/classes.def"
#undef CLASS
};

/* The commonest classes of the run: what their columns mean. */
static void put_legend(struct text *x)
{
	const struct fault_stat *s = &session_of(x->t->model)->faults;
	const char *line = "";
	bool shown[MMT_CLASS_COUNT] = { false };

	for (int n = 0; n < CLASSES_SHOWN; n++) {
		int best = -1;

		for (int c = 0; c < MMT_CLASS_COUNT; c++)
			if (!shown[c] && stat_class_count(s, (enum mmt_class)c) &&
			    (best < 0 || stat_class_count(s, (enum mmt_class)c) > stat_class_count(s, (enum mmt_class)best)))
				best = c;
		if (best < 0)
			break;
		shown[best] = true;
		line = tick_printf(x->t, "%s%s%s: %s", line, *line ? "; " : "", classes[best].title, classes[best].help);
	}
	if (*line)
		text_wrap(x, "%s", line);
}

/* Why large anonymous memory is filled by small pages; NULL: it is not, or the cause is not known. */
static const char *why_small(const struct mapping *m, const char *setting)
{
	uint64_t small = stat_class_count(&m->faults, MMT_CLASS_ANON_WRITE);

	if ((m->kind != KIND_ANON && m->kind != KIND_HEAP) || small < HUGE_PAGES || m->most < HUGE_BYTES)
		return NULL;
	if (!strcmp(setting, "never"))
		return "transparent_hugepage/enabled is never";
	if (m->small_refused > small / 2)
		return "MADV_NOHUGEPAGE";
	if (!strcmp(setting, "madvise") && !m->small_advised)
		return "transparent_hugepage/enabled is madvise, and no MADV_HUGEPAGE was given";
	if (m->small_unaligned > small / 2)
		return "their VMAs hold no aligned 2 MiB";
	return NULL;
}

/* Of the mapping with the most of them. */
static void put_small_pages(struct text *x)
{
	const char *setting = model_fact(x->t->model, "option", "thp"), *why = NULL;
	const struct mapping *most = NULL;

	for (const struct mapping *m = session_of(x->t->model)->mappings; setting && m; m = m->next) {
		const char *reason = why_small(m, setting);

		if (reason && (!most || stat_class_count(&m->faults, MMT_CLASS_ANON_WRITE) >
						stat_class_count(&most->faults, MMT_CLASS_ANON_WRITE))) {
			most = m;
			why = reason;
		}
	}
	if (most)
		text_wrap(x, "%s: %" PRIu64 " small pages, not huge ones: %s", tick_escaped(x->t, mapping_label(most, x->t)),
			  stat_class_count(&most->faults, MMT_CLASS_ANON_WRITE), why);
}

#define READS_LEAST 64 /* major faults of which a share says something */

static const char *read_ahead(const struct mapping *m, const struct text *x)
{
	char device[32];
	const char *kib;

	if (m->reads.vm_flags & VM_RAND_READ)
		return "read-ahead off (MADV_RANDOM)";
	if (m->reads.vm_flags & VM_SEQ_READ)
		return "much read-ahead (MADV_SEQUENTIAL)";
	snprintf(device, sizeof(device), "%u:%u", m->reads.dev >> 20, m->reads.dev & 0xfffff);
	kib = model_fact(x->t->model, "readahead", device);
	return kib ? tick_printf(x->t, strcmp(kib, "0") ? "read-ahead %sK" : "read-ahead off on its device", kib) : NULL;
}

/* Of the file with the most major faults: at random or in order, and whether pages come again. */
static void put_reads(struct text *x)
{
	const struct mapping *most = NULL;
	const char *ahead, *again = "";
	uint64_t share;

	for (const struct mapping *m = session_of(x->t->model)->mappings; m; m = m->next)
		if (m->reads.seen >= READS_LEAST && (!most || m->reads.seen > most->reads.seen))
			most = m;
	if (!most)
		return;
	share = most->reads.ordered * 100 / most->reads.seen;
	ahead = read_ahead(most, x);
	if (most->reads.again && most->reads.pages)
		again = tick_printf(x->t, "; its pages were read in %.1f times over",
				    1 + (double)most->reads.again / (double)most->reads.pages);
	text_wrap(x, "%s: %" PRIu64 " major faults, %" PRIu64 " %% of them in order: read %s%s%s%s",
		  tick_escaped(x->t, mapping_label(most, x->t)), most->reads.seen, share,
		  share >= 50 ? "in order" : "at random", ahead ? "; " : "", ahead ? ahead : "", again);
}

/* The group whose limit was hit most often meanwhile. */
static void put_limit(struct text *x)
{
	const struct group_limit *most = NULL;
	char bytes[16];

	for (const struct process *p = session_of(x->t->model)->processes; p; p = p->next)
		if (p->limit && (!most || p->limit->last - p->limit->first > most->last - most->first))
			most = p->limit;
	if (most && most->last > most->first)
		text_wrap(x,
			  "cgroup %s came to its memory limit of %s %s%" PRIu64 " times: pages are reclaimed first, within its faults",
			  tick_escaped(x->t, most->path), text_bytes(bytes, sizeof(bytes), most->bytes),
			  most->whole ? "" : "at least ", most->last - most->first);
}

void text_hints(struct text *x)
{
	put_legend(x);
	put_small_pages(x);
	put_reads(x);
	put_limit(x);
}

/* The kernel's own words go to its log, without the mapping, and only of some. */
void text_failures(struct text *x)
{
	const struct session *s = session_of(x->t->model);
	uint64_t shown = (uint64_t)s->failure_count;

	for (int i = 0; i < s->failure_count; i++)
		text_wrap(x, "%s", failure_text(&s->failures[i], x->t));
	if (shown && s->faults.error > shown)
		text_wrap(x, "(%" PRIu64 " more faults that failed)", s->faults.error - shown);
}

/* Tables of it are empty, which says nothing of it. */
void text_unlisted(struct text *x)
{
	uint64_t apart = session_of(x->t->model)->calls_apart;
	const struct process *one = NULL;
	size_t n = 0;

	for (const struct process *p = session_of(x->t->model)->processes; p; p = p->next)
		if (!p->dead && !p->merged && !p->start_time && !p->mm_id) {
			one = p;
			n++;
		}
	if (apart && x->t->last)
		text_wrap(x, "calls: %" PRIu64 " on no mapping that is known, or without room in the rings, are in no row", apart);
	if (n)
		text_wrap(x, "%s: the kernel does not show %s to mmtrace: mappings and memory are not known",
			  n > 1 ? tick_printf(x->t, "%zu processes", n) : tick_printf(x->t, "pid %d", one->pid), n > 1 ? "them" : "it");
}
