/* SPDX-License-Identifier: GPL-2.0 */
/* src/sym: names from files that nobody trusts. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "sym/debugdata.h"
#include "sym/demangle.h"
#include "sym/elf_symbols.h"
#include "sym/jit.h"
#include "sym/user_wire.h"
#include "sym/vdso.h"
#include "unit/check.h"

/* --- demangling --- */

static const char *plain(const char *mangled)
{
	static char out[FUNCTION_MAX];

	return demangle(mangled, out, sizeof(out));
}

static void names_of_cxx(void)
{
	CHECK_STR(plain("_ZN5space3boxImLi3EE3putIcEEiT_RKS1_"),
		  "int space::box<unsigned long, 3>::put<char>(char, space::box<unsigned long, 3> const&)");
	CHECK_STR(plain("_ZNSt6vectorIiSaIiEE9push_backEOi"), "std::vector<int, std::allocator<int> >::push_back(int&&)");
	CHECK_STR(plain("_ZNK5space5othercvbEv"), "space::other::operator bool() const");
	CHECK_STR(plain("_ZZ4mainENKUlvE_clEv"), "main::{lambda()#1}::operator()() const");
	CHECK_STR(plain("_Z3foov.cold"), "foo() [clone .cold]");
	CHECK_STR(plain("_ZTv0_n24_N1A1fEv"), "virtual thunk to A::f()");
}

static void names_of_rust(void)
{
	CHECK_STR(plain("_ZN4core3ptr85drop_in_place$LT$std..rt..lang_start$LT$$LP$$RP$$GT$..$u7b$$u7b$closure$u7d$$u7d$$GT$"
			"17h0123456789abcdefE"), "core::ptr::drop_in_place<std::rt::lang_start<()>::{{closure}}>");
	CHECK_STR(plain("_ZN5shelf4room14Shelf$LT$T$GT$5weigh17h1b3a5c7d9e0f2468E"), "shelf::room::Shelf<T>::weigh");
	CHECK_STR(plain("_RNvMs_NtCsbDqzhabcdef_5shelf4roomINtB4_5ShelfmE5weigh"), "<shelf::room::Shelf<u32>>::weigh");
	CHECK_STR(plain("_RNvC6_123foo3bar"), "123foo::bar");
	CHECK_STR(plain("_RNqCs4fqI2P2rA04_11utf8_identsu30____7hkackfecea1cbdathfdh9hlq6y"),
		  "utf8_idents::საჭმელად_გემრიელი_სადილი");
}

static void names_that_are_none(void)
{
	CHECK_STR(plain("malloc"), "malloc");
	CHECK_STR(plain(""), "");
	CHECK_STR(plain("_Z"), "_Z");
	CHECK_STR(plain("_R"), "_R");
	CHECK_STR(plain("_ZN9999999999999999999999E"), "_ZN9999999999999999999999E");
	CHECK_STR(plain("_ZN3foo"), "_ZN3foo");
}

/* A little text that stands for very much of it, or for very deep nesting. */
static void names_that_want_harm(void)
{
	char name[8000] = "_Z1fI", out[64];
	size_t at;

	/* each template argument is twice the one before it */
	at = strlen(name);
	at += (size_t)sprintf(name + at, "1AIiiE");
	for (int i = 0; i < 30; i++)
		at += (size_t)sprintf(name + at, "1BIS%c_S%c_E", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i % 36],
				      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i % 36]);
	strcpy(name + at, "Evv");
	CHECK(strlen(plain(name)) < FUNCTION_MAX);
	for (int kind = 0; kind < 4; kind++) {
		static const char begin[][8] = { "_Z1f", "_ZN", "_RI", "_RNvC1a" }, piece[] = { 'P', 'N', 'I', 'T' };

		memset(name, piece[kind], sizeof(name) - 1);
		name[sizeof(name) - 1] = '\0';
		memcpy(name, begin[kind], strlen(begin[kind]));
		CHECK(strlen(plain(name)) < FUNCTION_MAX);
		name[1900] = '\0';
		CHECK(strlen(plain(name)) < FUNCTION_MAX);
	}
	CHECK_STR(demangle("_ZN5space3boxImLi3EE3putIcEEiT_RKS1_", out, 20), "int space::box<u...");
	CHECK_STR(demangle("a_function_of_c_with_a_long_name", out, 12), "a_functi...");
}

