/* SPDX-License-Identifier: GPL-2.0 */
/* src/host/elf.c and src/model/fault/elf.c: headers of honest and of hostile files. */
#include <elf.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/fault/kind.h"
#include "model/fault/elf.h"
#include "host/elf.h"
#include "unit/check.h"
#include "unit/fault.h"

struct file { Elf64_Ehdr e; Elf64_Phdr p[5]; };

/* A shared library as GNU ld lays it out: the page at 0x2000 of the file is
 * mapped twice, with rodata and with relro. */
static struct file library(void)
{
	struct file f = { .e = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT }, .e_type = ET_DYN,
				 .e_machine = EM_X86_64, .e_version = 1, .e_phoff = sizeof(Elf64_Ehdr),
				 .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 5 } };

	f.p[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R, .p_filesz = 0x780, .p_memsz = 0x780 };
	f.p[1] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_offset = 0x1000, .p_vaddr = 0x1000,
			       .p_filesz = 0x235, .p_memsz = 0x235 };
	f.p[2] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R, .p_offset = 0x2000, .p_vaddr = 0x2000,
			       .p_filesz = 0x110, .p_memsz = 0x110 };
	f.p[3] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_offset = 0x2dc8, .p_vaddr = 0x3dc8,
			       .p_filesz = 0x27c, .p_memsz = 0x3980 };
	f.p[4] = (Elf64_Phdr){ .p_type = PT_GNU_RELRO, .p_flags = PF_R, .p_offset = 0x2dc8, .p_vaddr = 0x3dc8,
			       .p_filesz = 0x238, .p_memsz = 0x238 };
	return f;
}

static int read_bytes(const void *bytes, size_t size, struct elf_headers *out)
{
	int fd = memfd_create("elf", MFD_CLOEXEC), got = -1;

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		abort();
	got = elf_read(fd, out);
	close(fd);
	return got;
}

/* Headers, three section headers and their names: one in memory, one not, and the names themselves. */
struct sectioned { Elf64_Ehdr e; Elf64_Shdr s[4]; char names[64]; };

static struct sectioned sectioned(void)
{
	struct sectioned f = { .e = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
				      .e_type = ET_EXEC, .e_shoff = offsetof(struct sectioned, s), .e_shentsize = sizeof(Elf64_Shdr), .e_shnum = 4,
				      .e_shstrndx = 3 } };
	static const char names[] = "\0.text\0.debug\0.a.name.of.more.than.24.bytes";

	memcpy(f.names, names, sizeof(names));
	f.s[1] = (Elf64_Shdr){ .sh_name = 1, .sh_flags = SHF_ALLOC | SHF_EXECINSTR, .sh_addr = 0x401000, .sh_size = 0x20 };
	f.s[2] = (Elf64_Shdr){ .sh_name = 7, .sh_size = 0x1000 };
	f.s[3] = (Elf64_Shdr){ .sh_offset = offsetof(struct sectioned, names), .sh_size = sizeof(f.names) };
	return f;
}

static int read_sections(const void *bytes, size_t size, struct elf_sections *out)
{
	int fd = memfd_create("elf", MFD_CLOEXEC), got;

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		abort();
	got = elf_read_sections(fd, out);
	close(fd);
	return got;
}

static void sections_in_memory(void)
{
	struct sectioned f = sectioned();
	struct elf_sections s;

	CHECK_EQ(read_sections(&f, sizeof(f), &s), 0);
	CHECK_EQ(s.type, ET_EXEC);
	CHECK_EQ(s.count, 1);
	CHECK_STR(s.section[0].name, ".text");
	CHECK_EQ(s.section[0].addr, 0x401000);
}

/* Of 32 bits: entries are smaller, and are read in place. */
/* More than are kept, or than are looked at: said. */
static void more_sections(void)
{
	static struct { Elf64_Ehdr e; Elf64_Shdr s[130]; } f;
	static struct elf_sections s;

	f.e = sectioned().e;
	for (size_t i = 0; i < 65; i++)
		f.s[i].sh_flags = SHF_ALLOC;
	f.e.e_shnum = 64;
	CHECK_EQ(read_sections(&f, sizeof(f), &s), 0);
	CHECK(s.count == 64 && !s.truncated);
	f.e.e_shnum = 65;
	CHECK_EQ(read_sections(&f, sizeof(f), &s), 0);
	CHECK(s.count == 64 && s.truncated);
	f.s[64].sh_flags = 0;
	CHECK_EQ(read_sections(&f, sizeof(f), &s), 0);
	CHECK(!s.truncated);
	f.e.e_shnum = 130;
	CHECK_EQ(read_sections(&f, sizeof(f), &s), 0);
	CHECK(s.truncated);
}

