/* fork, vfork, exec, exit: pages shared between processes. */
#include "truth.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int hold[2];
static uint64_t before[PAGES], after[PAGES];

static void written_setup(void)
{
	cpu_set_t one;

	/* On one CPU no other CPU's batch holds a reference to a page. */
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	memset(before, 0, sizeof(before));
	memset(after, 0, sizeof(after));
	area = map_region(PAGES);
	touch_write(area, PAGES);
	CHECK(!pipe(hold));
	pagemap_read(area, PAGES, before);
}

static void zero_setup(void)
{
	written_setup();
	madvise(area, PAGES * PAGE, MADV_DONTNEED);
	touch_read(area, PAGES);
}

static void shared_setup(void)
{
	written_setup();
	CHECK(mmap(area, PAGES * PAGE, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == area);
	touch_write(area, PAGES);
}

static void child_wait(void)
{
	while (waitpid(report->child, NULL, 0) < 0)
		;
}

static void child_writes_operate(void)
{
	pid_t pid = fork();

	if (!pid) {
		touch_write(area, PAGES);
		_exit(0);
	}
	report->child = pid;
	child_wait();
}

/* The child holds the pages until the parent has written them all. */
static void parent_writes_operate(void)
{
	char byte = 0;
	pid_t pid = fork();

	if (!pid) {
		close(hold[1]);
		_exit(read(hold[0], &byte, 1) < 0);
	}
	report->child = pid;
	touch_write(area, PAGES);
	close(hold[1]);
	child_wait();
}

/* Which pages did the kernel keep?  It says so itself, by their frame numbers;
 * where those are hidden all are taken to be kept. */
static void kept_finish(void)
{
	bool readable = pagemap_read(area, PAGES, after);

	report->slot[0] = 0;
	for (size_t i = 0; i < PAGES; i++)
		if (!readable || (before[i] & PAGEMAP_PFN) == (after[i] & PAGEMAP_PFN))
			report->slot[0]++;
	report->slot[1] = (long)PAGES - report->slot[0];
}

static void gone_operate(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	report->child = pid;
	child_wait();
	touch_write(area, PAGES);
}

static void both_operate(void)
{
	child_writes_operate();
	touch_write(area, PAGES);
}

#define TIMES 16

static void nothing_setup(void)
{
}

static void fork_exit_operate(void)
{
	for (int i = 0; i < TIMES; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		while (waitpid(pid, NULL, 0) < 0)
			;
	}
}

static void vfork_exec_operate(void)
{
	static char path[] = "/proc/self/exe", nop[] = "--nop";
	static char *const argv[] = {path, nop, NULL};
	static char *const envp[] = {NULL};

	for (int i = 0; i < TIMES; i++) {
		pid_t pid = vfork();

		if (!pid) {
			execve(path, argv, envp);
			_exit(127);
		}
		while (waitpid(pid, NULL, 0) < 0)
			;
	}
}

static void lent_setup(void)
{
	area = map_region(PAGES);
}

static int lent_child(void *unused)
{
	(void)unused;
	touch_write(area, PAGES / 2);
	return 0;
}

/* A process that runs on the victim's memory, not a thread of it. */
static void clone_vm_operate(void)
{
	static char stack[16 * PAGE] __attribute__((aligned(64)));
	pid_t pid = clone(lent_child, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);

	CHECK(pid > 0);
	while (waitpid(pid, NULL, 0) < 0)
		;
	touch_write(area, PAGES);
}

static void vfork_writes_operate(void)
{
	pid_t pid = vfork();

	if (!pid) {
		touch_write(area, PAGES / 2);
		_exit(0);
	}
	while (waitpid(pid, NULL, 0) < 0)
		;
	touch_write(area, PAGES);
}

static void rewrite_operate(void)
{
	for (;;) {
		madvise(area, PAGES * PAGE, MADV_DONTNEED);
		touch_write(area, PAGES);
	}
}

static void exit_operate(void)
{
	madvise(area, PAGES * PAGE, MADV_DONTNEED);
	touch_write(area, PAGES);
}

#define FORK .flags = CF_CHILDREN | CF_NOISY, .total = N_ANY, .major = N_ANY
#define IN_EXEC "exec reads the arguments and sets up the stack by get_user_pages"

const struct truth_case cases_fork[] = {
	{.name = "fork_child_writes", .what = "child writes 256 pages shared since fork",
	 FORK, .setup = written_setup, .operate = child_writes_operate,
	 .rows = {{.what = M(C_COW), .n = 256, .flags = ROW_CHILD}}},
	{.name = "fork_child_writes_zero", .what = "child writes 256 zero pages of the parent",
	 FORK, .setup = zero_setup, .operate = child_writes_operate,
	 .rows = {{.what = M(C_COW), .n = 256, .flags = ROW_CHILD}}},
	{.name = "fork_parent_writes", .what = "parent writes 256 pages while the child lives",
	 FORK, .setup = written_setup, .operate = parent_writes_operate,
	 .rows = {{.what = M(C_COW), .n = 256, .flags = ROW_REGION}}},
	{.name = "fork_exit_parent_writes", .what = "the child is gone: pages are reused",
	 FORK, .setup = written_setup, .operate = gone_operate, .finish = kept_finish,
	 .rows = {{.what = M(C_WP_REUSE), .n = N_SLOT(0), .flags = ROW_REGION},
		  {.what = M(C_COW), .n = N_SLOT(1), .flags = ROW_REGION}}},
	{.name = "fork_both_write", .what = "child writes 256 pages and exits, then the parent",
	 FORK, .setup = written_setup, .operate = both_operate, .finish = kept_finish,
	 .rows = {{.what = M(C_COW), .n = 256, .flags = ROW_CHILD},
		  {.what = M(C_WP_REUSE), .n = N_SLOT(0), .flags = ROW_REGION},
		  {.what = M(C_COW), .n = N_SLOT(1), .flags = ROW_REGION}}},
	{.name = "fork_shared", .what = "child writes 256 shared pages: no copy, new mappings",
	 FORK, .setup = shared_setup, .operate = child_writes_operate,
	 .rows = {{.what = M(C_SHMEM), .n = 256, .flags = ROW_CHILD}}},
	{.name = "fork_exit", .what = "16 children that exit at once",
	 FORK, .setup = nothing_setup, .operate = fork_exit_operate},
	{.name = "vfork_exec", .what = "16 times vfork and exec",
	 FORK, .setup = nothing_setup, .operate = vfork_exec_operate,
	 .rows = {{.what = X_RESIDUAL, .n = N_ANY, .on = BK_TRACEPOINT, .why = IN_EXEC}}},
	{.name = "clone_vm_writes", .what = "half by a process that shares the memory: foreign there",
	 FORK, .setup = lent_setup, .operate = clone_vm_operate,
	 .rows = {{.what = M(C_ANON_WRITE), .n = 256, .flags = ROW_REGION},
		  {.what = X_FOREIGN, .n = 128, .flags = ROW_REGION}}},
	{.name = "vfork_writes", .what = "half by a child before it ends, without an exec: foreign there",
	 FORK, .setup = lent_setup, .operate = vfork_writes_operate,
	 .rows = {{.what = M(C_ANON_WRITE), .n = 256, .flags = ROW_REGION},
		  {.what = X_FOREIGN, .n = 128, .flags = ROW_REGION}}},
	{.name = "killed", .what = "SIGKILL while faulting: equal to wait4's count",
	 .flags = CF_KILL | CF_ABANDON, .setup = written_setup, .operate = rewrite_operate,
	 .total = N_ANY, .major = 0, .rows = {{.what = M(C_ANON_WRITE), .n = N_REST}}},
	{.name = "exits", .what = "256 writes, then exit: the target's end ends the run",
	 .flags = CF_EXIT, .setup = written_setup, .operate = exit_operate,
	 .total = 256, .major = 0, .rows = {{.what = M(C_ANON_WRITE), .n = 256}}},
	{.name = NULL},
};
