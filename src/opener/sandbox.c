/* SPDX-License-Identifier: GPL-2.0 */
/* Raw seccomp and capset: two lists of numbers need no library.  What fails here is not passed over:
 * rather no answers than a parser with rights. */
#include "opener/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MEMORY_BYTES (64ull << 20)
#define CPU_SECONDS 60 /* in its life: a header takes some microseconds */
#define FILES 16
/* Without CAP_SYS_RESOURCE a descriptor is sent only while its user has no more of them under way, in all processes
 * together, than the sender may have open (too_many_unix_fds(), net/core/scm.c). */
#define FILES_UNDER_WAY 512
/* Of those that allocate: */
#define CPU_SECONDS_MUCH 600
#define DATA_BYTES (512ull << 20)
#define MAPPED_BYTES (16ull << 30) /* debug files are mapped, and may be large */

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void or_end(int err)
{
	if (err)
		_exit(1);
}

static void capabilities_keep(uint64_t keep)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct now[2] = { { 0 } };

	or_end((int)syscall(SYS_capget, &head, now));
	for (int i = 0; i < 2; i++) {
		now[i].permitted &= (uint32_t)(keep >> (32 * i));
		now[i].effective = now[i].permitted;
		now[i].inheritable = 0;
	}
	or_end((int)syscall(SYS_capset, &head, now));
}

static void limit(int resource, uint64_t value)
{
	struct rlimit now;

	or_end(getrlimit((__rlimit_resource_t)resource, &now));
	if (now.rlim_max > value)
		now.rlim_max = value;
	now.rlim_cur = now.rlim_max;
	or_end(setrlimit((__rlimit_resource_t)resource, &now));
}

/* Of x86-64 only, and not of its x32 numbers. */
static void calls_allow(const int *allowed, size_t count, const int *failing, size_t fail_count)
{
	struct sock_filter code[64] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog program = { .filter = code };
	size_t n = 4;

	for (size_t i = 0; i < count; i++) {
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)allowed[i], 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	for (size_t i = 0; i < fail_count; i++) {
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)failing[i], 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	program.len = (unsigned short)n;
	or_end(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	or_end((int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}

static void limits_set(unsigned files, unsigned seconds)
{
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_NOFILE, FILES + files);
	limit(RLIMIT_CPU, seconds);
}

void sandbox_opener(unsigned kept_files)
{
	static const int calls[] = { SYS_recvmsg, SYS_sendmsg, SYS_openat, SYS_openat2, SYS_fstat, SYS_statx, SYS_close,
				     SYS_exit_group, SYS_restart_syscall };
	uint64_t keep = 1ull << CAP_SYS_PTRACE | 1ull << CAP_DAC_READ_SEARCH | 1ull << CAP_CHECKPOINT_RESTORE;
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct now[2] = { { 0 } };

	or_end((int)syscall(SYS_capget, &head, now));
	if (!(now[CAP_CHECKPOINT_RESTORE / 32].permitted & 1u << (CAP_CHECKPOINT_RESTORE % 32)))
		keep |= 1ull << CAP_SYS_ADMIN; /* which stands for it, where that is all there is */
	limits_set(kept_files + FILES_UNDER_WAY, CPU_SECONDS);
	capabilities_keep(keep);
	calls_allow(calls, LENGTH(calls), NULL, 0);
}

void sandbox_parser(bool allocates)
{
	static const int calls[] = { SYS_recvmsg, SYS_sendmsg, SYS_pread64, SYS_fstat, SYS_close, SYS_exit_group,
				     SYS_restart_syscall,
				     /* those that allocate */
				     SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_getrandom,
				     SYS_futex, SYS_clock_gettime,
				     SYS_sysinfo /* qsort() asks how much memory there is */ };
	static const int failing[] = { SYS_open, SYS_openat, SYS_stat, SYS_newfstatat, SYS_access, SYS_readlink,
				       SYS_getcwd, SYS_fcntl };
	size_t few = LENGTH(calls) - 10;

	limits_set(0, allocates ? CPU_SECONDS_MUCH : CPU_SECONDS);
	if (allocates)
		limit(RLIMIT_DATA, DATA_BYTES);
	limit(RLIMIT_AS, allocates ? MAPPED_BYTES : MEMORY_BYTES);
	capabilities_keep(0);
	calls_allow(calls, allocates ? LENGTH(calls) : few, failing, allocates ? LENGTH(failing) : 0);
}

void sandbox_mapper(void)
{
	static const int calls[] = { SYS_openat, SYS_fstat, SYS_readlinkat, SYS_pread64, SYS_mmap, SYS_close,
				     SYS_write, SYS_poll, SYS_exit_group, SYS_restart_syscall };

	limits_set(0, CPU_SECONDS);
	capabilities_keep(0);
	calls_allow(calls, LENGTH(calls), NULL, 0);
}

void sandbox_keep(const int *fds, int count)
{
	int above[2];

	for (int i = 0; i < count; i++) /* out of the way of each other's new number */
		or_end((above[i] = fcntl(fds[i], F_DUPFD, 16)) < 0);
	for (int i = 0; i < count; i++)
		or_end(dup3(above[i], i, O_CLOEXEC) < 0);
	or_end(close_range((unsigned)count, ~0u, 0) && syscall(SYS_close_range, (unsigned)count, ~0u, 0));
}
