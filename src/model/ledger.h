/* SPDX-License-Identifier: GPL-2.0 */
/* Between the files of the model: the rows that counts go to, made at first
 * sight. */
#ifndef MODEL_LEDGER_H
#define MODEL_LEDGER_H

#include "model/session.h"

/* The newest process with that pid, living or dead. */
struct process *ledger_process(struct session *s, pid_t pid);
/* own: pid is one of those who use it, no other that looked into it. */
struct mm *ledger_mm(struct session *s, uint32_t id, pid_t pid, bool own);
/* session_vmas() in no order. */
struct vma **ledger_vmas(const struct session *s, size_t *count);
struct vma *ledger_vma(struct session *s, struct mm *mm, uint32_t sig, uint64_t anchor);
void vma_name(struct vma *v, const char *name, size_t len);
void vma_free(struct vma *v);
/* The slot of that key, or the free one where it would be. */
struct vma_slot *slot_find(struct session *s, uint32_t mm_id, uint32_t sig, uint64_t anchor);
void slot_set(struct session *s, struct vma *v, uint32_t sig, uint64_t anchor);
/* Makes v the youngest of its mm and sig; the youngest, or NULL. */
void slot_chain(struct session *s, struct vma *v, uint32_t sig);
struct vma *slot_youngest(struct session *s, uint32_t mm_id, uint32_t sig);
/* Keeps the keys of today only, and none of VMAs that are merged into another. */
void slots_forget(struct session *s);
/* p, or abort(): a tracer that forgets counts would lie. */
void *must(void *p);
void fold_free(struct session *s);

#endif
