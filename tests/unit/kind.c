/* SPDX-License-Identifier: GPL-2.0 */
/* src/model/fault/kind.c: what the VMAs of a plain program's layout are. */
#include "model/fault/kind.h"

#include <stdlib.h>

#include "unit/check.h"
#include "unit/fault.h"

#define R 1u
#define RW 3u
#define RX 5u

static struct session *session;

/* The program of make_mm_bounds(): text, rodata, data, bss, heap, libraries, stack. */
static void layout_plain(void)
{
	struct bytes b = { NULL, 0 };
	struct mmt_vma stack = make_vma(0x7ffffffc0000, 0x7fffffff0000, RW | VM_GROWSDOWN, MMT_VMA_ANON, 10);

	stack.anchor = stack.end;
	layout_begin(&b, 1, 8);
	layout_add(&b, make_vma(0x400000, 0x402000, RX, MMT_VMA_FILE, 1), "/bin/plain");
	layout_add(&b, make_vma(0x402000, 0x403000, R, MMT_VMA_FILE, 2), NULL);
	layout_add(&b, make_vma(0x403000, 0x404000, RW, MMT_VMA_FILE, 3), NULL);
	layout_add(&b, make_vma(0x404000, 0x406000, RW, MMT_VMA_ANON, 4), "");
	layout_add(&b, make_vma(0x406000, 0x427000, RW, MMT_VMA_ANON, 5), "");
	layout_add(&b, make_vma(0x7ffff0000000, 0x7ffff0100000, RW, MMT_VMA_ANON, 6), "");
	layout_add(&b, make_vma(0x7ffff0200000, 0x7ffff0800000, 0, MMT_VMA_ANON, 7), "");
	layout_add(&b, make_vma(0x7ffff1000000, 0x7ffff1001000, RW | VM_SHARED | VM_MAYSHARE, MMT_VMA_FILE | MMT_VMA_SHMEM, 8),
		   "/dev/shm/x");
	layout_add(&b, make_vma(0x7ffff2000000, 0x7ffff2001000, RW | VM_SHARED | VM_MAYSHARE, MMT_VMA_FILE, 9), "/var/data");
	layout_add(&b,
		   make_vma(0x7ffff3000000, 0x7ffff3001000, RW | VM_SHARED | VM_MAYSHARE, MMT_VMA_FILE | MMT_VMA_DEVICE,
			    11),
		   "/dev/mem");
	/* opened for reading only: the kernel keeps VM_MAYSHARE alone */
	layout_add(&b, make_vma(0x7ffff4000000, 0x7ffff4001000, R | VM_MAYSHARE, MMT_VMA_FILE, 14), "[vdso]");
	layout_add(&b, stack, "");
	layout_add(&b, make_vma(0x7fffffffa000, 0x7fffffffc000, R, MMT_VMA_SPECIAL, 12), "[vvar]");
	layout_add(&b, make_vma(0x7fffffffc000, 0x7fffffffe000, RX, MMT_VMA_SPECIAL, 13), "[vdso]");
	layout_close(&b, 8);
	CHECK(session_layout(session, 42, b.at, b.size));
	CHECK_EQ(session->base.decode_errors, 0);
	bytes_free(&b);
}

static const struct vma *at(uint64_t start)
{
	size_t n;
	struct vma **all = session_vmas(session, &n), *found = NULL;

	for (size_t i = 0; i < n; i++)
		if (all[i]->v.start == start)
			found = all[i];
	free(all);
	CHECK(found != NULL);
	return found;
}