static void sections_of_32_bits(void)
{
	struct { Elf32_Ehdr e; Elf32_Shdr s[3]; char names[16]; } f = { .e = { .e_type = ET_DYN, .e_shnum = 3 } };
	struct elf_sections s;

	memcpy(f.e.e_ident, (unsigned char[]){ 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT }, 7);
	f.e.e_shoff = sizeof(f.e);
	f.e.e_shstrndx = 2;
	f.e.e_shentsize = sizeof(Elf32_Shdr);
	memcpy(f.names, "\0.data", 7);
	f.s[1] = (Elf32_Shdr){ .sh_name = 1, .sh_type = SHT_NOBITS, .sh_flags = SHF_ALLOC, .sh_addr = 0x8000, .sh_size = 4 };
	f.s[2] = (Elf32_Shdr){ .sh_offset = sizeof(f.e) + sizeof(f.s), .sh_size = sizeof(f.names) };
	CHECK_EQ(read_sections(&f, sizeof(f), &s), 0);
	CHECK_EQ(s.count, 1);
	CHECK_STR(s.section[0].name, ".data");
	CHECK_EQ(s.section[0].addr, 0x8000);
	CHECK_EQ(s.section[0].type, SHT_NOBITS);
}

static void sections_that_lie(void)
{
	struct sectioned f = sectioned();
	struct elf_sections s;

	f.s[1].sh_name = 0xffffffff;
	CHECK_EQ(read_sections(&f, sizeof(f), &s), 0);
	CHECK_STR(s.section[0].name, "");
	f.s[1].sh_name = 14; /* longer than there is room for */
	CHECK_EQ(read_sections(&f, sizeof(f), &s), 0);
	CHECK_EQ(strlen(s.section[0].name), ELF_SECTION_NAME - 1);
	f.s[3].sh_size = ~0ull;
	f.s[3].sh_offset = sizeof(f) - 2; /* names end with the file, without a NUL */
	f.names[63] = 'x';
	f.names[62] = 'y';
	f.s[1].sh_name = 0;
	CHECK_EQ(read_sections(&f, sizeof(f), &s), 0);
	CHECK_STR(s.section[0].name, "yx");
	f.e.e_shnum = 65535;
	f.e.e_shstrndx = 65534;
	CHECK_EQ(read_sections(&f, sizeof(f), &s), 0);
	f.e.e_shentsize = 1;
	CHECK_EQ(read_sections(&f, sizeof(f), &s), 0);
	CHECK_EQ(s.count, 0);
	f = sectioned();
	f.e.e_shoff = ~0ull;
	CHECK_EQ(read_sections(&f, sizeof(f), &s), 0);
	CHECK_EQ(s.count, 0);
	CHECK_EQ(read_sections("\177ELF", 4, &s), 0);
	CHECK_EQ(s.type, 0);
}

static void an_honest_file(void)
{
	struct file f = library();
	struct elf_headers h;

	CHECK_EQ(read_bytes(&f, sizeof(f), &h), 0);
	CHECK_EQ(h.count, 4);
	CHECK_EQ(h.segment[3].vaddr, 0x3dc8);
	CHECK_EQ(h.segment[1].flags, PF_R | PF_X);
	CHECK_EQ(h.relro_start, 0x3dc8);
	CHECK_EQ(h.relro_end, 0x4000);
}

static void no_elf_file(void)
{
	struct elf_headers h;

	CHECK_EQ(read_bytes("", 0, &h), 0);
	CHECK_EQ(h.count, 0);
	CHECK_EQ(read_bytes("#!/bin/sh\nexit 0\n", 17, &h), 0);
	CHECK_EQ(h.count, 0);
}

static void truncated_anywhere(void)
{
	struct file f = library();
	struct elf_headers h;

	for (size_t size = 0; size < sizeof(f); size++) {
		size_t whole = size < sizeof(f.e) ? 0 : (size - sizeof(f.e)) / sizeof(f.p[0]);

		CHECK_EQ(read_bytes(&f, size, &h), 0);
		CHECK_EQ(h.count, whole); /* the fifth says where relro is */
		CHECK_EQ(h.relro_end, 0);
	}
}

#define MANY 400 /* more than are looked at, and than are kept */
struct big { Elf64_Ehdr e; Elf64_Phdr p[MANY]; };

