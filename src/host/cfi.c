/* SPDX-License-Identifier: GPL-2.0 */
#include "host/cfi.h"

#include <dwarf.h>
#include <string.h>

/* --- bytes --- */

static uint8_t byte(struct cfi_bytes *b)
{
	if (b->at >= b->end) {
		b->bad = true;
		return 0;
	}
	return *b->at++;
}

uint64_t cfi_fixed(struct cfi_bytes *b, unsigned size)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value |= (uint64_t)byte(b) << (8 * i);
	return value;
}

/* Seven bits a byte, the lowest first. *shift: how many came; *last: the byte that ended it. */
static uint64_t leb(struct cfi_bytes *b, unsigned *shift, uint8_t *last)
{
	uint64_t value = 0;

	*shift = 0;
	do {
		*last = byte(b);
		if (*shift < 64)
			value |= (uint64_t)(*last & 0x7f) << *shift;
		*shift += 7;
	} while (*last & 0x80 && !b->bad);
	return value;
}

uint64_t cfi_uleb(struct cfi_bytes *b)
{
	unsigned shift;
	uint8_t last;

	return leb(b, &shift, &last);
}

int64_t cfi_sleb(struct cfi_bytes *b)
{
	unsigned shift;
	uint8_t last;
	uint64_t value = leb(b, &shift, &last);

	if (last & 0x40 && shift < 64)
		value |= ~0ull << shift;
	return (int64_t)value;
}

static uint64_t encoded(struct cfi_bytes *b, uint8_t format)
{
	switch (format) {
	case DW_EH_PE_absptr:
	case DW_EH_PE_udata8:
	case DW_EH_PE_sdata8: return cfi_fixed(b, 8);
	case DW_EH_PE_uleb128: return cfi_uleb(b);
	case DW_EH_PE_sleb128: return (uint64_t)cfi_sleb(b);
	case DW_EH_PE_udata2: return cfi_fixed(b, 2);
	case DW_EH_PE_sdata2: return (uint64_t)(int64_t)(int16_t)cfi_fixed(b, 2);
	case DW_EH_PE_udata4: return cfi_fixed(b, 4);
	case DW_EH_PE_sdata4: return (uint64_t)(int64_t)(int32_t)cfi_fixed(b, 4);
	default: b->bad = true; return 0;
	}
}

uint64_t cfi_pointer(struct cfi_bytes *b, uint8_t encoding, uint64_t vaddr, uint64_t data)
{
	uint64_t value = encoded(b, encoding & 0x0f);

	switch (encoding & 0xf0) {
	case DW_EH_PE_absptr: return value;
	case DW_EH_PE_pcrel: return vaddr + value;
	case DW_EH_PE_datarel: return data + value;
	default: b->bad = true; return 0;
	}
}

/* --- expressions: the few shapes that compilers and linkers write --- */

static bool fits32(int64_t v)
{
	return v == (int32_t)v;
}

static bool is_breg(uint8_t op)
{
	return op >= DW_OP_breg0 && op < DW_OP_breg0 + MMT_REG_COUNT;
}

static bool ends(const struct cfi_bytes *e)
{
	return !e->bad && e->at == e->end;
}

/* What a linker writes for a PLT: rsp + 8 + ((rip & 15) >= 11) << 3. */
static bool expression_plt(struct cfi_bytes e, struct cfi_state *s)
{
	static const uint8_t middle[] = { DW_OP_breg16, 0, DW_OP_lit15, DW_OP_and };
	static const uint8_t tail[] = { DW_OP_ge, DW_OP_lit3, DW_OP_shl, DW_OP_plus };
	int64_t offset;
	uint8_t limit;

	if (byte(&e) != DW_OP_breg7)
		return false;
	offset = cfi_sleb(&e);
	if ((size_t)(e.end - e.at) != sizeof(middle) + 1 + sizeof(tail) || memcmp(e.at, middle, sizeof(middle)))
		return false;
	limit = e.at[sizeof(middle)];
	if (limit < DW_OP_lit0 || limit > DW_OP_lit15 || memcmp(e.at + sizeof(middle) + 1, tail, sizeof(tail)) ||
	    !fits32(offset))
		return false;
	s->kind = MMT_RULE_PLT;
	s->reg = limit - DW_OP_lit0;
	s->cfa = (int32_t)offset;
	return true;
}

