/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/rights.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/limits.h"

#define INITIAL_PID_NAMESPACE 0xeffffffcu  /* PROC_PID_INIT_INO, the same since 3.8 */
#define INITIAL_USER_NAMESPACE 0xeffffffdu /* PROC_USER_INIT_INO */
#define FILES_FEW 8 /* at a time, before anything is loaded */
#define POSSIBLE_CPUS "/sys/devices/system/cpu/possible"

int rights_check_start(struct error *e)
{
	if (!limits_files_left(FILES_FEW)) /* else whatever is looked for is not found */
		return rights_fail(e, -EMFILE, NULL, "cannot start");
	if (access("/proc/self/stat", R_OK))
		return error_set(e, EXIT_FAILED, "mount it: mount -t proc proc /proc", strerror(errno), "cannot read /proc");
	if (access("/sys/devices", F_OK))
		return error_set(e, EXIT_FAILED, "mount it: mount -t sysfs sysfs /sys", strerror(errno), "cannot read /sys");
	if (access(POSSIBLE_CPUS, R_OK))
		return error_set(e, EXIT_FAILED, "let it be seen: nothing may be mounted over it", strerror(errno),
				 "cannot read " POSSIBLE_CPUS);
	return 0;
}

bool rights_initial_pids(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) || st.st_ino == INITIAL_PID_NAMESPACE;
}

int rights_check_proc(struct error *e)
{
	char target[32];
	ssize_t n = readlink("/proc/self", target, sizeof(target) - 1);

	if (n < 0 && errno != ENOENT)
		return error_set(e, EXIT_FAILED, "mount it: mount -t proc proc /proc", strerror(errno), "cannot read /proc");
	target[n > 0 ? n : 0] = '\0';
	if (n > 0 && atoi(target) == getpid())
		return 0;
	if (access("/proc/version", F_OK))
		return error_set(e, EXIT_FAILED, "mount it: mount -t proc proc /proc", "it is not mounted", "cannot read /proc");
	return error_set(e, EXIT_KERNEL_CANNOT, "mount one of this namespace: mount -t proc proc /proc",
			 "the /proc mounted here shows another pid namespace", "cannot tell processes by their pids");
}

static bool capable(uint64_t set, int capability)
{
	return set >> capability & 1 || set >> CAP_SYS_ADMIN & 1;
}

bool rights_seccomp(void)
{
	return prctl(PR_GET_SECCOMP) > 0;
}

uint64_t rights_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	if (syscall(SYS_capget, &head, data))
		return 0;
	return (uint64_t)data[1].effective << 32 | data[0].effective;
}

bool rights_user_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/user", &st) == 0 && st.st_ino != INITIAL_USER_NAMESPACE;
}

bool rights_all(void)
{
	uint64_t need = 1ull << CAP_BPF | 1ull << CAP_PERFMON | 1ull << CAP_SYS_ADMIN;

	return (rights_capabilities() & need) == need;
}

static int try_load(const struct bpf_insn *insns, size_t count)
{
	int fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "mmt_trial", "GPL", insns, count, NULL);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

bool rights_read_kernel(void)
{
	static const struct bpf_insn nothing[] = { { .code = 0xb7 }, { .code = 0x95 } };
	static const struct bpf_insn reads[] = { /* bpf_probe_read_kernel(r10 - 8, 8, 0) */
		{ .code = 0xbf, .dst_reg = 1, .src_reg = 10 }, { .code = 0x07, .dst_reg = 1, .imm = -8 },
		{ .code = 0xb7, .dst_reg = 2, .imm = 8 }, { .code = 0xb7, .dst_reg = 3 },
		{ .code = 0x85, .imm = BPF_FUNC_probe_read_kernel }, { .code = 0xb7 }, { .code = 0x95 },
	};

	return try_load(nothing, 2) || !try_load(reads, sizeof(reads) / sizeof(reads[0]));
}

/* Why the kernel says EPERM; NULL: nothing is known. */
static const char *denied_hint(void)
{
	uint64_t capabilities = rights_capabilities();

	if (rights_user_namespace())
		return "run it outside of this user namespace (a rootless container?): its root has no rights over the kernel";
	if (!capable(capabilities, CAP_BPF) || !capable(capabilities, CAP_PERFMON))
		return geteuid() ? "run it as root" : "this root lacks CAP_BPF or CAP_PERFMON (a container?): grant them";
	return NULL;
}

struct refusal rights_refusal(int err)
{
	static const char filtered[] = "a seccomp filter is active (a container?): let it allow bpf(2) and perf_event_open(2)";
	const char *hint = NULL;

	switch (-err) {
	case EPERM:
	case EACCES:
		hint = denied_hint();
		if (!hint && err == -EPERM && rights_seccomp())
			hint = filtered;
		return (struct refusal){ hint ? EXIT_NOT_PERMITTED : EXIT_KERNEL_CANNOT, hint };
	case ENOSYS:
		if (rights_seccomp())
			return (struct refusal){ EXIT_NOT_PERMITTED, filtered };
		break;
	case EMFILE:
		return (struct refusal){ EXIT_FAILED, "raise the limit of open files (ulimit -Hn): some hundreds are needed" };
	case ENOMEM:
		return (struct refusal){ EXIT_FAILED, "free memory, or raise the limits of it (ulimit -d, ulimit -v)" };
	}
	return (struct refusal){ error_code_of(err), NULL };
}

int rights_fail(struct error *e, int err, const char *hint, const char *what)
{
	struct refusal r = rights_refusal(err);

	return error_set(e, r.code, r.hint ? r.hint : hint, strerror(-err), "%s", what);
}

int rights_load_fail(struct error *e, int err)
{
	static const char what[] = "cannot load the BPF programs";

	if (err == -ESRCH && limits_memory()) /* libbpf, of BTF that it had no memory for */
		err = -ENOMEM;
	if (!rights_read_kernel())
		return error_set(e, EXIT_KERNEL_CANNOT, "boot with lockdown=integrity or without lockdown",
				 "BPF programs may not read kernel memory: kernel lockdown is in confidentiality mode", what);
	return rights_fail(e, err, "-v shows what the verifier says", what);
}
