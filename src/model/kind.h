/* SPDX-License-Identifier: GPL-2.0 */
/* What a VMA is, in the terms of memory-management texts, from the mm's own
 * marks and the VMA's flags. */
#ifndef MODEL_KIND_H
#define MODEL_KIND_H
#include "model/session.h"

#define VM_READ 0x1u
#define VM_WRITE 0x2u
#define VM_EXEC 0x4u
#define VM_SHARED 0x8u
#define VM_GROWSDOWN 0x100u

/* "text", "heap", ...; "-" where nothing is known of the VMA. */
const char *kind_of(const struct vma *v);
/* "rw-p" into out[5]. */
void kind_perm(const struct vma *v, char out[5]);
#endif
