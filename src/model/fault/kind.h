/* SPDX-License-Identifier: GPL-2.0 */
/* What a VMA is: from the mm's own bounds, then the program headers of its file,
 * then its permissions. */
#ifndef MODEL_KIND_H
#define MODEL_KIND_H
#include "model/fault/session.h"
#include "model/fault/vm.h"

/* What the VMAs below say of the next one, in a walk by ascending address. */
struct kind_walk {
	uint64_t ino, bias;          /* the file below and where it is loaded */
	uint32_t dev;
	bool have_bias;
	uint64_t bss_start, bss_end; /* anonymous rest of the segment that ended at bss_start */
	uint64_t guard_end;          /* end of the last small inaccessible VMA */
};

/* Fills v->parts.  walk NULL: a single VMA, and the bounds may be old. */
void kind_judge(struct session *s, struct vma *v, struct kind_walk *walk);
/* The same for all VMAs of mm that are alive, by bounds just read; and for those
 * that died without bounds. */
void kind_judge_living(struct session *s, struct mm *mm);
/* The same for all VMAs that ELF facts concern which came since. */
void kind_judge_news(struct session *s);
/* A thread's stack pointer was seen in v. */
void kind_stack_pointer(const struct session *s, struct vma *v);

const char *kind_name(enum kind k);
const char *kind_source_name(enum kind_source s);
/* Name of the largest part; "-" where nothing is known of the VMA. */
const char *kind_of(const struct vma *v);
/* All parts, "data+bss", into out. */
char *kind_text(const struct vma *v, char *out, size_t size);
/* "rw-p" into out[5]. */
void kind_perm(const struct vma *v, char out[5]);
#endif
