/* SPDX-License-Identifier: GPL-2.0 */
/* src/model/space.c and space_area.c: gaps, sections at their places, what changed, and damaged readings. */
#include "model/space.h"

#include <stdlib.h>

#include "unit/check.h"
#include "unit/make.h"

static struct model *m;

static void give(enum input_kind kind, const void *head, size_t head_size, const void *body, size_t size)
{
	struct input in = { .kind = kind, .head = head, .head_size = head_size, .body = body, .size = size };

	model_input(m, &in);
}

static void begin(void)
{
	struct input_space in = { .pid = 42 };

	for (int i = 0; i < MMT_MARKS; i++)
		in.mark[i] = SPACE_UNKNOWN;
	in.mark[MMT_MARK_TASK_SIZE] = 0x7ffffffff000;
	give(INPUT_SPACE_BEGIN, &in, sizeof(in), NULL, 0);
}

static void vma(uint64_t start, uint64_t end, const char *perm, const char *name, uint64_t rss)
{
	struct input_space_vma v = { .start = start, .end = end, .ino = name[0] == '/' ? 77 : 0 };
	char text[128];
	size_t n = strlen(name) + 1;

	make_text(v.perm, sizeof(v.perm), perm);
	v.amount[VMA_RSS] = rss;
	memcpy(text, name, n);
	memcpy(text + n, "rd", 3);
	give(INPUT_SPACE_VMA, &v, sizeof(v), text, n + 3);
}

static void finish(void)
{
	struct input_space_end e = { 0 };

	give(INPUT_SPACE_END, &e, sizeof(e), NULL, 0);
}

static const struct space_area *area(size_t i)
{
	return i < space_of(m)->areas.count ? &space_of(m)->areas.list[i] : NULL;
}

static void gaps_fill_the_rest(void)
{
	m = model_new(&model_space);
	begin();
	vma(0x1000, 0x2000, "r--p", "", 0);
	vma(0x2000, 0x3000, "rw-p", "", 0);
	vma(0x5000, 0x6000, "rw-p", "[heap]", 4096);
	vma(0xffffffffff600000, 0xffffffffff601000, "--xp", "[vsyscall]", 0);
	finish();
	CHECK_EQ(space_of(m)->areas.count, 7);
	CHECK(area(0)->gap && area(0)->v.end == 0x1000);
	CHECK(!area(1)->gap && !area(2)->gap);
	CHECK(area(3)->gap && area(3)->v.start == 0x3000 && area(3)->v.end == 0x5000);
	CHECK(area(5)->gap && area(5)->v.end == 0x7ffffffff000);
	CHECK(!area(6)->gap);
	CHECK(space_area_at(space_of(m), 0x5fff) == area(4));
	CHECK(!space_area_at(space_of(m), 0xffff800000000000));
	CHECK_EQ(space_of(m)->kinds[space_of(m)->kind_count - 1].vmas, 4);
	CHECK_EQ(space_of(m)->kinds[space_of(m)->kind_count - 1].amount[VMA_RSS], 4096);
	model_free(m);
}

/* --range is of the sums and of what is gone too; what counts for max_map_count is all of the process. */
static void a_range(void)
{
	static const char from[] = "option\0range_from\0008192", to[] = "option\0range_to\00020480";
	const struct space_kind *total;

	m = model_new(&model_space);
	give(INPUT_FACT, NULL, 0, from, sizeof(from));
	give(INPUT_FACT, NULL, 0, to, sizeof(to));
	begin();
	vma(0x1000, 0x2000, "r--p", "", 4096);
	vma(0x4000, 0x6000, "rw-p", "", 8192);
	vma(0xffffffffff600000, 0xffffffffff601000, "--xp", "[vsyscall]", 0);
	finish();
	total = &space_of(m)->kinds[space_of(m)->kind_count - 1];
	CHECK_EQ(total->vmas, 1);
	CHECK_EQ(total->amount[VMA_RSS], 8192);
	CHECK_EQ(space_vmas_counted(space_of(m)), 2);
	begin();
	finish();
	CHECK_EQ(space_of(m)->gone.count, 3);
	CHECK(!space_asked(space_of(m), &space_of(m)->gone.list[0]) && space_asked(space_of(m), &space_of(m)->gone.list[1]));
	model_free(m);
}

