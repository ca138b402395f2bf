/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/objects.h"

/* The skeletons use their types. */
#include "wire/config.h"
#include "wire/hist.h"
#include "wire/leak.h"
#include "wire/percpu.h"
#include "wire/top.h"

#include "hist.skel.h"
#include "leak.skel.h"
#include "mmtrace.skel.h"
#include "top.skel.h"

const void *object_bytes(enum object_id id, size_t *size)
{
	switch (id) {
	case OBJECT_MMTRACE: return mmtrace_bpf__elf_bytes(size);
	case OBJECT_HIST: return hist_bpf__elf_bytes(size);
	case OBJECT_LEAK: return leak_bpf__elf_bytes(size);
	case OBJECT_TOP: return top_bpf__elf_bytes(size);
	case OBJECT_COUNT: break;
	}
	return NULL;
}

struct mmtrace_bpf *mmtrace_object_open(const struct bpf_object_open_opts *opts)
{
	return mmtrace_bpf__open_opts(opts);
}

struct hist_bpf *hist_object_open(const struct bpf_object_open_opts *opts)
{
	return hist_bpf__open_opts(opts);
}

struct leak_bpf *leak_object_open(const struct bpf_object_open_opts *opts)
{
	return leak_bpf__open_opts(opts);
}

struct top_bpf *top_object_open(const struct bpf_object_open_opts *opts)
{
	return top_bpf__open_opts(opts);
}
