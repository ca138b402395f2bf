/* SPDX-License-Identifier: GPL-2.0 */
/* Keeps the set of targets true. */
#include "lib/hist.bpf.h"

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
	return 0;
}
