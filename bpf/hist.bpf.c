/* SPDX-License-Identifier: GPL-2.0 */
/* The BPF object of `mmtrace hist`: a file per group of domains, every program
 * optional. */
#include "slab.bpf.c"
#include "vmalloc.bpf.c"
#include "page.bpf.c"
#include "hist_calls.bpf.c"
#include "hist_fault.bpf.c"
#include "hist_life.bpf.c"
#include "reclaim.bpf.c"
#include "oom.bpf.c"

char LICENSE[] SEC("license") = "GPL";
