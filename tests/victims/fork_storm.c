/* Workers that fork, exec, map and fault without pause.
 *
 * usage: fork_storm [WORKERS]        (default 50)
 *        fork_storm --leaf           (what the children exec)
 *
 * Prints "worker PID" for each and "ready"; the storm is on by then.  Each worker
 * makes one child after the other: one that forks and faults, one that forks and
 * execs, one by posix_spawn, one with a second thread.  On "mark" on stdin the
 * children born from then on belong to phase 1 (before: 0), answered by "marked";
 * on "stop" the workers stop, and all is reported: "child PID MINOR MAJOR PHASE" as
 * wait4 says, then "done".  The workers stay until the end of stdin, quiet. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096ul
#define PAGES 12ul
#define CHILDREN 4000
#define WORKERS_MAX 200

struct child { pid_t pid; int minor, major, phase; };
/* Shared by all; written by one worker each. */
struct worker { pid_t pid; atomic_int quiet, n; struct child children[CHILDREN]; };
static struct shared { atomic_int phase, stop; struct worker workers[WORKERS_MAX]; } *shared;

static void touch(void)
{
	char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (size_t i = 0; p != MAP_FAILED && i < PAGES; i++)
		((volatile char *)p)[i * PAGE] = 1;
}

static void *thread_main(void *unused)
{
	(void)unused;
	touch();
	return NULL;
}

static void with_thread(void)
{
	pthread_t t;

	if (pthread_create(&t, NULL, thread_main, NULL) == 0)
		pthread_join(t, NULL);
}

static pid_t child_start(int way)
{
	char *leaf[] = {"fork_storm", "--leaf", NULL}, *none[] = {NULL};
	pid_t pid;

	if (way == 2)
		return posix_spawn(&pid, "/proc/self/exe", NULL, NULL, leaf, none) ? -1 : pid;
	pid = fork();
	if (pid)
		return pid;
	if (way == 1)
		execve("/proc/self/exe", leaf, none);
	touch();
	if (way == 3)
		with_thread();
	_exit(0);
}

static void worker_main(struct worker *me)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0; !atomic_load(&shared->stop) && i < CHILDREN; i++) {
		struct child *c = &me->children[i];
		struct rusage ru;

		c->phase = atomic_load(&shared->phase);
		c->pid = child_start(i & 3);
		if (c->pid < 0 || wait4(c->pid, NULL, 0, &ru) != c->pid)
			_exit(1);
		c->minor = (int)ru.ru_minflt;
		c->major = (int)ru.ru_majflt;
		atomic_fetch_add(&me->n, 1);
		touch();
	}
	atomic_store(&me->quiet, 1);
	for (;;)
		pause();
}

static void report_all(int workers)
{
	for (int w = 0; w < workers; w++) {
		struct worker *one = &shared->workers[w];

		while (!atomic_load(&one->quiet))
			usleep(1000);
		for (int i = 0; i < atomic_load(&one->n); i++)
			printf("child %d %d %d %d\n", one->children[i].pid, one->children[i].minor,
			       one->children[i].major, one->children[i].phase);
	}
	puts("done");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int workers = argc > 1 ? atoi(argv[1]) : 50;
	char line[64];

	if (argc > 1 && !strcmp(argv[1], "--leaf")) {
		touch();
		return 0;
	}
	if (workers < 1 || workers > WORKERS_MAX)
		return 2;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	for (int w = 0; w < workers; w++) {
		pid_t pid = fork();

		if (pid < 0)
			return 1;
		if (!pid)
			worker_main(&shared->workers[w]);
		printf("worker %d\n", pid);
		fflush(stdout);
	}
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		if (!strncmp(line, "mark", 4)) {
			atomic_store(&shared->phase, 1);
			puts("marked");
			fflush(stdout);
		} else if (!strncmp(line, "stop", 4)) {
			atomic_store(&shared->stop, 1);
			report_all(workers);
		}
	}
	return 0; /* the workers die with us */
}