static void big_file(struct big *f, unsigned loads)
{
	memset(f, 0, sizeof(*f));
	f->e = library().e;
	f->e.e_phnum = MANY;
	for (unsigned i = 0; i < MANY; i++)
		f->p[i] = (Elf64_Phdr){ .p_type = i < loads ? PT_LOAD : PT_NOTE, .p_vaddr = i + 1 };
}

/* What is beyond the table's room, here and there, is left out: it may not be written anywhere. */
static void more_headers_than_are_looked_at(void)
{
	struct elf_headers h;
	struct big f;

	big_file(&f, MANY);
	CHECK_EQ(read_bytes(&f, sizeof(f), &h), 0);
	CHECK_EQ(h.count, ELF_SEGMENTS);
	CHECK_EQ(h.segment[ELF_SEGMENTS - 1].vaddr, ELF_SEGMENTS);
	CHECK_EQ(h.relro_start, 0);
	CHECK_EQ(h.relro_end, 0);
	big_file(&f, 0);
	f.p[127].p_type = PT_LOAD;
	f.p[128].p_type = PT_LOAD; /* the first that nobody looks at */
	CHECK_EQ(read_bytes(&f, sizeof(f), &h), 0);
	CHECK_EQ(h.count, 1);
	CHECK_EQ(h.segment[0].vaddr, 128);
}

static void entries_of_another_size_are_none(void)
{
	struct elf_headers h;
	struct file f = library();

	f.e.e_phentsize++;
	CHECK_EQ(read_bytes(&f, sizeof(f), &h), 0);
	CHECK_EQ(h.count, 0);
	f = library();
	f.e.e_phoff = 1ull << 63; /* no offset of a file */
	CHECK_EQ(read_bytes(&f, sizeof(f), &h), 0);
	CHECK_EQ(h.count, 0);
	f = library();
	f.e.e_ident[EI_DATA] = ELFDATA2MSB;
	CHECK_EQ(read_bytes(&f, sizeof(f), &h), 0);
	CHECK_EQ(h.count, 0);
}

static void a_file_of_32_bits(void)
{
	struct { Elf32_Ehdr e; Elf32_Phdr p[MANY]; } f = { .e = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB },
		.e_phoff = sizeof(Elf32_Ehdr), .e_phentsize = sizeof(Elf32_Phdr), .e_phnum = MANY } };
	struct elf_headers h;

	for (unsigned i = 0; i < MANY; i++)
		f.p[i] = (Elf32_Phdr){ .p_type = PT_LOAD, .p_offset = 1, .p_vaddr = i + 2, .p_filesz = 3, .p_memsz = 4,
				       .p_flags = PF_X };
	CHECK_EQ(read_bytes(&f, sizeof(f), &h), 0);
	CHECK_EQ(h.count, ELF_SEGMENTS);
	CHECK_EQ(h.segment[1].offset, 1);
	CHECK_EQ(h.segment[1].vaddr, 3);
	CHECK_EQ(h.segment[1].filesz, 3);
	CHECK_EQ(h.segment[1].memsz, 4);
	CHECK_EQ(h.segment[1].flags, PF_X);
	f.e.e_phentsize = sizeof(Elf64_Phdr);
	CHECK_EQ(read_bytes(&f, sizeof(f), &h), 0);
	CHECK_EQ(h.count, 0);
}

/* Segments that a reader may take from this file: what is no ELF file, or lies in numbers, has none. */
static unsigned loads_of(const struct big *f, size_t size)
{
	const unsigned char *bytes = (const unsigned char *)f;
	unsigned n = 0;

	if (f->e.e_ident[EI_DATA] != ELFDATA2LSB || f->e.e_ident[EI_CLASS] != ELFCLASS64)
		return 0;
	if (f->e.e_phentsize != sizeof(Elf64_Phdr) || f->e.e_phoff > size)
		return 0;
	for (size_t i = 0; i < f->e.e_phnum && i < 128; i++) {
		size_t at = f->e.e_phoff + i * sizeof(Elf64_Phdr);
		uint32_t type;

		if (at + sizeof(Elf64_Phdr) > size)
			break;
		memcpy(&type, bytes + at, sizeof(type));
		n += type == PT_LOAD && n < ELF_SEGMENTS;
	}
	return n;
}

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Any header is survived, here and where its numbers are used. */
static void mutated(void)
{
	uint64_t seed = 88172645463325252ull;
	unsigned most = 0, some = 0;
	struct big f;

	for (int round = 0; round < 3000; round++) {
		struct elf_facts facts = { .head.read = 1 };
		struct elf_headers h;

		big_file(&f, round % MANY);
		memcpy(f.p, library().p, sizeof(library().p));
		for (int i = 0; i < 6; i++) {
			uint64_t r = next_random(&seed);
			size_t limit = i < 2 ? sizeof(f.e) : sizeof(f); /* two of the file header */

			((unsigned char *)&f)[4 + r % (limit - 4)] = (unsigned char)(r >> 32);
		}
		read_bytes(&f, sizeof(f), &h);
		if (f.e.e_ident[EI_CLASS] == ELFCLASS64)
			CHECK_EQ(h.count, loads_of(&f, sizeof(f)));
		CHECK(h.count <= ELF_SEGMENTS);
		most += h.count == ELF_SEGMENTS;
		some += h.count > 0 && h.count < ELF_SEGMENTS;
		for (unsigned i = 0; i < h.count; i++)
			facts.segment[facts.count++] = (struct input_segment){ h.segment[i].offset, h.segment[i].vaddr,
				h.segment[i].filesz, h.segment[i].memsz, h.segment[i].flags, 0 };
		for (uint64_t offset = 0; offset < 0x5000; offset += 0x1000)
			elf_segment_of(&facts, offset, 1, 0x7f0000000000, NULL);
	}
	CHECK(most > 100 && some > 20);
}

