/* SPDX-License-Identifier: GPL-2.0 */
#include "model/fault/loss.h"

#define GROUP_events LOSS_EVENTS
#define GROUP_detail LOSS_DETAIL
#define GROUP_lost LOSS_LOST

const struct loss_text loss_texts[MMT_LOSS_COUNT] = {
#define LOSS(NAME, n, group, key, help) [n] = { GROUP_##group, key, help },
#include "wire/loss.def"
#undef LOSS
};

bool fault_lost(const struct model *m)
{
	for (int i = 0; i < MMT_LOSS_COUNT; i++)
		if (m->losses[i] && loss_is_lost((enum mmt_loss)i))
			return true;
	return m->cost.bpf_misses || m->decode_errors;
}

bool loss_is_lost(enum mmt_loss which)
{
	if (which == MMT_LOSS_FILES_REMOTE)
		return false; /* by choice */
	return which == MMT_LOSS_DROPPED || loss_texts[which].group != LOSS_EVENTS;
}
