/* SPDX-License-Identifier: GPL-2.0 */
/* Each symptom with one cause: culprits NAME [DIRECTORY].  Waits for a line, does it, and prints
 * `truth NAME=NUMBER ...`: what it measured of itself. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096L
#define HUGE (2L << 20)
#define MIB (1L << 20)

static const char *directory = ".";

static struct rusage used(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u;
}

static long minor(void) { return used().ru_minflt; }
static long major(void) { return used().ru_majflt; }

static char *anon(long bytes, int protection)
{
	return mmap(NULL, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* A buffer that is given back after each use. */
static void purge(void)
{
	char *scratch = anon(8 * MIB, PROT_READ | PROT_WRITE);
	long before = minor(), cycles = 12;

	madvise(scratch, 8 * MIB, MADV_NOHUGEPAGE);
	for (long i = 0; i < cycles; i++) {
		memset(scratch, 1, 8 * MIB);
		madvise(scratch, 8 * MIB, MADV_DONTNEED);
	}
	printf("truth cycles=%ld faults=%ld\n", cycles, minor() - before);
}

/* One buffer that is doubled, and cannot stay where it is. */
static void chain(void)
{
	long size = MIB / 4, last = 64 * MIB, before = minor(), moved = 0;
	char *buffer = anon(size, PROT_READ | PROT_WRITE), *now;

	madvise(buffer, size, MADV_NOHUGEPAGE);
	memset(buffer, 1, size);
	for (; size < last; size *= 2) {
		mmap(buffer + size, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		now = mremap(buffer, size, 2 * size, MREMAP_MAYMOVE);
		moved += now != buffer;
		buffer = now;
		memset(buffer + size, 1, size);
	}
	printf("truth moved=%ld pages=%ld faults=%ld\n", moved, last / PAGE, minor() - before);
}

__attribute__((noipa)) static long deeper(long depth)
{
	volatile char frame[512];

	frame[0] = frame[511] = 1;
	return depth ? deeper(depth - 1) + frame[0] : frame[511];
}

/* One recursion that the stack never gives back. */
static void stack(void)
{
	long before = minor();

	deeper(6 * MIB / 560);
	printf("truth faults=%ld\n", minor() - before);
}

/* A child that saves while its parent writes. */
static void save(void)
{
	long pages = 4096, before, gate[2];
	char *table = anon(pages * PAGE, PROT_READ | PROT_WRITE), byte = 0;
	int out[2];

	madvise(table, pages * PAGE, MADV_NOHUGEPAGE);
	memset(table, 1, pages * PAGE);
	if (pipe(out))
		exit(1);
	gate[0] = fork();
	if (!gate[0]) {
		close(out[1]);
		_exit(read(out[0], &byte, 1) != 0); /* until the parent has written */
	}
	before = minor();
	for (long i = 0; i < pages; i++)
		table[i * PAGE]++;
	printf("truth cow=%ld\n", minor() - before);
	close(out[1]);
	waitpid((pid_t)gate[0], NULL, 0);
}

/* Two pools of the same size; the chunks of the second begin one page off. */
static void shift(void)
{
	long faults[2] = { 0, 0 }, chunks = 8;

	for (long i = 0; i < 2 * chunks; i++) {
		char *slot = anon(4 * HUGE, PROT_NONE), *at = (char *)(((uintptr_t)slot + 2 * HUGE) & -(uintptr_t)HUGE);
		long before = minor(), off = i % 2 ? PAGE : 0;

		mprotect(at + off, HUGE, PROT_READ | PROT_WRITE);
		madvise(at + off, HUGE, MADV_HUGEPAGE);
		memset(at + off, 1, HUGE);
		faults[i % 2] += minor() - before;
	}
	printf("truth plain=%ld shifted=%ld\n", faults[0], faults[1]);
}

static char *cold_file(const char *name, long bytes, int advice)
{
	char path[4096], *block = malloc(MIB), *map;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	memset(block, 'x', MIB);
	for (long i = 0; i < bytes; i += MIB)
		if (write(fd, block, MIB) != MIB)
			exit(1);
	fsync(fd);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	madvise(map, bytes, advice);
	free(block);
	close(fd);
	return map;
}

/* Look-ups at random without read-ahead beside a log that is read in order. */
static void cold(void)
{
	long rows = 512, step = 16 * PAGE, before, index_reads, log_bytes = 2 * MIB;
	char *index = cold_file("index.dat", rows * step, MADV_RANDOM);
	char *log = cold_file("journal.dat", log_bytes, MADV_NORMAL);
	volatile long sum = 0;

	before = major();
	for (long i = 0; i < rows; i++)
		sum += index[i * 167 % rows * step]; /* 167 and 512 have no common divisor: each row once */
	index_reads = major() - before;
	before = major();
	for (long i = 0; i < log_bytes; i += PAGE)
		sum += log[i];
	printf("truth index=%ld journal=%ld\n", index_reads, major() - before);
}

/* Three passes over a file that the limit of a cgroup does not hold. */
static void refault(void)
{
	long bytes = 12 * MIB, before = major(), passes = 3;
	char *table = cold_file("table.dat", bytes, MADV_RANDOM);
	volatile long sum = 0;

	for (long pass = 0; pass < passes; pass++)
		for (long i = 0; i < bytes; i += PAGE)
			sum += table[i];
	printf("truth passes=%ld majors=%ld pages=%ld\n", passes, major() - before, bytes / PAGE);
}

/* Many programs that live for a moment. */
static void storm(void)
{
	long starts = 40;

	for (long i = 0; i < starts; i++) {
		if (!fork()) {
			execl("/proc/self/exe", "culprits", "nothing", (char *)NULL);
			_exit(1);
		}
		wait(NULL);
	}
	printf("truth starts=%ld\n", starts);
}

static void nothing(void) { }

static const struct { const char *name; void (*run)(void); } cases[] = {
	{ "purge", purge }, { "chain", chain }, { "stack", stack }, { "save", save }, { "shift", shift },
	{ "cold", cold }, { "refault", refault }, { "storm", storm }, { "nothing", nothing },
};

int main(int argc, char **argv)
{
	if (argc > 2)
		directory = argv[2];
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; argc > 1 && i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (strcmp(argv[1], cases[i].name) != 0)
			continue;
		if (cases[i].run != nothing)
			getchar();
		cases[i].run();
		return 0;
	}
	return 2;
}
