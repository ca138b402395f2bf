/* SPDX-License-Identifier: GPL-2.0 */
/* Between the files of the source of faults. */
#ifndef SOURCE_FAULT_H
#define SOURCE_FAULT_H

#include "opener/closure.h"
#include "probe/probe.h"
#include "source/elf_read.h"
#include "source/limit.h"
#include "source/resident.h"
#include "source/source.h"
#include "source/stack_names.h"
#include "source/unwind.h"

struct fault_source {
	struct source s;
	struct probe *probe;
	struct limit limit;
	struct resident resident;
	struct elf_reader elf;
	struct unwind_reader unwind;
	struct closure closure; /* of the command */
	struct stack_namer names;
	uint64_t last_read; /* ns of CLOCK_MONOTONIC: the interval before */
	pid_t turn; /* whose layout is read first: there was no time for it; 0: none */
	unsigned cgroups_now; /* cgroups that were read since the last reading began */
	bool cpus_failed;
};

/* A record from a ring, as an input. */
int fault_on_record(void *ctx, const void *bytes, size_t size);
/* Reads what rings do not bring: layouts, aggregated rows, RSS, losses.  all: nothing is in flight any more. */
int fault_refresh(struct fault_source *f, bool all, struct error *e);

#endif
