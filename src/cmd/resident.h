/* SPDX-License-Identifier: GPL-2.0 */
/* The RSS of VMAs, from smaps. */
#ifndef CMD_RESIDENT_H
#define CMD_RESIDENT_H

#include "cmd/options.h"
#include "model/session.h"

struct resident { uint64_t next; }; /* ns of CLOCK_MONOTONIC: when smaps may be read again */

/* t0: when the session began, likewise. */
void resident_read(struct resident *r, const struct options *o, struct session *s, uint64_t t0);

#endif