/* reg + n, or *(reg + n), or that plus a small number. */
static bool expression_cfa(struct cfi_bytes e, struct cfi_state *s)
{
	uint8_t op = byte(&e);
	int64_t offset, addend = 0;

	if (!is_breg(op))
		return false;
	offset = cfi_sleb(&e);
	if (!fits32(offset))
		return false;
	s->reg = op - DW_OP_breg0;
	s->cfa = (int32_t)offset;
	s->kind = MMT_RULE_REG;
	if (ends(&e))
		return true;
	if (byte(&e) != DW_OP_deref)
		return false;
	if (e.at < e.end) {
		if (byte(&e) != DW_OP_plus_uconst)
			return false;
		addend = (int64_t)cfi_uleb(&e);
	}
	s->kind = MMT_RULE_DEREF;
	s->addend = (int8_t)addend;
	return ends(&e) && addend == (int8_t)addend;
}

static struct cfi_bytes block(struct cfi_bytes *b)
{
	uint64_t size = cfi_uleb(b);
	struct cfi_bytes e = { .at = b->at, .end = b->at };

	if (size > (uint64_t)(b->end - b->at)) {
		b->bad = true;
		return e;
	}
	e.end = b->at += size;
	return e;
}

static void cfa_expression(struct cfi_bytes e, struct cfi_state *s)
{
	s->addend = 0;
	if (!expression_plt(e, s) && !expression_cfa(e, s))
		s->kind = MMT_RULE_BAD;
}

/* --- programs --- */

struct run {
	const struct cfi_cie *cie;
	struct cfi_state now, remembered[CFI_DEPTH];
	unsigned depth;
	uint64_t address;
	cfi_row_fn fn;
	void *ctx;
};

/* NULL: a register that is of no use here. */
static struct cfi_where *where_of(struct cfi_state *s, uint64_t reg)
{
	return reg == MMT_REG_RBP ? &s->rbp : reg == MMT_REG_RBX ? &s->rbx : NULL;
}

static void saved_at(struct cfi_state *s, uint64_t reg, int64_t offset)
{
	struct cfi_where *w = where_of(s, reg);

	if (w)
		*w = (struct cfi_where){ fits32(offset) ? MMT_WHERE_CFA : MMT_WHERE_UNKNOWN, (int32_t)offset };
	if (reg == MMT_REG_RA) {
		s->ra_elsewhere = offset != -8;
		s->ra_undefined = false;
	}
}

static void saved_nowhere(struct cfi_state *s, uint64_t reg, uint8_t where)
{
	struct cfi_where *w = where_of(s, reg);

	if (w)
		*w = (struct cfi_where){ .where = where };
	if (reg == MMT_REG_RA) {
		s->ra_undefined = where == MMT_WHERE_UNKNOWN;
		s->ra_elsewhere = !s->ra_undefined;
	}
}

static void saved_by_expression(struct cfi_state *s, uint64_t reg, struct cfi_bytes e)
{
	struct cfi_where *w = where_of(s, reg);
	bool from_rbp = byte(&e) == DW_OP_breg6;
	int64_t offset = cfi_sleb(&e);

	if (w)
		*w = from_rbp && ends(&e) && fits32(offset) ? (struct cfi_where){ MMT_WHERE_RBP, (int32_t)offset }
							   : (struct cfi_where){ .where = MMT_WHERE_UNKNOWN };
	if (reg == MMT_REG_RA)
		s->ra_elsewhere = true;
}

static void restore(struct run *r, uint64_t reg)
{
	struct cfi_where *w = where_of(&r->now, reg);

	if (w)
		*w = *where_of((struct cfi_state *)&r->cie->initial, reg);
	if (reg == MMT_REG_RA) {
		r->now.ra_elsewhere = r->cie->initial.ra_elsewhere;
		r->now.ra_undefined = r->cie->initial.ra_undefined;
	}
}

static void cfa_set(struct cfi_state *s, uint64_t reg, int64_t offset)
{
	s->kind = reg < MMT_REG_COUNT && fits32(offset) ? MMT_RULE_REG : MMT_RULE_BAD;
	s->reg = (uint8_t)reg;
	s->cfa = (int32_t)offset;
	s->addend = 0;
}

