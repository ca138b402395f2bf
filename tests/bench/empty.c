/* SPDX-License-Identifier: GPL-2.0 */
/* Attaches the empty programs.  Usage: empty OBJECT tracepoint|fentry; prints
 * "ready" and stays until it is killed. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

/* Minor faults of every CPU, as mmtrace has them. */
static int attach_perf(const struct bpf_program *prog)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(attr),
					.config = PERF_COUNT_SW_PAGE_FAULTS_MIN, .sample_period = 1 };

	for (int cpu = 0; cpu < libbpf_num_possible_cpus(); cpu++) {
		int fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

		if (fd < 0 || !bpf_program__attach_perf_event(prog, fd))
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct bpf_object *obj;
	struct bpf_program *prog;
	const char *suffixes;

	if (argc != 3)
		return 2;
	suffixes = strcmp(argv[2], "fentry") ? "__tb__pe" : "__fe__fx";
	libbpf_set_print(quiet);
	obj = bpf_object__open_file(argv[1], NULL);
	if (!obj)
		return 1;
	bpf_object__for_each_program(prog, obj)
		bpf_program__set_autoload(prog, strstr(suffixes, bpf_program__name(prog) + strlen("empty")) != NULL);
	if (bpf_object__load(obj))
		return 1;
	bpf_object__for_each_program(prog, obj) {
		if (!bpf_program__autoload(prog))
			continue;
		if (bpf_program__type(prog) == BPF_PROG_TYPE_PERF_EVENT ? attach_perf(prog) : !bpf_program__attach(prog))
			return 1;
	}
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
