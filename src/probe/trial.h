/* SPDX-License-Identifier: GPL-2.0 */
/* Does this kernel let us attach a candidate's programs?  Found by trying. */
#ifndef PROBE_TRIAL_H
#define PROBE_TRIAL_H
#include "probe/probe.h"
/* Fills out; out->err is 0 when every program of c attached (and is gone again). */
void trial_run(const struct candidate *c, const char *btf_path, struct trial *out);
#endif
