/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/kernel_btf.h"

#include <bpf/btf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static struct { struct btf *btf; char *path; } kept; /* path NULL: the kernel's own */

static bool is_kept(const char *path)
{
	return kept.btf && (path ? kept.path && !strcmp(path, kept.path) : !kept.path);
}

const struct btf *kernel_btf(const char *path)
{
	if (is_kept(path))
		return kept.btf;
	kernel_btf_release();
	kept.path = path ? xstrdup(path) : NULL;
	kept.btf = path ? btf__parse(path, NULL) : btf__load_vmlinux_btf();
	return kept.btf;
}

void kernel_btf_release(void)
{
	btf__free(kept.btf);
	free(kept.path);
	kept.btf = NULL;
	kept.path = NULL;
}
