/* SPDX-License-Identifier: GPL-2.0 */
#include "decode/decode.h"

#include <stdint.h>
#include <string.h>

static size_t size_of_kind(unsigned kind)
{
	switch ((enum mmt_kind)kind) {
#define KIND(NAME, n, str, payload) \
	case MMT_KIND_##NAME: \
		return n == MMT_KIND_VMA_SEEN ? offsetof(struct mmt_vma_seen, name) \
		       : n == MMT_KIND_STACK ? offsetof(struct mmt_stack, frame) : sizeof(struct payload);
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
	const unsigned char *bytes;
	uint32_t head[2]; /* type, size */

	memset(out, 0, sizeof(*out));
	if (left < sizeof(head))
		return false;
	bytes = c->bytes + c->at;
	memcpy(head, bytes, sizeof(head));
	if (head[1] > left)
		return false;
	if (head[0] == MMT_LAYOUT_MM && head[1] == sizeof(c->record.mm)) {
		out->mm = memcpy(&c->record.mm, bytes, sizeof(c->record.mm));
	} else if (head[0] == MMT_LAYOUT_VMA && head[1] >= sizeof(c->record.vma)) {
		out->vma = memcpy(&c->record.vma, bytes, sizeof(c->record.vma));
		if (head[1] != sizeof(c->record.vma) + out->vma->path_len)
			return false;
		out->path = (const char *)bytes + sizeof(c->record.vma);
	} else if (head[0] == MMT_LAYOUT_END && head[1] == sizeof(c->record.end)) {
		out->end = memcpy(&c->record.end, bytes, sizeof(c->record.end));
	} else {
		return false;
	}
	out->type = (enum mmt_layout_type)head[0];
	c->at += head[1];
	return true;
}
