/* SPDX-License-Identifier: GPL-2.0 */
/* Does a known amount of work on request, for tests of `mmtrace top`:
 * top_victim PAGES EVENTFDS CHILDREN PAGES_EACH.  Prints "ready", waits for a
 * line, works, prints "done CHILDREN_MINFLT", waits for another line.  The
 * children are called "short_lived" and live as long as their page faults. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void touch(size_t pages)
{
	char *p = mmap(NULL, pages << 12, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		exit(1);
	madvise(p, pages << 12, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < pages; i++)
		((volatile char *)p)[i << 12] = 1;
}

static long child(size_t pages)
{
	struct rusage ru;
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_NAME, "short_lived");
		touch(pages);
		_exit(0);
	}
	return wait4(pid, NULL, 0, &ru) == pid ? ru.ru_minflt : 0;
}

int main(int argc, char **argv)
{
	char line[16];
	long n[4] = { 0 }, children = 0;

	for (int i = 1; i < argc && i < 5; i++)
		n[i - 1] = atol(argv[i]);
	puts("ready");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	if (n[0])
		touch((size_t)n[0]);
	for (long i = 0; i < n[1]; i++)
		close(eventfd(0, 0));
	for (long i = 0; i < n[2]; i++)
		children += child((size_t)n[3]);
	printf("done %ld\n", children);
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 0;
	return 0;
}
