/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/limits.h"
#include "probe/rights.h"

#define FILES_OTHER 16 /* BTF, iterators, what is opened for a moment */

static int link_add(struct links *l, struct bpf_link *link)
{
	if (!link)
		return -errno;
	if (l->count == LINK_MAX) {
		bpf_link__destroy(link);
		return -E2BIG;
	}
	l->link[l->count++] = link;
	return 0;
}

static int attach_one(struct links *l, struct bpf_object *obj, const char *name)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, name);
	const char *section;

	if (!prog)
		return -ENOENT;
	section = bpf_program__section_name(prog);
	section += section[0] == '?';
	if (!strcmp(section, "perf_event"))
		return perf_attach(&l->perf, prog);
	if (!strncmp(section, "iter/", 5) || !strcmp(section, "syscall"))
		return 0;
	return link_add(l, bpf_program__attach(prog));
}

static int candidate_attach(struct links *l, const struct candidate *c, struct bpf_object *obj, struct error *e)
{
	char what[64];
	int n = 0;

	while (c->progs[n])
		n++;
	while (n-- > 0) {
		int err = attach_one(l, obj, c->progs[n]);

		snprintf(what, sizeof(what), "cannot attach %s", c->progs[n]);
		if (err)
			return rights_fail(e, err, "'mmtrace doctor' shows what works here", what);
	}
	return 0;
}

int links_check_files(struct bpf_object *obj, struct error *e)
{
	int cpus = libbpf_num_possible_cpus(), need = FILES_OTHER + cpus; /* rings */
	struct bpf_program *prog;
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj)
		need++;
	bpf_object__for_each_program(prog, obj) {
		if (!bpf_program__autoload(prog))
			continue;
		need += 2; /* its link too */
		if (strstr(bpf_program__section_name(prog), "perf_event"))
			need += 4 * cpus;
	}
	return limits_files_left(need) ? 0 : rights_fail(e, -EMFILE, NULL, "cannot load the BPF programs");
}

int links_attach(struct links *l, const struct plan *p, struct bpf_object *obj, struct error *e)
{
	int err = 0;

	for (int order = 1; order <= HOOK_ORDERS; order++)
		for (int h = 0; h < HOOK_COUNT && !err; h++)
			if (p->chosen[h] && hooks[h].order == order)
				err = candidate_attach(l, p->chosen[h], obj, e);
	return err;
}

void links_detach(struct links *l)
{
	while (l->count > 0)
		bpf_link__destroy(l->link[--l->count]);
	perf_detach(&l->perf);
}

uint64_t map_charge(int fd)
{
	unsigned long long bytes = 0;
	char path[64], line[128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	if (f)
		fclose(f);
	return bytes;
}

static bool stats_enabled(void)
{
	FILE *f = fopen("/proc/sys/kernel/bpf_stats_enabled", "re");
	bool on = f && fgetc(f) == '1';

	if (f)
		fclose(f);
	return on;
}

void object_cost(struct bpf_object *obj, struct probe_cost *out)
{
	struct bpf_program *prog;
	struct bpf_map *map;

	memset(out, 0, sizeof(*out));
	bpf_object__for_each_program(prog, obj) {
		struct bpf_prog_info info = { 0 };
		uint32_t len = sizeof(info);
		int fd = bpf_program__fd(prog);

		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
			continue;
		out->runs += info.run_cnt;
		out->ns += info.run_time_ns;
		out->misses += info.recursion_misses;
	}
	bpf_object__for_each_map(map, obj) {
		if (bpf_map__fd(map) >= 0)
			out->map_bytes += map_charge(bpf_map__fd(map));
	}
	out->timed = stats_enabled();
}
