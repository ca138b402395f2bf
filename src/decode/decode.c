/* SPDX-License-Identifier: GPL-2.0 */
#include "decode/decode.h"

#include <string.h>

static size_t size_of_kind(unsigned kind)
{
	switch ((enum mmt_kind)kind) {
#define KIND(NAME, n, str, payload) case MMT_KIND_##NAME: return sizeof(struct payload);
#include "wire/kinds.def"
#undef KIND
	case MMT_KIND_LIMIT:
		break;
	}
	return 0;
}

const struct mmt_head *decode_record(const void *bytes, size_t size)
{
	const struct mmt_head *head = bytes;
	size_t need;

	if (size < sizeof(*head))
		return NULL;
	need = size_of_kind(head->kind);
	return need && size >= need ? head : NULL;
}

bool decode_layout(struct layout_cursor *c, struct layout_record *out)
{
	size_t left = c->size - c->at;
	const struct mmt_layout_mm *mm = (const void *)(c->bytes + c->at);
	const struct mmt_layout_vma *vma = (const void *)mm;

	memset(out, 0, sizeof(*out));
	if (left < 8 || mm->size > left)
		return false;
	if (mm->type == MMT_LAYOUT_MM && mm->size == sizeof(*mm)) {
		out->type = MMT_LAYOUT_MM;
		out->mm = mm;
	} else if (mm->type == MMT_LAYOUT_VMA && mm->size >= sizeof(*vma) &&
		   mm->size == sizeof(*vma) + vma->path_len) {
		out->type = MMT_LAYOUT_VMA;
		out->vma = vma;
		out->path = (const char *)(vma + 1);
	} else if (mm->type == MMT_LAYOUT_END && mm->size == sizeof(*out->end)) {
		out->type = MMT_LAYOUT_END;
		out->end = (const void *)mm;
	} else {
		return false;
	}
	c->at += mm->size;
	return true;
}
