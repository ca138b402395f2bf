/* Calls of a 32-bit program, made by int 0x80 from a 64-bit one: to the kernel they are
 * the same.
 *
 * usage: calls32
 *
 * Prints "no" where the kernel has none, else "ready"; at a line on stdin makes each call
 * once, prints "NAME ADDRESS" for those of which the address is known, and ends. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#define LENGTH 0x7000ul

static long call32(long nr, long a, long b, long c, long d, long e, long f)
{
	long ret;

	__asm__ volatile("push %%rbp; mov %7, %%rbp; int $0x80; pop %%rbp"
			 : "=a"(ret)
			 : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e), "r"(f)
			 : "r8", "r9", "r10", "r11", "memory", "cc");
	return ret;
}

static void no(int sig)
{
	(void)sig;
	if (write(1, "no\n", 3))
		_exit(0);
	_exit(0);
}

int main(void)
{
	const int access = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS;
	unsigned *low = mmap(NULL, 4096, access, flags | MAP_32BIT, -1, 0);
	long map, old, moved, shared;
	char line[16];
	int id;

	signal(SIGSEGV, no);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (call32(20, 0, 0, 0, 0, 0, 0) != getpid())
		no(0);
	id = shmget(IPC_PRIVATE, LENGTH, 0600);
	puts("ready");
	if (low == MAP_FAILED || id < 0 || !fgets(line, sizeof(line), stdin))
		return 1;
	map = call32(192, 0, LENGTH, access, flags, -1, 0);
	call32(125, map, LENGTH, PROT_READ, 0, 0, 0);
	call32(219, map, LENGTH, MADV_DONTNEED, 0, 0, 0);
	call32(150, map, 4096, 0, 0, 0, 0);
	call32(151, map, 4096, 0, 0, 0, 0);
	moved = call32(163, map, LENGTH, 2 * LENGTH, MREMAP_MAYMOVE, 0, 0);
	call32(91, moved, 2 * LENGTH, 0, 0, 0, 0);
	low[0] = 0, low[1] = 3 * LENGTH, low[2] = PROT_READ, low[3] = flags, low[4] = -1, low[5] = 0;
	old = call32(90, (long)low, 0, 0, 0, 0, 0);
	low[8] = 0;
	call32(117, 21, id, 0, (long)&low[8], 0, 0);
	shared = low[8];
	call32(117, 22, 0, 0, 0, shared, 0);
	call32(45, 0, 0, 0, 0, 0, 0);
	shmctl(id, IPC_RMID, NULL);
	printf("mmap %lx\nmremap %lx\nold %lx\nshmat %lx\n", map, moved, old, shared);
	return 0;
}
