/* SPDX-License-Identifier: GPL-2.0 */
/* layout: a program whose file, names and sections mean no good, read twice. */
#include <stdlib.h>
#include <string.h>

#include "golden/samples.h"
#include "unit/make.h"

#define PID 4242

static const struct input_process process = { .start_boottime = 5000000000ull, .pid = PID };

struct sample_vma {
	struct mmt_vma vma;
	const char *perm, *name, *flags;
	uint64_t rss;
};

static struct sample_vma list[16];
static size_t count;

static void add(uint64_t start, uint64_t end, const char *perm, uint64_t offset, const char *name, const char *flags,
		uint64_t rss)
{
	__u32 kind = name[0] == '/' ? MMT_VMA_FILE : name[0] == '[' && name[1] == 'v' ? MMT_VMA_SPECIAL : MMT_VMA_ANON;
	__u64 bits = (perm[0] == 'r' ? 1u : 0) | (perm[1] == 'w' ? 2u : 0) | (perm[2] == 'x' ? 4u : 0);
	struct mmt_vma v = make_vma(start, end, bits, kind, (__u32)count + 1);

	v.pgoff = offset >> 12;
	list[count++] = (struct sample_vma){ v, perm, name, flags, rss };
}

static void put_vma(struct record_writer *w, const struct sample_vma *v)
{
	struct input_space_vma in = {
		.start = v->vma.start, .end = v->vma.end, .offset = v->vma.pgoff << 12, .ino = v->vma.ino
	};
	char text[512];
	size_t name = strlen(v->name) + 1, flags = strlen(v->flags) + 1;

	memcpy(in.perm, v->perm, 4);
	for (int i = 0; i < VMA_AMOUNTS; i++)
		in.amount[i] = i == VMA_KSM ? SPACE_UNKNOWN : 0;
	in.amount[VMA_PAGE] = 4096;
	in.amount[VMA_RSS] = v->rss;
	in.amount[VMA_PSS] = v->rss / 2;
	in.amount[VMA_ANONYMOUS] = v->vma.ino ? 0 : v->rss;
	memcpy(text, v->name, name);
	memcpy(text + name, v->flags, flags);
	put(w, INPUT_SPACE_VMA, &in, sizeof(in), text, name + flags);
}

static void reading(struct record_writer *w, bool racing)
{
	struct input_space begin = { .start_boottime = process.start_boottime,
				     .pid = PID,
				     .threads = 2,
				     .rss = { 8192, 1 << 20, 0, SPACE_UNKNOWN } };
	const struct input_space_end end = { .racing = racing };
	const struct mmt_mm_bounds m = make_mm_bounds();
	struct bytes b = { NULL, 0 };

	for (int i = 0; i < MMT_MARKS; i++)
		begin.mark[i] = SPACE_UNKNOWN;
	begin.mark[MMT_MARK_START_CODE] = m.start_code;
	begin.mark[MMT_MARK_END_CODE] = m.end_code;
	begin.mark[MMT_MARK_START_BRK] = m.start_brk;
	begin.mark[MMT_MARK_BRK] = m.brk;
	begin.mark[MMT_MARK_MMAP_BASE] = 0x7ffff7fff000;
	begin.mark[MMT_MARK_TASK_SIZE] = 0x7ffffffff000;
	begin.mark[MMT_MARK_TOTAL_VM] = 5 << 20;
	begin.mark[MMT_MARK_MAP_COUNT] = count;
	put(w, INPUT_SPACE_BEGIN, &begin, sizeof(begin), NULL, 0);
	layout_begin(&b, 1, 8);
	for (size_t i = 0; i < count; i++)
		layout_add(&b, list[i].vma, list[i].name);
	layout_close(&b, 8);
	put(w, INPUT_LAYOUT, &process, sizeof(process), b.at, b.size);
	bytes_free(&b);
	for (size_t i = 0; i < count; i++)
		put_vma(w, &list[i]);
	put(w, INPUT_SPACE_END, &end, sizeof(end), NULL, 0);
}

static void file(struct record_writer *w)
{
	const struct input_elf elf = { .ino = 77, .read = ELF_READ };
	const struct input_segment seg[] = { { 0, 0x400000, 0x1800, 0x1800, 5, 0 },
					     { 0x2000, 0x402000, 0x1000, 0x1000, 1, 0 },
					     { 0x3000, 0x403000, 0x800, 0x2800, 3, 0 } };
	const struct input_sections head = { .ino = 77, .type = 2 };
	struct input_section sec[] = { { 0x400200, 0x1600, 6, 1, ".text" }, { 0x402000, 0x900, 2, 1, "" },
				       { 0x403000, 0x800, 3, 1, ".data" },  { 0x403800, 0x100, 0x403, 8, ".tbss" },
				       { 0x403800, 0x2000, 3, 8, ".bss" },  { ~0ull - 8, 4096, 3, 1, ".wraps" } };

	memcpy(sec[1].name, HOSTILE_COMM "\033[2Jxxxxxxxxxxxxxxxxxxx", sizeof(sec[1].name)); /* no NUL ends it */
	put(w, INPUT_ELF, &elf, sizeof(elf), seg, sizeof(seg));
	put(w, INPUT_SECTIONS, &head, sizeof(head), sec, sizeof(sec));
}

static void program(void)
{
	count = 0;
	add(0x400000, 0x402000, "r-xp", 0, HOSTILE_PATH, "rd ex mr mw me", 8192);
	add(0x402000, 0x403000, "r--p", 0x2000, HOSTILE_PATH, "rd mr mw me", 4096);
	add(0x403000, 0x404000, "rw-p", 0x3000, HOSTILE_PATH, "rd wr mr mw me ac zz", 4096);
	add(0x404000, 0x406000, "rw-p", 0, "", "rd wr mr mw me ac", 0);
}

