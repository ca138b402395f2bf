/* SPDX-License-Identifier: GPL-2.0 */
#include "model/fault/kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/fault/elf.h"
#include "model/fault/internal.h"

#define VM_ACCESS (VM_READ | VM_WRITE | VM_EXEC)
/* The guard of a thread's stack is small; what lies below a reservation of
 * address space is no stack because of that. */
#define GUARD_MAX (1ull << 20)

static const char *const kind_names[KIND_COUNT] = {
	"-", "text", "rodata", "relro", "data", "bss", "heap", "stack", "thread-stack",
	"anon", "file", "shm", "vdso", "vvar", "vsyscall", "guard", "device",
	"hugetlb",
};
static const char *const source_names[] = { "-", "marks", "elf", "sp", "vma", "perm" };

const char *kind_name(enum kind k)
{
	return kind_names[k];
}

const char *kind_source_name(enum kind_source s)
{
	return source_names[s];
}

/* The parts are laid down from the VMA's start upwards: `kind` from where the
 * last part ended up to `limit`. */
static void part_until(struct vma *v, enum kind kind, uint64_t limit)
{
	struct parts *p = &v->parts;
	uint64_t at = p->count ? p->part[p->count - 1].end : v->v.start;

	if (limit > v->v.end)
		limit = v->v.end;
	if (limit <= at || p->count == PARTS_MAX)
		return;
	p->part[p->count].kind = kind;
	p->part[p->count].start = at;
	p->part[p->count++].end = limit;
}

static void whole(struct vma *v, enum kind kind, enum kind_source source)
{
	part_until(v, kind, v->v.end);
	v->parts.source = source;
}

static bool overlaps(const struct mmt_vma *v, uint64_t from, uint64_t to)
{
	return v->start < to && from < v->end;
}

/* --- file mappings --- */

static void bss_begins(const struct vma *v, struct kind_walk *walk)
{
	if (!walk || !v->by_elf.bss_end)
		return;
	walk->bss_start = v->v.end;
	walk->bss_end = v->by_elf.bss_end;
}

/* relro, data and the head of bss, which share the file's last page. */
static void split_data(struct vma *v, const struct elf_facts *elf, const struct input_segment *seg,
		       struct kind_walk *walk)
{
	uint64_t bias = elf_bias(seg, v->v.pgoff << 12, v->v.start);
	uint64_t file_end = bias + seg->vaddr + seg->filesz, memory_end = bias + seg->vaddr + seg->memsz;

	if (elf->head.relro_end > elf->head.relro_start && bias + PAGE_DOWN(elf->head.relro_start) <= v->v.start)
		part_until(v, KIND_RELRO, PAGE_DOWN(bias + elf->head.relro_end));
	part_until(v, KIND_DATA, seg->memsz > seg->filesz ? file_end : v->v.end);
	part_until(v, KIND_BSS, v->v.end);
	v->by_elf.bss_end = memory_end > v->v.end ? PAGE_UP(memory_end) : 0;
	bss_begins(v, walk);
}

/* The segment of its file that v shows, or NULL. */
static const struct input_segment *find_segment(const struct vma *v, const struct elf_facts *elf,
						struct kind_walk *walk)
{
	bool same = walk && walk->have_bias && walk->ino == v->v.ino && walk->dev == v->v.dev;
	const struct input_segment *seg = elf_segment_of(elf, v->v.pgoff << 12, v->v.vm_flags & VM_ACCESS, v->v.start,
							same ? &walk->bias : NULL);

	if (walk && seg) {
		walk->ino = v->v.ino;
		walk->dev = v->v.dev;
		walk->bias = elf_bias(seg, v->v.pgoff << 12, v->v.start);
		walk->have_bias = true;
	}
	return seg;
}

static void judge_file(struct session *s, struct vma *v, struct kind_walk *walk)
{
	const struct mmt_mm_bounds *m = &v->mm->bounds;
	const struct elf_facts *elf = elf_find(s, &v->v);
	uint32_t perm = v->v.vm_flags & VM_ACCESS;
	const struct input_segment *seg = elf ? find_segment(v, elf, walk) : NULL;
	bool text = v->mm->have_mm_bounds && perm & VM_EXEC && overlaps(&v->v, m->start_code, m->end_code);
	bool data = v->mm->have_mm_bounds && !text && !(perm & VM_EXEC) && overlaps(&v->v, m->start_data, m->end_data);
	bool loaded = elf_executable(s, &v->v);

	if (!perm) {
		whole(v, KIND_GUARD, SOURCE_VMA);
	} else if (text) {
		whole(v, KIND_TEXT, SOURCE_MARKS);
	} else if (seg) {
		v->by_elf.start = v->v.start;
		v->by_elf.end = v->v.end;
		v->by_elf.edition = v->v.edition;
		v->by_elf.bss_end = 0;
		if (seg->perm & VM_WRITE)
			split_data(v, elf, seg, walk);
		else
			part_until(v, seg->perm & VM_EXEC ? KIND_TEXT : KIND_RODATA, v->v.end);
		v->parts.source = data ? SOURCE_MARKS : SOURCE_ELF;
	} else if (data) { /* its read-only head is what was relocated */
		whole(v, perm & VM_WRITE ? KIND_DATA : KIND_RELRO, SOURCE_MARKS);
	} else if (elf && elf->head.read == ELF_READ) {
		whole(v, KIND_FILE, SOURCE_ELF);
	} else if (elf && elf->head.read) {
		whole(v, KIND_FILE, SOURCE_VMA);
		v->elf_read = elf->head.read;
	} else if (!elf && s->elf_given && !loaded) {
		whole(v, KIND_FILE, SOURCE_PERM);
	} else {
		whole(v, perm & VM_EXEC ? KIND_TEXT : perm & VM_WRITE ? KIND_DATA : KIND_RODATA, SOURCE_PERM);
		v->elf_read = elf ? ELF_UNREADABLE : ELF_READ;
	}
}

