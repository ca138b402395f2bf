/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's per-CPU variables: bpf/lib/percpu.bpf.h. */
#ifndef PROBE_PERCPU_H
#define PROBE_PERCPU_H

#include <stdbool.h>

#include "wire/percpu.h"

struct btf;
struct bpf_program;

/* Offsets from the BTF (NULL: the running kernel's); false: it does not show them all. */
bool percpu_offsets(const char *btf, struct mmt_percpu *out);
/* Are the pages of an address space counted by CPU (6.2 and later), so that without the
 * offsets they cannot be known? */
bool percpu_counts_pages(const char *btf);
/* Runs the program percpu_find__rt on each CPU that is online; false: not found on all. */
bool percpu_find(const struct bpf_program *prog);

#endif
