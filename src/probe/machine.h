/* SPDX-License-Identifier: GPL-2.0 */
/* What decides on this machine which programs may run, in words. */
#ifndef PROBE_MACHINE_H
#define PROBE_MACHINE_H

struct machine_fact {
	const char *key;
	char value[240];
	char remedy[200]; /* what to do about it; "": nothing need be done */
};

#define MACHINE_FACTS 16
/* Fills out, returns the number of facts. btf may be NULL. */
int machine_facts(struct machine_fact out[MACHINE_FACTS], const char *btf);

#endif