/* --- ELF files, made here --- */

#define TEXT 0x1000u
struct file {
	Elf64_Ehdr head;
	Elf64_Phdr segment;
	Elf64_Shdr section[5]; /* none, text, symbols, names, more text */
	Elf64_Sym symbol[8];
	char names[256];
};

static struct file file_make(void)
{
	struct file f = {
		.head = { .e_type = ET_DYN, .e_machine = EM_X86_64, .e_phoff = offsetof(struct file, segment), .e_phnum = 1,
			  .e_phentsize = sizeof(Elf64_Phdr), .e_shoff = offsetof(struct file, section), .e_shnum = 5,
			  .e_shentsize = sizeof(Elf64_Shdr), .e_shstrndx = 3 },
		.segment = { .p_type = PT_LOAD, .p_flags = PF_X, .p_offset = TEXT, .p_vaddr = 0x401000, .p_filesz = 0x1000 },
		.section = { [1] = { .sh_type = SHT_PROGBITS, .sh_addr = 0x401000, .sh_size = 0x200 },
			     [2] = { .sh_type = SHT_SYMTAB, .sh_offset = offsetof(struct file, symbol), .sh_link = 3,
				     .sh_size = sizeof(f.symbol), .sh_entsize = sizeof(Elf64_Sym) },
			     [3] = { .sh_type = SHT_STRTAB, .sh_offset = offsetof(struct file, names), .sh_size = sizeof(f.names) },
			     [4] = { .sh_type = SHT_PROGBITS, .sh_addr = 0x401200, .sh_size = 0x100 } },
	};

	memcpy(f.head.e_ident, ELFMAG, SELFMAG);
	f.head.e_ident[EI_CLASS] = ELFCLASS64;
	f.head.e_ident[EI_DATA] = ELFDATA2LSB;
	return f;
}

static void symbol_set(struct file *f, int i, const char *name, uint64_t at, uint64_t size, int bind, int type)
{
	f->symbol[i] = (Elf64_Sym){ (uint32_t)(1 + 30 * i), (unsigned char)ELF64_ST_INFO(bind, type), 0, 1, at, size };
	snprintf(f->names + 1 + 30 * i, 30, "%s", name);
}

static struct bytes bytes_of(const void *memory, size_t size)
{
	return (struct bytes){ .fd = -1, .memory = memory, .size = size };
}

/* "": there is none. */
static const char *symbol_at(const struct file *f, uint64_t vaddr)
{
	static char name[SYMBOL_NAME];
	struct bytes b = bytes_of(f, sizeof(*f));
	struct elf_found found = { .vaddr = vaddr };
	struct elf_parts parts;

	if (!elf_parts_read(&b, &parts))
		return "?";
	elf_symbols_find(&b, &parts.symtab, parts.is_64, &found, 1);
	if (!elf_symbol_holds(&b, &found) || !elf_symbol_name(&b, &found, name, sizeof(name)))
		return "";
	return name;
}

static void symbols_chosen(void)
{
	struct file f = file_make();

	symbol_set(&f, 0, "__libc_malloc", 0x401010, 0x20, STB_GLOBAL, STT_FUNC);
	symbol_set(&f, 1, "malloc", 0x401010, 0x20, STB_GLOBAL, STT_FUNC);
	symbol_set(&f, 2, "m", 0x401010, 0x20, STB_LOCAL, STT_FUNC);
	symbol_set(&f, 3, "outer", 0x401040, 0x40, STB_LOCAL, STT_FUNC);
	symbol_set(&f, 4, "label", 0x401050, 0, STB_LOCAL, STT_NOTYPE);
	symbol_set(&f, 5, "assembler", 0x401100, 0, STB_GLOBAL, STT_NOTYPE);
	symbol_set(&f, 6, "variable", 0x401180, 8, STB_GLOBAL, STT_OBJECT);
	CHECK_STR(symbol_at(&f, 0x401010), "malloc");
	CHECK_STR(symbol_at(&f, 0x40102f), "malloc");
	CHECK_STR(symbol_at(&f, 0x40100f), "");
	CHECK_STR(symbol_at(&f, 0x401030), ""); /* a hole behind a function with a size */
	CHECK_STR(symbol_at(&f, 0x401060), "outer"); /* not the label in it */
	CHECK_STR(symbol_at(&f, 0x401090), "");
	CHECK_STR(symbol_at(&f, 0x401110), "assembler");
	CHECK_STR(symbol_at(&f, 0x401184), "assembler");
	CHECK_STR(symbol_at(&f, 0x401210), ""); /* it is in the section behind */
	CHECK_STR(symbol_at(&f, 0), "");
	CHECK_STR(symbol_at(&f, ~0ull), "");
}