static void only_regular_files_are_opened(void)
{
	char fifo[] = "/tmp/mmtrace-unit-XXXXXX";
	int fd;

	CHECK(elf_open("/dev/zero") < 0);
	CHECK(elf_open("/nonexistent") < 0);
	if (!mkdtemp(fifo))
		abort();
	{
		char path[64];

		snprintf(path, sizeof(path), "%s/fifo", fifo);
		CHECK_EQ(mkfifo(path, 0600), 0);
		CHECK(elf_open(path) < 0); /* and does not hang */
		unlink(path);
	}
	rmdir(fifo);
	fd = elf_open("/proc/self/exe");
	CHECK(fd >= 0);
	close(fd);
}

#define BASE 0x7f0000000000ull

static void mapped(struct bytes *b, uint64_t at, uint64_t pages, unsigned perm, uint64_t pgoff, uint32_t sig)
{
	struct mmt_vma v = make_vma(BASE + at, BASE + at + pages * 4096, perm, MMT_VMA_FILE, sig);

	v.pgoff = pgoff;
	layout_add(b, v, "/lib/some.so");
}

enum when { BEFORE_THE_LAYOUT, AFTER_IT, AFTER_THE_END };

/* The page of the file that two segments share is attributed by the load bias,
 * and bss goes on behind the file's last page. */
static void parts_when(enum when facts_come)
{
	static const char *const kinds[] = { "rodata", "text", "rodata", "relro", "data+bss", "bss+anon" };
	struct input_elf head = { .ino = 77, .read = 1, .relro_start = 0x3dc8, .relro_end = 0x4000 };
	struct input_segment segment[4];
	struct session *s = session_new();
	struct mmt_mm_end end = { .head = make_head(MMT_KIND_MM_END, 42, 1), .bounds = make_mm_bounds() };
	struct file f = library();
	struct bytes b = { NULL, 0 };
	struct vma **all;
	char text[48];
	size_t n;

	for (int i = 0; i < 4; i++)
		segment[i] = (struct input_segment){ f.p[i].p_offset, f.p[i].p_vaddr, f.p[i].p_filesz, f.p[i].p_memsz,
			(f.p[i].p_flags & PF_R ? VM_READ : 0) | (f.p[i].p_flags & PF_W ? VM_WRITE : 0) |
			(f.p[i].p_flags & PF_X ? VM_EXEC : 0), 0 };
	if (facts_come == BEFORE_THE_LAYOUT)
		give(s, INPUT_ELF, &head, sizeof(head), segment, sizeof(segment));
	layout_begin(&b, 1, 8);
	mapped(&b, 0x0000, 1, VM_READ, 0, 1);
	mapped(&b, 0x1000, 1, VM_READ | VM_EXEC, 1, 2);
	mapped(&b, 0x2000, 1, VM_READ, 2, 3);
	mapped(&b, 0x3000, 1, VM_READ, 2, 4);
	mapped(&b, 0x4000, 1, VM_READ | VM_WRITE, 3, 5);
	layout_add(&b, make_vma(BASE + 0x5000, BASE + 0xa000, VM_READ | VM_WRITE, MMT_VMA_ANON, 6), "");
	layout_close(&b, 8);
	CHECK(session_layout(s, 42, b.at, b.size));
	bytes_free(&b);
	if (facts_come == AFTER_THE_END)
		session_apply(s, &end, sizeof(end));
	if (facts_come != BEFORE_THE_LAYOUT)
		give(s, INPUT_ELF, &head, sizeof(head), segment, sizeof(segment));
	session_tick(s, 1, true);
	all = session_vmas(s, &n);
	CHECK_EQ(n, 6);
	for (size_t i = 0; i < n && i < 6; i++)
		CHECK_STR(kind_text(all[i], text, sizeof(text)), kinds[i]);
	CHECK_EQ(all[4]->parts.part[1].start, BASE + 0x4044);
	CHECK_EQ(all[5]->parts.part[0].end, BASE + 0x8000);
	CHECK_STR(kind_of(all[4]), "data");
	free(all);
	session_free(s);
}

