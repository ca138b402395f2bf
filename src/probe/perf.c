/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/perf.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CPUS_MAX 8192 /* of any x86-64 kernel (NR_CPUS_RANGE_END) */
struct cpu_set { bool has[CPUS_MAX]; };

/* Stopped until its program is attached. */
static int event_open(bool major, int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = major ? PERF_COUNT_SW_PAGE_FAULTS_MAJ : PERF_COUNT_SW_PAGE_FAULTS_MIN,
		.sample_period = 1,
		.read_format = PERF_FORMAT_TOTAL_TIME_RUNNING,
		.disabled = 1,
	};
	long fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

/* Reads a list like "0-3,5". */
static int cpus_online(struct cpu_set *set)
{
	FILE *f = fopen("/sys/devices/system/cpu/online", "re");
	int from, to;
	char sep = ',';

	memset(set, 0, sizeof(*set));
	if (!f)
		return -errno;
	while (sep == ',' && fscanf(f, "%d", &from) == 1) {
		to = from;
		sep = (char)fgetc(f);
		if (sep == '-') {
			if (fscanf(f, "%d", &to) != 1)
				break;
			sep = (char)fgetc(f);
		}
		if (from < 0 || to >= CPUS_MAX) {
			fclose(f);
			return -E2BIG;
		}
		while (from <= to)
			set->has[from++] = true;
	}
	fclose(f);
	return 0;
}

int perf_try(void)
{
	struct cpu_set online;
	int err = cpus_online(&online), fd;

	for (int cpu = 0; !err && cpu < CPUS_MAX; cpu++) {
		if (!online.has[cpu])
			continue;
		fd = event_open(false, cpu);
		if (fd < 0)
			return fd;
		close(fd);
		return 0;
	}
	return err ? err : -ENODEV;
}

/* Attaches an event of one CPU; *event is its descriptor, which the link owns. */
static int event_attach(const struct perf_events *e, bool major, int cpu, struct bpf_link **link, int *event)
{
	LIBBPF_OPTS(bpf_perf_event_opts, opts, .bpf_cookie = major);
	int fd = event_open(major, cpu), err;

	if (fd < 0)
		return fd;
	if (!major && e->period && ioctl(fd, PERF_EVENT_IOC_PERIOD, &e->period)) {
		err = -errno;
		close(fd);
		return err;
	}
	*link = bpf_program__attach_perf_event_opts(e->prog, fd, &opts);
	if (!*link) {
		err = -errno;
		close(fd);
		return err;
	}
	*event = fd;
	return 0;
}

struct event_reading { uint64_t count, ns; };

/* Nothing is counted after what was read. */
static void event_stop(struct perf_events *e, struct bpf_link *link, int fd)
{
	struct event_reading r;

	if (link && ioctl(fd, PERF_EVENT_IOC_DISABLE, 0) == 0 && read(fd, &r, sizeof(r)) == sizeof(r))
		e->counted += r.count;
}

static void cpu_detach(struct perf_events *e, struct perf_cpu *c)
{
	event_stop(e, c->major, c->major_fd);
	event_stop(e, c->minor, c->minor_fd);
	bpf_link__destroy(c->major);
	bpf_link__destroy(c->minor);
}

static int cpu_attach(struct perf_events *e, int cpu)
{
	struct perf_cpu c = { .cpu = cpu };
	int err;

	if (e->count == e->size) {
		int size = e->size ? e->size * 2 : 16;
		struct perf_cpu *more = realloc(e->cpus, (size_t)size * sizeof(*more));

		if (!more)
			return -ENOMEM;
		e->cpus = more;
		e->size = size;
	}
	err = event_attach(e, true, cpu, &c.major, &c.major_fd);
	if (!err)
		err = event_attach(e, false, cpu, &c.minor, &c.minor_fd);
	if (err) {
		cpu_detach(e, &c);
		return err == -ENODEV ? 0 : err; /* it has just gone */
	}
	e->cpus[e->count++] = c;
	return 1;
}

/* An event whose CPU went away stands still for ever. */
static bool event_runs(int fd)
{
	struct event_reading a, b;

	return read(fd, &a, sizeof(a)) == sizeof(a) && read(fd, &b, sizeof(b)) == sizeof(b) && a.ns != b.ns;
}

static bool cpu_known(const struct perf_events *e, int cpu)
{
	for (int i = 0; i < e->count; i++)
		if (e->cpus[i].cpu == cpu)
			return true;
	return false;
}

/* The kernel announces to udev each CPU that comes online, after a suspend too. */
static int news_open(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Puts CPUs that came online into set: they may have been away in between. */
static void news_read(const struct perf_events *e, struct cpu_set *set)
{
	char text[4096];
	ssize_t n;
	int cpu;

	memset(set, 0, sizeof(*set));
	while ((n = recv(e->news, text, sizeof(text) - 1, 0)) >= 0 || errno == ENOBUFS) {
		if (n < 0) { /* news were lost: any CPU */
			memset(set->has, true, sizeof(set->has));
			continue;
		}
		text[n] = '\0';
		if (sscanf(text, "online@/devices/system/cpu/cpu%d", &cpu) == 1 && cpu >= 0 && cpu < CPUS_MAX)
			set->has[cpu] = true;
	}
}

int perf_attach(struct perf_events *e, struct bpf_program *prog)
{
	int n;

	e->prog = prog;
	e->news = news_open();
	n = perf_follow(e);
	return n < 0 ? n : n == 0 ? -ENODEV : 0;
}

int perf_follow(struct perf_events *e)
{
	struct cpu_set online, renewed = { 0 };
	int came = 0, err;

	if (!e->prog)
		return 0;
	if (e->news >= 0)
		news_read(e, &renewed);
	err = cpus_online(&online);
	if (err)
		return err;
	for (int i = 0; i < e->count; i++)
		if (!online.has[e->cpus[i].cpu] || (renewed.has[e->cpus[i].cpu] && !event_runs(e->cpus[i].minor_fd))) {
			cpu_detach(e, &e->cpus[i]);
			e->cpus[i--] = e->cpus[--e->count];
		}
	for (int cpu = 0; cpu < CPUS_MAX; cpu++) {
		if (!online.has[cpu] || cpu_known(e, cpu))
			continue;
		err = cpu_attach(e, cpu);
		if (err < 0)
			return err;
		came += err;
	}
	return came;
}

int perf_sample(struct perf_events *e, uint64_t n)
{
	e->period = n;
	e->sampled |= n > 1;
	for (int i = 0; i < e->count; i++)
		if (ioctl(e->cpus[i].minor_fd, PERF_EVENT_IOC_PERIOD, &n))
			return -errno;
	return 0;
}

void perf_detach(struct perf_events *e)
{
	while (e->count > 0)
		cpu_detach(e, &e->cpus[--e->count]);
	free(e->cpus);
	if (e->prog && e->news >= 0)
		close(e->news);
	*e = (struct perf_events){ .news = -1, .sampled = e->sampled, .counted = e->counted };
}
