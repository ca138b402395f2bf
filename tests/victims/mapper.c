/* SPDX-License-Identifier: GPL-2.0 */
/* Maps files for execution as lines on stdin ask for, each answered by one line:
 *   map PATH   its first pages, private, readable and executable, the first touched: the address
 *   touch N    page N of the file mapped last: "touched", once it is there
 *   work N     touches N anonymous pages: "worked" */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static volatile char *last;

static void map(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *p;

	if (fd < 0 || fstat(fd, &st))
		exit(3);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		exit(4);
	madvise(p, (size_t)st.st_size, MADV_RANDOM); /* no page that nobody asked for */
	close(fd);
	last = p;
	(void)last[0];
	printf("%lx\n", (unsigned long)p);
}

static void work(size_t pages)
{
	char *p = mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		exit(5);
	madvise(p, pages * 4096, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < pages; i++)
		((volatile char *)p)[i * 4096] = 1;
	munmap(p, pages * 4096);
	puts("worked");
}

int main(void)
{
	char line[4200];

	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "map ", 4)) {
			map(line + 4);
		} else if (!strncmp(line, "touch ", 6)) {
			(void)last[strtoul(line + 6, NULL, 10) * 4096];
			puts("touched");
		} else if (!strncmp(line, "work ", 5)) {
			work(strtoul(line + 5, NULL, 10));
		}
		fflush(stdout);
	}
	return 0;
}