/* --- anonymous memory --- */

/* Where the bss that begins with v ends; 0: none does. */
static uint64_t bss_limit(const struct vma *v, const struct kind_walk *walk, enum kind_source *source)
{
	const struct mmt_mm_bounds *m = &v->mm->bounds;

	/* the kernel maps the rest of .bss as anonymous memory after the data */
	if (v->mm->have_mm_bounds && m->end_data && v->v.start >= PAGE_DOWN(m->end_data) &&
	    v->v.start <= PAGE_UP(m->end_data) && v->v.start != m->start_brk) {
		*source = SOURCE_MARKS;
		if (walk && walk->bss_start == v->v.start)
			return walk->bss_end;
		return m->start_brk > v->v.start ? m->start_brk : v->v.end;
	}
	if (!walk || walk->bss_start != v->v.start || walk->bss_end <= v->v.start)
		return 0;
	*source = SOURCE_ELF;
	return walk->bss_end;
}

/* With ASLR off the heap begins where bss ends, and both are one VMA. */
static void judge_anonymous(struct vma *v, struct kind_walk *walk)
{
	const struct mmt_mm_bounds *m = &v->mm->bounds;
	enum kind_source source = SOURCE_VMA;
	uint64_t limit = bss_limit(v, walk, &source), top = PAGE_UP(v->mm->brk_top);

	part_until(v, KIND_BSS, limit);
	/* beyond the break too: it moved between the reading of the bounds and of the VMA, or since */
	if (v->mm->have_mm_bounds && (overlaps(&v->v, m->start_brk, top) || (!walk && mm_heap_begins(v->mm, &v->v)))) {
		part_until(v, KIND_ANON, m->start_brk);
		part_until(v, KIND_HEAP, v->v.end);
		source = SOURCE_MARKS;
	}
	part_until(v, KIND_ANON, v->v.end);
	v->parts.source = source;
}

static void judge_private(struct vma *v, struct kind_walk *walk)
{
	const struct mmt_mm_bounds *m = &v->mm->bounds;
	uint64_t guard = walk ? walk->guard_end : 0;

	if (walk)
		v->guard_below = guard == v->v.start;
	if (!(v->v.vm_flags & VM_ACCESS)) {
		whole(v, KIND_GUARD, SOURCE_VMA);
		if (walk && v->v.end - v->v.start <= GUARD_MAX)
			walk->guard_end = v->v.end;
	} else if (v->mm->have_mm_bounds && m->start_stack >= v->v.start && m->start_stack < v->v.end) {
		whole(v, KIND_STACK, SOURCE_MARKS);
	} else if (!v->mm->have_mm_bounds && v->v.vm_flags & VM_GROWSDOWN) {
		whole(v, KIND_STACK, SOURCE_VMA);
	} else if (v->thread_stack) {
		whole(v, KIND_THREAD_STACK, SOURCE_SP);
	} else {
		judge_anonymous(v, walk);
	}
}

/* Judged by facts that are no longer kept: they hold as long as neither it nor its file changed. */
static bool is_judged_by_elf(const struct session *s, const struct vma *v)
{
	return v->by_elf.edition == v->v.edition && v->by_elf.start == v->v.start && v->by_elf.end == v->v.end &&
	       !elf_find(s, &v->v);
}