static struct mmt_unwind_rule rule_of(const struct run *r)
{
	const struct cfi_state *s = &r->now;
	struct mmt_unwind_rule rule = { .kind = s->kind, .reg = s->reg, .addend = s->addend, .cfa = s->cfa };

	if (r->cie->signal) /* the shape that the kernel gives it */
		return (struct mmt_unwind_rule){ .kind = s->kind == MMT_RULE_DEREF && s->reg == MMT_REG_RSP && s->cfa == 160
								 ? MMT_RULE_SIGNAL : MMT_RULE_BAD };
	if (s->ra_undefined)
		return (struct mmt_unwind_rule){ .kind = MMT_RULE_END };
	if (s->ra_elsewhere || s->kind == MMT_RULE_BAD)
		return (struct mmt_unwind_rule){ .kind = MMT_RULE_BAD };
	rule.where = (uint8_t)(s->rbp.where | s->rbx.where << 4);
	rule.rbp = s->rbp.where == MMT_WHERE_CFA || s->rbp.where == MMT_WHERE_RBP ? s->rbp.offset : 0;
	rule.rbx = s->rbx.where == MMT_WHERE_CFA || s->rbx.where == MMT_WHERE_RBP ? s->rbx.offset : 0;
	return rule;
}

static void row(struct run *r)
{
	struct mmt_unwind_rule rule;

	if (!r->fn)
		return;
	rule = rule_of(r);
	r->fn(r->ctx, r->address, &rule);
}

static void advance_to(struct run *r, uint64_t address)
{
	row(r);
	r->address = address;
}

static bool remember(struct run *r)
{
	if (r->depth == CFI_DEPTH)
		return false;
	r->remembered[r->depth++] = r->now;
	return true;
}

static bool recall(struct run *r)
{
	if (!r->depth)
		return false;
	r->now = r->remembered[--r->depth];
	return true;
}

/* Those that define the CFA. false: it is none of them. */
static bool step_cfa(struct run *r, uint8_t op, struct cfi_bytes *b)
{
	struct cfi_state *s = &r->now;
	int64_t align = r->cie->data_align;
	uint64_t reg;

	switch (op) {
	case DW_CFA_def_cfa: reg = cfi_uleb(b); cfa_set(s, reg, (int64_t)cfi_uleb(b)); return true;
	case DW_CFA_def_cfa_sf: reg = cfi_uleb(b); cfa_set(s, reg, cfi_sleb(b) * align); return true;
	case DW_CFA_def_cfa_register: cfa_set(s, cfi_uleb(b), s->cfa); return true;
	case DW_CFA_def_cfa_offset: cfa_set(s, s->reg, (int64_t)cfi_uleb(b)); return true;
	case DW_CFA_def_cfa_offset_sf: cfa_set(s, s->reg, cfi_sleb(b) * align); return true;
	case DW_CFA_def_cfa_expression: cfa_expression(block(b), s); return true;
	default: return false;
	}
}

/* Those that say where a register is. */
static bool step_register(struct run *r, uint8_t op, struct cfi_bytes *b)
{
	struct cfi_state *s = &r->now;
	int64_t align = r->cie->data_align;
	uint64_t reg = op == DW_CFA_GNU_args_size ? 0 : cfi_uleb(b);

	switch (op) {
	case DW_CFA_offset_extended: saved_at(s, reg, (int64_t)cfi_uleb(b) * align); return true;
	case DW_CFA_offset_extended_sf: saved_at(s, reg, cfi_sleb(b) * align); return true;
	case DW_CFA_GNU_negative_offset_extended: saved_at(s, reg, -(int64_t)cfi_uleb(b) * align); return true;
	case DW_CFA_restore_extended: restore(r, reg); return true;
	case DW_CFA_undefined: saved_nowhere(s, reg, MMT_WHERE_UNKNOWN); return true;
	case DW_CFA_same_value: saved_nowhere(s, reg, MMT_WHERE_SAME); return true;
	case DW_CFA_register: cfi_uleb(b); /* fallthrough */
	case DW_CFA_val_offset:
	case DW_CFA_val_offset_sf:
		if (op != DW_CFA_register)
			cfi_uleb(b);
		if (where_of(s, reg))
			where_of(s, reg)->where = MMT_WHERE_UNKNOWN;
		s->ra_elsewhere |= reg == MMT_REG_RA;
		return true;
	case DW_CFA_expression: saved_by_expression(s, reg, block(b)); return true;
	case DW_CFA_val_expression:
		block(b);
		if (where_of(s, reg))
			where_of(s, reg)->where = MMT_WHERE_UNKNOWN;
		s->ra_elsewhere |= reg == MMT_REG_RA;
		return true;
	case DW_CFA_GNU_args_size: cfi_uleb(b); return true;
	default: return false;
	}
}

