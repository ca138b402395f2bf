/* SPDX-License-Identifier: GPL-2.0 */
#include "sym/debugdata.h"

#include <lzma.h>
#include <stdlib.h>

#define UNPACKED_MAX (64u << 20)
#define DECODER_MAX (128u << 20) /* memory of the decoder: of what xz -9 needs it is the double */
#define PART (64u << 10)

/* Room for more of it: doubles, up to the most there may be. */
static bool more_room(uint8_t **memory, size_t *room, lzma_stream *s)
{
	size_t used = *room - s->avail_out, bigger = *room ? *room * 2 : 1u << 20;
	uint8_t *p = bigger <= UNPACKED_MAX ? realloc(*memory, bigger) : NULL;

	if (!p)
		return false;
	*memory = p;
	*room = bigger;
	s->next_out = p + used;
	s->avail_out = bigger - used;
	return true;
}

uint8_t *debugdata_unpack(const struct bytes *b, const struct code_section *section, size_t *size)
{
	uint64_t at = section->offset, end = at + section->size;
	lzma_stream s = LZMA_STREAM_INIT;
	lzma_ret ret = end >= at ? lzma_stream_decoder(&s, DECODER_MAX, 0) : LZMA_DATA_ERROR;
	uint8_t part[PART], *memory = NULL;
	size_t room = 0;

	while (ret == LZMA_OK) {
		if (!s.avail_in) {
			s.next_in = part;
			s.avail_in = bytes_read(b, at, part, end - at < PART ? end - at : PART);
			at += s.avail_in;
		}
		if (!s.avail_out && !more_room(&memory, &room, &s))
			break;
		ret = lzma_code(&s, s.avail_in ? LZMA_RUN : LZMA_FINISH);
	}
	*size = room - s.avail_out;
	lzma_end(&s);
	if (ret == LZMA_STREAM_END && memory)
		return memory;
	free(memory);
	return NULL;
}
