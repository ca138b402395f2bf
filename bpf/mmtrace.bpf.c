/* SPDX-License-Identifier: GPL-2.0 */
/* The one BPF object: every program optional ("?"), user space turns on those
 * that its plan chose. */
#include "fault.bpf.c"
#include "stack.bpf.c"
#include "vma.bpf.c"
#include "life.bpf.c"
#include "snapshot.bpf.c"

char LICENSE[] SEC("license") = "GPL";
