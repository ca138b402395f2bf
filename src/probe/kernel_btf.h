/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's types, parsed once for all who ask while a source opens. */
#ifndef PROBE_KERNEL_BTF_H
#define PROBE_KERNEL_BTF_H

struct btf;

/* path: a file, or NULL for the kernel's own. NULL: it cannot be used, see errno
 * (libbpf_strerror() knows it).  Holds until the next call with another path. */
const struct btf *kernel_btf(const char *path);
/* Gives the memory back, some MiB, before libbpf takes as much to load an object; a later
 * call reads it again. */
void kernel_btf_release(void);

#endif
