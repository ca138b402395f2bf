/* SPDX-License-Identifier: GPL-2.0 */
/* Children that live as long as their work: processes COUNT EVENTFDS PAGES.  Of each
 * it prints "PID MINFLT MAJFLT", as wait4() says. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void work(int eventfds, size_t pages)
{
	char *p = mmap(NULL, pages << 12, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || madvise(p, pages << 12, MADV_NOHUGEPAGE))
		_exit(1);
	for (size_t i = 0; i < pages; i++)
		((volatile char *)p)[i << 12] = 1;
	for (int i = 0; i < eventfds; i++)
		if (close(eventfd(0, 0)))
			_exit(1);
	_exit(0);
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 0, eventfds = argc > 2 ? atoi(argv[2]) : 0;
	size_t pages = argc > 3 ? (size_t)atoi(argv[3]) : 1;

	for (int i = 0; i < count; i++) {
		pid_t pid = fork();
		struct rusage ru;
		int status;

		if (!pid)
			work(eventfds, pages);
		if (wait4(pid, &status, 0, &ru) != pid || status)
			return 1;
		printf("%d %ld %ld\n", pid, ru.ru_minflt, ru.ru_majflt);
	}
	return 0;
}
