/* SPDX-License-Identifier: GPL-2.0 */
#include "probe/kernel_btf.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static struct { struct btf *btf; char *path; } kept; /* path NULL: the kernel's own */

static bool is_kept(const char *path)
{
	return kept.btf && (path ? kept.path && !strcmp(path, kept.path) : !kept.path);
}

/* libbpf looks in other places too, but forgets why it could not read the first. */
static struct btf *load(void)
{
	struct btf *btf = btf__parse("/sys/kernel/btf/vmlinux", NULL);
	int err = errno;

	if (!btf && err == ENOENT)
		return btf__load_vmlinux_btf();
	errno = err;
	return btf;
}

const struct btf *kernel_btf(const char *path)
{
	if (is_kept(path))
		return kept.btf;
	kernel_btf_release();
	kept.path = path ? xstrdup(path) : NULL;
	kept.btf = path ? btf__parse(path, NULL) : load();
	return kept.btf;
}

void kernel_btf_release(void)
{
	btf__free(kept.btf);
	free(kept.path);
	kept.btf = NULL;
	kept.path = NULL;
}
