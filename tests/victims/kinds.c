/* Has something of every kind and says where: lines of `KIND 0xADDR`, then
 * `ready`; it ends at a line or the end of stdin.
 * --leaderless: the first thread ends before. */
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#define PAGE 4096

int small = 1;                  /* data */
int tail;                       /* bss in the last page of data, most likely */
static char large[64 * PAGE];   /* bss beyond it */
static const char constant[] = "a constant string";
static const char *const relocated[] = { constant, constant }; /* read-only once ld.so is done */
static const char *volatile use;

static void say(const char *kind, const volatile void *address)
{
	printf("%s 0x%jx\n", kind, (uintmax_t)(uintptr_t)address);
}

static char *map(size_t pages, int prot, int flags, int fd)
{
	char *p = mmap(NULL, pages * PAGE, prot, flags, fd, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return p;
}

static void *wait_for_line(void *ready)
{
	volatile char local = 0;
	char byte;

	if (ready)
		say("thread-stack", &local);
	puts("ready");
	fflush(stdout);
	while (read(0, &byte, 1) == 1 && byte != '\n')
		;
	exit(0);
}

static void *sleeper(void *barrier)
{
	volatile char local = 1;

	say("thread-stack", &local);
	pthread_barrier_wait(barrier);
	for (;;)
		pause();
	return NULL;
}

static void say_mappings(void)
{
	char name[] = "/tmp/mmtrace-kinds-XXXXXX";
	int fd = mkstemp(name);
	struct statfs fs;

	if (fd < 0 || ftruncate(fd, 4 * PAGE) || fstatfs(fd, &fs)) {
		perror(name);
		exit(1);
	}
	unlink(name);
	say("anon", map(4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1));
	say("guard", map(4, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1));
	say("shm", map(4, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1));
	say(fs.f_type == TMPFS_MAGIC ? "shm" : "file", map(4, PROT_READ | PROT_WRITE, MAP_SHARED, fd));
	say("file", map(4, PROT_READ, MAP_PRIVATE, fd));
}

int main(int argc, char **argv)
{
	pthread_barrier_t barrier;
	volatile char local = 0;
	pthread_t thread;
	char *heap;

	use = relocated[argc & 1];
	memset(large, 1, sizeof(large));
	say("text", (const void *)(uintptr_t)main);
	say("text", (const void *)(uintptr_t)getauxval); /* of the library, unless static */
	say("rodata", constant);
	say("relro", &relocated[1]);
	say("data", &small);
	say("bss", &tail);
	say("bss", large + sizeof(large) - 1);
	heap = sbrk(PAGE);
	heap[PAGE - 1] = 1;
	say("heap", heap + PAGE - 1);
	say("stack", &local);
	if (getauxval(AT_SYSINFO_EHDR))
		say("vdso", (const void *)getauxval(AT_SYSINFO_EHDR));
	say_mappings();
	pthread_barrier_init(&barrier, NULL, 2);
	pthread_create(&thread, NULL, sleeper, &barrier);
	pthread_barrier_wait(&barrier);
	if (argc == 2 && !strcmp(argv[1], "--leaderless")) {
		pthread_create(&thread, NULL, wait_for_line, &barrier);
		pthread_exit(NULL);
	}
	wait_for_line(NULL);
}
