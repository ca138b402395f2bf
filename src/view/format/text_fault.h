/* SPDX-License-Identifier: GPL-2.0 */
/* What the pages of live and trace share. */
#ifndef VIEW_FORMAT_TEXT_FAULT_H
#define VIEW_FORMAT_TEXT_FAULT_H

#include "view/format/text.h"

/* Faults that the kernel counted and no event announced: one line, or none. */
void text_unattributed(struct text *x);
/* Everything lost, by cause, and how far sampling may be off. */
void text_fault_losses(struct text *x);
/* How far stacks are true, what was lost, own cost: below what has no room for it. */
void text_flame_words(const struct model *m, bool ascii, FILE *out);

extern const struct text_page page_live, page_trace, page_flame;

/* The stacks with the most faults, and how many are complete; nothing without -U. */
void text_stacks(struct text *x);
void text_stack_totals(struct text *x);
/* The first faults that failed. */
void text_failures(struct text *x);
/* What the numbers say, in words; at the end of a run. */
void text_hints(struct text *x);
/* Processes of which the kernel shows nothing; where layouts are read. */
void text_unlisted(struct text *x);

#endif
