/* SPDX-License-Identifier: GPL-2.0 */
/* src/host/unwind.c and cfi.c against libdw, row by row, and on hostile files.  Arguments: more files to compare. */
#include <dwarf.h>
#include <elf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/unwind.h"
#include "unit/check.h"

static struct unwind_table table;
static struct unwind_builder *builder;
static uint64_t *fdes;

static long read_file(void *ctx, void *to, size_t size, uint64_t offset)
{
	return pread(*(int *)ctx, to, size, (off_t)offset);
}

struct bytes { const uint8_t *at; size_t size; };

static long read_bytes(void *ctx, void *to, size_t size, uint64_t offset)
{
	const struct bytes *b = ctx;

	if (offset >= b->size)
		return 0;
	size = size < b->size - offset ? size : b->size - offset;
	memcpy(to, b->at + offset, size);
	return (long)size;
}

static int build_bytes(const void *at, size_t size)
{
	struct bytes b = { at, size };
	struct unwind_file file = { read_bytes, &b };

	return unwind_build(builder, &file, fdes, &table);
}

/* The rule for an offset, as BPF finds it. */
static const struct mmt_unwind_rule *rule_at(uint64_t offset)
{
	uint32_t n = (uint32_t)(offset >> 12) - table.first_page, from, to;

	if (n >= table.pages)
		return NULL;
	from = table.page[n];
	to = table.page[n + 1];
	while (to - from > 1) {
		uint32_t middle = (from + to) / 2;

		if (table.row[middle] >> 16 <= (offset & 0xffff))
			from = middle;
		else
			to = middle;
	}
	return &table.rule[MMT_ROW_RULE(table.row[from])];
}

/* --- libdw --- */

/* What libdw says of a register: where, and the offset. */
static bool register_is(Dwarf_Frame *frame, int reg, uint8_t where, int32_t offset)
{
	Dwarf_Op memory[3], *ops;
	size_t count;

	if (dwarf_frame_register(frame, reg, memory, &ops, &count))
		return where == MMT_WHERE_UNKNOWN;
	if (!count && ops && reg == MMT_REG_RBX && where == MMT_WHERE_SAME)
		return true; /* libdw's own default for x86-64 leaves this one out */
	if (!count)
		return where == (ops ? MMT_WHERE_UNKNOWN : MMT_WHERE_SAME);
	if (ops[0].atom == DW_OP_call_frame_cfa && count == 1)
		return where == MMT_WHERE_CFA && offset == 0;
	if (ops[0].atom == DW_OP_call_frame_cfa && count == 2 && ops[1].atom == DW_OP_plus_uconst)
		return where == MMT_WHERE_CFA && offset == (int32_t)ops[1].number;
	if (ops[0].atom == DW_OP_call_frame_cfa && count == 2 && ops[1].atom == DW_OP_breg6)
		return where == MMT_WHERE_RBP && offset == (int32_t)ops[1].number;
	return where == MMT_WHERE_UNKNOWN;
}

static bool cfa_is(Dwarf_Frame *frame, const struct mmt_unwind_rule *r)
{
	Dwarf_Op *ops;
	size_t count;

	if (dwarf_frame_cfa(frame, &ops, &count) || !count)
		return r->kind == MMT_RULE_BAD;
	if (ops[0].atom == DW_OP_bregx && count == 1)
		return r->kind == MMT_RULE_REG && r->reg == ops[0].number && r->cfa == (int32_t)ops[0].number2;
	if (ops[0].atom < DW_OP_breg0 || ops[0].atom > DW_OP_breg15)
		return r->kind == MMT_RULE_BAD;
	if (count == 1)
		return r->kind == MMT_RULE_REG && r->reg == ops[0].atom - DW_OP_breg0 && r->cfa == (int32_t)ops[0].number;
	if (ops[1].atom == DW_OP_deref && (count == 2 || (count == 3 && ops[2].atom == DW_OP_plus_uconst)))
		return r->kind == MMT_RULE_DEREF && r->reg == ops[0].atom - DW_OP_breg0 && r->cfa == (int32_t)ops[0].number &&
		       r->addend == (count == 3 ? (int8_t)ops[2].number : 0);
	if (count == 9 && ops[1].atom == DW_OP_breg16)
		return r->kind == MMT_RULE_PLT && r->cfa == (int32_t)ops[0].number && r->reg == ops[4].atom - DW_OP_lit0;
	return r->kind == MMT_RULE_BAD;
}

