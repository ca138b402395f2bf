/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/pidns.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include "probe/kernel_read.h"
#include "probe/rights.h"
#include "wire/follow.h"

uint32_t pidns_prepare(struct bpf_object *obj)
{
	static const char *const programs[] = { "pidns_find__sc", "pidns_list__it" };
	bool inner = !rights_initial_pids();

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		struct bpf_program *prog = bpf_object__find_program_by_name(obj, programs[i]);

		if (prog)
			bpf_program__set_autoload(prog, inner);
	}
	return inner;
}

int pidns_find(struct bpf_object *obj)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, "pidns_find__sc");
	LIBBPF_OPTS(bpf_test_run_opts, o);

	if (!prog || bpf_program__fd(prog) < 0)
		return 0;
	return bpf_prog_test_run_opts(bpf_program__fd(prog), &o) ? -errno : 0;
}

/* What the kernel calls the process; 0 or a negative errno. */
static int kernel_number(struct bpf_object *obj, pid_t pid, uint32_t *number)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, "pidns_list__it");
	struct bpf_link *link = bpf_program__attach_iter(prog, NULL);
	struct iter_buffer buffer = { 0 };
	const struct mmt_follow *all;
	ssize_t n;

	if (!link)
		return -errno;
	n = iter_read(&buffer, bpf_link__fd(link));
	bpf_link__destroy(link);
	all = (const void *)buffer.bytes;
	*number = 0;
	for (ssize_t i = 0; i < n / (ssize_t)sizeof(*all); i++)
		if (all[i].seen == (uint32_t)pid)
			*number = all[i].kernel;
	iter_free(&buffer);
	return n < 0 ? (int)n : *number ? 0 : -ESRCH;
}

int pidns_follow(struct bpf_object *obj, const struct bpf_map *followed, pid_t pid)
{
	uint32_t number = (uint32_t)pid, seen = number;
	int err = rights_initial_pids() ? 0 : kernel_number(obj, pid, &number);

	if (err)
		return err;
	return bpf_map_update_elem(bpf_map__fd(followed), &number, &seen, BPF_ANY) ? -errno : 0;
}
