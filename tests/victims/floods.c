/* Five floods at once, of all that a tracer may want to keep: executable memfds, processes, mappings, names of threads
 * and programs, cgroups.
 *
 * usage: floods DIRECTORY [CGROUP]
 *        floods --leaf           (what the flood of names executes)
 *
 * DIRECTORY takes links to this program, CGROUP, a directory of cgroup v2, cgroups; without it that flood is missing.
 * Answers "hello" on stdin by "ready"; on "go" the floods begin, answered by "going"; on "stop" they end:
 * "flood NAME COUNT" for each, then "done"; "bye" ends it.
 * Every child is waited for, so that the kernel's own count of this process's children is that of all. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096ul
#define NAME_MAX_BYTES 512

static const char *directory, *cgroup;
static struct shared { atomic_int stop; atomic_ulong count[5]; } *shared;

/* The tracers share the machine with us: a flood is thousands a second, not all of a CPU. */
static void breathe(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
}

static void touch(size_t pages)
{
	char *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (size_t i = 0; p != MAP_FAILED && i < pages; i++)
		((volatile char *)p)[i * PAGE] = 1;
	if (p != MAP_FAILED)
		munmap(p, pages * PAGE);
}

static void wait_for(pid_t pid)
{
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

/* A new file each time, mapped as a program, so that its headers are worth reading. */
static void flood_memfd(unsigned long i)
{
	char name[64];
	volatile char *p;
	int fd;

	snprintf(name, sizeof(name), "flood-%lu", i);
	fd = memfd_create(name, 0);
	if (fd < 0 || ftruncate(fd, PAGE))
		exit(1);
	p = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	if (p != MAP_FAILED) {
		(void)p[0];
		munmap((void *)p, PAGE);
	}
	close(fd);
}

static void flood_fork(unsigned long i)
{
	pid_t pid = fork();

	if (!pid) {
		touch(1 + i % 8);
		_exit(0);
	}
	wait_for(pid);
}

/* Mappings of many sizes at addresses that do not come back soon. */
static void flood_map(unsigned long i)
{
	char *at = (char *)(0x100000000000ul + i % (1ul << 24) * 64 * PAGE);
	size_t pages = 1 + i % 16;
	volatile char *p = mmap(at, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if ((char *)p == MAP_FAILED)
		exit(1);
	p[0] = p[(pages - 1) * PAGE] = 1;
	munmap((void *)p, pages * PAGE);
}

/* Every second one is a program of that name. */
static void flood_comm(unsigned long i)
{
	char path[NAME_MAX_BYTES], name[16], *arguments[] = { name, "--leaf", NULL }, *none[] = { NULL };
	pid_t pid;

	snprintf(name, sizeof(name), "comm-%lu", i % 1000000000);
	prctl(PR_SET_NAME, name);
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (i % 2 && symlink("/proc/self/exe", path))
		exit(1);
	pid = fork();
	if (!pid) {
		touch(2);
		if (i % 2)
			execve(path, arguments, none);
		_exit(0);
	}
	wait_for(pid);
	if (i % 2)
		unlink(path);
}

static void flood_cgroup(unsigned long i)
{
	char path[NAME_MAX_BYTES], procs[NAME_MAX_BYTES + 16];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/flood-%lu", cgroup, i);
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", path);
	if (mkdir(path, 0755))
		exit(1);
	pid = fork();
	if (!pid) {
		int fd = open(procs, O_WRONLY);

		if (fd < 0 || write(fd, "0", 1) != 1)
			_exit(1);
		touch(4);
		_exit(0);
	}
	wait_for(pid);
	rmdir(path);
}

static const struct flood { const char *name; void (*once)(unsigned long i); } floods[] = {
	{ "memfd", flood_memfd }, { "fork", flood_fork },     { "map", flood_map },
	{ "comm", flood_comm },   { "cgroup", flood_cgroup },
};
#define FLOODS (sizeof(floods) / sizeof(floods[0]))

static pid_t flood_start(size_t n)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned long i = 0; !atomic_load(&shared->stop); i++) {
		floods[n].once(i);
		atomic_fetch_add(&shared->count[n], 1);
		breathe();
	}
	_exit(0);
}

static void await(const char *word)
{
	char line[16];

	if (!fgets(line, sizeof(line), stdin) || strncmp(line, word, strlen(word)))
		exit(1);
}

int main(int argc, char **argv)
{
	pid_t pids[FLOODS] = { 0 };
	bool failed = false;
	int status;

	if (argc > 1 && !strcmp(argv[1], "--leaf"))
		return 0;
	if (argc < 2)
		return 2;
	directory = argv[1];
	cgroup = argc > 2 ? argv[2] : NULL;
	setvbuf(stdout, NULL, _IOLBF, 0);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	await("hello"); /* what reading and writing touch is touched by then */
	puts("ready");
	await("go");
	for (size_t i = 0; i < FLOODS; i++)
		pids[i] = !strcmp(floods[i].name, "cgroup") && !cgroup ? 0 : flood_start(i);
	puts("going");
	await("stop");
	atomic_store(&shared->stop, 1);
	for (size_t i = 0; i < FLOODS; i++) {
		if (!pids[i])
			continue;
		failed |= waitpid(pids[i], &status, 0) != pids[i] || status;
		printf("flood %s %lu\n", floods[i].name, atomic_load(&shared->count[i]));
	}
	puts(failed ? "failed" : "done");
	await("bye");
	return 0;
}
