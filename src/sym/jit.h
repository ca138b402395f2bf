/* SPDX-License-Identifier: GPL-2.0 */
/* What compilers at run time say of their code: /tmp/perf-PID.map (lines of text) and jitdump (records).  Both grow
 * while the program runs; of what was said of an address the last counts. */
#ifndef SYM_JIT_H
#define SYM_JIT_H

#include "sym/bytes.h"

#define JIT_NAME 1024

struct jit_found {
	uint64_t address;     /* asked for; ascending in a list */
	uint64_t start;
	bool found;
	char name[JIT_NAME];
};

/* false: it is none. */
bool jit_is_dump(const struct bytes *b);
void jit_perf_map(const struct bytes *b, struct jit_found *list, size_t count);
void jit_dump(const struct bytes *b, struct jit_found *list, size_t count);

#endif
