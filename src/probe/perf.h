/* SPDX-License-Identifier: GPL-2.0 */
/* perf software events for page faults, two on each online CPU, and the program
 * that they run. */
#ifndef PROBE_PERF_H
#define PROBE_PERF_H
#include <stdbool.h>
#include <stdint.h>

struct bpf_link;
struct bpf_program;

struct perf_cpu {
	int cpu;
	struct bpf_link *major, *minor; /* own their events */
	int major_fd, minor_fd;
};

struct perf_events {
	struct bpf_program *prog; /* NULL: not attached */
	struct perf_cpu *cpus;
	int count, size;
	int news;        /* socket that reports which CPUs came online; -1: none */
	uint64_t period; /* of the minor faults; 0: each */
	bool sampled;    /* the period was greater than 1 at some time */
	uint64_t counted; /* faults, by events that were closed */
};

/* Can such an event be opened? 0 or a negative errno. */
int perf_try(void);
/* prog runs at each page fault from now on, by whatever process; its cookie is 1
 * at major faults. 0 or a negative errno. */
int perf_attach(struct perf_events *e, struct bpf_program *prog);
/* An event ends with its CPU: opens those of CPUs that came online since.
 * Returns how many, or a negative errno. */
int perf_follow(struct perf_events *e);
/* From now on only every n-th minor fault of a CPU reaches the program. */
int perf_sample(struct perf_events *e, uint64_t n);
void perf_detach(struct perf_events *e);
/* After perf_detach(): at how many faults did prog not run, if it ran so many
 * times?  The kernel skips it in silence while another program, or a system call
 * on a map, has BPF disabled on that CPU (bpf_prog_active). */
static inline uint64_t perf_missed(const struct perf_events *e, uint64_t runs)
{
	return e->sampled || e->counted < runs ? 0 : e->counted - runs;
}

#endif
