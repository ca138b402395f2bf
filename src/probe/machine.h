/* SPDX-License-Identifier: GPL-2.0 */
/* What decides on this machine which programs may run, in words. */
#ifndef PROBE_MACHINE_H
#define PROBE_MACHINE_H

#include <stdbool.h>

struct machine_fact {
	const char *key;
	char value[240];
	char remedy[200]; /* what to do about it; "": nothing need be done */
};

#define MACHINE_FACTS 16
/* Fills out, returns the number of facts. btf may be NULL. */
int machine_facts(struct machine_fact out[MACHINE_FACTS], const char *btf);
/* May BPF programs read kernel memory?  Not under lockdown=confidentiality. */
bool machine_reads_kernel(void);
/* All of CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN? */
bool machine_has_rights(void);

#endif
