/* SPDX-License-Identifier: GPL-2.0 */
/* Unwind tables, built by a pair of processes of their own.  They are large: the parser puts them into memory
 * that mmtrace shares with it, one at a time. */
#ifndef OPENER_TABLE_H
#define OPENER_TABLE_H

#include "host/unwind.h"
#include "opener/opener.h"

enum { OPENER_TABLE = 32 }; /* opener_request.what */

/* mmtrace trusts nothing of it. error of the head: the file could not be opened; of the table: 0, or why there
 * is none. */
struct table_answer {
	struct opener_answer head;
	int32_t error;
	uint32_t rules, pages, rows, first_page, pad;
};

/* NULL: it cannot be started (errno).  One at a time. */
struct opener *table_opener_start(void);
void table_opener_free(struct opener *o); /* takes NULL */
/* The table of an answer without errors; the parser may write to it again: each number is to be read once and
 * looked at.  Holds within the opener_fn. */
struct unwind_table table_answered(const struct table_answer *a);
/* That memory is not needed any more. */
void table_taken(void);

#endif