void kind_judge(struct session *s, struct vma *v, struct kind_walk *walk)
{
	bool file = v->v.kind & MMT_VMA_FILE; /* a name like [vdso] is the file's own then */
	struct parts *p = &v->parts;
	uint64_t largest = 0;
	struct parts before = *p;
	uint32_t read_before = v->elf_read;

	if (v->by_elf.end && is_judged_by_elf(s, v)) {
		bss_begins(v, walk);
		return;
	}
	*p = (struct parts){ 0 };
	v->elf_read = ELF_READ;
	v->judged = v->mm->have_mm_bounds;
	if (!file && !strncmp(v->name, "[vdso]", 6))
		whole(v, KIND_VDSO, SOURCE_VMA);
	else if (!file && !strncmp(v->name, "[vvar", 5))
		whole(v, KIND_VVAR, SOURCE_VMA);
	else if (!file && !strcmp(v->name, "[vsyscall]"))
		whole(v, KIND_VSYSCALL, SOURCE_VMA);
	else if (v->v.kind & MMT_VMA_DEVICE)
		whole(v, KIND_DEVICE, SOURCE_VMA);
	else if (v->v.vm_flags & VM_HUGETLB && v->v.vm_flags & VM_ACCESS)
		whole(v, KIND_HUGETLB, SOURCE_VMA);
	else if (v->v.kind & MMT_VMA_SHMEM && v->v.vm_flags & VM_MAYSHARE)
		whole(v, KIND_SHM, SOURCE_VMA);
	else if (v->v.kind & MMT_VMA_FILE && v->v.vm_flags & VM_MAYSHARE)
		whole(v, KIND_FILE, SOURCE_VMA);
	else if (v->v.kind & MMT_VMA_FILE && !(v->v.kind & MMT_VMA_ANON))
		judge_file(s, v, walk);
	else
		judge_private(v, walk);
	for (unsigned i = 0; i < p->count; i++) {
		if (p->part[i].kind == KIND_BSS && v->v.kind & MMT_VMA_FILE && largest)
			continue; /* only the rest of the last page of data */
		if (p->part[i].end - p->part[i].start > largest) {
			largest = p->part[i].end - p->part[i].start;
			p->main = p->part[i].kind;
		}
	}
	if (before.main != p->main || before.count != p->count || before.source != p->source ||
	    read_before != v->elf_read)
		vma_changed(s, v);
}

static int by_start(const void *a, const void *b)
{
	const struct vma *x = *(struct vma *const *)a, *y = *(struct vma *const *)b;

	return x->v.start < y->v.start ? -1 : x->v.start > y->v.start;
}

void kind_judge_living(struct session *s, struct mm *mm)
{
	struct vma **living = xmalloc((mm->vma_count + 1) * sizeof(*living));
	struct kind_walk walk = { 0 };
	size_t n = 0;

	for (struct vma *v = mm->vmas; v; v = v->next) {
		if (v->known && (v->live || (mm->ended && v->to_the_end)))
			living[n++] = v;
		else if (v->known && !v->judged)
			kind_judge(s, v, NULL);
	}
	qsort(living, n, sizeof(*living), by_start);
	for (size_t i = 0; i < n; i++)
		kind_judge(s, living[i], &walk);
	free(living);
}

static bool has_news(const struct session *s, const struct vma *v)
{
	const struct elf_facts *elf;

	if (!v->known || v->into || !(v->v.kind & MMT_VMA_FILE) || v->v.kind & MMT_VMA_ANON || v->v.vm_flags & VM_MAYSHARE)
		return false;
	elf = elf_find(s, &v->v);
	return elf && elf->number > s->elf_judged;
}

void kind_judge_news(struct session *s)
{
	for (struct mm *mm = s->mms; mm; mm = mm->next) {
		bool walk = false; /* what a file says also concerns what lies behind it */

		for (struct vma *v = mm->vmas; v; v = v->next) {
			if (!has_news(s, v))
				continue;
			if (v->live || v->to_the_end)
				walk = true;
			else
				kind_judge(s, v, NULL);
		}
		if (walk)
			kind_judge_living(s, mm);
	}
	s->elf_judged = s->elf_newest;
}

void kind_stack_pointer(const struct session *s, struct vma *v)
{
	if (v->thread_stack || !v->guard_below || v->parts.count != 1 || v->parts.main != KIND_ANON)
		return;
	v->thread_stack = true;
	vma_changed(s, v);
	v->parts.part[0].kind = v->parts.main = KIND_THREAD_STACK;
	v->parts.source = SOURCE_SP;
}

const char *kind_of(const struct vma *v)
{
	return kind_names[v->parts.main];
}

char *kind_text(const struct vma *v, char *out, size_t size)
{
	size_t at = 0;

	snprintf(out, size, "-");
	for (unsigned i = 0; i < v->parts.count && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%s", i ? "+" : "", kind_names[v->parts.part[i].kind]);
	return out;
}

void kind_perm(const struct vma *v, char out[5])
{
	out[0] = v->v.vm_flags & VM_READ ? 'r' : '-';
	out[1] = v->v.vm_flags & VM_WRITE ? 'w' : '-';
	out[2] = v->v.vm_flags & VM_EXEC ? 'x' : '-';
	out[3] = v->v.vm_flags & VM_MAYSHARE ? 's' : 'p';
	out[4] = '\0';
	if (!v->known)
		memcpy(out, "----", 4);
}
