/* SPDX-License-Identifier: GPL-2.0 */
/* Faults under a chain of calls that is known, in code without frame pointers: memset of libc, called by a library
 * with alloca, by the library, by its qsort, by this program.  stack_chain TIMES [by], where by is one of
 *   user      memset touches the pages
 *   syscall   read() does, in the kernel
 *   vdso      clock_gettime() does, in the vdso
 *   signal    a signal handler on an alternate stack does
 *   thread    a thread does
 * Waits for a byte before and after. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "stack_chain.h"

#define PAGES 64

static char *memory;
static int zero;
static const char *by = "user";

#define NO_TAIL_CALL __asm__ volatile("") /* what it calls has a frame below its own */

static void touch(void *at, size_t size)
{
	if (!strcmp(by, "syscall")) {
		if (read(zero, at, size) != (ssize_t)size)
			abort();
	} else if (!strcmp(by, "vdso")) {
		clock_gettime(CLOCK_REALTIME_COARSE, at);
	} else {
		memset(at, 1, size);
	}
	NO_TAIL_CALL;
}

__attribute__((noinline)) void chain_run(int times)
{
	for (int i = 0; i < times; i++) {
		madvise(memory, PAGES * 4096, MADV_DONTNEED);
		for (int page = 0; page < PAGES; page++)
			chain_sort(touch, memory + page * 4096, 64);
	}
	NO_TAIL_CALL;
}

static void on_signal(int number)
{
	(void)number;
	chain_run(10);
	NO_TAIL_CALL;
}

static void *in_thread(void *arg)
{
	chain_run(*(int *)arg);
	return NULL;
}

__attribute__((noinline)) static void run(int times)
{
	stack_t room = { .ss_sp = malloc(1 << 20), .ss_size = 1 << 20 };
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_ONSTACK };
	pthread_t thread;

	if (!strcmp(by, "signal")) {
		sigaltstack(&room, NULL);
		sigaction(SIGUSR1, &act, NULL);
		raise(SIGUSR1);
	} else if (!strcmp(by, "thread")) {
		pthread_create(&thread, NULL, in_thread, &times);
		pthread_join(thread, NULL);
	} else {
		chain_run(times);
	}
	NO_TAIL_CALL;
}

int main(int argc, char **argv)
{
	char go;

	if (argc > 2)
		by = argv[2];
	zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	memory = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(memory, PAGES * 4096, MADV_NOHUGEPAGE);
	printf("ready %d\n", getpid());
	fflush(stdout);
	if (read(0, &go, 1) != 1)
		return 1;
	run(argc > 1 ? atoi(argv[1]) : 10);
	printf("done\n");
	fflush(stdout);
	return read(0, &go, 1) < 0;
}