static bool ra_is_undefined(Dwarf_Frame *frame)
{
	Dwarf_Op memory[3], *ops;
	size_t count;

	return !dwarf_frame_register(frame, MMT_REG_RA, memory, &ops, &count) && !count && ops;
}

static bool frame_is(Dwarf_Frame *frame, const struct mmt_unwind_rule *r)
{
	bool signal = false;

	dwarf_frame_info(frame, NULL, NULL, &signal);
	if (signal)
		return r->kind == MMT_RULE_SIGNAL;
	if (ra_is_undefined(frame))
		return r->kind == MMT_RULE_END;
	if (r->kind == MMT_RULE_BAD)
		return cfa_is(frame, r) || !register_is(frame, MMT_REG_RA, MMT_WHERE_CFA, -8);
	return cfa_is(frame, r) && register_is(frame, MMT_REG_RA, MMT_WHERE_CFA, -8) &&
	       register_is(frame, MMT_REG_RBP, r->where & 15, r->rbp) && register_is(frame, MMT_REG_RBX,
		r->where >> 4, r->rbx);
}

struct compared { uint64_t rows, differ, bad; };

static void row_compare(Dwarf_CFI *cfi, uint64_t offset, uint64_t vaddr, const char *path, struct compared *sum)
{
	const struct mmt_unwind_rule *r = rule_at(offset);
	Dwarf_Frame *frame = NULL;
	bool found = dwarf_cfi_addrframe(cfi, vaddr, &frame) == 0, good;

	good = found ? r && frame_is(frame, r) : r && (r->kind == MMT_RULE_GAP || r->kind == MMT_RULE_END);
	free(frame);
	sum->rows++;
	sum->bad += r && r->kind == MMT_RULE_BAD;
	sum->differ += !good;
	if (!good && sum->differ < 4)
		printf("# %s: 0x%llx: rule %d reg %d cfa %d where %x, libdw %s\n", path, (unsigned long long)vaddr, r ? r->kind : -1,
		       r ? r->reg : -1, r ? r->cfa : 0, r ? r->where : 0, found ? "differs" : "has none");
}

static void rows_compare(Elf *elf, const char *path, struct compared *sum)
{
	Dwarf_CFI *cfi = dwarf_getcfi_elf(elf);
	Elf64_Ehdr *head = elf64_getehdr(elf);
	Elf64_Phdr *list = elf64_getphdr(elf);

	for (uint32_t n = 0; cfi && n < table.pages; n++) {
		for (uint32_t i = table.page[n]; i < table.page[n + 1]; i++) {
			uint64_t offset = ((uint64_t)(table.first_page + n) << 12) + (table.row[i] >> 16 & 0xfff);

			for (int p = 0; p < head->e_phnum; p++)
				if (list[p].p_type == PT_LOAD && list[p].p_flags & PF_X && offset - list[p].p_offset < list[p].p_filesz)
					row_compare(cfi, offset, offset - list[p].p_offset + list[p].p_vaddr, path, sum);
		}
	}
	dwarf_cfi_end(cfi);
}

/* false: not there, or nothing for us. */
static bool file_compare(const char *path, struct compared *sum)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	struct unwind_file file = { read_file, &fd };
	Elf *elf;

	if (fd < 0)
		return false;
	err = unwind_build(builder, &file, fdes, &table);
	if (!err) {
		elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
		rows_compare(elf, path, sum);
		elf_end(elf);
	} else if (err != -ENOEXEC && err != -ENODATA) {
		printf("# %s: %s\n", path, strerror(-err));
	}
	close(fd);
	return !err;
}

static void rows_are_those_of_libdw(void)
{
	static const char *const paths[] = { "/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2",
		"/usr/bin/python3",
					     "/usr/bin/bash", "/proc/self/exe" };
	unsigned files = 0;
	struct compared sum = { 0 };

	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		files += file_compare(paths[i], &sum);
	printf("# %u files, %llu rows\n", files, (unsigned long long)sum.rows);
	CHECK(files > 0 && sum.rows > 1000);
	CHECK_EQ(sum.differ, 0);
}

/* --- made by hand --- */

/* A program of one FDE, at 0x1000 in file and memory; code of 256 bytes. */
struct made {
	Elf64_Ehdr e;
	Elf64_Phdr p[2];
	uint8_t gap[0x800 - sizeof(Elf64_Ehdr) - 2 * sizeof(Elf64_Phdr)];
	struct { uint8_t version, frames_encoding, count_encoding, encoding; int32_t frames; uint32_t count;
		 int32_t pair[2]; } index; /* 0x800 */
	uint8_t frames[0x800 - 20];
	uint8_t code[0x100]; /* 0x1000 */
};

