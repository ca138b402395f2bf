/* SPDX-License-Identifier: GPL-2.0 */
/* Calls that change VMAs, as `trace` shows them. */
#ifndef MMT_CALL_BPF_H
#define MMT_CALL_BPF_H

#include "emit.bpf.h"
#include "mm.bpf.h"

/* A stack that grew to reach address, reported as a call (`trace` only). */
static __always_inline void stack_growth_report(struct vm_area_struct *vma, u64 address)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct mmt_call rec = { .nr = MMT_CALL_STACK_GROWTH };
	struct mmt_vma facts = {};

	head_fill(&rec.head, MMT_KIND_CALL, mm_id_get(task->mm, pidns_tgid(task, task->tgid), true), 0);
	vma_facts(vma, &facts);
	rec.arg[0] = address;
	rec.arg[1] = facts.start;
	rec.arg[2] = facts.end;
	rec.anchor = facts.anchor;
	rec.sig = facts.sig;
	vma_announce(vma, &facts, rec.head.mm_id);
	rec.head.time = bpf_ktime_get_ns(); /* after its VMA was announced */
	emit_call(&rec);
}
#endif
