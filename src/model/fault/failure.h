/* SPDX-License-Identifier: GPL-2.0 */
/* Faults that failed: the first ones, with what was mapped there. */
#ifndef MODEL_FAILURE_H
#define MODEL_FAILURE_H

#include <stdbool.h>

#include "wire/event.h"

#define FAILURES_KEPT 8

struct failure {
	struct mmt_fault fault;
	bool settled;   /* what follows holds: as it was at the next tick */
	char comm[16];  /* of the process that made the access */
	bool mapped;    /* there was a VMA, */
	bool known;     /* and its permissions and name are known: */
	char perm[5];
	char *name;     /* owned; "[anon]" and the like where it has none */
};

#endif