#define FRAMES_AT 0x814

static const uint8_t cie[] = { 0x14, 0, 0, 0, 0, 0, 0, 0, 1, 'z', 'R', 0, 1, 0x78, 16, 1,
	DW_EH_PE_pcrel | DW_EH_PE_sdata4,
			       DW_CFA_def_cfa, 7, 8, DW_CFA_offset | 16, 1, 0, 0 };

static void put32(uint8_t *at, int64_t value)
{
	int32_t v = (int32_t)value;

	memcpy(at, &v, sizeof(v));
}

static struct made *make(const uint8_t *program, size_t size, int32_t start, int32_t length)
{
	struct made *m = calloc(1, sizeof(*m));
	uint8_t *fde = m->frames + sizeof(cie);

	memcpy(m->e.e_ident, (uint8_t[]){ 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT }, 7);
	m->e.e_machine = EM_X86_64;
	m->e.e_phoff = sizeof(m->e);
	m->e.e_phentsize = sizeof(m->p[0]);
	m->e.e_phnum = 2;
	m->p[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_filesz = sizeof(*m), .p_memsz = sizeof(*m) };
	m->p[1] = (Elf64_Phdr){ .p_type = PT_GNU_EH_FRAME, .p_offset = 0x800, .p_vaddr = 0x800, .p_filesz = 20 };
	m->index.version = 1;
	m->index.frames_encoding = DW_EH_PE_pcrel | DW_EH_PE_sdata4;
	m->index.count_encoding = DW_EH_PE_udata4;
	m->index.encoding = DW_EH_PE_datarel | DW_EH_PE_sdata4;
	m->index.frames = FRAMES_AT - 0x804;
	m->index.count = 1;
	m->index.pair[0] = start - 0x800;
	m->index.pair[1] = FRAMES_AT + (int32_t)sizeof(cie) - 0x800;
	memcpy(m->frames, cie, sizeof(cie));
	put32(fde, (int64_t)size + 13);
	put32(fde + 4, (int64_t)sizeof(cie) + 4);
	put32(fde + 8, start - (int64_t)(FRAMES_AT + sizeof(cie) + 8));
	put32(fde + 12, length);
	memcpy(fde + 17, program, size);
	return m;
}

_Static_assert(offsetof(struct made, index) == 0x800 && offsetof(struct made, code) == 0x1000, "as the numbers say");

static const uint8_t push_rbp[] = { DW_CFA_advance_loc | 1, DW_CFA_def_cfa_offset, 16, DW_CFA_offset | 6, 2,
				    DW_CFA_advance_loc | 3, DW_CFA_def_cfa_register, 6 };

static void a_function_by_hand(void)
{
	struct made *m = make(push_rbp, sizeof(push_rbp), 0x1000, 0x40);
	const struct mmt_unwind_rule *r;

	CHECK_EQ(build_bytes(m, sizeof(*m)), 0);
	r = rule_at(0x1000);
	CHECK(r->kind == MMT_RULE_REG && r->reg == MMT_REG_RSP && r->cfa == 8 && r->where == 0);
	r = rule_at(0x1003);
	CHECK(r->kind == MMT_RULE_REG && r->reg == MMT_REG_RSP && r->cfa == 16 && r->where == MMT_WHERE_CFA && r->rbp == -16);
	r = rule_at(0x103f);
	CHECK(r->kind == MMT_RULE_REG && r->reg == MMT_REG_RBP && r->cfa == 16);
	CHECK_EQ(rule_at(0x1040)->kind, MMT_RULE_GAP);
	CHECK_EQ(rule_at(0xfff)->kind, MMT_RULE_GAP);
	CHECK_EQ(rule_at(0)->kind, MMT_RULE_END); /* e_entry */
	CHECK_EQ(rule_at(0x80)->kind, MMT_RULE_GAP);
	free(m);
}

/* The same rows without the index. */
static void without_an_index(void)
{
	struct made *m = make(push_rbp, sizeof(push_rbp), 0x1000, 0x40);

	m->index.encoding = DW_EH_PE_omit;
	CHECK_EQ(build_bytes(m, sizeof(*m)), 0);
	CHECK_EQ(rule_at(0x1003)->cfa, 16);
	CHECK_EQ(table.damaged, 0);
	free(m);
}

