/* SPDX-License-Identifier: GPL-2.0 */
/* Rows of hist. */
#ifndef VIEW_ROWS_HIST_H
#define VIEW_ROWS_HIST_H

#include "model/hist.h"
#include "view/format.h"

extern const struct row_type row_hist, row_hist_start, row_hist_end, event_oom;

/* For struct show. */
const struct row_type *hist_event(const struct model *m, const struct input *in, const void **row);

/* What the moment shows: an interval of so many ns, or, 0, the whole run until now. */
uint64_t hist_interval(const struct tick *t);
/* "alloc", "free" ... */
extern const char *const hist_ops[MMT_OP_COUNT];
/* "movable" ...; NULL: no such type. */
const char *hist_migrate_type(uint64_t type);
/* What a key of a line is called; VALUE_NONE: the event does not carry it, or it is not known. */
struct value hist_key_value(const struct hist_line *l, enum mmt_hist_key_id key, const struct tick *t);
/* Names of caches that are merged with the one of the line, "a, b"; NULL: none are, or it has no cache. */
const char *hist_aliases(const struct hist_line *l, const struct tick *t);
/* "4K..64K": what the buckets of a row reach from and to. */
const char *hist_range(const struct hist_line *l, const struct tick *t);

#endif
