/* SPDX-License-Identifier: GPL-2.0 */
#include "model/kind.h"

#include <string.h>

static bool overlaps(const struct mmt_vma *v, uint64_t from, uint64_t to)
{
	return v->start < to && from < v->end;
}

static const char *kind_of_anonymous(const struct mmt_vma *v, const struct mm *mm)
{
	const struct mmt_marks *m = &mm->marks;

	if (!(v->vm_flags & (VM_READ | VM_WRITE | VM_EXEC)))
		return "guard";
	if (!mm->have_marks)
		return v->vm_flags & VM_GROWSDOWN ? "stack" : "anon";
	if (m->start_stack >= v->start && m->start_stack < v->end)
		return "stack";
	if (m->brk > m->start_brk && overlaps(v, m->start_brk, m->brk))
		return "heap";
	/* the kernel maps the rest of .bss as anonymous memory after the data */
	if (v->start >= m->start_data && v->end <= m->start_brk && v->start <= ((m->end_data + 4095) & ~4095ull))
		return "bss";
	return "anon";
}

static const char *kind_of_file(const struct mmt_vma *v, const struct mm *mm)
{
	const struct mmt_marks *m = &mm->marks;

	if (mm->have_marks && v->vm_flags & VM_EXEC && overlaps(v, m->start_code, m->end_code))
		return "text";
	if (mm->have_marks && v->vm_flags & VM_WRITE && overlaps(v, m->start_data, m->end_data))
		return "data";
	if (v->vm_flags & VM_SHARED)
		return "file";
	if (v->vm_flags & VM_EXEC)
		return "text";
	if (v->vm_flags & VM_WRITE)
		return "data";
	return v->vm_flags & VM_READ ? "rodata" : "guard";
}

const char *kind_of(const struct vma *v)
{
	if (!v->known)
		return "-";
	if (!strncmp(v->name, "[vdso]", 6))
		return "vdso";
	if (!strncmp(v->name, "[vvar", 5))
		return "vvar";
	if (v->v.kind & MMT_VMA_DEVICE)
		return "device";
	if (v->v.kind & MMT_VMA_SHMEM && v->v.vm_flags & VM_SHARED)
		return "shm";
	if (v->v.kind & MMT_VMA_FILE && !(v->v.kind & MMT_VMA_ANON))
		return kind_of_file(&v->v, v->mm);
	return kind_of_anonymous(&v->v, v->mm);
}

void kind_perm(const struct vma *v, char out[5])
{
	out[0] = v->v.vm_flags & VM_READ ? 'r' : '-';
	out[1] = v->v.vm_flags & VM_WRITE ? 'w' : '-';
	out[2] = v->v.vm_flags & VM_EXEC ? 'x' : '-';
	out[3] = v->v.vm_flags & VM_SHARED ? 's' : 'p';
	out[4] = '\0';
	if (!v->known)
		memcpy(out, "----", 4);
}
