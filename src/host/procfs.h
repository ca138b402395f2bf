/* SPDX-License-Identifier: GPL-2.0 */
/* What /proc shows of a process. */
#ifndef HOST_PROCFS_H
#define HOST_PROCFS_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct procfs_stat {
	char comm[64];
	char state; /* R S D T Z ... */
	pid_t ppid;
	uint64_t flags; /* PF_* */
	uint64_t threads;
	uint64_t minflt, majflt; /* faults of all threads, the dead ones too */
	uint64_t cpu_ticks;   /* user and system time, of waited-for children too */
	uint64_t start_ticks; /* since boot */
};

/* ns of a tick. */
uint64_t procfs_tick_ns(void);

/* 0 or a negative errno. */
int procfs_stat_read(pid_t pid, struct procfs_stat *out);
/* Can it be the process that started then (ns of CLOCK_BOOTTIME; 0: not known),
 * and not a later one with its pid? */
bool procfs_started(const struct procfs_stat *st, uint64_t start_boottime);
/* Path of its cgroup of version 2; where it is at the root of that, of the memory controller of version 1.
 * false: it is gone, or has none. Never waits for the process. */
bool procfs_cgroup(pid_t pid, char *out, size_t size);
/* Can pid be traced?  0, or -1 and e filled: no such pid, kernel thread, zombie, a
 * thread's id. */
int procfs_check_target(pid_t pid, struct error *e);
bool procfs_is_kernel_thread(pid_t pid);
/* How many processes a table must have room for: as many as this kernel allows at a time
 * (pid_max, threads-max), from PROCESSES_LEAST to PROCESSES_MOST. */
#define PROCESSES_LEAST 8192u
#define PROCESSES_MOST 65536u
uint32_t procfs_processes_max(void);
/* Calls fn for each process there is. */
void procfs_processes(void (*fn)(void *ctx, pid_t pid, pid_t parent), void *ctx);
/* A thread of pid that lives: pid itself, or, after its leader has ended, another;
 * -1: none. What /proc shows of the address space is empty under a dead leader. */
pid_t procfs_living(pid_t pid);
bool procfs_thread_lives(pid_t tid);
/* Process of a thread, or -1. */
pid_t procfs_tgid(pid_t tid);
/* Its effective user, and its pid in its own pid namespace. false: it is gone. */
bool procfs_owner(pid_t pid, uid_t *effective, pid_t *innermost);
/* Calls fn for each thread, in ascending order, until it returns false. */
void procfs_threads(pid_t pid, bool (*fn)(void *ctx, pid_t tid), void *ctx);
/* false: it is gone. */
bool procfs_thread_name(pid_t pid, pid_t tid, char name[17]);
/* User stack pointer of a blocked thread; -EAGAIN: it runs. */
int procfs_stack_pointer(pid_t pid, pid_t tid, uint64_t *sp);
/* Resident bytes of this process but for the BPF maps it has mapped (the kernel
 * charges those as maps); 0: not known. */
uint64_t procfs_own_rss(void);
/* The kernel's [vsyscall] page, which no mm holds; false: it has none. */
bool procfs_vsyscall(uint64_t *start, uint64_t *end, char perm[5]);
#endif
