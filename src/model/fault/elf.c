/* SPDX-License-Identifier: GPL-2.0 */
#include "model/fault/elf.h"

#include <stdlib.h>
#include <string.h>

#include "model/fault/internal.h"
#include "model/fault/vm.h"

const struct elf_facts *elf_find(const struct session *s, uint32_t dev, uint64_t ino)
{
	return map_get(&s->elf_by_file, (uint64_t[]){ ino, dev });
}

bool session_elf_known(const struct session *s, uint32_t dev, uint64_t ino)
{
	return elf_find(s, dev, ino) != NULL;
}

static void link_facts(struct session *s, struct elf_facts *f)
{
	f->next = s->elf_list;
	s->elf_list = f;
	s->elf_count++;
	map_set(&s->elf_by_file, (uint64_t[]){ f->head.ino, f->head.dev }, f);
}

void elf_add(struct session *s, const struct input_elf *head, const struct input_segment *list, size_t n)
{
	struct elf_facts *f;

	if (elf_find(s, head->dev, head->ino))
		return;
	f = xcalloc(1, sizeof(*f));
	f->head = *head;
	f->number = ++s->elf_newest;
	f->count = (unsigned)(n < ELF_PARTS ? n : ELF_PARTS);
	if (f->count)
		memcpy(f->segment, list, f->count * sizeof(*list));
	link_facts(s, f);
}

const char *elf_read_text(uint32_t read)
{
	static const char *const texts[] = {
		[ELF_UNREADABLE] = "its file cannot be read", [ELF_READ] = NULL,
		[ELF_REMOTE] = "its file system may hang: not read", [ELF_LATE] = "its file was not read in time",
		[ELF_DEVICE_LATE] = "not read: another file of its device was not read in time",
		[ELF_DIED] = "the process that read its file died", [ELF_UNASKED] = "no process is left to read its file",
	};

	return read < sizeof(texts) / sizeof(texts[0]) ? texts[read] : NULL;
}

const char *elf_missing(const struct vma *v)
{
	return elf_read_text(v->elf_read);
}

void elf_free(struct session *s)
{
	for (struct elf_facts *f = s->elf_list, *next; f; f = next) {
		next = f->next;
		free(f);
	}
	s->elf_list = NULL;
	map_free(&s->elf_by_file);
	map_free(&s->executables);
}

/* Facts that are gone are read again when their file is met again. */
void elf_retain(struct session *s, size_t most)
{
	struct elf_facts *f = s->elf_list, *kept = NULL, *next;

	if (s->executables.used > most)
		map_free(&s->executables);
	if (s->elf_count <= most)
		return;
	map_free(&s->elf_by_file);
	s->elf_list = NULL;
	s->elf_count = 0;
	for (size_t i = 0; f; f = next, i++) {
		next = f->next;
		if (i < most / 2) {
			f->next = kept;
			kept = f;
		} else {
			free(f);
		}
	}
	for (f = kept; f; f = next) { /* the oldest first, as they came */
		next = f->next;
		link_facts(s, f);
	}
}

bool elf_executable(struct session *s, const struct mmt_vma *v)
{
	const uint64_t key[] = { v->ino, v->dev };

	if (v->vm_flags & VM_EXEC)
		map_set(&s->executables, key, s);
	return map_get(&s->executables, key) != NULL;
}

uint64_t elf_bias(const struct input_segment *seg, uint64_t offset, uint64_t start)
{
	return start - (PAGE_DOWN(seg->vaddr) + offset - PAGE_DOWN(seg->offset));
}

/* Neighbouring segments may share a page of the file, which is then mapped
 * twice: the right one lies at the same bias as the segment below; else one
 * that begins at the offset is likelier than one that merely contains it, and
 * so is one with the mapping's own permissions. */
const struct input_segment *elf_segment_of(const struct elf_facts *elf, uint64_t offset, uint32_t perm, uint64_t start,
					  const uint64_t *bias)
{
	const struct input_segment *best = NULL;
	int best_score = -1;

	for (unsigned i = 0; i < elf->count; i++) {
		const struct input_segment *seg = &elf->segment[i];
		uint64_t from = PAGE_DOWN(seg->offset);
		int score;

		if (!seg->filesz || offset < from || offset - from >= PAGE_UP(seg->offset - from + seg->filesz))
			continue;
		score = (bias && elf_bias(seg, offset, start) == *bias) * 4 + (offset == from) * 2 + (perm == seg->perm);
		if (score > best_score) {
			best = seg;
			best_score = score;
		}
	}
	return best;
}
