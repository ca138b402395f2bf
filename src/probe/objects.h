/* SPDX-License-Identifier: GPL-2.0 */
/* The BPF objects, each once in the binary.  A skeleton's open() and elf_bytes()
 * carry the bytes of the object into each file that calls them, so none but
 * objects.c does; the rest of a skeleton may be used anywhere. */
#ifndef PROBE_OBJECTS_H
#define PROBE_OBJECTS_H

#include <stddef.h>

#include "probe/hook.h"

struct bpf_object_open_opts;

/* The ELF file of an object. */
const void *object_bytes(enum object_id id, size_t *size);

/* NAME_bpf__open_opts() of each skeleton. */
struct mmtrace_bpf *mmtrace_object_open(const struct bpf_object_open_opts *opts);
struct hist_bpf *hist_object_open(const struct bpf_object_open_opts *opts);
struct leak_bpf *leak_object_open(const struct bpf_object_open_opts *opts);
struct top_bpf *top_object_open(const struct bpf_object_open_opts *opts);

#endif
