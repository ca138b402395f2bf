/* SPDX-License-Identifier: GPL-2.0 */
/* Types of the kernel and libbpf's helpers, in the order that they need. */
#ifndef MMT_KERNEL_BPF_H
#define MMT_KERNEL_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define PAGE_SIZE 4096ull
#define PAGE_MASK (~(PAGE_SIZE - 1))

#endif
