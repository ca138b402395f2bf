/* SPDX-License-Identifier: GPL-2.0 */
/* Answers about symbols, as mmtrace takes them: nothing in them is believed. */
#include <string.h>

#include "sym/user_wire.h"

static bool ends(const char *text, size_t room)
{
	return memchr(text, '\0', room) != NULL;
}

static bool frames_hold(const struct user_answer *a)
{
	if (a->done > ASK_PLACES || a->used > ANSWER_TEXT || (a->used && a->text[a->used - 1]))
		return false;
	for (uint32_t i = 0; i < a->done; i++) {
		const struct user_answer_place *p = &a->place[i];

		if (p->count > USER_FRAMES || p->first > ANSWER_FRAMES || p->count > ANSWER_FRAMES - p->first)
			return false;
		for (unsigned k = 0; k < p->count; k++) {
			const struct user_answer_frame *f = &a->frame[p->first + k];

			if (f->function >= a->used || f->source >= a->used)
				return false;
		}
	}
	return true;
}

bool user_answer_decode(const void *bytes, size_t size, uint64_t id, void *out)
{
	struct user_answer *a = out;

	if (size != sizeof(*a))
		return false;
	memcpy(a, bytes, sizeof(*a));
	if (a->head.id != id || a->head.what < USER_ASK_FACTS || a->head.what > USER_ASK_JIT || a->head.error > 0 ||
	    a->head.error < -4095)
		return false;
	return a->build_id_length <= USER_BUILD_ID && a->load_count <= ELF_LOADS &&
	       ends(a->debuglink, sizeof(a->debuglink)) && !strchr(a->debuglink, '/') &&
	       ends(a->debugaltlink, sizeof(a->debugaltlink)) && a->debug <= USER_DEBUG_OTHER && frames_hold(a);
}