static void offsets_to_addresses(void)
{
	struct file f = file_make();
	struct bytes b = bytes_of(&f, sizeof(f));
	struct elf_parts parts;
	uint64_t vaddr = 0;

	CHECK(elf_parts_read(&b, &parts));
	CHECK(elf_vaddr(parts.load, parts.load_count, TEXT + 5, &vaddr) && vaddr == 0x401005);
	CHECK(!elf_vaddr(parts.load, parts.load_count, TEXT - 1, &vaddr));
	CHECK(!elf_vaddr(parts.load, parts.load_count, TEXT + 0x1000, &vaddr));
}

/* Sizes near 2^64, parts that overlap or lie outside, tables that point to themselves. */
static void files_that_lie(void)
{
	static const uint64_t values[] = { 0, 1, 7, 0x7fffffff, 0xffffffff, 1ull << 32, INT64_MAX, 1ull << 63,
					   ~0ull - 7, ~0ull };
	struct file good = file_make(), f;

	symbol_set(&good, 1, "malloc", 0x401010, 0x20, STB_GLOBAL, STT_FUNC);
	for (size_t at = 16; at + 8 <= offsetof(struct file, names); at += 2) {
		for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
			f = good;
			memcpy((uint8_t *)&f + at, &values[v], v < 5 ? 4 : 8);
			CHECK(strlen(symbol_at(&f, 0x401018)) < SYMBOL_NAME);
		}
	}
	for (size_t size = 0; size < sizeof(good); size += 3) {
		struct elf_parts parts;
		uint8_t *cut = malloc(size + 1);
		struct bytes b = bytes_of(cut, size);

		memcpy(cut, &good, size);
		elf_parts_read(&b, &parts);
		free(cut);
	}
}

static void many_program_headers(void)
{
	size_t size = sizeof(Elf64_Ehdr) + 65535 * sizeof(Elf64_Phdr);
	Elf64_Ehdr *head = calloc(1, size);
	Elf64_Phdr *p = (Elf64_Phdr *)(head + 1);
	struct bytes b = bytes_of(head, size);
	struct elf_parts parts;

	*head = file_make().head;
	head->e_phoff = sizeof(*head);
	head->e_phnum = 65535;
	head->e_shoff = 0;
	for (int i = 0; i < 65535; i++) /* executable, and notes that are the whole file */
		p[i] = (Elf64_Phdr){ .p_type = i & 1 ? PT_NOTE : PT_LOAD, .p_flags = PF_X, .p_filesz = ~0ull };
	CHECK(elf_parts_read(&b, &parts));
	CHECK_EQ(parts.load_count, ELF_LOADS);
	free(head);
}

static void notes_that_go_nowhere(void)
{
	struct { Elf64_Ehdr head; Elf64_Phdr p; Elf64_Nhdr n[64]; } f = { .head = file_make().head };
	struct bytes b = bytes_of(&f, sizeof(f));
	struct elf_parts parts;

	f.head.e_phoff = offsetof(typeof(f), p);
	f.head.e_shoff = 0;
	f.p = (Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = offsetof(typeof(f), n), .p_filesz = sizeof(f.n), .p_align = 4 };
	for (int i = 0; i < 64; i++)
		f.n[i] = (Elf64_Nhdr){ i & 1 ? 0 : ~0u, i & 2 ? 0 : ~0u, NT_GNU_BUILD_ID };
	CHECK(elf_parts_read(&b, &parts) && !parts.build_id_length);
}

static void packed_symbols_that_are_damaged(void)
{
	uint8_t junk[4096] = { 0xfd, '7', 'z', 'X', 'Z', 0, 0, 4 };
	struct bytes b = bytes_of(junk, sizeof(junk));
	size_t size;

	CHECK(!debugdata_unpack(&b, &(struct elf_section){ 0, sizeof(junk) }, &size));
	CHECK(!debugdata_unpack(&b, &(struct elf_section){ 4000, ~0ull - 10 }, &size));
	CHECK(!debugdata_unpack(&b, &(struct elf_section){ ~0ull, 1 }, &size));
	CHECK(!debugdata_unpack(&b, &(struct elf_section){ 0, 0 }, &size));
}

