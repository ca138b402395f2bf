/* SPDX-License-Identifier: GPL-2.0 */
/* --kernel: the regions of the kernel's address space (x86-64, Documentation/arch/x86/x86_64/mm.rst), where this kernel
 * has them, and what is in them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/text.h"
#include "decode/page_walk.h"
#include "host/kernel_areas.h"
#include "model/space.h"
#include "probe/region.h"
#include "source/space.h"
#include "sym/ksym.h"

/* Where a region begins without KASLR, with 4 and with 5 levels of page tables. */
static const struct {
	const char *name;
	uint64_t plain[2];
} movable[] = {
	[MMT_REGION_LINEAR] = { "linear map", { 0xffff888000000000, 0xff11000000000000 } },
	[MMT_REGION_VMALLOC] = { "vmalloc", { 0xffffc90000000000, 0xffa0000000000000 } },
	[MMT_REGION_VMEMMAP] = { "vmemmap", { 0xffffea0000000000, 0xffd4000000000000 } },
	[MMT_REGION_MODULES] = { "modules", { 0, 0 } },
	[MMT_REGION_IMAGE] = { "kernel image", { 0xffffffff81000000, 0xffffffff81000000 } },
	[MMT_REGION_FIXMAP] = { "fixmap", { 0, 0 } },
};

/* These never move. */
static const struct {
	const char *name, *note;
	uint64_t start, end;
} fixed[] = {
	{ "cpu entry area", "entry stacks and tables, the same in all address spaces", 0xfffffe0000000000,
	  0xfffffe8000000000 },
	{ "espfix", "stacks for returns to 16-bit code", 0xffffff0000000000, 0xffffff8000000000 },
	{ "EFI", "where firmware's runtime services are mapped", 0xffffffef00000000, 0xffffffff00000000 },
};

