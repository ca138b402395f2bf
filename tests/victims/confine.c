/* SPDX-License-Identifier: GPL-2.0 */
/* Runs a command with something taken away from it: mounts, limits, rights, system calls.
 *   confine [OPTION]... -- CMD ARGS
 *     hide=PATH       an empty tmpfs over PATH, in a mount namespace of its own
 *     tiny=PATH       a tmpfs of 16 KiB over PATH
 *     limit=NAME:N    resource limit, soft and hard (nofile, as, data, ...; N may be "inf")
 *     soft=NAME:N     soft limit
 *     drop=CAP,...    without these capabilities (bpf, perfmon, sys_admin, ...; all)
 *     user            as nobody, without capabilities
 *     userns          root of a new user namespace
 *     pidns           in a new pid namespace, with the /proc of the old one
 *     refuse=CALL:E   a seccomp filter answers CALL (bpf, perf_event_open) with E (EPERM, ENOSYS)
 * Exits as CMD does (128+N: by signal N); 77 where the confinement cannot be made. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CANNOT 77
#define NOBODY 65534

static const struct named { const char *name; int value; } limits[] = {
	{ "nofile", RLIMIT_NOFILE }, { "as", RLIMIT_AS }, { "data", RLIMIT_DATA }, { "stack", RLIMIT_STACK },
	{ "memlock", RLIMIT_MEMLOCK }, { "nproc", RLIMIT_NPROC }, { "fsize", RLIMIT_FSIZE }, { "cpu", RLIMIT_CPU },
	{ "rss", RLIMIT_RSS }, { "core", RLIMIT_CORE }, { "locks", RLIMIT_LOCKS }, { "sigpending", RLIMIT_SIGPENDING },
	{ "msgqueue", RLIMIT_MSGQUEUE }, { "nice", RLIMIT_NICE }, { "rtprio", RLIMIT_RTPRIO }, { NULL, 0 },
}, capabilities[] = {
	{ "bpf", CAP_BPF }, { "perfmon", CAP_PERFMON }, { "sys_admin", CAP_SYS_ADMIN }, { "sys_ptrace", CAP_SYS_PTRACE },
	{ "sys_resource", CAP_SYS_RESOURCE }, { "dac_override", CAP_DAC_OVERRIDE }, { "dac_read_search", CAP_DAC_READ_SEARCH },
	{ "syslog", CAP_SYSLOG }, { "net_admin", CAP_NET_ADMIN }, { "ipc_lock", CAP_IPC_LOCK }, { NULL, 0 },
}, calls[] = {
	{ "bpf", SYS_bpf }, { "perf_event_open", SYS_perf_event_open }, { NULL, 0 },
}, answers[] = {
	{ "EPERM", EPERM }, { "ENOSYS", ENOSYS }, { NULL, 0 },
};

static void cannot(const char *what)
{
	fprintf(stderr, "confine: %s: %s\n", what, strerror(errno));
	exit(CANNOT);
}

static int find(const struct named *list, const char *name, size_t len)
{
	for (; list->name; list++)
		if (strlen(list->name) == len && !memcmp(list->name, name, len))
			return list->value;
	errno = EINVAL;
	cannot(name);
	return -1;
}

static void cover(const char *path, const char *how)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount("none", path, "tmpfs", 0, how))
		cannot(path);
}

/* NAME:N */
static void limit(const char *text, int soft_only)
{
	const char *colon = strchr(text, ':');
	int which = find(limits, text, colon ? (size_t)(colon - text) : 0);
	struct rlimit r;

	getrlimit(which, &r);
	r.rlim_cur = strcmp(colon + 1, "inf") ? strtoull(colon + 1, NULL, 10) : RLIM_INFINITY;
	if (!soft_only)
		r.rlim_max = r.rlim_cur;
	if (setrlimit(which, &r))
		cannot(text);
}

/* What is not in the bounding set nobody gets by exec, root neither. */
static void drop(const char *list)
{
	for (int c = 0; !strcmp(list, "all") && prctl(PR_CAPBSET_READ, c) >= 0; c++)
		prctl(PR_CAPBSET_DROP, c);
	while (strcmp(list, "all") && *list) {
		size_t len = strcspn(list, ",");

		if (prctl(PR_CAPBSET_DROP, find(capabilities, list, len)))
			cannot(list);
		list += len + (list[len] == ',');
	}
}

static void become_nobody(void)
{
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
		cannot("user");
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		cannot(path);
	close(fd);
}

static void user_namespace(void)
{
	if (unshare(CLONE_NEWUSER))
		cannot("userns");
	put("/proc/self/setgroups", "deny");
	put("/proc/self/uid_map", "0 0 1");
	put("/proc/self/gid_map", "0 0 1");
}

/* CALL:ERRNO */
static void refuse(const char *text)
{
	const char *colon = strchr(text, ':');
	unsigned call = (unsigned)find(calls, text, colon ? (size_t)(colon - text) : 0);
	unsigned answer = (unsigned)find(answers, colon + 1, strlen(colon + 1));
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | answer),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		cannot(text);
}

static int pass_on(pid_t child)
{
	int status;

	if (child < 0)
		cannot("fork");
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void confine(const char *option)
{
	if (!strncmp(option, "hide=", 5))
		cover(option + 5, NULL);
	else if (!strncmp(option, "tiny=", 5))
		cover(option + 5, "size=16k");
	else if (!strncmp(option, "limit=", 6))
		limit(option + 6, 0);
	else if (!strncmp(option, "soft=", 5))
		limit(option + 5, 1);
	else if (!strncmp(option, "drop=", 5))
		drop(option + 5);
	else if (!strncmp(option, "refuse=", 7))
		refuse(option + 7);
	else if (!strcmp(option, "user"))
		become_nobody();
	else if (!strcmp(option, "userns"))
		user_namespace();
	else if (!strcmp(option, "pidns") && unshare(CLONE_NEWPID))
		cannot(option);
}

int main(int argc, char **argv)
{
	int pid_namespace = 0, i;

	for (i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		confine(argv[i]);
		pid_namespace |= !strcmp(argv[i], "pidns");
	}
	if (pid_namespace) { /* its first process is a child */
		pid_t child = fork();

		if (child)
			return pass_on(child);
	}
	if (i + 1 >= argc)
		return CANNOT;
	execvp(argv[i + 1], argv + i + 1);
	cannot(argv[i + 1]);
}
