/* SPDX-License-Identifier: GPL-2.0 */
/* Page-fault storm: touches 128 MiB page by page, gives it back, again.
 * Usage: storm ROUNDS; waits for a line on stdin, then prints ns per fault. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#define SIZE (128ul << 20)

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 10;
	char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct timespec a, b;
	char line[16];

	if (p == MAP_FAILED)
		return 1;
	madvise(p, SIZE, MADV_NOHUGEPAGE);
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (int r = 0; r < rounds; r++) {
		for (size_t i = 0; i < SIZE; i += 4096)
			p[i] = 1;
		madvise(p, SIZE, MADV_DONTNEED);
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%.0f\n", ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / rounds / (SIZE / 4096));
	return 0;
}
