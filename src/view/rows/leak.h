/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VIEW_ROWS_LEAK_H
#define VIEW_ROWS_LEAK_H

#include "model/leak.h"
#include "view/format.h"

extern const struct row_type row_leak, row_leak_start, row_leak_end;
extern const struct text_page page_leak;

struct leak_loss_text { const char *key, *help; bool lost; };
extern const struct leak_loss_text leak_loss_texts[MMT_LEAK_LOSSES];
/* "filp", "kmalloc-128", "vmalloc", "page order 3". */
const char *leak_from(const struct leak_row *r, const struct tick *t);
/* "do_eventfd+0x34 [module]"; an address without a name as it is. */
const char *leak_address_text(uint64_t address, const struct tick *t);

#endif
