/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/percpu.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

#include "probe/kernel_btf.h"

/* Offset of a variable in .data..percpu, and its type; false: not there. */
static bool variable(const struct btf *btf, const struct btf_type *section, const char *name, __u64 *offset,
		     __u32 *type)
{
	const struct btf_var_secinfo *v = btf_var_secinfos(section);

	for (__u16 i = 0; i < btf_vlen(section); i++) {
		const struct btf_type *t = btf__type_by_id(btf, v[i].type);

		if (strcmp(btf__name_by_offset(btf, t->name_off), name))
			continue;
		*offset = v[i].offset;
		*type = t->type;
		return true;
	}
	return false;
}

/* Type of a member of a struct, those without a name looked into; NULL: not there. */
static const struct btf_type *member_type(const struct btf *btf, __u32 type, const char *name, __u64 *offset)
{
	const struct btf_type *t = btf__type_by_id(btf, type), *found;
	const struct btf_member *m = btf_members(t);

	for (__u16 i = 0; t && btf_is_composite(t) && i < btf_vlen(t); i++) {
		__u64 at = *offset + btf_member_bit_offset(t, i) / 8;
		const char *own = btf__name_by_offset(btf, m[i].name_off);

		found = !strcmp(own, name) ? btf__type_by_id(btf, m[i].type)
			: !*own ? member_type(btf, m[i].type, name, &at) : NULL;
		if (found) {
			*offset = at;
			return found;
		}
	}
	return NULL;
}

/* A variable of its own, or (6.2 to 6.14) a member of pcpu_hot. */
static bool hot(const struct btf *btf, const struct btf_type *section, const char *name, const char *member_name,
		__u64 *offset)
{
	__u32 type;

	return variable(btf, section, name, offset, &type) ||
	       (variable(btf, section, "pcpu_hot", offset, &type) && member_type(btf, type, member_name, offset));
}

bool percpu_offsets(const char *path, struct mmt_percpu *out)
{
	const struct btf *btf = kernel_btf(path);
	const struct btf_type *section;
	bool ok = false;
	__u32 type;
	int id;

	if (!btf)
		return false;
	id = btf__find_by_name_kind(btf, ".data..percpu", BTF_KIND_DATASEC);
	if (id > 0) {
		section = btf__type_by_id(btf, (__u32)id);
		ok = variable(btf, section, "runqueues", &out->runqueues, &type) &&
		     variable(btf, section, "this_cpu_off", &out->this_cpu_off, &type) &&
		     hot(btf, section, "current_task", "current_task", &out->current_task) &&
		     hot(btf, section, "__preempt_count", "preempt_count", &out->preempt_count);
	}
	return ok;
}

bool percpu_counts_pages(const char *path)
{
	const struct btf *btf = kernel_btf(path);
	int id = btf ? btf__find_by_name_kind(btf, "mm_struct", BTF_KIND_STRUCT) : -1;
	__u64 offset = 0;
	const struct btf_type *t;

	if (id <= 0)
		return true;
	t = member_type(btf, (__u32)id, "rss_stat", &offset);
	return !t || btf_is_array(t);
}

bool percpu_find(const struct bpf_program *prog)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF), online = sysconf(_SC_NPROCESSORS_ONLN), found = 0;

	for (long cpu = 0; cpu < cpus; cpu++) {
		LIBBPF_OPTS(bpf_test_run_opts, o, .flags = BPF_F_TEST_RUN_ON_CPU, .cpu = (__u32)cpu);

		if (!bpf_prog_test_run_opts(bpf_program__fd(prog), &o))
			found += o.retval == 1;
	}
	return found >= online;
}
