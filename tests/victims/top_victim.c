/* SPDX-License-Identifier: GPL-2.0 */
/* Does a known amount of work on request, for tests of `mmtrace top`:
 * top_victim PAGES EVENTFDS CHILDREN PAGES_EACH [THREADS [CHILD_NAME]].  Starts threads that
 * wait, prints "ready", waits for a line, works, prints "done MINOR MAJOR", the children's faults, waits for another
 * line.  With PAGES, SHARED_PAGES of shared memory and BRK_BYTES of heap come on top, and calls that
 * fail.  The children are called CHILD_NAME and live as long as their page faults. */
#include <fcntl.h>
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

/* A page of a file that has to be read, where the file system of /tmp is not memory. */
static int file_make(void)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 && (ftruncate(fd, 4096) || pwrite(fd, "x", 1, 0) != 1 || fsync(fd)))
		exit(1);
	return fd;
}

static void read_in(int fd)
{
	const volatile char *p;

	if (fd < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
		return;
	p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED || *p != 'x')
		_exit(1);
}

/* Adds its faults to minor and major. */
static void child(size_t pages, const char *name, int fd, long *minor, long *major)
{
	struct rusage ru;
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_NAME, name);
		touch(pages, MAP_PRIVATE);
		read_in(fd);
		_exit(0);
	}
	if (wait4(pid, NULL, 0, &ru) != pid)
		return;
	*minor += ru.ru_minflt;
	*major += ru.ru_majflt;
}

int main(int argc, char **argv)
{
	char line[16];
	long n[5] = { 0 }, minor = 0, major = 0;
	int fd;
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
	fd = n[2] ? file_make() : -1;
	for (long i = 0; i < n[2]; i++)
		child((size_t)n[3], name, fd, &minor, &major);
	printf("done %ld %ld\n", minor, major);
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 0;
	return 0;
}
