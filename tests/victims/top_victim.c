/* SPDX-License-Identifier: GPL-2.0 */
/* Does a known amount of work on request, for tests of `mmtrace top`:
 * top_victim PAGES EVENTFDS CHILDREN PAGES_EACH [THREADS [CHILD_NAME]].  Starts threads that
 * wait, prints "ready", waits for a line, works, prints "done CHILDREN_MINFLT", waits for another
 * line.  With PAGES, SHARED_PAGES of shared memory and BRK_BYTES of heap come on top, and calls that
 * fail.  The children are called CHILD_NAME and live as long as their page faults. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHARED_PAGES 1000
#define BRK_BYTES (1 << 20)

static void touch(size_t pages, int sharing)
{
	char *p = mmap(NULL, pages << 12, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		exit(1);
	madvise(p, pages << 12, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < pages; i++)
		((volatile char *)p)[i << 12] = 1;
}

static void map_all(size_t pages)
{
	touch(pages, MAP_PRIVATE);
	touch(SHARED_PAGES, MAP_SHARED);
	if (sbrk(BRK_BYTES) == (void *)-1 ||
	    mmap(NULL, 1ull << 63, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED ||
	    !munmap((void *)1, 4096))
		exit(1);
}

static void *wait_for_ever(void *argument)
{
	pause();
	return argument;
}

static long child(size_t pages, const char *name)
{
	struct rusage ru;
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_NAME, name);
		touch(pages, MAP_PRIVATE);
		_exit(0);
	}
	return wait4(pid, NULL, 0, &ru) == pid ? ru.ru_minflt : 0;
}

int main(int argc, char **argv)
{
	char line[16];
	long n[5] = { 0 }, children = 0;
	const char *name = argc > 6 ? argv[6] : "short_lived";
	pthread_t thread;

	for (int i = 1; i < argc && i < 6; i++)
		n[i - 1] = atol(argv[i]);
	for (long i = 0; i < n[4]; i++)
		if (pthread_create(&thread, NULL, wait_for_ever, NULL))
			return 1;
	puts("ready");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	if (n[0])
		map_all((size_t)n[0]);
	for (long i = 0; i < n[1]; i++)
		close(eventfd(0, 0));
	for (long i = 0; i < n[2]; i++)
		children += child((size_t)n[3], name);
	printf("done %ld\n", children);
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 0;
	return 0;
}
