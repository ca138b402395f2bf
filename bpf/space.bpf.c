/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel's mm_struct says of the address space of a thread. */
#include "lib/kernel.bpf.h"
#include "wire/space.h"

SEC("iter/task")
int space__it(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct mmt_space out = {};
	struct mm_struct *mm;

	mm = task ? BPF_CORE_READ(task, mm) : 0;
	if (!mm)
		return 0;
	out.pgd = (u64)BPF_CORE_READ(mm, pgd);
	out.start_boottime = BPF_CORE_READ(task, group_leader, start_boottime);
#define MARK(ID, key, field, ...) out.mark[MMT_MARK_##ID] = BPF_CORE_READ(mm, field);
#include "wire/marks.def"
#undef MARK
	bpf_seq_write(ctx->meta->seq, &out, sizeof(out));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
