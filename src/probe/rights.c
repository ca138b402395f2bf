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
#include <sys/stat.h>
#include <unistd.h>

#define INITIAL_PID_NAMESPACE 0xeffffffcu /* PROC_PID_INIT_INO, the same since 3.8 */

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

/* A hexadecimal number of /proc/self/status; key "CapEff:". */
static uint64_t status_number(const char *key, uint64_t missing)
{
	FILE *f = fopen("/proc/self/status", "re");
	size_t len = strlen(key);
	uint64_t value = missing;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, len) && sscanf(line + len, "%" SCNx64, &value) == 1)
			break;
	if (f)
		fclose(f);
	return value;
}

bool rights_seccomp(void)
{
	return status_number("Seccomp:", 0) != 0;
}

uint64_t rights_capabilities(void)
{
	return status_number("CapEff:", 0);
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

const char *rights_hint(void)
{
	uint64_t capabilities = status_number("CapEff:", ~0ull);

	if (!capable(capabilities, CAP_BPF) || !capable(capabilities, CAP_PERFMON))
		return geteuid() ? "run it as root" : "this root lacks CAP_BPF or CAP_PERFMON (a container?): grant them";
	if (rights_seccomp())
		return "a seccomp filter is active (a container?): let it allow bpf(2) and perf_event_open(2)";
	return NULL;
}
