/* Faults that the kernel takes for a process by get_user_pages.
 *
 * usage: gup
 *
 * Prints "ready". On "go" it writes into 2,000 pages of its own that nobody has touched, by
 * process_vm_writev, and says "done"; on "faults" it says "faults MINOR MAJOR", its own. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096ul
#define PAGES 2000ul

static void go(void)
{
	char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), byte = 1;

	madvise(p, PAGES * PAGE, MADV_NOHUGEPAGE);
	for (size_t i = 0; p != MAP_FAILED && i < PAGES; i++) {
		struct iovec from = { &byte, 1 }, to = { p + i * PAGE, 1 };

		if (process_vm_writev(getpid(), &from, 1, &to, 1, 0) != 1)
			return;
	}
	puts("done");
}

int main(void)
{
	struct rusage ru;
	char line[32];

	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	while (fgets(line, sizeof(line), stdin)) {
		if (!strcmp(line, "go\n")) {
			go();
			continue;
		}
		getrusage(RUSAGE_SELF, &ru);
		printf("faults %ld %ld\n", ru.ru_minflt, ru.ru_majflt);
	}
	return 0;
}