/* What the dynamic linker finds there, we find. */
static void the_vdso(void)
{
	const uint8_t *vdso = (const uint8_t *)getauxval(AT_SYSINFO_EHDR);
	uint64_t start = 0;
	char name[64];

	CHECK(!vdso_find(0, name, sizeof(name), &start)); /* its header */
	CHECK(!vdso_find(~0ull, name, sizeof(name), &start));
	for (uint64_t at = 0; vdso && at < 0x2000; at++) {
		if (!vdso_find(at, name, sizeof(name), &start))
			continue;
		CHECK(start <= at && strlen(name) > 3);
		return;
	}
	CHECK(!vdso);
}

/* --- code made at run time --- */

static void perf_maps(void)
{
	static const char text[] = "1000 40 older\n\nnonsense\n1000 40 newer with spaces\n2000 ffffffffffffffff all\n"
				   "-1 10 minus\n3000 10\n3000  10 two spaces\n99999999999999999999 1 large\n4000 0 empty\n1020 10 last";
	struct jit_found list[] = { { .address = 0xfff }, { .address = 0x1000 }, { .address = 0x1025 }, { .address = 0x103f },
				    { .address = 0x1040 }, { .address = 0x3000 } };
	struct bytes b = bytes_of(text, sizeof(text) - 1);

	jit_perf_map(&b, list, 6);
	CHECK(!list[0].found && !list[4].found);
	CHECK_STR(list[1].name, "newer with spaces");
	CHECK_STR(list[2].name, "last");
	CHECK_EQ(list[2].start, 0x1020);
	CHECK_STR(list[3].name, "newer with spaces");
	CHECK_STR(list[5].name, "all");
}

static void a_perf_map_without_lines(void)
{
	size_t size = 100000;
	char *text = malloc(size);
	struct jit_found found = { .address = 0x1000 };
	struct bytes b = bytes_of(text, size);

	memset(text, 'a', size);
	memcpy(text, "1000 10 ", 8);
	jit_perf_map(&b, &found, 1);
	CHECK(found.found && strlen(found.name) == JIT_NAME - 1);
	free(text);
}

static void jitdumps_that_lie(void)
{
	uint32_t words[256] = { 0x4a695444, 1, 40 };
	struct jit_found found = { .address = 0 };
	struct bytes b = bytes_of(words, sizeof(words));
	unsigned seed = 3;

	CHECK(jit_is_dump(&b));
	jit_dump(&b, &found, 1); /* records of size 0 */
	CHECK(!found.found);
	for (int i = 0; i < 5000; i++) {
		for (int n = 10; n < 256; n++)
			words[n] = (uint32_t[]){ 0, 1, 16, 64, 72, ~0u, (uint32_t)rand_r(&seed) }[rand_r(&seed) % 7];
		jit_dump(&b, &found, 1);
		CHECK(strlen(found.name) < JIT_NAME);
	}
	words[2] = ~0u;
	jit_dump(&b, &found, 1);
}

static void code_that_moved_has_no_name(void)
{
	struct {
		uint32_t head[10];
		struct {
			uint32_t id, size;
			uint64_t time;
			uint32_t pid, tid;
			uint64_t vma, address, length, index;
			char name[8];
		} load;
		struct {
			uint32_t id, size;
			uint64_t time;
			uint32_t pid, tid;
			uint64_t vma, from, to, length, index;
		} move;
	} __attribute__((packed)) dump = {
		{ 0x4a695444, 1, 40 }, { 0, sizeof(dump.load), 1, 1, 1, 0x1000, 0x1000, 0x40, 1, "work" },
		{ 9, sizeof(dump.move), 2, 1, 1, 0x1000, 0x5000, 0x1000, 0x40, 1 },
	};
	struct jit_found found = { .address = 0x1010 };
	struct bytes b = bytes_of(&dump, sizeof(dump));

	jit_dump(&b, &found, 1);
	CHECK(found.found);
	CHECK_STR(found.name, "work");
	dump.move.id = 1;
	jit_dump(&b, &found, 1);
	CHECK(!found.found);
}

