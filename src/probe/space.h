/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel itself says of an address space: its mm_struct, and its page tables. */
#ifndef PROBE_SPACE_H
#define PROBE_SPACE_H

#include <sys/types.h>

#include "decode/page_table.h"
#include "wire/space.h"

struct space_probe;

/* Loads what reads mm_struct; 0 or a negative errno. btf: as for kernel_btf(). */
int space_open(struct space_probe **out, const char *btf);
void space_free(struct space_probe *p); /* takes NULL */
/* Of the mm of a thread that lives. 0, -ESRCH: it has none any more, or another negative errno. */
int space_read(struct space_probe *p, pid_t tid, struct mmt_space *out);
/* What reads page tables, and any kernel memory; found and tried at the first call.  NULL: *err is a negative
 * errno. The probe's. */
const struct page_tables *space_tables(struct space_probe *p, int *err);

#endif