static void kinds_of_a_plain_program(void)
{
	static const struct { uint64_t start; const char *kind; } t[] = {
		{ 0x400000, "text" }, { 0x402000, "rodata" }, { 0x403000, "data" }, { 0x404000, "bss" }, { 0x406000, "heap" },
		{ 0x7ffff0000000, "anon" }, { 0x7ffff0200000, "guard" }, { 0x7ffff1000000, "shm" },
		{ 0x7ffff2000000, "file" }, { 0x7ffff3000000, "device" }, { 0x7ffffffc0000, "stack" },
		{ 0x7fffffffa000, "vvar" }, { 0x7fffffffc000, "vdso" },
		{ 0x7ffff4000000, "file" }, /* whatever it is called */
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		CHECK_STR(kind_of(at(t[i].start)), t[i].kind);
}

static void names_by_the_kernels_own_rules(void)
{
	CHECK_STR(at(0x406000)->name, "[heap]");
	CHECK_STR(at(0x7ffffffc0000)->name, "[stack]");
	CHECK_STR(at(0x400000)->name, "/bin/plain");
	CHECK_STR(at(0x403000)->name, "/bin/plain");
	CHECK_STR(at(0x7ffff0000000)->name, "");
}

static void permissions(void)
{
	char perm[5];

	kind_perm(at(0x400000), perm);
	CHECK_STR(perm, "r-xp");
	kind_perm(at(0x7ffff2000000), perm);
	CHECK_STR(perm, "rw-s");
	kind_perm(at(0x7ffff4000000), perm);
	CHECK_STR(perm, "r--s");
	kind_perm(at(0x7ffff0200000), perm);
	CHECK_STR(perm, "---p");
}

static void nothing_known_is_a_dash(void)
{
	struct mmt_fault f = make_fault(42, 1, 0x999000, 99, MMT_CLASS_COW);
	char perm[5];

	session_apply(session, &f, sizeof(f));
	CHECK_STR(kind_of(session_vma_of(session, &f)), "-");
	kind_perm(session_vma_of(session, &f), perm);
	CHECK_STR(perm, "----");
}

/* The break was far above when the fault came, and is not there any more when the bounds are read. */
static void a_heap_that_shrank(void)
{
	struct session *s = session_new();
	struct mmt_exec exec = make_exec(43, 2, "heap", "/bin/heap");
	struct mmt_vma grown = make_vma(0x406000, 0x806000, RW, MMT_VMA_ANON, 5);
	struct mmt_vma part = make_vma(0x606000, 0x706000, RW, MMT_VMA_ANON, 6);
	struct mmt_vma_seen seen = make_seen(43, 2, grown, ""), later = make_seen(43, 2, part, "");
	struct vma **all;
	size_t n;

	session_apply(s, &exec, sizeof(exec));
	session_apply(s, &seen, sizeof(seen));
	session_apply(s, &later, sizeof(later)); /* above the break of the bounds, below the highest */
	all = session_vmas(s, &n);
	CHECK_EQ(n, 2);
	for (size_t i = 0; i < n; i++) {
		CHECK_STR(kind_of(all[i]), "heap");
		CHECK_STR(all[i]->name, "[heap]");
	}
	free(all);
	session_free(s);
}

/* Text and data of a library, announced and gone before anything of its file was known. */
static const struct vma *relocated(struct session *s, uint32_t edition)
{
	struct mmt_exec exec = make_exec(43, 2, "short", "/bin/short");
	struct mmt_vma data = make_vma(0x7f0000003000, 0x7f0000006000, RW, MMT_VMA_FILE, 5 + edition);
	struct mmt_vma_seen seen;
	struct mmt_mm_end end = { .head = make_head(MMT_KIND_MM_END, 43, 2), .bounds = make_mm_bounds() };

	data.pgoff = 2;
	data.edition = edition;
	seen = make_seen(43, 2, data, "library");
	session_apply(s, &exec, sizeof(exec));
	session_apply(s, &seen, sizeof(seen));
	session_apply(s, &end, sizeof(end));
	return session_vma_by_key(s, 2, data.sig, data.anchor);
}

/* Two pages of relro, one of data, at 0x3000 of the file's own addresses. */
static void give_facts(struct session *s, uint64_t ino, uint32_t edition)
{
	struct input_elf head = { .ino = ino, .edition = edition, .read = ELF_READ, .relro_start = 0x3000,
				  .relro_end = 0x5000 };
	struct input_segment segment = { .offset = 0x2000, .vaddr = 0x3000, .filesz = 0x3000, .memsz = 0x3000, .perm = RW };
	struct input_tick tick = { 0 };

	give(s, INPUT_ELF, &head, sizeof(head), &segment, sizeof(segment));
	give(s, INPUT_TICK, &tick, sizeof(tick), NULL, 0);
}

/* What lies above a small guard may be a thread's stack; above a large reservation it is not. */
static bool is_stack_above(uint64_t guard)
{
	struct session *s = session_new();
	struct bytes b = { NULL, 0 };
	uint64_t start = 0x7f0000000000, top = start + guard;
	const struct vma *v;
	bool is;

	session_process(s, 42);
	layout_begin(&b, 1, 8);
	layout_add(&b, make_vma(start, top, 0, MMT_VMA_ANON, 5), "");
	layout_add(&b, make_vma(top, top + 0x10000, RW, MMT_VMA_ANON, 6), "");
	layout_close(&b, 8);
	CHECK(session_layout(s, 42, b.at, b.size));
	session_stack_pointer(s, 42, top + 0x8000);
	v = session_vma_by_key(s, 1, 6, top);
	is = v && !strcmp(kind_of(v), "thread-stack");
	bytes_free(&b);
	session_free(s);
	return is;
}

static void a_reservation_is_no_guard_of_a_stack(void)
{
	CHECK(is_stack_above(0x1000));
	CHECK(is_stack_above(1 << 20));
	CHECK(!is_stack_above((1 << 20) + 0x1000));
}

static void facts_judge_what_is_gone(void)
{
	struct session *s = session_new();
	const struct vma *v = relocated(s, 4);

	CHECK_STR(kind_of(v), "data");
	give_facts(s, 77, 4);
	CHECK_STR(kind_of(v), "relro");
	session_free(s);
}

/* The inode is in use again, by another file. */
static void facts_are_of_one_edition(void)
{
	struct session *s = session_new();
	const struct vma *v = relocated(s, 4);

	give_facts(s, 77, 5);
	CHECK_STR(kind_of(v), "data");
	CHECK_STR(kind_of(relocated(s, 5)), "relro");
	session_free(s);
}

static void a_kind_outlives_its_facts(void)
{
	struct session *s = session_new();
	const struct vma *v = relocated(s, 4);

	s->limits.elf_files = 2;
	give_facts(s, 77, 4);
	for (uint64_t other = 100; other < 110; other++)
		give_facts(s, other, 1);
	CHECK(!session_elf_known(s, &v->v));
	kind_judge(s, (struct vma *)(uintptr_t)v, NULL);
	CHECK_STR(kind_of(v), "relro");
	session_free(s);
}

/* The anonymous rest of .bss behind the data of a library. */
static void a_bss_outlives_the_facts_of_its_file(void)
{
	struct session *s = session_new();
	struct mmt_vma data = make_vma(0x7f0000003000, 0x7f0000006000, RW, MMT_VMA_FILE, 9);
	struct mmt_vma rest = make_vma(0x7f0000006000, 0x7f0000016000, RW, MMT_VMA_ANON, 10);
	struct input_elf head = { .ino = 77, .edition = 4, .read = ELF_READ };
	struct input_segment segment = { .offset = 0x2000, .vaddr = 0x3000, .filesz = 0x3000, .memsz = 0x13000, .perm = RW };

	data.pgoff = 2;
	data.edition = 4;
	s->limits.elf_files = 2;
	session_process(s, 42);
	give(s, INPUT_ELF, &head, sizeof(head), &segment, sizeof(segment));
	for (int i = 0; i < 2; i++) {
		struct bytes b = { NULL, 0 };

		layout_begin(&b, 1, 8);
		layout_add(&b, data, "/lib/x.so");
		layout_add(&b, rest, "");
		layout_close(&b, 8);
		CHECK(session_layout(s, 42, b.at, b.size));
		bytes_free(&b);
		CHECK_STR(kind_of(session_vma_by_key(s, 1, rest.sig, rest.anchor)), "bss");
		for (uint64_t other = 100; other < 110; other++)
			give_facts(s, other, 1);
	}
	session_free(s);
}

static void hugetlb_of_any_name(void)
{
	struct session *s = session_new();
	struct mmt_exec exec = make_exec(43, 2, "huge", "/bin/huge");
	struct mmt_vma v = make_vma(0x7f0000200000, 0x7f0000400000, RW | 0x400000, MMT_VMA_FILE, 5);
	struct mmt_vma_seen seen = make_seen(43, 2, v, "anon_hugepage");

	session_apply(s, &exec, sizeof(exec));
	session_apply(s, &seen, sizeof(seen));
	CHECK_STR(kind_of(session_vma_by_key(s, 2, v.sig, v.anchor)), "hugetlb");
	session_free(s);
}

int main(void)
{
	RUN("kind", a_reservation_is_no_guard_of_a_stack);
	RUN("kind", facts_judge_what_is_gone);
	RUN("kind", facts_are_of_one_edition);
	RUN("kind", a_kind_outlives_its_facts);
	RUN("kind", a_bss_outlives_the_facts_of_its_file);
	RUN("kind", hugetlb_of_any_name);
	session = session_new();
	layout_plain();
	RUN("kind", kinds_of_a_plain_program);
	RUN("kind", names_by_the_kernels_own_rules);
	RUN("kind", permissions);
	RUN("kind", nothing_known_is_a_dash);
	RUN("kind", a_heap_that_shrank);
	session_free(session);
	return check_bad;
}
