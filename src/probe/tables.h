/* SPDX-License-Identifier: GPL-2.0 */
/* Page tables, copied by a BPF program. */
#ifndef PROBE_TABLES_H
#define PROBE_TABLES_H

#include "decode/page_table.h"
#include "wire/config.h"

struct tables;

/* peek_fd, peek: peek__sc, which looks at a page of ours. 0 or a negative errno. */
int tables_open(struct tables **out, const struct mmt_config *config, int peek_fd, struct mmt_peek *peek);
/* As page_table_count(). */
int tables_count(struct tables *t, uint64_t pgd, struct resident_vma *list, size_t count);
/* What reads them, for those who walk by themselves. t's. */
const struct page_tables *tables_reader(const struct tables *t);
void tables_free(struct tables *t); /* takes NULL */

#endif
