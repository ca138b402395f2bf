/* SPDX-License-Identifier: GPL-2.0 */
/* Between the files of the model: the rows that counts go to, made at first
 * sight. */
#ifndef MODEL_LEDGER_H
#define MODEL_LEDGER_H

#include "model/session.h"

/* The newest process with that pid, living or dead. */
struct process *ledger_process(struct session *s, pid_t pid);
struct mm *ledger_mm(struct session *s, uint32_t id, pid_t pid);
struct vma *ledger_vma(struct session *s, struct mm *mm, uint32_t sig, uint64_t anchor);
/* p, or abort(): a tracer that forgets counts would lie. */
void *must(void *p);
void fold_free(struct session *s);

#endif