static void what_cannot_be_said_is_bad(void)
{
	static const uint8_t other[] = { DW_CFA_def_cfa_expression, 2, DW_OP_lit1, DW_OP_deref, DW_CFA_advance_loc | 1,
					 DW_CFA_def_cfa, 7, 8, DW_CFA_register, 16, 3 };
	struct made *m = make(other, sizeof(other), 0x1000, 0x40);

	CHECK_EQ(build_bytes(m, sizeof(*m)), 0);
	CHECK_EQ(rule_at(0x1000)->kind, MMT_RULE_BAD);
	CHECK_EQ(rule_at(0x1001)->kind, MMT_RULE_BAD);
	free(m);
}

static void damaged_functions_cost_themselves(void)
{
	static const uint8_t cut[] = { DW_CFA_advance_loc | 4, DW_CFA_restore_state };
	struct made *m = make(cut, sizeof(cut), 0x1000, 0x40);

	CHECK_EQ(build_bytes(m, sizeof(*m)), 0);
	CHECK_EQ(table.damaged, 1);
	CHECK_EQ(rule_at(0x1003)->kind, MMT_RULE_REG);
	CHECK_EQ(rule_at(0x1004)->kind, MMT_RULE_BAD);
	CHECK_EQ(rule_at(0x1040)->kind, MMT_RULE_GAP);
	free(m);
	m = make(push_rbp, sizeof(push_rbp), 0x1000, 0x7fffffff); /* longer than the file */
	CHECK_EQ(build_bytes(m, sizeof(*m)), 0);
	CHECK_EQ(table.damaged, 1);
	CHECK_EQ(rule_at(0x1003)->kind, MMT_RULE_GAP);
	free(m);
}

/* A program without an index: by the name of its section. */
static void without_a_header(void)
{
	struct made *m = make(push_rbp, sizeof(push_rbp), 0x1000, 0x40);
	Elf64_Shdr sections[2] = { { .sh_flags = SHF_ALLOC, .sh_addr = FRAMES_AT }, { .sh_offset = 0x780 } };

	m->p[1].p_type = PT_NULL;
	CHECK_EQ(build_bytes(m, sizeof(*m)), (uint64_t)-ENODATA);
	m->e.e_shoff = 0x600;
	m->e.e_shentsize = sizeof(sections[0]);
	m->e.e_shnum = 2;
	m->e.e_shstrndx = 1;
	memcpy((uint8_t *)m + 0x600, sections, sizeof(sections));
	CHECK_EQ(build_bytes(m, sizeof(*m)), (uint64_t)-ENODATA);
	memcpy((uint8_t *)m + 0x780, ".eh_frame", 10);
	CHECK_EQ(build_bytes(m, sizeof(*m)), 0);
	CHECK_EQ(rule_at(0x1003)->cfa, 16);
	CHECK_EQ(table.damaged, 0);
	free(m);
}

#define INDEX_FAR (1ull << 30)

/* Behind its headers a file of zeros, but for an index whose entries point everywhere. */
static long read_scattered(void *ctx, void *to, size_t size, uint64_t offset)
{
	const struct made *m = ctx;

	size = size < 4096 ? size : 4096; /* it need not take time */
	memset(to, 0, size);
	read_bytes(&(struct bytes){ (const uint8_t *)m, sizeof(*m) }, to, size, offset);
	for (size_t i = 0; offset >= INDEX_FAR && i < size / 4; i++)
		((uint32_t *)to)[i] = (uint32_t)((offset / 4 + i) * 0x9e3779b1u) % (1u << 28);
	if (offset == INDEX_FAR)
		memcpy(to, &m->index, 12);
	return (long)size;
}

/* They would take hours, or many seconds. */
static void long_files_are_given_up(void)
{
	struct made *m = make(push_rbp, sizeof(push_rbp), 0x1000, 0x40);
	struct unwind_file file = { read_scattered, m };

	m->p[0].p_filesz = 1ull << 28;
	m->p[1].p_offset = INDEX_FAR;
	m->p[1].p_vaddr = 0;
	m->p[1].p_filesz = 32ull << 30;
	m->index.count = ~0u;
	CHECK_EQ(unwind_build(builder, &file, fdes, &table), (uint64_t)-E2BIG);
	CHECK_EQ(table.fdes, 0);
	m->index.count = UNWIND_FDES;
	CHECK_EQ(unwind_build(builder, &file, fdes, &table), (uint64_t)-E2BIG);
	CHECK(table.fdes > 1000 && table.fdes < UNWIND_FDES / 2);
	free(m);
}

