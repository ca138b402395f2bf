/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/rights.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INITIAL_PID_NAMESPACE 0xeffffffcu /* PROC_PID_INIT_INO, the same since 3.8 */

int rights_check_namespace(struct error *e)
{
	struct stat st;

	if (stat("/proc/self/ns/pid", &st))
		return error_set(e, EXIT_FAILED, "mount it: mount -t proc proc /proc", strerror(errno), "cannot read /proc");
	if (st.st_ino == INITIAL_PID_NAMESPACE)
		return 0;
	return error_set(e, EXIT_KERNEL_CANNOT, "run it in the initial pid namespace (of a container: --pid=host)",
			 "here pids mean other processes than in the kernel's events", "cannot trace from within a pid namespace");
}

static bool capable(uint64_t set, int capability)
{
	return set >> capability & 1 || set >> CAP_SYS_ADMIN & 1;
}

const char *rights_hint(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	uint64_t capabilities = ~0ull;
	char line[256];
	int seccomp = 0;

	while (f && fgets(line, sizeof(line), f)) {
		sscanf(line, "CapEff: %" SCNx64, &capabilities);
		sscanf(line, "Seccomp: %d", &seccomp);
	}
	if (f)
		fclose(f);
	if (!capable(capabilities, CAP_BPF) || !capable(capabilities, CAP_PERFMON))
		return geteuid() ? "run it as root" : "this root lacks CAP_BPF or CAP_PERFMON (a container?): grant them";
	if (seccomp)
		return "a seccomp filter is active (a container?): let it allow bpf(2) and perf_event_open(2)";
	return NULL;
}
