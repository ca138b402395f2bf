/* SPDX-License-Identifier: GPL-2.0 */
/* Does this kernel let us attach a candidate's programs?  Found by trying. */
#ifndef PROBE_TRIAL_H
#define PROBE_TRIAL_H
#include "base/error.h"
#include "probe/hook.h"
/* What all trials of a run share: the kernel's BTF and the programs of our objects. */
struct trial_env;
/* NULL when out of memory; a missing BTF shows in each trial. btf_path may be NULL. */
struct trial_env *trial_open(const char *btf_path);
/* Is the file that the user gave one of a kernel?  Explains if not. */
int trial_check_file(const struct trial_env *env, const char *btf_path, struct error *e);
void trial_close(struct trial_env *env);
/* Fills out; out->err is 0 when every program of c attached (and is gone again). */
void trial_run(struct trial_env *env, const struct candidate *c, struct trial *out);
#endif
