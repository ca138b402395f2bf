/* Very many children that live at the same time.
 *
 * usage: crowd CHILDREN PAGES
 *
 * Prints "ready".  On a line on stdin it makes the children: each has one eventfd and
 * touches PAGES pages, then sleeps; "alive" when all do.  At the end of stdin they end,
 * and it prints "children N MINOR MAJOR", the sums of wait4. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096ul

/* go: at its end, as all writers are gone, the children end. */
static void child(size_t pages, int go, int done)
{
	volatile char *p = mmap(NULL, (pages + 1) * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char c = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (size_t i = 0; p != MAP_FAILED && i < pages; i++)
		p[i * PAGE] = 1;
	if (eventfd(0, 0) < 0 || write(done, &c, 1) != 1 || read(go, &c, 1) < 0)
		_exit(1);
	_exit(0);
}

static void wait_all(int n)
{
	long minor = 0, major = 0;
	int ended = 0;

	for (struct rusage ru; ended < n && wait4(-1, NULL, 0, &ru) > 0; ended++) {
		minor += ru.ru_minflt;
		major += ru.ru_majflt;
	}
	printf("children %d %ld %ld\n", ended, minor, major);
}

int main(int argc, char **argv)
{
	int go[2], done[2], n = argc > 1 ? atoi(argv[1]) : 1;
	size_t pages = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
	char line[64], c;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (pipe(go) || pipe(done))
		return 1;
	puts("ready");
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0) {
			perror("fork");
			return 1;
		}
		if (!pid) {
			close(go[1]);
			child(pages, go[0], done[1]);
		}
	}
	for (int i = 0; i < n; i++)
		if (read(done[0], &c, 1) != 1)
			return 1;
	puts("alive");
	while (fgets(line, sizeof(line), stdin))
		;
	close(go[1]);
	wait_all(n);
	return 0;
}
