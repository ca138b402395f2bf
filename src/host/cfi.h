/* SPDX-License-Identifier: GPL-2.0 */
/* Call frame information of x86-64: programs of .eh_frame -> rules.  The bytes are not trusted. */
#ifndef HOST_CFI_H
#define HOST_CFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/unwind.h"

#define CFI_DEPTH 16 /* remembered states */

/* Where a register of the caller is; known only where a rule can say so. */
struct cfi_where { uint8_t where; int32_t offset; };

struct cfi_state {
	uint8_t kind, reg; /* of the CFA: enum mmt_rule_kind */
	int8_t addend;
	bool ra_elsewhere, ra_undefined; /* it is not at CFA - 8 */
	int32_t cfa;
	struct cfi_where rbp, rbx;
};

/* What a CIE says of its FDEs. */
struct cfi_cie {
	uint64_t code_align;
	int64_t data_align;
	uint8_t encoding; /* of addresses: DW_EH_PE_* */
	bool augmented, signal;
	struct cfi_state initial;
};

/* Bytes that are looked at in order; what lies beyond them reads as 0 and sets bad. */
struct cfi_bytes { const uint8_t *at, *end; bool bad; };

uint64_t cfi_uleb(struct cfi_bytes *b);
int64_t cfi_sleb(struct cfi_bytes *b);
uint64_t cfi_fixed(struct cfi_bytes *b, unsigned size);
/* A pointer: vaddr is that of b->at, data what DW_EH_PE_datarel counts from.  Sets bad where it is not known. */
uint64_t cfi_pointer(struct cfi_bytes *b, uint8_t encoding, uint64_t vaddr, uint64_t data);

/* body: of a CIE, behind its id. */
bool cfi_cie_read(struct cfi_bytes body, uint64_t vaddr, struct cfi_cie *out);

/* From address on that rule holds. */
typedef void (*cfi_row_fn)(void *ctx, uint64_t address, const struct mmt_unwind_rule *rule);
/* Runs the program of an FDE that begins at start.  false: it is damaged from where the last row was given. */
bool cfi_run(const struct cfi_cie *cie, struct cfi_bytes program, uint64_t start, cfi_row_fn fn, void *ctx);

#endif
