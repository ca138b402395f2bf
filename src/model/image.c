/* SPDX-License-Identifier: GPL-2.0 */
#include "model/image.h"

#include <stdlib.h>

#include "model/kind.h"
#include "model/ledger.h"

const struct image *image_find(const struct session *s, uint32_t dev, uint64_t ino)
{
	const struct image *i = idmap_get(&s->images, ino);

	while (i && i->dev != dev)
		i = i->same_ino;
	return i;
}

void image_add(struct session *s, const struct image *image)
{
	struct image *i;

	if (image_find(s, image->dev, image->ino))
		return;
	i = must(malloc(sizeof(*i)));
	*i = *image;
	i->same_ino = idmap_get(&s->images, i->ino);
	i->next = s->image_list;
	s->image_list = i;
	idmap_set(&s->images, i->ino, i);
}

void image_free(struct session *s)
{
	for (struct image *i = s->image_list, *next; i; i = next) {
		next = i->next;
		free(i);
	}
	idmap_free(&s->images);
	idmap_free(&s->executables);
}

bool image_executable(struct session *s, const struct mmt_vma *v)
{
	uint64_t key = v->ino ^ (uint64_t)v->dev << 40; /* two files with one key: then a guess is the other one */

	if (v->vm_flags & VM_EXEC && !idmap_get(&s->executables, key))
		idmap_set(&s->executables, key, s);
	return idmap_get(&s->executables, key) != NULL;
}

uint64_t image_bias(const struct image_segment *seg, uint64_t offset, uint64_t start)
{
	return start - (PAGE_DOWN(seg->vaddr) + offset - PAGE_DOWN(seg->offset));
}

/* Neighbouring segments may share a page of the file, which is then mapped
 * twice: the right one lies at the same bias as the segment below; else one
 * that begins at the offset is likelier than one that merely contains it, and
 * so is one with the mapping's own permissions. */
const struct image_segment *image_segment(const struct image *image, uint64_t offset, uint32_t perm, uint64_t start,
					  const uint64_t *bias)
{
	const struct image_segment *best = NULL;
	int best_score = -1;

	for (unsigned i = 0; i < image->count; i++) {
		const struct image_segment *seg = &image->segment[i];
		uint64_t from = PAGE_DOWN(seg->offset);
		int score;

		if (!seg->filesz || offset < from || offset - from >= PAGE_UP(seg->offset - from + seg->filesz))
			continue;
		score = (bias && image_bias(seg, offset, start) == *bias) * 4 + (offset == from) * 2 + (perm == seg->perm);
		if (score > best_score) {
			best = seg;
			best_score = score;
		}
	}
	return best;
}
