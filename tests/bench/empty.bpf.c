/* SPDX-License-Identifier: GPL-2.0 */
/* Programs that return at once, at the hooks of each fault backend: the floor
 * below which no tracer can get. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("?tp_btf/page_fault_user") int empty__tb(void *ctx) { return 0; }
SEC("?perf_event") int empty__pe(void *ctx) { return 0; }
SEC("?fentry/handle_mm_fault") int empty__fe(void *ctx) { return 0; }
SEC("?fexit/handle_mm_fault") int empty__fx(void *ctx) { return 0; }

char LICENSE[] SEC("license") = "GPL";
