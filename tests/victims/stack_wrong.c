/* SPDX-License-Identifier: GPL-2.0 */
/* Faults under stacks that cannot be walked by what is known: none of them may be called complete and have callers
 * that there are not.  stack_wrong HOW:
 *   blind    this function has neither unwind information nor a frame pointer
 *   moved    a stack of makecontext()
 *   plain    all can be walked
 * Waits for a byte before and after. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGES 64
#define TIMES 20

char *wrong_memory;
static ucontext_t before, within;

/* By hand: pushes numbers that a walk could take for addresses, and touches a page. */
void wrong_blind(char *at, void *decoy);
__asm__(".text\n"
	".globl wrong_blind\n"
	".type wrong_blind, @function\n"
	"wrong_blind:\n"
	"	push %rsi\n"
	"	push %rsi\n"
	"	push %rbp\n"
	"	xor %ebp, %ebp\n"
	"	movb $1, (%rdi)\n"
	"	pop %rbp\n"
	"	pop %rsi\n"
	"	pop %rsi\n"
	"	ret\n"
	".size wrong_blind, . - wrong_blind\n");

__attribute__((noinline)) void wrong_decoy(void)
{
	__asm__ volatile("");
}

__attribute__((noinline)) void wrong_touch(void)
{
	for (int page = 0; page < PAGES; page++)
		wrong_memory[page * 4096] = 1;
	__asm__ volatile("");
}

static void again(void)
{
	for (int i = 0; i < TIMES; i++) {
		madvise(wrong_memory, PAGES * 4096, MADV_DONTNEED);
		wrong_touch();
	}
}

static void blind(void)
{
	for (int i = 0; i < TIMES; i++) {
		madvise(wrong_memory, PAGES * 4096, MADV_DONTNEED);
		for (int page = 0; page < PAGES; page++)
			wrong_blind(wrong_memory + page * 4096, (void *)wrong_decoy);
	}
}

static void moved(void)
{
	size_t size = 256 << 10;

	getcontext(&within);
	within.uc_stack.ss_sp = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	within.uc_stack.ss_size = size;
	within.uc_link = &before;
	makecontext(&within, again, 0);
	swapcontext(&before, &within);
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "blind";
	char go;

	wrong_memory = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(wrong_memory, PAGES * 4096, MADV_NOHUGEPAGE);
	printf("ready %d\n", getpid());
	fflush(stdout);
	if (read(0, &go, 1) != 1)
		return 1;
	(!strcmp(how, "plain") ? again : strcmp(how, "moved") ? blind : moved)();
	printf("done\n");
	fflush(stdout);
	return read(0, &go, 1) < 0;
}
