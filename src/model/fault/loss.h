/* SPDX-License-Identifier: GPL-2.0 */
/* The causes of loss (wire/loss.def) in words. */
#ifndef MODEL_LOSS_H
#define MODEL_LOSS_H

#include <stdbool.h>

#include "model/model.h"
#include "wire/event.h"

enum loss_group { LOSS_EVENTS, LOSS_DETAIL, LOSS_LOST };
struct loss_text { enum loss_group group; const char *key, *text; };
extern const struct loss_text loss_texts[MMT_LOSS_COUNT];

/* Does a count of it mean that something is missing from the report? */
bool loss_is_lost(enum mmt_loss which);
/* Is anything missing from it? */
bool fault_lost(const struct model *m);

#endif
