/* SPDX-License-Identifier: GPL-2.0 */
/* Keeps the chosen processes true: children join, the dead leave. */

SEC("?tp_btf/sched_process_fork")
int BPF_PROG(hist_fork__tb, struct task_struct *parent, struct task_struct *child)
{
	u32 from = parent->tgid, to = child->tgid, one = 1;

	if (hist_config.follow && from != to && bpf_map_lookup_elem(&hist_pids, &from))
		bpf_map_update_elem(&hist_pids, &to, &one, BPF_ANY);
	return 0;
}

/* Leaves only when the whole process is gone: the rest of its exit still counts. */
SEC("?tp_btf/sched_process_free")
int BPF_PROG(hist_free__tb, struct task_struct *task)
{
	u32 tgid = task->tgid;

	if (task->pid == task->tgid)
		bpf_map_delete_elem(&hist_pids, &tgid);
	return 0;
}
