/* SPDX-License-Identifier: GPL-2.0 */
#include "model/fault/elf.h"

#include <stdlib.h>
#include <string.h>

#include "model/fault/internal.h"
#include "model/fault/vm.h"

static const uint64_t *key_of(uint64_t key[2], uint64_t ino, uint32_t dev, uint32_t edition)
{
	key[0] = ino;
	key[1] = dev | (uint64_t)edition << 32;
	return key;
}

static const uint64_t *key_of_vma(uint64_t key[2], const struct mmt_vma *v)
{
	return key_of(key, v->ino, v->dev, v->edition);
}

const struct elf_facts *elf_find(const struct session *s, const struct mmt_vma *v)
{
	uint64_t key[2];

	return map_get(&s->elf_by_file, key_of_vma(key, v));
}

bool session_elf_known(const struct session *s, const struct mmt_vma *v)
{
	return elf_find(s, v) != NULL;
}

/* The oldest goes: it is read again when its file is met again. */
static void drop_oldest(struct session *s)
{
	struct elf_facts *f = s->elf_oldest;
	uint64_t key[2];

	map_remove(&s->elf_by_file, key_of(key, f->head.ino, f->head.dev, f->head.edition));
	s->elf_oldest = f->next;
	s->elf_count--;
	free(f);
}

void elf_add(struct session *s, const struct input_elf *head, const struct input_segment *list, size_t n)
{
	uint64_t key[2];
	struct elf_facts *f;

	key_of(key, head->ino, head->dev, head->edition);
	if (map_get(&s->elf_by_file, key))
		return;
	while (s->elf_count && s->elf_count >= s->limits.elf_files)
		drop_oldest(s);
	f = xcalloc(1, sizeof(*f));
	f->head = *head;
	f->number = ++s->elf_newest;
	f->count = (unsigned)(n < ELF_PARTS ? n : ELF_PARTS);
	if (f->count)
		memcpy(f->segment, list, f->count * sizeof(*list));
	if (s->elf_oldest)
		s->elf_last->next = f;
	else
		s->elf_oldest = f;
	s->elf_last = f;
	s->elf_count++;
	map_set(&s->elf_by_file, key, f);
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
	while (s->elf_oldest)
		drop_oldest(s);
	map_free(&s->elf_by_file);
	map_free(&s->executables);
}

bool elf_executable(struct session *s, const struct mmt_vma *v)
{
	uint64_t key[2];

	key_of_vma(key, v);
	if (s->executables.used >= 2 * s->limits.elf_files)
		map_free(&s->executables); /* each is met again */
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
