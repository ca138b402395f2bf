/* SPDX-License-Identifier: GPL-2.0 */
/* Kernels since 6.2 let a program read any kernel address as a pointer of a
 * type: a plain load, where bpf_probe_read_kernel is a call.  A bad address
 * reads as 0. */
#ifndef MMT_CAST_BPF_H
#define MMT_CAST_BPF_H

extern void *bpf_rdonly_cast(void *obj, __u32 btf_id) __ksym __weak;

#endif