static void pages(struct record_writer *w)
{
	const struct input_walk walk = { .addr = 0x406123, .pagemap = 0x8100000000012345, .levels = 4, .special = 29 };
	const struct input_walk_step steps[] = {
		{ 0x1000, 0x2067, 4, 0 },
		{ 0x2000, 0x3067, 3, 0 },
		{ 0x3000, 0x4067, 2, 2 },
		{ 0x4000, 0x8000000012345867, 1, 6 },
	};
	const struct input_pages head = { .from = 0x406000,
					  .to = 0x40a000,
					  .looked = 1024,
					  .absent = 1,
					  .blocks = 4096,
					  .left_out = 3,
					  .sample = 2 };
	struct input_page_run runs[] = {
		{ 0x406000,
		  2,
		  0x12345,
		  0,
		  { KPF_ANON | KPF_SWAPBACKED | 4, PAGE_IS_PRESENT | PAGE_IS_EXCLUSIVE, 1, 1, "Normal" },
		  1,
		  1,
		  0,
		  0 },
		{ 0x408000,
		  1,
		  0,
		  0x777,
		  { 0, PAGE_IS_SWAPPED, 0, -1, "" },
		  PAGE_COUNT_UNKNOWN,
		  PAGE_COUNT_UNKNOWN,
		  2,
		  0 },
		{ 0x409000, 1, 0, 0, { 0, 0, 0, -1, "" }, PAGE_COUNT_UNKNOWN, PAGE_COUNT_UNKNOWN, 0, 0 },
	};
	struct input_page_sum sums[] = { { runs[1].is, 1, 0 }, { runs[0].is, 1022, 5 } };

	memcpy(sums[0].is.zone, HOSTILE_COMM "xxxx", sizeof(sums[0].is.zone)); /* no NUL ends it */
	put(w, INPUT_WALK, &walk, sizeof(walk), steps, sizeof(steps));
	put(w, INPUT_PAGES_BEGIN, NULL, 0, NULL, 0);
	put(w, INPUT_PAGE_RUNS, NULL, 0, runs, sizeof(runs));
	put(w, INPUT_PAGE_SUMS, &head, sizeof(head), sums, sizeof(sums));
}

static void regions(struct record_writer *w)
{
	static const struct { struct input_region r; const char *text; size_t size; } all[] = {
#define REGION(start, end, used, count, text) { { start, end, used, count }, text, sizeof(text) }
		REGION(0xffffc90000000000, 0xffffe90000000000, 17 << 20, 0, "vmalloc\0\0moved by KASLR"),
		REGION(0xffff888000000000, 0xffffc88000000000, 8ull << 30, 0, "linear map\0\0"),
		REGION(0, 0, SPACE_UNKNOWN, 0, "vmemmap\0\0not found on this machine"),
		REGION(0xffffffff81000000, 0xffffffff83000000, SPACE_UNKNOWN, 0, "kernel image\0\0"),
		REGION(0xffffffff81000000, 0xffffffff82000000, SPACE_UNKNOWN, 0, "text\0kernel image\0_stext .. _etext"),
		REGION(0, 0, 9 << 20, 12, HOSTILE_COMM "\0vmalloc\0"),
		REGION(0, 0, 1 << 20, 3, "alloc\0vmalloc\0"),
#undef REGION
	};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		put(w, INPUT_REGION, &all[i].r, sizeof(all[i].r), all[i].text, all[i].size);
	put(w, INPUT_REGION, &all[0].r, sizeof(all[0].r), "cut", 4);
}

static void place(struct record_writer *w)
{
	static const char text[] = "linear map\0" HOSTILE_COMM;
	const struct input_place p = { 0xffff888012345678, 0x12345678 };

	put(w, INPUT_PLACE, &p, sizeof(p), text, sizeof(text));
}

void sample_layout(struct record_writer *w)
{
	put_start(w, "layout");
	put_fact(w, "option", "max_map_count", "65530");
	put_fact(w, "option", "wide", "");
	put_fact(w, "option", "pages", "");
	put_fact(w, "unknown", "marks", "BPF programs cannot be loaded: \033[31mno");
	file(w);
	program();
	add(0x406000, 0x427000, "rw-p", 0, "[heap]", "rd wr mr mw me ac", 1 << 16);
	add(0x7ffff0000000, 0x7ffff0100000, "rw-p", 0, "", "rd wr mr mw me", 1 << 20);
	add(0x7ffffffc0000, 0x7ffffffe0000, "rw-p", 0, "[stack]", "rd wr mr mw me gd ac", 8192);
	reading(w, false);
	put_tick(w, 1, false);
	program();
	add(0x406000, 0x437000, "rw-p", 0, "[heap]", "rd wr mr mw me ac", 1 << 17);
	add(0x7fffe0000000, 0x7fffe0001000, "rw-p", 0, "/x" HOSTILE_COMM, "rd wr mr mw me", 0);
	add(0x7ffffffc0000, 0x7ffffffe0000, "r--p", 0, "[stack]", "rd wr mr mw me gd ac", 8192);
	reading(w, true);
	put_tick(w, 2, false);
	pages(w);
	put_tick(w, 3, false);
	put_fact(w, "option", "kernel", "");
	put_fact(w, "option", "levels", "4");
	regions(w);
	put_tick(w, 4, false);
	place(w);
	put_tick(w, 5, true);
}