/* Boundaries of pages are read once, and never go back. */
static void pages_do_not_overlap(void)
{
	uint32_t pages[] = { 0, 5, 3, 9, 20000 };
	const struct unwind_table t = { .page = pages, .pages = 4, .rows = 10000 };

	CHECK_EQ(unwind_page_rows(&t, 0, 0), 5);
	CHECK_EQ(unwind_page_rows(&t, 1, 5), 0);
	CHECK_EQ(unwind_page_rows(&t, 2, 5), 4);
	CHECK_EQ(unwind_page_rows(&t, 3, 9), 0);
	pages[4] = 9 + 4097;
	CHECK_EQ(unwind_page_rows(&t, 3, 9), 4097);
	pages[4]++;
	CHECK_EQ(unwind_page_rows(&t, 3, 9), 0);
}

/* Bytes changed at random: whatever is there, it ends, and what comes out can be used. */
static void hostile_files(void)
{
	uint32_t seed = 1;

	for (int i = 0; i < 20000; i++) {
		struct made *m = make(push_rbp, sizeof(push_rbp), 0x1000, 0x40);

		for (int n = 0; n < 4; n++) {
			seed = seed * 1103515245 + 12345;
			((uint8_t *)m)[seed >> 8 & 1 ? (seed >> 9) % 0xb0 : 0x800 + (seed >> 9) % 0x60] = (uint8_t)(seed >> 24);
		}
		if (build_bytes(m, sizeof(*m)) == 0)
			for (uint32_t p = 0; p < table.pages; p++)
				CHECK(table.page[p] < table.page[p + 1] && table.page[p + 1] <= table.rows);
		free(m);
	}
	CHECK_EQ(build_bytes("\x7f" "ELF", 4), (uint64_t)-ENOEXEC);
	CHECK_EQ(build_bytes("", 0), (uint64_t)-ENOEXEC);
}

/* Bit 6 of the last byte is the sign. */
static void numbers_of_seven_bits(void)
{
	static const struct { uint8_t byte[3]; size_t size; int64_t value; uint64_t plain; } all[] = {
		{ { 0x3f }, 1, 63, 63 },         { { 0x20 }, 1, 32, 32 },           { { 0x40 }, 1, -64, 64 },
		{ { 0x7f }, 1, -1, 127 },        { { 0xff, 0x00 }, 2, 127, 127 },   { { 0x80, 0x7f }, 2, -128, 16256 },
		{ { 0x80, 0x80, 0x01 }, 3, 16384, 16384 },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct cfi_bytes with = { .at = all[i].byte, .end = all[i].byte + all[i].size }, without = with;

		CHECK_EQ(cfi_sleb(&with), all[i].value);
		CHECK_EQ(cfi_uleb(&without), all[i].plain);
		CHECK(!with.bad && !without.bad && with.at == with.end);
	}
}

int main(int argc, char **argv)
{
	struct compared sum = { 0 };

	elf_version(EV_CURRENT);
	builder = malloc(unwind_builder_size());
	fdes = malloc(UNWIND_FDES * sizeof(*fdes));
	table.rule = malloc(MMT_UNWIND_RULES * sizeof(*table.rule));
	table.page = malloc((MMT_UNWIND_PAGES + 1) * sizeof(*table.page));
	table.row = malloc(UNWIND_ROWS * sizeof(*table.row));
	for (int i = 1; i < argc; i++)
		file_compare(argv[i], &sum);
	if (argc > 1) {
		printf("%s - unit: unwind: %d files, %llu rows, %llu differ, %llu without a rule\n", sum.differ
			? "not ok" : "ok", argc - 1,
		       (unsigned long long)sum.rows, (unsigned long long)sum.differ, (unsigned long long)sum.bad);
		return sum.differ != 0;
	}
	RUN("unwind", numbers_of_seven_bits);
	RUN("unwind", a_function_by_hand);
	RUN("unwind", without_an_index);
	RUN("unwind", what_cannot_be_said_is_bad);
	RUN("unwind", damaged_functions_cost_themselves);
	RUN("unwind", without_a_header);
	RUN("unwind", long_files_are_given_up);
	RUN("unwind", pages_do_not_overlap);
	RUN("unwind", hostile_files);
	RUN("unwind", rows_are_those_of_libdw);
	free(table.rule);
	free(table.page);
	free(table.row);
	free(builder);
	free(fdes);
	return check_bad;
}
