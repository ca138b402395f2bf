/* SPDX-License-Identifier: GPL-2.0 */
/* What may stand in the way of this very process: missing mounts, its namespaces, its
 * capabilities, its limits, a seccomp filter; and what to say when the kernel refuses. */
#ifndef PROBE_RIGHTS_H
#define PROBE_RIGHTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Are /proc and /sys there, and can a few files be opened?  0, or -1 and e is filled. */
int rights_check_start(struct error *e);
/* Are the pids here those of the initial namespace? */
bool rights_initial_pids(void);
/* Does /proc show the processes by the pids that this process sees?  0, or -1 and e filled. */
int rights_check_proc(struct error *e);
/* Is a seccomp filter active? */
bool rights_seccomp(void);
/* Bits of this process's effective capabilities. */
uint64_t rights_capabilities(void);
/* All of CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN? */
bool rights_all(void);
/* May BPF programs read kernel memory?  Not under lockdown=confidentiality. */
bool rights_read_kernel(void);
/* Are we in another user namespace than the initial one, where capabilities count for nothing here? */
bool rights_user_namespace(void);

struct refusal { enum exit_code code; const char *hint; /* NULL: nothing is known */ };
/* What a negative errno of bpf(2) or perf_event_open(2) means for this process. */
struct refusal rights_refusal(int err);
/* Fills e for such a call that failed, and returns -1; hint: where nothing better is known. */
int rights_fail(struct error *e, int err, const char *hint, const char *what);
/* The same where an object was not loaded. */
int rights_load_fail(struct error *e, int err);

#endif
