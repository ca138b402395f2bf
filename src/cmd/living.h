/* SPDX-License-Identifier: GPL-2.0 */
/* Which processes live, and what they are called by now. */
#ifndef CMD_LIVING_H
#define CMD_LIVING_H

#include "model/session.h"

/* Takes what the kernel has just listed. */
void mark_living(struct session *s, const struct mmt_watch *watch, ssize_t n);
/* Then: processes whose exit record was lost have ended. */
void find_dead(struct session *s);

#endif