static bool step(struct run *r, uint8_t op, struct cfi_bytes *b)
{
	uint64_t code = r->cie->code_align;

	switch (op & 0xc0) {
	case DW_CFA_advance_loc: advance_to(r, r->address + (op & 0x3f) * code); return true;
	case DW_CFA_offset: saved_at(&r->now, op & 0x3f, (int64_t)cfi_uleb(b) * r->cie->data_align); return true;
	case DW_CFA_restore: restore(r, op & 0x3f); return true;
	default: break;
	}
	switch (op) {
	case DW_CFA_nop: return true;
	case DW_CFA_set_loc: return false; /* nobody writes it for x86-64 */
	case DW_CFA_advance_loc1: advance_to(r, r->address + cfi_fixed(b, 1) * code); return true;
	case DW_CFA_advance_loc2: advance_to(r, r->address + cfi_fixed(b, 2) * code); return true;
	case DW_CFA_advance_loc4: advance_to(r, r->address + cfi_fixed(b, 4) * code); return true;
	case DW_CFA_remember_state: return remember(r);
	case DW_CFA_restore_state: return recall(r);
	default: return step_cfa(r, op, b) || step_register(r, op, b);
	}
}

static bool run(struct run *r, struct cfi_bytes b)
{
	while (b.at < b.end)
		if (!step(r, byte(&b), &b) || b.bad)
			return false;
	return true;
}

bool cfi_run(const struct cfi_cie *cie, struct cfi_bytes program, uint64_t start, cfi_row_fn fn, void *ctx)
{
	struct run r = { .cie = cie, .now = cie->initial, .address = start, .fn = fn, .ctx = ctx };

	if (!run(&r, program)) {
		r.now.kind = MMT_RULE_BAD;
		r.now.ra_undefined = false;
		row(&r);
		return false;
	}
	row(&r);
	return true;
}

/* What stands before the program of a CIE, if its augmentation is one that is known. */
static bool augmentation(struct cfi_bytes *b, const char *text, uint64_t vaddr, const uint8_t *from,
	struct cfi_cie *out)
{
	struct cfi_bytes data;
	uint8_t encoding;

	if (!*text)
		return true;
	if (*text++ != 'z')
		return false;
	out->augmented = true;
	data = block(b);
	for (; *text && !b->bad; text++) {
		switch (*text) {
		case 'R': out->encoding = byte(&data); break;
		case 'S': out->signal = true; break;
		case 'L': byte(&data); break;
		case 'P':
			encoding = byte(&data);
			cfi_pointer(&data, encoding & ~DW_EH_PE_indirect, vaddr + (uint64_t)(data.at - from), 0);
			break;
		default: return false;
		}
	}
	return !data.bad;
}

bool cfi_cie_read(struct cfi_bytes b, uint64_t vaddr, struct cfi_cie *out)
{
	const uint8_t *from = b.at, *text;
	struct run r = { .cie = out };
	uint8_t version = byte(&b);

	memset(out, 0, sizeof(*out));
	text = b.at;
	while (byte(&b))
		;
	if (b.bad || (version != 1 && version != 3))
		return false;
	out->code_align = cfi_uleb(&b);
	out->data_align = cfi_sleb(&b);
	if ((version == 1 ? byte(&b) : cfi_uleb(&b)) != MMT_REG_RA)
		return false;
	if (!augmentation(&b, (const char *)text, vaddr, from, out) || b.bad)
		return false;
	r.now.ra_elsewhere = true; /* until it says so */
	if (!run(&r, b))
		return false;
	out->initial = r.now;
	return true;
}
