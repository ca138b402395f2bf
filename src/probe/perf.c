/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/perf.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int perf_open(bool major, int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = major ? PERF_COUNT_SW_PAGE_FAULTS_MAJ : PERF_COUNT_SW_PAGE_FAULTS_MIN,
		.sample_period = 1,
	};
	long fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

/* Walks a list like "0-3,5" of /sys/devices/system/cpu/online. */
int perf_open_all(bool major, int fds[PERF_MAX_CPUS])
{
	FILE *f = fopen("/sys/devices/system/cpu/online", "re");
	int n = 0, from, to, err = 0;
	char sep = ',';

	if (!f)
		return -errno;
	while (!err && sep == ',' && fscanf(f, "%d", &from) == 1) {
		to = from;
		sep = (char)fgetc(f);
		if (sep == '-') {
			if (fscanf(f, "%d", &to) != 1)
				break;
			sep = (char)fgetc(f);
		}
		for (; from <= to && !err && n < PERF_MAX_CPUS; from++) {
			fds[n] = perf_open(major, from);
			if (fds[n] < 0)
				err = fds[n];
			else
				n++;
		}
	}
	fclose(f);
	if (err)
		while (n > 0)
			close(fds[--n]);
	return err ? err : n;
}
