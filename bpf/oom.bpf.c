/* SPDX-License-Identifier: GPL-2.0 */
/* Domain oom: each kill is an event of its own, with the memory as it stands. */
#include "lib/cgroup.bpf.h"
#include "lib/hist.bpf.h"
#include "lib/rss.bpf.h"
#include "wire/oom.h"

struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 64 << 10); } ooms SEC(".maps");

#define OOM_ZONES 6
#define OOM_CGROUPS 16
#define OOM_NO_LIMIT (0x7fffffffffffffffull >> 12) /* PAGE_COUNTER_MAX */

/* Pages free in the zones of a node. */
static __always_inline u64 node_free(struct pglist_data *node)
{
	u64 sum = 0, zones = (u64)node + bpf_core_field_offset(node->node_zones);
	u32 n = BPF_CORE_READ(node, nr_zones);
	long free;

	for (u32 z = 0; z < OOM_ZONES && z < n; z++) {
		struct zone *zone = (void *)(zones + z * bpf_core_type_size(struct zone));

		free = BPF_CORE_READ(zone, vm_stat[0].counter); /* NR_FREE_PAGES */
		if (free > 0)
			sum += free;
	}
	return sum;
}

/* Every cgroup knows every node, and there the zones are. */
static __always_inline u64 free_pages(struct mem_cgroup *memcg)
{
	u64 list = (u64)memcg + bpf_core_field_offset(memcg->nodeinfo), sum = 0;

	for (u32 i = 0; i < 8 && i < hist_config.nodes; i++) {
		struct mem_cgroup_per_node *per_node = 0;
		struct pglist_data *node;

		bpf_probe_read_kernel(&per_node, sizeof(per_node), (void *)(list + i * 8));
		node = per_node ? BPF_CORE_READ(per_node, lruvec.pgdat) : 0;
		if (node)
			sum += node_free(node);
	}
	return sum;
}

static __always_inline struct mem_cgroup *memcg_of(struct task_struct *task)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct mem_cgroup *memcg = 0;

	bpf_probe_read_kernel(&memcg, sizeof(memcg), (void *)set + bpf_core_field_offset(set->subsys) +
			      8 * bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id));
	return memcg; /* its css is its first member */
}

/* The nearest cgroup with a limit, the victim's own first. */
static __always_inline void limit_fill(struct mmt_oom *rec, struct mem_cgroup *memcg)
{
	for (int i = 0; i < OOM_CGROUPS && memcg; i++) {
		u64 max = BPF_CORE_READ(memcg, memory.max);

		if (max < OOM_NO_LIMIT) {
			rec->cgroup_max = max * PAGE_SIZE;
			rec->cgroup_usage = BPF_CORE_READ(memcg, memory.usage.counter) * PAGE_SIZE;
			return;
		}
		memcg = (void *)BPF_CORE_READ(memcg, css.parent);
	}
}

static __noinline int oom_fill(struct mmt_oom *rec, struct task_struct *victim)
{
	struct task_struct *by = (void *)bpf_get_current_task();
	struct mem_cgroup *memcg = memcg_of(victim);
	struct mm_struct *mm = BPF_CORE_READ(victim, mm);
	struct rss rss = {};

	rec->time = bpf_ktime_get_ns();
	rec->pid = pidns_tgid(victim, BPF_CORE_READ(victim, tgid));
	rec->start_boottime = BPF_CORE_READ(victim, group_leader, start_boottime);
	rec->by_pid = pidns_tgid(by, BPF_CORE_READ(by, tgid));
	rec->oom_score_adj = BPF_CORE_READ(victim, signal, oom_score_adj);
	bpf_probe_read_kernel(rec->comm, sizeof(rec->comm), victim->comm);
	bpf_probe_read_kernel(rec->by_comm, sizeof(rec->by_comm), by->comm);
	bpf_probe_read_kernel_str(rec->cgroup, sizeof(rec->cgroup), BPF_CORE_READ(memcg, css.cgroup, kn, name));
	rss_read(mm, &rss, hist_config.cpus);
	rec->anon = rss.pages[RSS_ANON] * PAGE_SIZE;
	rec->file = rss.pages[RSS_FILE] * PAGE_SIZE;
	rec->shmem = rss.pages[RSS_SHMEM] * PAGE_SIZE;
	rec->swap = rss.pages[RSS_SWAP] * PAGE_SIZE;
	rec->vsize = BPF_CORE_READ(mm, total_vm) * PAGE_SIZE;
	rec->pgtables = BPF_CORE_READ(mm, pgtables_bytes.counter);
	rec->free = rec->cgroup_usage = rec->cgroup_max = MMT_OOM_UNKNOWN;
	if (memcg) {
		rec->free = free_pages(memcg) * PAGE_SIZE;
		limit_fill(rec, memcg);
	}
	return 0;
}

/* The root that is mounted is known by its number, which another hierarchy (v1) may have, too. */
static __noinline int path_fill(struct mmt_cgroup_path *path, struct task_struct *victim)
{
	struct cgroup *cgroup = BPF_CORE_READ(memcg_of(victim), css.cgroup);
	bool v2 = BPF_CORE_READ(cgroup, root) == BPF_CORE_READ(victim, cgroups, dfl_cgrp, root);

	return cgroup_path_read(path, (u64)BPF_CORE_READ(cgroup, kn), v2 ? hist_config.cgroup_root : 0);
}

SEC("?tp_btf/mark_victim")
int BPF_PROG(oom_victim__tb, struct task_struct *victim, unsigned int uid)
{
	u32 tgid = victim->tgid;
	struct mmt_oom_record *rec;

	if (hist_config.filter_pid && !follow_has(tgid))
		return 0;
	if (hist_config.filter_cgroup && !task_in_cgroup(victim, hist_config.cgroup_id))
		return 0;
	rec = bpf_ringbuf_reserve(&ooms, sizeof(*rec), 0);
	if (!rec) {
		hist_lost(MMT_HIST_LOSS_OOMS);
		return 0;
	}
	__builtin_memset(&rec->oom, 0, sizeof(rec->oom));
	rec->oom.uid = uid;
	bpf_get_stack(ctx, rec->oom.stack, sizeof(rec->oom.stack), 0);
	oom_fill(&rec->oom, victim);
	path_fill(&rec->path, victim);
	bpf_ringbuf_submit(rec, 0);
	return 0;
}
