/* SPDX-License-Identifier: GPL-2.0 */
/* Row types of live and trace. */
#ifndef VIEW_ROWS_FAULT_H
#define VIEW_ROWS_FAULT_H

#include "model/fault/session.h"
#include "view/format.h"

extern const struct row_type row_mapping, row_slice, row_vma, row_process, row_kind, row_merged;
/* Whose rows a row of row_merged is about. */
const struct row_type *fault_merged_type(const void *row);
extern const struct row_type row_fault_start, row_fault_end;
extern const struct row_type event_fault, event_call, event_life, event_seen;
/* Readings of resident memory are marked from this age on. */
#define RSS_FRESH_NS 2000000000ull

/* What stands for the name of a mapping: "[anon 256K-4M]". Holds until the next row. */
const char *mapping_label(const struct mapping *m, const struct tick *t);
/* "1234 worker". */
const char *thread_label(pid_t tid, const struct tick *t);
/* "SIGSEGV at 0x10 in [no mapping], thread 12 of 12 sh". */
const char *failure_text(const struct failure *f, const struct tick *t);
/* [{t, pid, tid, comm, addr, outcome, mode, name, perm}] */
struct value failures_value(const struct session *s, const struct tick *t);
/* "libc.so.6+0xd45e0": where the user's code was at the last fault or call; NULL: not known. */
const char *code_text(const struct tick *t);
/* An input as an event of trace, by the filters of the options. */
const struct row_type *fault_event(const struct model *m, const struct input *in, const void **row);
/* show.introduced of events on mappings. */
const struct row_type *fault_introduced(const struct model *m, const struct row_type *type, const void *row,
					struct introduced *out);

#endif
