/* SPDX-License-Identifier: GPL-2.0 */
/* slab_hidden SECONDS: after a line on stdin it looks at files, more and more seldom at new ones, so that their
 * names and inodes become a cache that levels off; and opens an eventfd at each step that it never
 * closes.  Says how many of both, holds them until stdin ends. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

static void look_up(int n)
{
	char name[40];

	snprintf(name, sizeof(name), "page-%d", n);
	close(open(name, O_CREAT | O_RDWR, 0600));
}

int main(int argc, char **argv)
{
	int steps = (argc > 1 ? atoi(argv[1]) : 4) * 30, watches = 0, files = 0;
	char dir[] = "/dev/shm/slab_hidden.XXXXXX", line[16];
	struct rlimit lim = { 60000, 60000 };

	setrlimit(RLIMIT_NOFILE, &lim);
	if (!mkdtemp(dir) || chdir(dir) || !fgets(line, sizeof(line), stdin))
		return 1;
	for (int i = 0; i < steps; i++) {
		/* a working set of 6000: hits become more, misses fewer */
		double x = 8.0 * i / steps;
		int want = (int)(6000 * (1 - 1 / (1 + x * x * x)));

		for (; files < want; files++)
			look_up(files);
		watches += eventfd((unsigned)i, EFD_CLOEXEC) >= 0;
		usleep(32000);
	}
	printf("%d %d\n", watches, files);
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin))
		;
	for (int i = 0; i < files; i++) {
		snprintf(line, sizeof(line), "page-%d", i);
		unlink(line);
	}
	return rmdir(dir);
}
