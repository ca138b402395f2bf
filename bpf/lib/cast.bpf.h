/* SPDX-License-Identifier: GPL-2.0 */
/* Kernels since 6.2 let a program read any kernel address as a pointer of a
 * type: a plain load, where bpf_probe_read_kernel is a call.  A bad address
 * reads as 0. */
#ifndef MMT_CAST_BPF_H
#define MMT_CAST_BPF_H

#include "kernel.bpf.h"

extern void *bpf_rdonly_cast(void *obj, __u32 btf_id) __ksym __weak;

/* false: the address is bad, where the kernel says so. */
static __always_inline bool word_read(u64 va, u64 *word)
{
	if (bpf_rdonly_cast) {
		*word = ((struct pt_regs *)bpf_rdonly_cast((void *)va, bpf_core_type_id_kernel(struct pt_regs)))->r15;
		return true;
	}
	return bpf_probe_read_kernel(word, 8, (void *)va) == 0;
}

/* The 8 bytes at va; 0: a bad address. */
static __always_inline u64 word_at(u64 va)
{
	u64 word = 0;

	word_read(va, &word);
	return word;
}

/* The 8 bytes that begin with a field; shorter ones are their lower part. */
#define FIELD_WORD(at, type, field) word_at((u64)(at) + bpf_core_field_offset(type, field))

#endif
