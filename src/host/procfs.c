/* SPDX-License-Identifier: GPL-2.0 */
#include "host/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INITIAL_TIME_NAMESPACE 0xeffffffau /* PROC_TIME_INIT_INO, the same since 5.6 */
#define PF_KTHREAD 0x00200000

int procfs_stat_read(pid_t pid, struct procfs_stat *out)
{
	char path[64], line[1024], *open, *close;
	uint64_t cpu[4] = { 0 };
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	n = fread(line, 1, sizeof(line) - 1, f);
	fclose(f);
	line[n] = '\0';
	open = strchr(line, '(');
	close = strrchr(line, ')'); /* a comm may hold anything, ')' too */
	if (!open || !close || close < open)
		return -ESRCH;
	*close = '\0';
	snprintf(out->comm, sizeof(out->comm), "%s", open + 1);
	n = (size_t)sscanf(close + 1, " %c %d %*d %*d %*d %*d %" SCNu64 " %" SCNu64 " %*u %" SCNu64 " %*u %" SCNu64
				      " %" SCNu64 " %" SCNu64 " %" SCNu64 " %*d %*d %" SCNu64 " %*d %" SCNu64,
			   &out->state, &out->ppid, &out->flags, &out->minflt, &out->majflt, &cpu[0], &cpu[1], &cpu[2], &cpu[3],
			   &out->threads, &out->start_ticks);
	out->cpu_ticks = cpu[0] + cpu[1] + cpu[2] + cpu[3];
	return n == 11 ? 0 : -ESRCH;
}

uint64_t procfs_tick_ns(void)
{
	return 1000000000ull / (uint64_t)sysconf(_SC_CLK_TCK);
}

bool procfs_started(const struct procfs_stat *st, uint64_t start_boottime)
{
	struct stat ns;

	if (!start_boottime || st->start_ticks == start_boottime / procfs_tick_ns())
		return true;
	/* a time namespace of ours shifts what /proc shows: who knows */
	return stat("/proc/self/ns/time", &ns) == 0 && ns.st_ino != INITIAL_TIME_NAMESPACE;
}

/* "4:cpu,memory:/a" */
static bool has_memory(const char *line)
{
	const char *at = strchr(line, ':');

	for (at = at ? at + 1 : ""; *at && *at != ':'; at += strcspn(at, ",:"), at += *at == ',')
		if (!strncmp(at, "memory", 6) && strchr(",:", at[6]))
			return true;
	return false;
}

bool procfs_cgroup(pid_t pid, char *out, size_t size)
{
	char path[64], *line = NULL;
	size_t room = 0;
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	f = fopen(path, "re");
	while (f && getline(&line, &room, f) > 0) {
		const char *group = strstr(line, ":/");
		bool whole = !strncmp(line, "0::", 3), memory = !whole && has_memory(line);

		line[strcspn(line, "\n")] = '\0';
		if (!group || (!whole && !memory) || (found && !strcmp(group, ":/")))
			continue;
		found = (size_t)snprintf(out, size, "%s", group + 1) < size;
		if (!found)
			break;
	}
	free(line);
	if (f)
		fclose(f);
	return found;
}

pid_t procfs_tgid(pid_t tid)
{
	char path[64], line[256];
	FILE *f;
	int tgid = -1;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Tgid: %d", &tgid) == 1)
			break;
	if (f)
		fclose(f);
	return tgid;
}

bool procfs_owner(pid_t pid, uid_t *effective, pid_t *innermost)
{
	char path[64], line[256], *last;
	unsigned owner;
	FILE *f;
	int found = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "Uid: %*u %u", &owner) == 1) {
			*effective = owner;
			found |= 1;
		}
		if (!strncmp(line, "NSpid:", 6) && (last = strrchr(line, '\t'))) {
			*innermost = atoi(last + 1);
			found |= 2;
		}
	}
	if (f)
		fclose(f);
	return found == 3;
}

void procfs_threads(pid_t pid, bool (*fn)(void *ctx, pid_t tid), void *ctx)
{
	struct dirent *d;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (d = readdir(dir)))
		if (d->d_name[0] != '.' && !fn(ctx, atoi(d->d_name)))
			break;
	if (dir)
		closedir(dir);
}

bool procfs_thread_lives(pid_t tid)
{
	struct procfs_stat st;

	return procfs_stat_read(tid, &st) == 0 && st.state != 'Z' && st.state != 'X';
}

static bool on_living(void *ctx, pid_t tid)
{
	if (!procfs_thread_lives(tid))
		return true;
	*(pid_t *)ctx = tid;
	return false;
}