/* Parts of the image, by the symbols at their ends. */
static const struct {
	const char *name, *from, *to;
} parts[] = {
	{ "text", "_stext", "_etext" },         { "rodata", "__start_rodata", "__end_rodata" },
	{ "data", "_sdata", "_edata" },         { "init", "__init_begin", "__init_end" },
	{ "bss", "__bss_start", "__bss_stop" },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void emit_region(struct space_source *s, const struct input_region *r, const char *name, const char *in,
			const char *note)
{
	size_t a = strlen(name) + 1, b = strlen(in) + 1, c = strlen(note) + 1;
	char *text = xmalloc(a + b + c);

	memcpy(text, name, a);
	memcpy(text + a, in, b);
	memcpy(text + a + b, note, c);
	emit(&s->s, INPUT_REGION, r, sizeof(*r), text, a + b + c);
	free(text);
}

/* --- regions --- */

/* What of a region is in use, and a word on it. */
static uint64_t use_of(int region, char *note, size_t size)
{
	char four[16], two[16], one[16];
	uint64_t use = SPACE_UNKNOWN;

	note[0] = '\0';
	if (region == MMT_REGION_LINEAR) {
		use = meminfo_bytes("MemTotal");
		snprintf(note, size, "mapped by pages of 4K: %s, 2M: %s, 1G: %s (DirectMap of meminfo)",
			 text_bytes(four, sizeof(four), meminfo_bytes("DirectMap4k")),
			 text_bytes(two, sizeof(two), meminfo_bytes("DirectMap2M")),
			 text_bytes(one, sizeof(one), meminfo_bytes("DirectMap1G")));
	} else if (region == MMT_REGION_VMALLOC) {
		use = meminfo_bytes("VmallocUsed");
		snprintf(note, size, "and ioremap, vmap, kernel stacks");
	} else if (region == MMT_REGION_VMEMMAP) {
		snprintf(note, size, "an array of all struct pages");
	} else if (region == MMT_REGION_MODULES) {
		snprintf(note, size, "and BPF programs");
	}
	return use;
}

/* Why a region is not known. */
static const char *why_not(int region, int levels, bool hidden)
{
	if (hidden && (region == MMT_REGION_MODULES || region == MMT_REGION_IMAGE))
		return "not known: symbols are hidden";
	return levels ? "not found on this machine" : "not known: BPF programs are not permitted";
}

static void emit_movable(struct space_source *s, const struct mmt_range ranges[MMT_REGIONS], int levels, bool hidden)
{
	for (int i = 0; i < (int)COUNT(movable); i++) {
		struct input_region r = { .start = ranges[i].start, .end = ranges[i].end };
		uint64_t plain = movable[i].plain[levels == 5];
		char note[160], moved[80] = "";

		r.used = use_of(i, note, sizeof(note));
		if (r.end && plain && r.start != plain)
			snprintf(moved, sizeof(moved), "%smoved by KASLR from %" PRIx64, note[0] ? "; " : "", plain);
		strncat(note, moved, sizeof(note) - strlen(note) - 1);
		emit_region(s, &r, movable[i].name, "", r.end ? note : why_not(i, levels, hidden));
	}
}

static void emit_fixed(struct space_source *s, int levels)
{
	uint64_t half = 1ull << (levels == 5 ? 56 : 47);
	struct input_region user = { .end = half, .used = SPACE_UNKNOWN };
	struct input_region hole = { .start = half, .end = -half, .used = SPACE_UNKNOWN };

	if (levels)
		emit_region(s, &user, "user addresses", "", "each process has its own");
	if (levels)
		emit_region(s, &hole, "non-canonical hole", "", "no addresses: the upper bits must be alike");
	for (size_t i = 0; i < COUNT(fixed); i++)
		emit_region(s, &(struct input_region){ fixed[i].start, fixed[i].end, SPACE_UNKNOWN, 0 }, fixed[i].name,
			    "", fixed[i].note);
}

static void emit_parts(struct space_source *s)
{
	const char *names[2 * COUNT(parts)];
	uint64_t at[2 * COUNT(parts)];

	for (size_t i = 0; i < COUNT(parts); i++) {
		names[2 * i] = parts[i].from;
		names[2 * i + 1] = parts[i].to;
	}
	kallsyms_find(names, at, COUNT(names));
	for (size_t i = 0; i < COUNT(parts); i++) {
		struct input_region r = { .start = at[2 * i], .end = at[2 * i + 1], .used = SPACE_UNKNOWN };
		char note[128];

		snprintf(note, sizeof(note), "%s .. %s", parts[i].from, parts[i].to);
		if (!r.start)
			snprintf(note, sizeof(note), "this kernel does not show %s", parts[i].from);
		else if (r.end <= r.start)
			snprintf(note, sizeof(note), "from %" PRIx64 " on: this kernel does not show %s", r.start,
				 parts[i].to);
		if (!r.start || r.end <= r.start)
			r.end = 0;
		emit_region(s, &r, parts[i].name, "kernel image", note);
	}
}

/* --- what is in them --- */

struct sum {
	struct input_region r;
	char *name;
};
struct sums {
	struct sum *list;
	size_t count, room;
};

static void on_vmalloc(void *ctx, const struct vmalloc_area *a)
{
	const char *name = a->unpurged    ? "(freed, addresses not in use again yet)"
			   : a->caller[0] ? a->caller
					  : "(no caller)";
	struct sums *sums = ctx;
	size_t i = 0;

	while (i < sums->count && strcmp(sums->list[i].name, name))
		i++;
	if (i == sums->count) {
		sums->list = xgrow(sums->list, sums->count, &sums->room, sizeof(*sums->list));
		sums->list[sums->count++] = (struct sum){ .name = xstrdup(name) };
	}
	sums->list[i].r.used += a->size;
	sums->list[i].r.count++;
}

static void on_module(void *ctx, const struct module_area *m)
{
	struct sums *sums = ctx;

	sums->list = xgrow(sums->list, sums->count, &sums->room, sizeof(*sums->list));
	sums->list[sums->count++] =
		(struct sum){ { m->start, m->start ? m->start + m->size : 0, m->size, 1 }, xstrdup(m->name) };
}

static int by_use(const void *a, const void *b)
{
	const struct sum *x = a, *y = b;

	if (x->r.used != y->r.used)
		return x->r.used < y->r.used ? 1 : -1;
	return strcmp(x->name, y->name);
}

static void emit_sums(struct space_source *s, struct sums *sums, const char *in)
{
	if (sums->count)
		qsort(sums->list, sums->count, sizeof(*sums->list), by_use);
	for (size_t i = 0; i < sums->count; i++) {
		emit_region(s, &sums->list[i].r, sums->list[i].name, in, "");
		free(sums->list[i].name);
	}
	free(sums->list);
}

static void emit_contents(struct space_source *s)
{
	struct sums vmalloc = { 0 }, modules = { 0 };
	int err = vmalloc_each(on_vmalloc, &vmalloc);
	char why[160];

	if (err) {
		snprintf(why, sizeof(why), "/proc/vmallocinfo cannot be read: %s", strerror(-err));
		emit_fact(&s->s, "unknown", "vmalloc", why);
	}
	err = modules_each(on_module, &modules);
	if (err) {
		snprintf(why, sizeof(why), "/proc/modules cannot be read: %s", strerror(-err));
		emit_fact(&s->s, "unknown", "modules", why);
	}
	emit_sums(s, &vmalloc, "vmalloc");
	emit_sums(s, &modules, "modules");
}

/* --- one address --- */

static const char *region_at(const struct mmt_range ranges[MMT_REGIONS], int levels, uint64_t addr)
{
	for (size_t i = 0; i < COUNT(movable); i++)
		if (addr >= ranges[i].start && addr < ranges[i].end)
			return movable[i].name;
	for (size_t i = 0; i < COUNT(fixed); i++)
		if (addr >= fixed[i].start && addr < fixed[i].end)
			return fixed[i].name;
	if (!page_canonical(addr, levels ? levels : PAGE_LEVELS))
		return "non-canonical hole";
	return addr >> 63 ? "no region that is known" : "user addresses";
}

/* Every address space has the kernel's half: ours will do. */
static void emit_place(struct space_source *s, const struct mmt_range ranges[MMT_REGIONS], int levels,
		       const struct ksym_table *t, uint64_t addr)
{
	struct input_place p = { .addr = addr, .phys = SPACE_UNKNOWN };
	const char *region = region_at(ranges, levels, addr);
	char symbol[256] = "", text[512];
	const struct page_tables *tables;
	struct page_walk w;
	struct ksym found;
	size_t n;
	int err = 0;

	if (t && ksym_find(t, addr, &found))
		ksym_text(t, addr, symbol, sizeof(symbol));
	tables = s->kernel_read ? space_tables(s->probe, &err) : NULL;
	if (tables && !page_walk(tables, s->kernel.pgd, addr, &w) && w.page.state == PAGE_PRESENT)
		p.phys = w.page.phys + addr % page_span(w.step[w.count - 1].level);
	n = (size_t)snprintf(text, sizeof(text), "%s", region) + 1;
	n += (size_t)snprintf(text + n, sizeof(text) - n, "%s", symbol) + 1;
	emit(&s->s, INPUT_PLACE, &p, sizeof(p), text, n);
	space_walk_read(s, addr);
	if (p.phys != SPACE_UNKNOWN)
		space_frame_read(s, addr & ~4095ull, p.phys >> 12);
}

int space_kernel_read(struct space_source *s)
{
	struct ksym_table *t = ksym_load(NULL);
	struct mmt_range ranges[MMT_REGIONS];
	const struct page_tables *tables = NULL;
	bool hidden = !t || ksym_hidden(t);
	int err = 0, levels;

	s->pid = s->tid = getpid();
	s->kernel_read = s->probe && !space_read(s->probe, s->tid, &s->kernel);
	tables = s->kernel_read ? space_tables(s->probe, &err) : NULL;
	levels = tables ? tables->levels : 0;
	if (levels)
		emit_number(&s->s, "option", "levels", (uint64_t)levels);
	region_find(ranges, hidden ? 0 : ksym_address(t, "_text"), hidden ? 0 : ksym_address(t, "_end"),
		    s->s.args->probe.btf);
	if (hidden) {
		emit_fact(&s->s, "unknown", "symbols", ksym_why_hidden());
		ranges[MMT_REGION_IMAGE] = ranges[MMT_REGION_MODULES] =
			(struct mmt_range){ 0, 0 }; /* only its usual place */
	}
	if (!tables)
		emit_fact(&s->s, "unknown", "regions",
			  "without BPF programs neither the regions that KASLR moves are found nor how many levels "
			  "page tables have");
	emit_fixed(s, levels);
	emit_movable(s, ranges, levels, hidden);
	if (!hidden)
		emit_parts(s);
	if (!args_given(s->s.args, "addr"))
		emit_contents(s);
	else
		emit_place(s, ranges, levels, hidden ? NULL : t, s->s.args->layout.addr);
	ksym_free(t);
	return 0;
}
