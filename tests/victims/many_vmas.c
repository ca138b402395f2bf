/* N VMAs of one page each; touches each of them on "go".
 *
 * usage: many_vmas [N]      (default 1000)
 *
 * Neighbours differ in protection, so that the kernel cannot merge them:
 * every other page is read-only.  Prints "ready START N", then for each line
 * "go" on stdin touches one page of each VMA (writes to the writable ones,
 * reads of the others) and prints "done MINOR MAJOR", the faults by getrusage.
 * Ends at the end of stdin.  vm.max_map_count limits N (65,530 by default). */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define PAGE 4096ul

static char *area;
static volatile long sink;

static int make(size_t n)
{
	area = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		return -1;
	for (size_t i = 1; i < n; i += 2)
		if (mprotect(area + i * PAGE, PAGE, PROT_READ))
			return -1;
	return 0;
}

static void touch(size_t n)
{
	volatile char *p = area;

	for (size_t i = 0; i < n; i++) {
		if (i & 1)
			sink += p[i * PAGE];
		else
			p[i * PAGE] = 1;	/* a store only: one fault */
	}
}

int main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 0) : 1000;
	struct rusage before, after;
	char line[64];

	if (!n || make(n)) {
		perror("many_vmas");
		return 1;
	}
	setvbuf(stdout, NULL, _IONBF, 0);
	printf("ready 0x%jx %zu\n", (uintmax_t)(uintptr_t)area, n);
	while (fgets(line, sizeof(line), stdin)) {
		if (strncmp(line, "go", 2))
			continue;
		getrusage(RUSAGE_SELF, &before);
		touch(n);
		getrusage(RUSAGE_SELF, &after);
		printf("done %ld %ld\n", after.ru_minflt - before.ru_minflt,
		       after.ru_majflt - before.ru_majflt);
	}
	return 0;
}