bool procfs_is_kernel_thread(pid_t pid)
{
	struct procfs_stat st;

	return procfs_stat_read(pid, &st) == 0 && st.flags & PF_KTHREAD;
}

/* A number of /proc/sys/kernel; PROCESSES_MOST where it cannot be read. */
static uint64_t sysctl_number(const char *path)
{
	FILE *f = fopen(path, "re");
	uint64_t n = PROCESSES_MOST;

	if (f && fscanf(f, "%" SCNu64, &n) != 1)
		n = PROCESSES_MOST;
	if (f)
		fclose(f);
	return n;
}

uint32_t procfs_processes_max(void)
{
	uint64_t pids = sysctl_number("/proc/sys/kernel/pid_max"), threads = sysctl_number("/proc/sys/kernel/threads-max");
	uint64_t n = pids < threads ? pids : threads;

	return n < PROCESSES_LEAST ? PROCESSES_LEAST : n > PROCESSES_MOST ? PROCESSES_MOST : (uint32_t)n;
}

void procfs_processes(void (*fn)(void *ctx, pid_t pid, pid_t parent), void *ctx)
{
	DIR *dir = opendir("/proc");
	struct procfs_stat st;
	struct dirent *d;

	while (dir && (d = readdir(dir)))
		if (d->d_name[0] >= '1' && d->d_name[0] <= '9' && procfs_stat_read(atoi(d->d_name), &st) == 0)
			fn(ctx, atoi(d->d_name), st.ppid);
	if (dir)
		closedir(dir);
}

pid_t procfs_living(pid_t pid)
{
	pid_t tid = -1;

	if (on_living(&tid, pid))
		procfs_threads(pid, on_living, &tid);
	return tid;
}

int procfs_check_target(pid_t pid, struct error *e)
{
	struct procfs_stat st;
	char hint[80];
	pid_t tgid;

	if (procfs_stat_read(pid, &st))
		return error_set(e, EXIT_FAILED, "'ps -e' lists the processes", "no such process", "cannot trace pid %d", pid);
	if (st.flags & PF_KTHREAD)
		return error_set(e, EXIT_FAILED, "choose a user process", "it is a kernel thread and has no address space",
				 "cannot trace pid %d", pid);
	tgid = procfs_tgid(pid);
	snprintf(hint, sizeof(hint), "-p %d is its whole process; live and trace take threads with -t", tgid);
	if (tgid > 0 && tgid != pid)
		return error_set(e, EXIT_FAILED, hint, "it is a thread, not a process", "cannot trace pid %d", pid);
	if (procfs_living(pid) < 0)
		return error_set(e, EXIT_FAILED, "its parent has yet to collect it", "it has exited (zombie)",
				 "cannot trace pid %d", pid);
	return 0;
}

bool procfs_thread_name(pid_t pid, pid_t tid, char name[17])
{
	char path[64];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", pid, tid);
	f = fopen(path, "re");
	if (!f)
		return false;
	n = fread(name, 1, 16, f);
	fclose(f);
	name[n && name[n - 1] == '\n' ? n - 1 : n] = '\0';
	return n > 0;
}

int procfs_stack_pointer(pid_t pid, pid_t tid, uint64_t *sp)
{
	char path[64], line[256], *last;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", pid, tid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	last = strrchr(line, ' '); /* "NR ARGS... SP PC", "-1 SP PC" or "running" */
	if (!last)
		return -EAGAIN;
	*last = '\0';
	last = strrchr(line, ' ');
	return last && sscanf(last, "%" SCNx64, sp) == 1 ? 0 : -EAGAIN;
}

/* The name in a line of maps or smaps: a file's begins with a slash, whatever it is called. */
static const char *name_in(const char *line)
{
	int at = 0;

	sscanf(line, "%*x-%*x %*s %*s %*s %*s %n", &at);
	return line + at;
}

bool procfs_vsyscall(uint64_t *start, uint64_t *end, char perm[5])
{
	char line[512];
	FILE *f = fopen("/proc/self/maps", "re");
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = !strncmp(name_in(line), "[vsyscall]", 10) &&
			sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", start, end, perm) == 3;
	if (f)
		fclose(f);
	return found;
}

uint64_t procfs_own_rss(void)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	uint64_t sum = 0, start, kib;
	char *line = NULL;
	size_t size = 0;
	bool map = false;

	while (f && getline(&line, &size, f) > 0) {
		if (sscanf(line, "%" SCNx64 "-%*x ", &start) == 1)
			map = !strncmp(name_in(line), "anon_inode:bpf-map", 18);
		else if (!map && sscanf(line, "Rss: %" SCNu64 " kB", &kib) == 1)
			sum += kib << 10;
	}
	free(line);
	if (f)
		fclose(f);
	return sum;
}