static void what_changed(void)
{
	m = model_new(&model_space);
	begin();
	vma(0x1000, 0x2000, "r--p", "", 0);
	vma(0x5000, 0x6000, "rw-p", "[heap]", 4096);
	vma(0x9000, 0xa000, "rw-p", "/x", 0);
	finish();
	CHECK_EQ(area(1)->change, SPACE_SAME);
	begin();
	vma(0x1000, 0x2000, "r--p", "", 0);
	vma(0x5000, 0x8000, "rw-p", "[heap]", 8192);
	vma(0xb000, 0xc000, "rw-p", "", 0);
	finish();
	CHECK_EQ(area(1)->change, SPACE_SAME);
	CHECK_EQ(area(3)->change, SPACE_CHANGED);
	CHECK_EQ(area(3)->grew, 0x2000);
	CHECK_EQ(area(3)->rss_grew, 4096);
	CHECK_EQ(area(5)->change, SPACE_NEW);
	CHECK_EQ(space_of(m)->gone.count, 1);
	CHECK_EQ(space_of(m)->gone.list[0].v.start, 0x9000);
	CHECK_STR(space_of(m)->gone.list[0].name, "/x");
	model_free(m);
}

/* A file of two segments whose second has a section on the page that both show. */
static void sections_by_address(void)
{
	const struct input_process process = { .pid = 42 };
	const struct input_elf elf = { .ino = 77, .read = ELF_READ };
	const struct input_segment seg[] = { { 0, 0, 0x1800, 0x1800, 5, 0 }, { 0x1800, 0x3800, 0x400, 0x2000, 3, 0 } };
	const struct input_sections head = { .ino = 77, .type = 3 };
	const struct input_section sec[] = { { 0x1000, 0x7f0, 6, 1, ".text" },
					     { 0x3800, 0x400, 3, 1, ".data" },
					     { 0x3c00, 0x40, 0x403, 8, ".tbss" },
					     { 0x3c00, 0x1c00, 3, 8, ".bss" } };
	struct mmt_vma text = make_vma(0x7f0000000000, 0x7f0000002000, 5, MMT_VMA_FILE, 1);
	struct mmt_vma data = make_vma(0x7f0000003000, 0x7f0000004000, 3, MMT_VMA_FILE, 2);
	struct mmt_vma bss = make_vma(0x7f0000004000, 0x7f0000006000, 3, MMT_VMA_ANON, 3);
	struct bytes b = { NULL, 0 };

	data.pgoff = 1;
	m = model_new(&model_space);
	begin();
	give(INPUT_ELF, &elf, sizeof(elf), seg, sizeof(seg));
	give(INPUT_SECTIONS, &head, sizeof(head), sec, sizeof(sec));
	layout_begin(&b, 1, 8);
	layout_add(&b, text, "/lib/x.so");
	layout_add(&b, data, "/lib/x.so");
	layout_add(&b, bss, "");
	layout_close(&b, 8);
	give(INPUT_LAYOUT, &process, sizeof(process), b.at, b.size);
	bytes_free(&b);
	vma(text.start, text.end, "r-xp", "/lib/x.so", 0);
	vma(data.start, data.end, "rw-p", "/lib/x.so", 0);
	((struct space *)m)->areas.list[1].v.offset = 0x1000;
	vma(bss.start, bss.end, "rw-p", "", 0);
	finish();
	CHECK_EQ(area(1)->segment, 0);
	CHECK_EQ(area(1)->section_count, 1);
	CHECK_STR(area(1)->sections[0].name, ".text");
	CHECK_EQ(area(3)->segment, 1);
	CHECK_EQ(area(3)->bias, 0x7f0000000000);
	CHECK_EQ(area(3)->section_count, 2);
	CHECK_EQ(area(3)->sections[1].start, 0x7f0000003c00);
	CHECK_EQ(area(3)->sections[1].end, 0x7f0000004000);
	CHECK_EQ(area(4)->section_count, 1);
	CHECK_EQ(area(4)->sections[0].end, 0x7f0000005800);
	model_free(m);
}