/* --- the protocol --- */

static struct user_answer answer, out;

static bool taken(size_t size)
{
	return user_answer_decode(&answer, size, 7, &out);
}

static void answer_honest(void)
{
	memset(&answer, 0, sizeof(answer));
	answer.head = (struct opener_answer){ .id = 7, .what = USER_ASK_NAMES };
	answer.done = 1;
	answer.used = 6;
	memcpy(answer.text, "\0main", 6);
	answer.place[0] = (struct user_answer_place){ .count = 1 };
	answer.frame[0] = (struct user_answer_frame){ 1, 0, 3 };
}

static void answers_that_lie(void)
{
	answer_honest();
	CHECK(taken(sizeof(answer)) && !taken(sizeof(answer) - 1) && !taken(0));
#define LIE(member, value) (answer_honest(), answer.member = (value), CHECK(!taken(sizeof(answer))))
	LIE(head.id, 8);
	LIE(head.what, 1);
	LIE(head.what, USER_ASK_JIT + 1);
	LIE(head.error, 5);
	LIE(head.error, INT32_MIN);
	LIE(done, ASK_PLACES + 1);
	LIE(used, ANSWER_TEXT + 1);
	LIE(used, 5); /* the last text does not end */
	LIE(place[0].first, ANSWER_FRAMES);
	LIE(place[0].count, USER_FRAMES + 1);
	LIE(frame[0].function, 6);
	LIE(frame[0].source, ~0u);
	LIE(build_id_length, USER_BUILD_ID + 1);
	LIE(load_count, ELF_LOADS + 1);
	LIE(debug, USER_DEBUG_OTHER + 1);
	LIE(debuglink[0], '/');
	answer_honest();
	memset(answer.debugaltlink, 'a', sizeof(answer.debugaltlink));
	CHECK(!taken(sizeof(answer)));
}

/* The parser's own work, on itself: the test's program has symbols. */
static void a_file_answered(void)
{
	static struct user_request r;
	int fds[MESSAGE_FDS] = { open("/proc/self/exe", O_RDONLY), -1, -1 };
	uint64_t vaddr = 0;

	r.file = (struct opener_request){ .id = 7, .what = USER_ASK_FACTS };
	user_answer_make(fds, &r.file, &answer);
	CHECK(taken(sizeof(answer)) && !out.head.error && out.has_symtab && out.load_count);
	r.file.what = USER_ASK_NAMES;
	vaddr = out.load[0].vaddr;
	for (r.count = 0; r.count < ASK_PLACES; r.count++)
		r.place[r.count] = vaddr + r.count * (out.load[0].filesz / ASK_PLACES);
	user_answer_make(fds, &r.file, &answer);
	CHECK(taken(sizeof(answer)) && out.done == ASK_PLACES);
	for (unsigned i = 0, named = 0; i < out.done; i++) {
		named += out.place[i].count;
		CHECK(i + 1 < out.done || named > ASK_PLACES / 2);
	}
	r.build_id_length = 4; /* it is not the one that was asked for */
	user_answer_make(fds, &r.file, &answer);
	CHECK(taken(sizeof(answer)) && out.head.error == -ESTALE && !out.place[5].count);
	r.build_id_length = 0;
	r.file.replaced = 1;
	user_answer_make(fds, &r.file, &answer);
	CHECK(taken(sizeof(answer)) && out.head.error == -ESTALE);
	close(fds[0]);
}

int main(void)
{
	RUN("sym", names_of_cxx);
	RUN("sym", names_of_rust);
	RUN("sym", names_that_are_none);
	RUN("sym", names_that_want_harm);
	RUN("sym", symbols_chosen);
	RUN("sym", offsets_to_addresses);
	RUN("sym", files_that_lie);
	RUN("sym", many_program_headers);
	RUN("sym", notes_that_go_nowhere);
	RUN("sym", packed_symbols_that_are_damaged);
	RUN("sym", the_vdso);
	RUN("sym", perf_maps);
	RUN("sym", a_perf_map_without_lines);
	RUN("sym", jitdumps_that_lie);
	RUN("sym", code_that_moved_has_no_name);
	RUN("sym", answers_that_lie);
	RUN("sym", a_file_answered);
	return check_bad;
}
