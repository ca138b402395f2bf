/* SPDX-License-Identifier: GPL-2.0 */
/* A VMA-changing call in words, as strace would say it. */
#ifndef VIEW_ROWS_CALL_H
#define VIEW_ROWS_CALL_H

#include <stddef.h>

#include "wire/event.h"

/* "mmap"; "call 77" for a number that is not in calls.def. */
const char *call_name(const struct mmt_call *c, char *out, size_t size);
/* How many arguments it took. */
int call_args(const struct mmt_call *c);
/* "(NULL, 4096, PROT_READ, ...) = 0x7f..." */
void call_text(const struct mmt_call *c, char *out, size_t size);

#endif