/* PROT_NONE: below a stack a guard; large, with pages, or alone: reserved. */
static void guards(void)
{
	const struct input_process process = { .pid = 42 };
	struct { uint64_t start, end, rss; uint32_t perm; const char *kind; } at[] = {
		{ 0x100000, 0x101000, 0, 0, "guard" },       { 0x101000, 0x200000, 4096, 3, "anon" },
		{ 0x300000, 0x301000, 0, 0, "reserved" },    { 0x400000, 0x401000, 4096, 0, "reserved" },
		{ 0x401000, 0x402000, 4096, 3, "anon" },     { 0x500000, 0x40500000, 0, 0, "reserved" },
		{ 0x40500000, 0x40600000, 4096, 3, "anon" },
	};
	struct bytes b = { NULL, 0 };
	size_t n = sizeof(at) / sizeof(at[0]), reserved = 0;

	m = model_new(&model_space);
	begin();
	layout_begin(&b, 1, 8);
	for (size_t i = 0; i < n; i++)
		layout_add(&b, make_vma(at[i].start, at[i].end, at[i].perm, MMT_VMA_ANON, (uint32_t)i + 1), "");
	layout_close(&b, 8);
	give(INPUT_LAYOUT, &process, sizeof(process), b.at, b.size);
	bytes_free(&b);
	for (size_t i = 0; i < n; i++)
		vma(at[i].start, at[i].end, at[i].perm ? "rw-p" : "---p", "", at[i].rss);
	finish();
	for (size_t i = 0; i < n; i++)
		CHECK_STR(space_part_kind(space_area_at(space_of(m), at[i].start), 0), at[i].kind);
	for (size_t i = 0; i < space_of(m)->kind_count; i++)
		if (!strcmp(space_of(m)->kinds[i].name, SPACE_RESERVED))
			reserved = space_of(m)->kinds[i].vmas;
	CHECK_EQ(reserved, 3);
	model_free(m);
}

static void damaged_readings(void)
{
	struct input_walk w = { .levels = 9 };
	struct input_walk_step steps[] = { { 0, 0, 77, 0 }, { 0, 0, 0, 0 }, { 0, 1, 4, 0 }, { 0, 1, 3, 0 },
					   { 0, 1, 2, 0 },  { 0, 1, 1, 0 }, { 0, 1, 1, 0 }, { 0, 1, 1, 0 } };

	m = model_new(&model_space);
	begin();
	vma(0x5000, 0x5000, "r--p", "", 0); /* empty */
	vma(0x5000, 0x7000, "r--p", "", 0);
	vma(0x6000, 0x8000, "r--p", "", 0); /* overlaps */
	give(INPUT_SPACE_VMA, &(struct input_space_vma){ .start = 1, .end = 2 }, sizeof(struct input_space_vma), "x",
	     1);
	finish();
	CHECK_EQ(m->decode_errors, 3);
	CHECK_EQ(space_of(m)->areas.count, 3);
	give(INPUT_WALK, &w, sizeof(w), steps, sizeof(steps));
	CHECK_EQ(space_of(m)->walk.walk.count, PAGE_LEVELS);
	model_free(m);
}

int main(void)
{
	RUN("space", gaps_fill_the_rest);
	RUN("space", a_range);
	RUN("space", what_changed);
	RUN("space", sections_by_address);
	RUN("space", guards);
	RUN("space", damaged_readings);
	return check_bad;
}
