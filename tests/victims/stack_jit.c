/* SPDX-License-Identifier: GPL-2.0 */
/* Two children have code at one address that each has made for itself, under names of its own in /tmp/perf-PID.map:
 * it touches pages.  Begins after a byte; the children live until the end of stdin.  x86-64 alone. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES 64

/* push %rbp; mov %rsp,%rbp; movb $1,(%rdi); pop %rbp; ret */
static const unsigned char code[] = { 0x55, 0x48, 0x89, 0xe5, 0xc6, 0x07, 0x01, 0x5d, 0xc3 };

static void child(char *at, int number, int done)
{
	char *memory = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), path[64];
	FILE *f;

	madvise(memory, PAGES * 4096, MADV_NOHUGEPAGE);
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	f = fopen(path, "w");
	if (memory == MAP_FAILED || !f)
		abort();
	fprintf(f, "%" PRIxPTR " %zx made;by%d\n", (uintptr_t)at, sizeof(code), number);
	fclose(f);
	for (int i = 0; i < PAGES; i++)
		((void (*)(char *))(uintptr_t)at)(memory + (size_t)i * 4096);
	if (write(done, "", 1) != 1)
		abort();
	while (getchar() != EOF)
		;
	unlink(path);
	_exit(0);
}

int main(void)
{
	char *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), byte;
	int done[2];

	if (at == MAP_FAILED || pipe(done))
		return 1;
	memcpy(at, code, sizeof(code));
	setvbuf(stdin, NULL, _IONBF, 0);
	puts("ready");
	fflush(stdout);
	getchar();
	for (int i = 1; i <= 2; i++)
		if (!fork())
			child(at, i, done[1]);
	for (int i = 1; i <= 2; i++)
		if (read(done[0], &byte, 1) != 1)
			return 1;
	puts("done");
	fflush(stdout);
	while (wait(NULL) > 0)
		;
	return 0;
}