static void give_elf(struct session *s, uint32_t dev, uint64_t ino, size_t segments)
{
	struct input_segment segment[40] = { 0 };
	struct input_elf head = { .ino = ino, .dev = dev, .read = 1 };

	give(s, INPUT_ELF, &head, sizeof(head), segment, segments * sizeof(segment[0]));
}

/* From a recording, say: more than there is room for are passed over. */
static void more_segments_than_are_kept(void)
{
	struct session *s = session_new();

	give_elf(s, 8, 77, 40);
	CHECK_EQ(elf_find(s, &(struct mmt_vma){ .dev = 8, .ino = 77 })->count, ELF_PARTS);
	session_free(s);
}

static void one_inode_on_two_devices_is_two_files(void)
{
	struct session *s = session_new();

	give_elf(s, 8, 77, 1);
	CHECK(session_elf_known(s, &(struct mmt_vma){ .dev = 8, .ino = 77 }));
	CHECK(!session_elf_known(s, &(struct mmt_vma){ .dev = 9, .ino = 77 }));
	CHECK(!session_elf_known(s, &(struct mmt_vma){ .dev = 8, .ino = 78 }));
	give_elf(s, 9, 77, 2);
	CHECK_EQ(elf_find(s, &(struct mmt_vma){ .dev = 8, .ino = 77 })->count, 1);
	CHECK_EQ(elf_find(s, &(struct mmt_vma){ .dev = 9, .ino = 77 })->count, 2);
	session_free(s);
}

static void parts_of_a_library(void)
{
	parts_when(BEFORE_THE_LAYOUT);
}

static void facts_after_the_layout(void)
{
	parts_when(AFTER_IT);
}

static void facts_after_the_end(void)
{
	parts_when(AFTER_THE_END);
}

/* Its kind is file and says why; a recording may hold any reason. */
static void a_file_that_was_not_read(void)
{
	static const uint32_t reasons[] = { ELF_REMOTE, ELF_LATE, ELF_DEVICE_LATE, ELF_DIED, ELF_UNASKED, 77, ~0u };

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		struct input_elf head = { .ino = 77, .read = reasons[i] };
		struct session *s = session_new();
		struct bytes b = { NULL, 0 };
		const struct vma *v;

		layout_begin(&b, 1, 8);
		mapped(&b, 0x1000, 1, VM_READ | VM_EXEC, 1, 2);
		layout_close(&b, 8);
		CHECK(session_layout(s, 42, b.at, b.size));
		bytes_free(&b);
		v = s->mms->vmas;
		CHECK(elf_missing(v) == NULL);
		CHECK_STR(kind_of(v), "text");
		give(s, INPUT_ELF, &head, sizeof(head), NULL, 0);
		session_tick(s, 1, false);
		CHECK_STR(kind_of(v), "file");
		CHECK((elf_missing(v) != NULL) == (reasons[i] <= ELF_UNASKED));
		session_free(s);
	}
}

int main(void)
{
	RUN("elf", sections_in_memory);
	RUN("elf", more_sections);
	RUN("elf", sections_of_32_bits);
	RUN("elf", sections_that_lie);
	RUN("elf", an_honest_file);
	RUN("elf", no_elf_file);
	RUN("elf", truncated_anywhere);
	RUN("elf", more_headers_than_are_looked_at);
	RUN("elf", entries_of_another_size_are_none);
	RUN("elf", a_file_of_32_bits);
	RUN("elf", mutated);
	RUN("elf", only_regular_files_are_opened);
	RUN("elf", more_segments_than_are_kept);
	RUN("elf", one_inode_on_two_devices_is_two_files);
	RUN("elf", parts_of_a_library);
	RUN("elf", facts_after_the_layout);
	RUN("elf", facts_after_the_end);
	RUN("elf", a_file_that_was_not_read);
	return check_bad;
}
