/* SPDX-License-Identifier: GPL-2.0 */
/* Faults under more stacks than there is room for, or in code that no frame can name.  stack_many HOW:
 *   many   40,000 stacks, each once
 *   far    code 4 GiB into its file
 *   files  code of 4,500 files, once for each line that it reads
 * Waits for a line before and after. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STACKS 40000
#define FILES 4500
#define PAGES 64
#define FAR (4ll << 30)

static char *memory;
static volatile int depth;

static void go(unsigned way, int left);

__attribute__((noinline)) static void to_one(unsigned way, int left)
{
	go(way, left);
	depth++;
}

__attribute__((noinline)) static void to_other(unsigned way, int left)
{
	go(way, left);
	depth--;
}

__attribute__((noinline)) static void go(unsigned way, int left)
{
	if (!left) {
		madvise(memory, 4096, MADV_DONTNEED);
		*(volatile char *)memory = 1;
		return;
	}
	(way & 1 ? to_one : to_other)(way >> 1, left - 1);
	depth = left;
}

/* A function of one page at an offset of a file of its own: it writes to where its argument points. */
static void *code_at(off_t offset)
{
	static const char code[] = "\xc6\x07\x01\xc3"; /* movb $1, (%rdi); ret */
	int fd = memfd_create("code", 0);
	void *at;

	if (fd < 0 || ftruncate(fd, offset + 4096) || pwrite(fd, code, sizeof(code), offset) != sizeof(code))
		return NULL;
	at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, offset);
	close(fd);
	return at == MAP_FAILED ? NULL : at;
}

static int call(void *code, int pages)
{
	void (*touch)(char *) = (void (*)(char *))code;

	if (!code)
		return 1;
	madvise(memory, PAGES * 4096, MADV_DONTNEED);
	for (int page = 0; page < pages; page++)
		touch(memory + page * 4096);
	return 0;
}

/* The files stay mapped. */
static int files(void)
{
	static void *code[FILES];
	int bad = 0;

	for (unsigned i = 0; i < FILES; i++) {
		code[i] = code[i] ? code[i] : code_at(0);
		bad |= call(code[i], 1);
	}
	return bad;
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "many";
	int bad = 0;
	char line[16];

	memory = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(memory, PAGES * 4096, MADV_NOHUGEPAGE);
	printf("ready %d\n", getpid());
	fflush(stdout);
	while (read(0, line, sizeof(line)) > 0) {
		for (unsigned i = 0; !strcmp(how, "many") && i < STACKS; i++)
			go(i, 16);
		if (!strcmp(how, "far"))
			bad = call(code_at(FAR), PAGES);
		if (!strcmp(how, "files"))
			bad = files();
		printf(bad ? "cannot map code\n" : "done\n");
		fflush(stdout);
	}
	return 0;
}
