/* SPDX-License-Identifier: GPL-2.0 */
/* Keeps the set of targets true, and says of which processes nothing more comes. */
#include "lib/hist.bpf.h"

#define BELL_ENDS 256 /* one of so many rows: so many processes have ended before it is rung */

/* Its rows are final: it runs on no CPU, and no program that it ran does. */
static __always_inline void process_ended(struct task_struct *leader)
{
	u64 outer = hist_id_with(leader, leader->tgid), id = outer, *inner, *bell;
	struct mmt_hist_process *p;

	if (pidns_inner) {
		inner = bpf_map_lookup_elem(&hist_inner, &outer);
		id = inner ? *inner : 0;
		bpf_map_delete_elem(&hist_inner, &outer);
	}
	p = bpf_map_lookup_elem(&hist_processes, &id);
	if (!p)
		return;
	bpf_probe_read_kernel(p->comm, sizeof(p->comm), leader->comm);
	p->ended = 1;
	__sync_fetch_and_add(&hist_ended, 1);
	if (hist_made - hist_removed < hist_config.rows / 4 || hist_ended <= hist_config.rows / BELL_ENDS)
		return;
	bell = bpf_ringbuf_reserve(&hist_bell, sizeof(*bell), 0);
	if (!bell)
		return; /* it rings already */
	*bell = id;
	hist_ended = 0;
	bpf_ringbuf_submit(bell, BPF_RB_FORCE_WAKEUP);
}

SEC("?tp_btf/sched_process_fork")
int BPF_PROG(hist_fork__tb, struct task_struct *parent, struct task_struct *child)
{
	if (hist_config.follow && !follow_fork(parent, child))
		hist_lost(MMT_HIST_LOSS_PROCESSES);
	return 0;
}

SEC("?tp_btf/sched_process_free")
int BPF_PROG(hist_free__tb, struct task_struct *task)
{
	follow_free(task);
	if (task->pid == task->tgid && (hist_config.by[0] == MMT_KEY_PROCESS || hist_config.by[1] == MMT_KEY_PROCESS))
		process_ended(task);
	return 0;
}
