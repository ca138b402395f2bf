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

bool loss_is_lost(enum mmt_loss which)
{
	if (which == MMT_LOSS_FILES_REMOTE)
		return false; /* by choice */
	return which == MMT_LOSS_DROPPED || loss_texts[which].group != LOSS_EVENTS;
}
